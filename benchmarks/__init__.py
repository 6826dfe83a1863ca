"""Measure what fairlot promises about speed; `python -m benchmarks` runs every bench_*.py here."""
