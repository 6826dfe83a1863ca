"""The tests of SP 800-90B are themselves tested."""
