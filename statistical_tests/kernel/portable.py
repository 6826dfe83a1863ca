"""The kernels with numpy alone: the same numbers as the compiled ones, for where there was no compiler.

Arguments are those of `statistical_tests.kernel`, which has checked them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Packed = NDArray[np.uint8]
Counts = NDArray[np.int64]

FEW_BLOCKS = 128
"""Fewer are taken one by one."""


def _bits(packed: Packed, length: int) -> NDArray[np.uint8]:
    return np.unpackbits(packed, count=length)


def _blocks(packed: Packed, length: int, block_bits: int) -> NDArray[np.uint8]:
    """Return the whole blocks, shape [blocks, block_bits]."""
    count = length // block_bits
    return _bits(packed, count * block_bits).reshape(count, block_bits)


def ones(packed: Packed, length: int, block_bits: int) -> Counts:
    """Count the ones of each whole block."""
    counts: Counts = _blocks(packed, length, block_bits).sum(axis=1, dtype=np.int64)
    return counts


def transitions(packed: Packed, length: int) -> int:
    """Count the places where a bit differs from the one before it."""
    bits = _bits(packed, length)
    return int(np.count_nonzero(bits[1:] != bits[:-1]))


def longest_runs(packed: Packed, length: int, block_bits: int) -> Counts:
    """Find the longest run of ones of each whole block."""
    blocks = _blocks(packed, length, block_bits)
    places = np.arange(1, block_bits + 1, dtype=np.int64)
    runs = np.empty(len(blocks), dtype=np.int64)
    for index, block in enumerate(blocks):
        last_zero = np.maximum.accumulate(np.where(block == 0, places, 0))
        runs[index] = (places - last_zero).max()
    return runs


def matrix_ranks(packed: Packed, length: int, rows: int, columns: int) -> Counts:
    """Compute the rank over GF(2) of each whole matrix, all matrices side by side."""
    count = length // (rows * columns)
    cells = _blocks(packed, count * rows * columns, rows * columns).reshape(count, rows, columns)
    matrices = np.packbits(cells, axis=2)
    free = np.ones((count, rows), dtype=bool)  # rows that are no pivot yet
    every = np.arange(count)
    for column in range(columns):
        has_one = (matrices[:, :, column // 8] >> np.uint8(7 - column % 8) & np.uint8(1)).astype(bool)
        candidates = has_one & free
        pivots = candidates.argmax(axis=1)
        found = candidates[every, pivots]
        free[every[found], pivots[found]] = False
        # A pivot row is not needed again, so only rows that are still free have to be cleared.
        clear = has_one & free & found[:, None]
        which, row = np.nonzero(clear)
        matrices[which, row] ^= matrices[which, pivots[which]]
    ranks: Counts = np.count_nonzero(~free, axis=1).astype(np.int64)
    return ranks


def _windows(bits: NDArray[np.uint8], width: int) -> NDArray[np.int64]:
    """Return the value of each window of `width` bits, the first bit the most significant."""
    values = np.zeros(max(len(bits) - width + 1, 0), dtype=np.int64)
    for place in range(width):
        values <<= 1
        values |= bits[place : place + len(values)]
    return values


def window_counts(packed: Packed, length: int, window_bits: int, blocks: int, cyclic: bool) -> Counts:
    """Count the values of all windows in each of `blocks` blocks."""
    size = length // blocks
    counts = np.zeros((blocks, 1 << window_bits), dtype=np.int64)
    bits = _blocks(packed, blocks * size, size) if size else np.zeros((blocks, 0), dtype=np.uint8)
    for index, block in enumerate(bits):
        around = np.resize(block, size + window_bits - 1) if cyclic and size else block
        counts[index] = np.bincount(_windows(around, window_bits), minlength=1 << window_bits)
    return counts


def template_counts(packed: Packed, length: int, block_bits: int, template: int, template_bits: int) -> Counts:
    """Count the places of each whole block where the template stands."""
    counts = np.empty(length // block_bits, dtype=np.int64)
    for index, block in enumerate(_blocks(packed, length, block_bits)):
        counts[index] = np.count_nonzero(_windows(block, template_bits) == template)
    return counts


def universal_distances(packed: Packed, length: int, block_bits: int, initial: int) -> Counts:
    """Count, for blocks from `initial` on, how far back the same block was last; never seen counts from place 0."""
    blocks = _blocks(packed, length, block_bits)
    weights = 1 << np.arange(block_bits - 1, -1, -1, dtype=np.int64)
    values = blocks @ weights
    order = np.argsort(values, kind="stable")
    before = np.zeros(len(values), dtype=np.int64)  # places are counted from 1, so that 0 means never
    same = values[order[1:]] == values[order[:-1]]
    before[order[1:][same]] = order[:-1][same] + 1
    distances = np.arange(1, len(values) + 1) - before
    return np.bincount(distances[initial:], minlength=1).astype(np.int64)


def walk(packed: Packed, length: int) -> tuple[int, int, int, int, NDArray[Any], NDArray[Any]]:
    """Walk one step up for a one and one down for a zero, and count where it was, cycle by cycle."""
    steps = 2 * _bits(packed, length).astype(np.int64) - 1
    places = np.cumsum(steps)
    minimum = min(0, int(places.min(initial=0)))
    maximum = max(0, int(places.max(initial=0)))
    final = int(places[-1]) if length else 0
    at_zero = places == 0
    cycles = int(np.count_nonzero(at_zero)) + (final != 0)
    cycle = np.cumsum(at_zero) - at_zero  # that to which each step belongs
    visits = np.zeros((8, 6), dtype=np.int64)
    for row, state in enumerate((-4, -3, -2, -1, 1, 2, 3, 4)):
        each = np.bincount(cycle[places == state], minlength=cycles)[:cycles]
        visits[row] = np.bincount(np.minimum(each, 5), minlength=6)
    near = np.abs(places) <= 9
    totals = np.bincount(places[near] + 9, minlength=19).astype(np.int64)
    return minimum, maximum, final, cycles, visits, np.delete(totals, 9)


def _one_linear_complexity(text: str) -> int:
    """Berlekamp-Massey on one block of zeros and ones, with Python's integers as words."""
    connection, other, size = 1, 1, 0  # coefficient i is bit i
    window = 0  # the bits so far, the newest lowest
    for place, bit in enumerate(text):
        window = window << 1 | (bit == "1")
        other <<= 1
        if (connection & window).bit_count() & 1:
            if 2 * size <= place:
                connection, other, size = connection ^ other, connection, place + 1 - size
            else:
                connection ^= other
    return size


