"""Tests of whole programs: processes, files and HTTP together."""
