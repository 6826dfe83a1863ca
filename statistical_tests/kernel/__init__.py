"""Kernels of the statistical tests: compiled where a compiler was, numpy elsewhere, the same numbers in both."""