def _sliced_linear_complexities(blocks: NDArray[np.uint8]) -> Counts:
    """Berlekamp-Massey on all blocks at once: a row of words holds one bit of each block."""
    count, size = blocks.shape

    def packed_words(bits: NDArray[Any]) -> NDArray[np.uint64]:
        rows = np.packbits(bits, axis=-1)
        spare = [(0, 0)] * (rows.ndim - 1) + [(0, -rows.shape[-1] % 8)]
        return np.ascontiguousarray(np.pad(rows, spare)).view(np.uint64)

    slices = packed_words(blocks.T)
    connection = np.zeros((size + 2, slices.shape[1]), dtype=np.uint64)
    others = np.zeros((2 * size + 2, slices.shape[1]), dtype=np.uint64)  # from row size - place - 1 on they are x B
    connection[0] = others[size] = ~np.uint64(0)
    sizes = np.zeros(count, dtype=np.int64)
    for place in range(size):
        top = max(int(sizes.max()), place + 1 - int(sizes.min())) + 1  # no coefficient from there on is one
        now, other = connection[:top], others[size - place - 1 :][:top]
        known = min(top, place + 1)
        differs = np.bitwise_xor.reduce(now[:known] & slices[place - known + 1 : place + 1][::-1], axis=0)
        changes = np.unpackbits(differs.view(np.uint8), count=count).astype(bool) & (2 * sizes <= place)
        before = now.copy()
        now ^= differs & other
        other ^= packed_words(changes) & (other ^ before)
        sizes[changes] = place + 1 - sizes[changes]
    return sizes


def linear_complexities(packed: Packed, length: int, block_bits: int) -> Counts:
    """Compute the linear complexity of each whole block."""
    blocks = _blocks(packed, length, block_bits)
    if len(blocks) >= FEW_BLOCKS:
        return _sliced_linear_complexities(blocks)
    text = (blocks + np.uint8(ord("0"))).astype(np.uint8)
    return np.array([_one_linear_complexity(block.tobytes().decode("ascii")) for block in text], dtype=np.int64)


def spectrum_below(packed: Packed, length: int, threshold: float) -> int:
    """Count the moduli below `threshold` among the first length // 2 bins, with a transform in double precision."""
    from scipy import fft

    if length < 2:
        return 0
    values = 2.0 * _bits(packed, length) - 1.0
    return int(np.count_nonzero(np.abs(fft.rfft(values)[: length // 2]) < threshold))
