"""Duplicate windows: does a piece of the sequence come back? What finds a nonce or a seed that was used twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bit_tests.reference import poisson_upper
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable

NAME = "DuplicateWindows"
SECTION = "TAOCP 3.3.2 I (collisions); the birthday bound"
NARROWEST, WIDEST = 64, 256
_KEY_BYTES = 8
_MIXER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no bit of a word is lost


def duplicate_windows(bits: Bits, *, window_bits: int = 64, step_bits: int | None = None) -> Finding:
    """Count the windows that were there before, of all windows at a fixed step.

    Windows of `window_bits` bits start every `step_bits` bits. Of N windows, N less the number of different ones are
    repeats, and ideal bits expect at most C(N, 2) / 2^window_bits of them: 3 in 10^8 for the windows of 64 bits that
    start at each byte of a megabyte. A generator that reuses nonces, seeds or keys, or whose cycle has closed, repeats
    whole blocks. Repeats of blocks that start at multiples of the step are seen; with a step of 8 bits, those at any
    byte.

    Where windows do not overlap, repeats are Poisson up to terms of the order of that expectation squared, and the
    p-value is P(at least so many). Where they overlap, repeats come in clumps, so p is the expectation itself as soon
    as there is one repeat (Markov's bound): conservative, and its floor is that expectation.

    Args:
        bits: the sequence.
        window_bits: 64 to 256, a multiple of 8.
        step_bits: from one window to the next; a multiple of 8, by default `window_bits`.

    Raises:
        BadInput: an argument is out of range.
    """
    length = len(require_bits(bits))
    window_bits = whole_number(window_bits, "window_bits", least=NARROWEST, most=WIDEST)
    step_bits = window_bits if step_bits is None else whole_number(step_bits, "step_bits", least=8)
    for name, value in (("window_bits", window_bits), ("step_bits", step_bits)):
        if value % 8:
            raise BadInput(f"{name} is {value}: windows start and end at bytes, so it must be a multiple of 8")
    parameters = {"window_bits": window_bits, "step_bits": step_bits}
    windows = (length - window_bits) // step_bits + 1 if length >= window_bits else 0
    if windows < 2:
        reason = f"{windows} windows of {window_bits} bits, and 2 are needed"
        return not_applicable(NAME, SECTION, reason, parameters=parameters)
    repeats, first, second = _repeats(bits.packed, windows, window_bits // 8, step_bits // 8)
    expected = windows * (windows - 1) / 2 / 2.0**window_bits
    overlapping = step_bits < window_bits
    if not repeats:
        p_value = 1.0
    elif overlapping:
        p_value = min(1.0, expected)
    else:
        p_value = poisson_upper(repeats, expected)
    statistic: dict[str, int | float] = {"windows": windows, "repeats": repeats, "expected": expected}
    if repeats:
        statistic |= {"first_at_bit": first * step_bits, "again_at_bit": second * step_bits}
    notes = ("windows overlap: p is the expected number of repeats, an upper bound",) if overlapping else ()
    return Finding(NAME, SECTION, parameters, statistic, (p_value,), notes=notes)


def _repeats(packed: NDArray[np.uint8], windows: int, window: int, step: int) -> tuple[int, int, int]:
    """Count repeats, and name the window that is repeated first and where; lengths in bytes."""
    table = np.lib.stride_tricks.as_strided(packed, shape=(windows, window), strides=(step, 1), writeable=False)
    keys = _keys(packed, windows, window, step)
    ordered = np.sort(keys)
    equal = ordered[1:] == ordered[:-1]
    if not equal.any():
        return 0, 0, 0
    # Only windows whose key came twice can be repeats; whether they are, their bytes say.
    suspects = np.flatnonzero(np.isin(keys, np.unique(ordered[1:][equal])))
    rows = np.ascontiguousarray(table[suspects]).view(np.dtype((np.void, window))).reshape(-1)
    _, firsts, inverse = np.unique(rows, return_index=True, return_inverse=True)
    earlier = suspects[firsts[inverse.reshape(-1)]]  # where the same window stood first
    again = np.flatnonzero(earlier < suspects)
    if not again.size:
        return 0, 0, 0
    return len(again), int(earlier[again[0]]), int(suspects[again[0]])


def _keys(packed: NDArray[np.uint8], windows: int, window: int, step: int) -> NDArray[np.uint64]:
    """Mix each window into 64 bits: equal windows have equal keys, and few others do."""
    keys = np.zeros(windows, dtype=np.uint64)
    starts = [*range(0, window - _KEY_BYTES, _KEY_BYTES), window - _KEY_BYTES]
    for start in starts:
        part = np.lib.stride_tricks.as_strided(
            packed[start:], shape=(windows, _KEY_BYTES), strides=(step, 1), writeable=False
        )
        keys *= _MIXER
        keys ^= np.ascontiguousarray(part).view(np.uint64).reshape(-1)
    return keys
