"""Serve rounds over HTTP: settings, use cases, routes, metrics; started by `python -m rng.service`."""
