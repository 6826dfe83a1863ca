"""The tests of bits that SP 800-22 lacks: what finds short states, linear recurrences, lattices and repeats."""
