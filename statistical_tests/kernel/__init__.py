"""Kernels of the statistical tests: compiled where a compiler was, numpy elsewhere, the same numbers in both.

`packed` is uint8, the most significant bit of a byte first, and holds at least `length` bits, as in
`statistical_tests.bits.Bits`. Counts are int64. A block that is not whole, at the end, is left out. The compiled engine
gives up the interpreter lock while it works. `engine` says which one is in use, `use` chooses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from statistical_tests.arguments import whole_number
from statistical_tests.errors import BadInput
from statistical_tests.kernel import portable, spectrum
from statistical_tests.kernel.choice import compiled, engine, engines, use

__all__ = [
    "Walk",
    "compiled",
    "engine",
    "engines",
    "linear_complexities",
    "longest_runs",
    "matrix_ranks",
    "ones",
    "spectrum_below",
    "template_counts",
    "transitions",
    "universal_distances",
    "use",
    "walk",
    "window_counts",
]

MOST_BITS = 1 << 48
"""So that no product of a length and a count leaves 64 bits."""
MOST_WINDOW_BITS = 24
MOST_TEMPLATE_BITS = 63
MOST_UNIVERSAL_BITS = 24

_EXCURSION_STATES = 8
_VISIT_CLASSES = 6
_VARIANT_STATES = 18

Packed = NDArray[np.uint8]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """What a walk did that goes one up for each one and one down for each zero, from place 0.

    Attributes:
        minimum: the lowest place, 0 or less: the start counts.
        maximum: the highest place, 0 or more.
        final: the last place.
        cycles: how often it came back to 0, and one more if it ended elsewhere (SP 800-22 2.14.4, J).
        visits: int64 [8, 6], for the states -4 … -1, 1 … 4 the number of cycles with 0, 1, 2, 3, 4, 5 or more visits.
        totals: int64 [18], visits of the states -9 … -1, 1 … 9 over all cycles.
    """

    minimum: int
    maximum: int
    final: int
    cycles: int
    visits: NDArray[np.int64]
    totals: NDArray[np.int64]


def _require(packed: object, length: object) -> tuple[Packed, int]:
    if not isinstance(packed, np.ndarray) or packed.dtype != np.uint8 or packed.ndim != 1:
        raise BadInput("packed bits are a numpy array of uint8 with one dimension")
    count = whole_number(length, "length", least=0, most=MOST_BITS)
    if len(packed) < (count + 7) // 8:
        raise BadInput(f"{count} bits take {(count + 7) // 8} bytes, and {len(packed)} are given")
    return np.ascontiguousarray(packed), count


def ones(packed: Packed, length: int, block_bits: int) -> Counts:
    """Count the ones of each whole block of `block_bits` bits.

    Raises:
        BadInput: there are not so many bits, or a block has none.
    """
    packed, length = _require(packed, length)
    block_bits = whole_number(block_bits, "block_bits", least=1, most=MOST_BITS)
    native = compiled()
    if native is None:
        return portable.ones(packed, length, block_bits)
    counts = np.empty(length // block_bits, dtype=np.int64)
    native.ones(packed, length, block_bits, counts)
    return counts


def transitions(packed: Packed, length: int) -> int:
    """Count the places where a bit differs from the one before it.

    Raises:
        BadInput: there are not so many bits.
    """
    packed, length = _require(packed, length)
    native = compiled()
    if native is None:
        return portable.transitions(packed, length)
    return int(native.transitions(packed, length))


def longest_runs(packed: Packed, length: int, block_bits: int) -> Counts:
    """Find the longest run of ones of each whole block of `block_bits` bits.

    Raises:
        BadInput: there are not so many bits, or a block has none.
    """
    packed, length = _require(packed, length)
    block_bits = whole_number(block_bits, "block_bits", least=1, most=MOST_BITS)
    native = compiled()
    if native is None:
        return portable.longest_runs(packed, length, block_bits)
    runs = np.empty(length // block_bits, dtype=np.int64)
    native.longest_runs(packed, length, block_bits, runs)
    return runs


def matrix_ranks(packed: Packed, length: int, rows: int, columns: int) -> Counts:
    """Compute the rank over GF(2) of each whole matrix; its rows follow one another in the bits.

    Raises:
        BadInput: there are not so many bits, or a matrix has no row or no column.
    """
    packed, length = _require(packed, length)
    rows = whole_number(rows, "rows", least=1, most=1 << 20)
    columns = whole_number(columns, "columns", least=1, most=1 << 20)
    native = compiled()
    if native is None:
        return portable.matrix_ranks(packed, length, rows, columns)
    ranks = np.empty(length // (rows * columns), dtype=np.int64)
    native.matrix_ranks(packed, length, rows, columns, ranks)
    return ranks


def window_counts(packed: Packed, length: int, window_bits: int, *, blocks: int = 1, cyclic: bool = False) -> Counts:
    """Count the values of all overlapping windows, the first bit of a window the most significant.

    Args:
        packed: the bits.
        length: how many there are.
        window_bits: 1 to 24.
        blocks: how many blocks of length // blocks bits are counted one by one; windows lie inside a block.
        cyclic: a block's windows go on at its own start, so that there are as many as bits.

    Returns:
        Counts, shape [blocks, 2**window_bits].

    Raises:
        BadInput: there are not so many bits, or a number is out of range.
    """
    packed, length = _require(packed, length)
    window_bits = whole_number(window_bits, "window_bits", least=1, most=MOST_WINDOW_BITS)
    blocks = whole_number(blocks, "blocks", least=1, most=1 << 24)
    native = compiled()
    if native is None:
        return portable.window_counts(packed, length, window_bits, blocks, bool(cyclic))
    counts = np.zeros((blocks, 1 << window_bits), dtype=np.int64)
    native.window_counts(packed, length, window_bits, blocks, bool(cyclic), counts)
    return counts


def template_counts(packed: Packed, length: int, block_bits: int, template: int, template_bits: int) -> Counts:
    """Count, for each whole block, the places where the template stands; they may overlap.

    Args:
        packed: the bits.
        length: how many there are.
        block_bits: bits of a block.
        template: its bits as a number, the first the most significant.
        template_bits: 1 to 63.

    Raises:
        BadInput: there are not so many bits, or a number is out of range.
    """
    packed, length = _require(packed, length)
    block_bits = whole_number(block_bits, "block_bits", least=1, most=MOST_BITS)
    template_bits = whole_number(template_bits, "template_bits", least=1, most=MOST_TEMPLATE_BITS)
    template = whole_number(template, "template", least=0, most=(1 << template_bits) - 1)
    native = compiled()
    if native is None:
        return portable.template_counts(packed, length, block_bits, template, template_bits)
    counts = np.empty(length // block_bits, dtype=np.int64)
    native.template_counts(packed, length, block_bits, template, template_bits, counts)
    return counts


def universal_distances(packed: Packed, length: int, block_bits: int, initial: int) -> Counts:
    """Count how far back each block was last seen, for the blocks after the first `initial` (SP 800-22 2.9.4).

    A block that was never seen has its own place, counted from one, as distance: the table of the standard holds zeros
    at first.

    Args:
        packed: the bits.
        length: how many there are.
        block_bits: L, 1 to 24.
        initial: Q, blocks that only fill the table.

    Returns:
        Counts by distance, shape [largest distance + 1]: element d is how many blocks had distance d.

    Raises:
        BadInput: there are not so many bits, or a number is out of range.
    """
    packed, length = _require(packed, length)
    block_bits = whole_number(block_bits, "block_bits", least=1, most=MOST_UNIVERSAL_BITS)
    initial = whole_number(initial, "initial", least=0, most=MOST_BITS)
    native = compiled()
    if native is None:
        return portable.universal_distances(packed, length, block_bits, initial)
    counts = np.zeros(length // block_bits + 1, dtype=np.int64)
    largest = native.universal_distances(packed, length, block_bits, initial, counts)
    return counts[: largest + 1].copy()


def walk(packed: Packed, length: int) -> Walk:
    """Walk over the bits and count, in one pass, what CumulativeSums and both RandomExcursions need.

    Raises:
        BadInput: there are not so many bits.
    """
    packed, length = _require(packed, length)
    native = compiled()
    if native is None:
        return Walk(*portable.walk(packed, length))
    found = np.empty(4 + _EXCURSION_STATES * _VISIT_CLASSES + _VARIANT_STATES, dtype=np.int64)
    native.walk(packed, length, found)
    minimum, maximum, final, cycles = (int(one) for one in found[:4])
    visits, totals = np.split(found[4:], [_EXCURSION_STATES * _VISIT_CLASSES])
    return Walk(minimum, maximum, final, cycles, visits.reshape(_EXCURSION_STATES, _VISIT_CLASSES), totals)


def linear_complexities(packed: Packed, length: int, block_bits: int) -> Counts:
    """Compute the linear complexity of each whole block of `block_bits` bits (SP 800-22 2.10, Berlekamp-Massey).

    Raises:
        BadInput: there are not so many bits, or a block has none.
    """
    packed, length = _require(packed, length)
    block_bits = whole_number(block_bits, "block_bits", least=1, most=1 << 24)
    native = compiled()
    if native is None:
        return portable.linear_complexities(packed, length, block_bits)
    found = np.empty(length // block_bits, dtype=np.int64)
    native.linear_complexities(packed, length, block_bits, found)
    return found


def spectrum_below(packed: Packed, length: int, threshold: float) -> int:
    """Count the bins of the discrete Fourier transform of +1 (one) and -1 (zero) whose modulus is below `threshold`.

    The first length // 2 bins are looked at, that of the sum among them (SP 800-22 2.6.4).

    Raises:
        BadInput: there are not so many bits, or the threshold is not a finite number.
    """
    packed, length = _require(packed, length)
    if isinstance(threshold, bool) or not isinstance(threshold, int | float | np.floating):
        raise BadInput(f"threshold is a number, not {threshold!r}")
    if not math.isfinite(threshold):
        raise BadInput(f"threshold is {threshold}: it must be finite")
    native = compiled()
    if native is None:
        return portable.spectrum_below(packed, length, float(threshold))
    return spectrum.below(native, packed, length, float(threshold))
