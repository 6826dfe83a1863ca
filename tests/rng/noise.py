"""A noise source for tests of the entropy source: it looks random, is the same in every run, and breaks on demand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from rng.entropy import EntropySource, EntropyStatus

START_UP_BYTES = 1024
SEED_BYTES = 43 + 22  # 256 and 128 bits at 6 bits a byte
RESEED_BYTES = 43


class Noise:
    """A reader that looks random, is the same in every run, and breaks after some bytes if told to."""

    def __init__(self, *, good: int | None = None, broken: Callable[[int], bytes] = bytes) -> None:
        self.given = 0
        self.good = good
        self.broken = broken
        self.sizes: list[int] = []

    def __call__(self, size: int) -> bytes:
        self.sizes.append(size)
        if self.good is not None and self.given + size > self.good:
            return self.broken(size)
        self.given += size
        return hashlib.shake_256(b"noise %d" % self.given).digest(size)


def ready(source: EntropySource) -> EntropyStatus:
    status = source.status()
    assert (status.state, status.reason) == ("ready", "")
    return status
