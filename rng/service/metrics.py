"""Metrics in Prometheus form: rounds, latencies, entropy, open seeds. No label ever names a player, a seed or a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["METRICS_MEDIA_TYPE", "Metrics"]

METRICS_MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Hold the counters of one service; each service has a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.rounds = Counter(
            "fairlot_rounds", "Rounds drawn and durable, by game and kind", ("game", "kind"), registry=self.registry
        )
        self.seeds = Counter(
            "fairlot_seeds", "Steps in the lives of seeds that are durable", ("event",), registry=self.registry
        )
        self.voids = Counter("fairlot_voids", "Voids signed", registry=self.registry)
        self.requests = Counter(
            "fairlot_requests", "Answers, by route and status", ("route", "status"), registry=self.registry
        )
        self.latency = Histogram(
            "fairlot_request_seconds",
            "Time from the request's head to the answer's head, by route",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.problems = Counter(
            "fairlot_problems", "Problem documents answered, by code", ("code",), registry=self.registry
        )
        self.entropy_ready = Gauge(
            "fairlot_entropy_ready", "1 while the entropy source is healthy, 0 after a failure", registry=self.registry
        )
        self.draws_allowed = Gauge(
            "fairlot_draws_allowed", "1 while rounds may be drawn, 0 while draws are stopped", registry=self.registry
        )
        self.store_counts = Gauge("fairlot_store", "What the store holds, by kind", ("kind",), registry=self.registry)
        self.overdue = Gauge(
            "fairlot_seeds_overdue", "Open seeds past their deadline; must stay 0", registry=self.registry
        )

    def set_store_counts(self, counts: Mapping[str, int]) -> None:
        """Set the gauges of what the store holds."""
        for kind, count in counts.items():
            self.store_counts.labels(kind=kind).set(count)

    def render(self) -> bytes:
        """Return the exposition text."""
        return generate_latest(self.registry)
