"""The plan of the compiled spectral count: how a length is split, its roots of unity, how far rounding may reach."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from statistical_tests.kernel import portable

LEAST_BITS = 1 << 10
"""Below it a transform takes no time to speak of."""
MOST_SIDE = 1 << 20

_RADICES = (8, 5, 4, 3, 2)
_ROUNDING = 2.0**-53


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Hold what the compiled transform needs for one length.

    Attributes:
        sides: n1 and n2, whose product is the length.
        tables: the arguments after them: radices, twiddles and positions of n1, radices and twiddles of n2, coarse
            and fine twiddles between the two.
        reach: how far a modulus may be from the true one, and from what a transform of scipy gives.
    """

    sides: tuple[int, int]
    tables: tuple[NDArray[np.uint8] | NDArray[np.float64] | NDArray[np.int64], ...]
    reach: float


def below(native: ModuleType, packed: NDArray[np.uint8], length: int, threshold: float) -> int:
    """Count the moduli below `threshold` among the first length // 2 bins.

    The compiled transform works in double precision. Where a modulus is so near to the threshold that rounding could
    put it on another side than `scipy.fft.rfft` does, that transform decides; so the count is always its count.
    """
    if threshold <= 0:
        return 0  # no modulus is negative
    found = plan(length)
    if found is not None and threshold <= 2 * length:  # no modulus is above the length, and squares stay finite
        low, high = max(threshold - found.reach, 0.0) ** 2, (threshold + found.reach) ** 2
        count = int(native.spectrum_below(packed, length, *found.sides, *found.tables, low, high))
        if count >= 0:
            return count
    return portable.spectrum_below(packed, length, threshold)


@lru_cache(maxsize=4)
def plan(length: int) -> Plan | None:
    """Return the plan for a length, or None for one that has other prime factors than 2, 3 and 5, or is odd or short.

    How far rounding reaches: let u be 2**-53. A pass of radix r computes each of its results from r numbers with at
    most r + 3 roundings on the way of each, in either part, so it adds an error of at most (2 r + 4) u times the sum of
    their moduli. That sum is at most sqrt(r) times their norm, and there are r results: over a pass the error's norm is
    at most (2 r + 4) u sqrt(r) times the norm of the results. A multiplication by a twiddle adds 8 u, that between the
    two halves 16 u, since its factor is a product itself. Each later pass is unitary but for its scale, so these errors
    add up relative to the norm of the whole spectrum, which is the length n exactly (Parseval: the values are +1 and
    -1). No single bin is further off than the norm of all. Twice that bound covers scipy's own transform too, whose
    passes are of the same kind, and twice that again the rounding of squares and of the bounds.
    """
    sides = _sides(length)
    if sides is None:
        return None
    first, second = sides
    columns, rows = _radices(first), _radices(second)
    per_pass = sum((2 * radix + 4) * math.sqrt(radix) + 8 for radix in (*columns, *rows))
    frequencies = np.arange(first // 2 + 1)
    coarse = _roots(8 * np.outer(np.arange(second // 8 + 3), frequencies), length)
    fine = np.swapaxes(_roots(np.outer(frequencies, np.arange(8)), length), 1, 2)
    return Plan(
        sides=sides,
        tables=(
            np.array(columns, dtype=np.uint8),
            _twiddles(first, columns),
            _positions(first, columns),
            np.array(rows, dtype=np.uint8),
            _twiddles(second, rows),
            np.ascontiguousarray(coarse),
            np.ascontiguousarray(fine),
        ),
        reach=4 * (per_pass + 16) * _ROUNDING * length,
    )


def _sides(length: int) -> tuple[int, int] | None:
    """Split a length into an even side and another one, as near to each other as it goes."""
    if length % 2 or length < LEAST_BITS or not _is_smooth(length):
        return None
    root = math.isqrt(length)
    for distance in range(root):
        for side in (root + distance, root - distance):
            if side % 2 == 0 and length % side == 0 and side <= MOST_SIDE and 4 <= length // side <= MOST_SIDE:
                both = side, length // side
                return both if all(len(_radices(one)) > 1 for one in both) else None
    return None


def _is_smooth(size: int) -> bool:
    for prime in (2, 3, 5):
        while size % prime == 0:
            size //= prime
    return size == 1


def _radices(size: int) -> tuple[int, ...]:
    """Return the radices of the passes, the largest first."""
    found = []
    for radix in _RADICES:
        while size % radix == 0:
            found.append(radix)
            size //= radix
    return tuple(found)


def _roots(exponents: NDArray[np.int64], order: int) -> NDArray[np.float64]:
    """Return the powers of exp(-2 pi i / order), real and imaginary parts in a last axis of their own."""
    angles = -2 * np.pi * (exponents % order) / order
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def _twiddles(size: int, radices: tuple[int, ...]) -> NDArray[np.float64]:
    parts, sub = [], size
    for radix in radices:
        block, sub = sub, sub // radix
        parts.append(_roots(np.outer(np.arange(sub), np.arange(1, radix)), block).ravel())
    return np.concatenate(parts)


def _positions(size: int, radices: tuple[int, ...]) -> NDArray[np.int64]:
    """Return where each frequency is after passes in place: its digits stand in the other order."""
    frequencies = np.arange(size)
    positions, sub = np.zeros(size, dtype=np.int64), size
    for radix in radices:
        sub //= radix
        positions += frequencies % radix * sub
        frequencies //= radix
    return positions
