"""Wrong arguments are refused in words, before anything is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from statistical_tests import kernel
from statistical_tests.errors import BadInput

BITS = np.arange(10, dtype=np.uint8)

FUNCTIONS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (kernel.ones, (4,)),
    (kernel.transitions, ()),
    (kernel.longest_runs, (4,)),
    (kernel.matrix_ranks, (4, 4)),
    (kernel.window_counts, (4,)),
    (kernel.template_counts, (10, 1, 3)),
    (kernel.universal_distances, (4, 1)),
    (kernel.walk, ()),
    (kernel.linear_complexities, (20,)),
    (kernel.spectrum_below, (3.0,)),
]

WRONG_NUMBERS: list[tuple[Callable[..., Any], tuple[Any, ...], str]] = [
    (kernel.ones, (0,), "block_bits is 0"),
    (kernel.ones, (2.5,), r"block_bits is an integer, not 2\.5"),
    (kernel.longest_runs, (-1,), "block_bits is -1"),
    (kernel.matrix_ranks, (0, 4), "rows is 0"),
    (kernel.matrix_ranks, (4, 1 << 21), "columns is 2097152"),
    (kernel.window_counts, (0,), "window_bits is 0"),
    (kernel.window_counts, (25,), "window_bits is 25: it must be from 1 to 24"),
    (kernel.template_counts, (10, 8, 3), "template is 8: it must be from 0 to 7"),
    (kernel.template_counts, (10, -1, 3), "template is -1"),
    (kernel.template_counts, (10, 0, 64), "template_bits is 64"),
    (kernel.template_counts, (0, 0, 2), "block_bits is 0"),
    (kernel.universal_distances, (25, 1), "block_bits is 25"),
    (kernel.universal_distances, (7, -1), "initial is -1"),
    (kernel.linear_complexities, (True,), "block_bits is an integer"),
    (kernel.linear_complexities, ((1 << 24) + 1,), "block_bits is 16777217"),
    (kernel.spectrum_below, (float("nan"),), "threshold is nan: it must be finite"),
    (kernel.spectrum_below, (float("inf"),), "threshold is inf"),
    (kernel.spectrum_below, ("3",), "threshold is a number, not '3'"),
    (kernel.spectrum_below, (True,), "threshold is a number"),
]


@pytest.mark.parametrize(("function", "rest"), FUNCTIONS, ids=lambda one: getattr(one, "__name__", ""))
def test_more_bits_than_there_are(function: Callable[..., Any], rest: tuple[Any, ...]) -> None:
    with pytest.raises(BadInput, match="81 bits take 11 bytes, and 10 are given"):
        function(BITS, 81, *rest)
    with pytest.raises(BadInput, match="length is -1"):
        function(BITS, -1, *rest)
    with pytest.raises(BadInput, match=r"length is an integer, not 8\.0"):
        function(BITS, 8.0, *rest)
    function(BITS, 80, *rest)


@pytest.mark.parametrize(("function", "rest"), FUNCTIONS, ids=lambda one: getattr(one, "__name__", ""))
@pytest.mark.parametrize("packed", [b"\x01\x02", [1, 2], BITS.astype(np.int8), BITS.reshape(2, 5), None])
def test_something_else_than_packed_bits(function: Callable[..., Any], rest: tuple[Any, ...], packed: Any) -> None:
    with pytest.raises(BadInput, match="numpy array of uint8 with one dimension"):
        function(packed, 8, *rest)


@pytest.mark.parametrize(("function", "rest", "message"), WRONG_NUMBERS)
def test_a_number_out_of_range(function: Callable[..., Any], rest: tuple[Any, ...], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        function(BITS, 80, *rest)


@pytest.mark.parametrize("blocks", [0, -1, 1.0])
def test_a_wrong_number_of_blocks(blocks: Any) -> None:
    with pytest.raises(BadInput, match="blocks is"):
        kernel.window_counts(BITS, 80, 3, blocks=blocks)


def test_an_engine_that_is_not_here() -> None:
    with pytest.raises(BadInput, match=r"no engine 'abacus' here: there are .*numpy"):
        kernel.use("abacus")


def test_the_engine_in_use_is_told_and_kept() -> None:
    before = kernel.engine()
    assert before == kernel.engines()[0]
    assert kernel.use("numpy") == before
    try:
        assert kernel.engine() == "numpy"
        assert kernel.compiled() is None
    finally:
        assert kernel.use(before) == "numpy"
    assert kernel.engine() == before
