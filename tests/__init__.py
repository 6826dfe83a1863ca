"""Hold the tests; the folders below mirror the packages."""
