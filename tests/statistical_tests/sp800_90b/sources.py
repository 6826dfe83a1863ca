"""Sources whose min-entropy is known, and the one for which NIST publishes what its program says."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statistical_tests.sp800_90b.collision import collision
from statistical_tests.sp800_90b.compression import compression
from statistical_tests.sp800_90b.lag import lag
from statistical_tests.sp800_90b.longest_repeated_substring import longest_repeated_substring
from statistical_tests.sp800_90b.lz78y import lz78y
from statistical_tests.sp800_90b.markov import markov
from statistical_tests.sp800_90b.most_common_value import most_common_value
from statistical_tests.sp800_90b.multi_mmc import multi_mmc
from statistical_tests.sp800_90b.multi_most_common import multi_most_common
from statistical_tests.sp800_90b.samples import Samples
from statistical_tests.sp800_90b.t_tuple import t_tuple

VECTORS = Path(__file__).parents[2] / "vectors" / "sp800_90b"
ESTIMATORS: dict[str, Any] = {
    "MostCommonValue": most_common_value,
    "Collision": collision,
    "Markov": markov,
    "Compression": compression,
    "TTuple": t_tuple,
    "LongestRepeatedSubstring": longest_repeated_substring,
    "MultiMostCommonInWindow": multi_most_common,
    "Lag": lag,
    "MultiMMC": multi_mmc,
    "LZ78Y": lz78y,
}


def vectors(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / name).read_text("utf-8"))
    return found


def drawn(seed: int) -> np.random.Generator:
    """Return a generator that gives the same everywhere."""
    return np.random.Generator(np.random.Philox(seed))


def uniform(seed: int, number: int, *, width: int = 8) -> Samples:
    """Return ideal samples: min-entropy is their width."""
    return Samples(drawn(seed).integers(0, 1 << width, number, dtype=np.uint8), width)


def biased(seed: int, number: int, ones: float) -> Samples:
    """Return independent bits: min-entropy is -log2 of the larger probability."""
    return Samples((drawn(seed).random(number) < ones).astype(np.uint8), 1)


def sticky(seed: int, number: int, stay: float) -> Samples:
    """Return bits that stay as they are with probability `stay`: min-entropy is -log2(stay) if that is above a half."""
    changes = (drawn(seed).random(number) >= stay).astype(np.uint8)
    return Samples((np.cumsum(changes) & 1).astype(np.uint8), 1)


@cache
def pi_as_nist_has_it() -> Samples:
    """Return the samples of NIST's file data.pi.bin; data_pi.json says how they were found."""
    bits = _pi(1_004_882)
    lines = [np.ones(3, dtype=np.uint8), bits[:24]]
    for start in range(24, len(bits), 25):
        lines += [np.ones(4, dtype=np.uint8), bits[start : start + 25]]
    return Samples(np.concatenate([*lines, np.ones(1, dtype=np.uint8)]), 1)


def _pi(number: int) -> NDArray[np.uint8]:
    """Return the first bits of pi, 11.001001 …, by Chudnovsky's series."""
    places = number - 2 + 64

    def split(first: int, last: int) -> tuple[int, int, int]:
        if last - first == 1:
            p = (6 * first - 5) * (2 * first - 1) * (6 * first - 1) if first else 1
            q = first**3 * (640320**3 // 24) if first else 1
            return p, q, (13591409 + 545140134 * first) * p * (-1) ** first
        middle = (first + last) // 2
        p1, q1, t1 = split(first, middle)
        p2, q2, t2 = split(middle, last)
        return p1 * p2, q1 * q2, t1 * q2 + p1 * t2

    _, q, t = split(0, places // 47 + 2)
    scaled = 426880 * math.isqrt(10005 << (2 * places)) * q // t >> 64
    return np.unpackbits(np.frombuffer((scaled << -number % 8).to_bytes((number + 7) // 8, "big"), dtype=np.uint8))[
        :number
    ]
