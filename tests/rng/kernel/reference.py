"""What the kernel must give, from hashlib and hmac, one row after another; and the turn of each engine."""

from __future__ import annotations

import hashlib
import hmac
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from rng import kernel

on_every_engine: Callable[..., Any] = pytest.mark.parametrize("engine", kernel.engines())


@contextmanager
def using(engine: str) -> Iterator[None]:
    """Use an engine for a while."""
    before = kernel.use(engine)
    try:
        yield
    finally:
        kernel.use(before)


def digest(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def message(prefix: bytes, nonce: int, middle: bytes | None, block: int, suffix: bytes) -> bytes:
    numbered = b"" if middle is None else middle + str(block).encode()
    return prefix + str(nonce).encode() + numbered + suffix


def joined(rows: Sequence[bytes]) -> tuple[bytes, array[int]]:
    """Give the rows in one piece, and their offsets."""
    offsets = array("q", [0])
    for row in rows:
        offsets.append(offsets[-1] + len(row))
    return b"".join(rows), offsets
