"""What the service does, as functions of `rng.service.core.Service`; nothing here knows HTTP or its framework."""
