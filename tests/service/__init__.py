"""Tests of rng.service: settings, keys, routes, use cases, and the service as a process."""
