"""Check numbers: the second, literal implementation of the specification, which shares nothing with the generator."""
