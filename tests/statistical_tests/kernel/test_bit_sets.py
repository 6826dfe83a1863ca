"""The compiled part of the coupon collector's test: lengths are checked, and what it finds is right at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from statistical_tests import kernel

native = kernel.compiled()
pytestmark = pytest.mark.skipif(native is None, reason="the kernel was not built")


def _lengths(values: list[int], kinds: int, most: int) -> list[int]:
    assert native is not None
    out = np.full(most, -1, dtype=np.int64)
    written = native.bit_set_lengths(np.asarray(values, dtype=np.uint8), kinds, most, out)
    assert (out[written:] == -1).all()
    found: list[int] = out[:written].tolist()
    return found


def test_sets_are_measured() -> None:
    assert _lengths([0, 1, 1, 1, 0, 0], 2, 5) == [2, 3]
    assert _lengths([0, 1, 1, 1, 0, 0], 2, 1) == [2]
    assert _lengths([], 2, 3) == []
    assert _lengths([0, 1], 2, 0) == []
    assert _lengths([0] * 4, 1, 9) == [1] * 4


def test_64_values_and_values_that_are_none() -> None:
    assert _lengths([*range(64), *range(63, -1, -1)], 64, 9) == [64, 64]
    assert _lengths([255, 0, 200, 1, 64], 2, 9) == [4], "a value past the last one is passed over"


@pytest.mark.parametrize(("kinds", "most", "items"), [(0, 1, 1), (65, 1, 1), (2, -1, 1), (2, 2, 1), (2, 1, 2)])
def test_wrong_numbers_are_refused(kinds: int, most: int, items: int) -> None:
    assert native is not None
    with pytest.raises(ValueError, match=r"out"):
        native.bit_set_lengths(np.zeros(8, dtype=np.uint8), kinds, most, np.zeros(items, dtype=np.int64))
