"""The sequences for which NIST publishes p-values: three constants, computed with integers, and one file."""

from __future__ import annotations

import hashlib
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from statistical_tests.bits import Bits

VECTORS = Path(__file__).parents[2] / "vectors" / "sp800_22"
LENGTH = 1_000_000
_GUARD = 64


def known_answers() -> dict[str, Any]:
    answers: dict[str, Any] = json.loads((VECTORS / "known_answers.json").read_text())
    return answers


def section_2() -> dict[str, Any]:
    examples: dict[str, Any] = json.loads((VECTORS / "section_2.json").read_text())
    return examples


@cache
def sequence(name: str) -> Bits:
    """Return the 10^6 bits of `pi`, `e`, `sqrt2` or `sha1`."""
    if name == "sha1":
        return Bits.from_bytes((VECTORS / "sha1_1000000.bin").read_bytes())
    whole = {"pi": 2, "e": 2, "sqrt2": 1}[name]  # bits of the integer part
    scaled = {"pi": _pi, "e": _e, "sqrt2": _sqrt2}[name](LENGTH - whole + _GUARD)
    return Bits.from_bytes((scaled >> _GUARD).to_bytes(LENGTH // 8, "big"))


def ideal(seed: int, length: int, streams: int = 1) -> list[Bits]:
    """Return streams of SHA-256 in counter mode, as a stand-in for ideal bits that is the same everywhere."""
    size = (length + 7) // 8
    label = seed.to_bytes(8, "big")
    found = []
    for stream in range(streams):
        key = hashlib.sha256(label + stream.to_bytes(8, "big")).digest()
        data = b"".join(hashlib.sha256(key + i.to_bytes(8, "big")).digest() for i in range(size // 32 + 1))
        found.append(Bits.from_bytes(data, length=length))
    return found


def fast_ideal(seed: int, length: int, streams: int = 1) -> list[Bits]:
    """Return streams of numpy's Philox, where SHA-256 would take too long."""
    size = (length + 7) // 8
    data = np.random.Generator(np.random.Philox(seed)).integers(0, 256, size=(streams, size), dtype=np.uint8)
    return (
        [Bits(np.ascontiguousarray(row), length) for row in data]
        if length % 8 == 0
        else [Bits.from_bytes(row.tobytes(), length=length) for row in data]
    )


def _sqrt2(places: int) -> int:
    return math.isqrt(2 << (2 * places))


def _e(places: int) -> int:
    """Sum 1 / k! by splitting, to where k! passes 2^places."""
    terms, size = 1, 0.0
    while size < places + _GUARD:
        terms += 1
        size += math.log2(terms)

    def split(first: int, last: int) -> tuple[int, int]:
        """Return numerator and denominator of the sum of (first)! / k! for first < k <= last."""
        if last - first == 1:
            return 1, last
        middle = (first + last) // 2
        left, right = split(first, middle), split(middle, last)
        return left[0] * right[1] + right[0], left[1] * right[1]

    numerator, denominator = split(0, terms)
    return (1 << places) + (numerator << places) // denominator


def _pi(places: int) -> int:
    """Sum Chudnovsky's series by splitting: 47 bits a term."""

    def split(first: int, last: int) -> tuple[int, int, int]:
        if last - first == 1:
            if first == 0:
                return 1, 1, 13591409
            p = (6 * first - 5) * (2 * first - 1) * (6 * first - 1)
            q = first**3 * (640320**3 // 24)
            return p, q, (13591409 + 545140134 * first) * p * (-1) ** first
        middle = (first + last) // 2
        p1, q1, t1 = split(first, middle)
        p2, q2, t2 = split(middle, last)
        return p1 * p2, q1 * q2, t1 * q2 + p1 * t2

    _, q, t = split(0, (places + _GUARD) // 47 + 2)
    return 426880 * math.isqrt(10005 << (2 * places)) * q // t
