"""Every engine gives the numbers that numpy gives, for all lengths and parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from statistical_tests import kernel

COMPILED = [name for name in kernel.engines() if name != "numpy"]

pytestmark = pytest.mark.skipif(not COMPILED, reason="no compiled kernel here")

Packed = NDArray[np.uint8]


@pytest.fixture(autouse=True)
def engine_as_before() -> Iterator[None]:
    before = kernel.engine()
    yield
    kernel.use(before)


@st.composite
def sequences(draw: st.DrawFn, most: int = 3000) -> tuple[Packed, int]:
    """Bits of all kinds: even ones, biased ones, long runs, periods; and a buffer that is longer than they are."""
    length = draw(st.one_of(st.integers(0, 70), st.integers(0, most)))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(["even", "rare", "frequent", "periodic", "zeros", "ones"]))
    if kind == "periodic":
        values = np.resize(generator.integers(0, 2, draw(st.integers(1, 40))) == 1, length)
    else:
        values = generator.random(length) < {"even": 0.5, "rare": 0.03, "frequent": 0.98, "zeros": 0, "ones": 1}[kind]
    packed = np.packbits(values.astype(np.uint8))
    spare = draw(st.integers(0, 3))  # what lies past the length is never looked at, so it may be anything
    tail = generator.integers(0, 256, spare, dtype=np.uint8)
    return np.concatenate([packed, tail]), length


def same_everywhere(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    kernel.use("numpy")
    wanted = function(*arguments, **named)
    for name in COMPILED:
        kernel.use(name)
        found = function(*arguments, **named)
        if isinstance(wanted, kernel.Walk):
            assert (found.minimum, found.maximum, found.final, found.cycles) == (
                wanted.minimum,
                wanted.maximum,
                wanted.final,
                wanted.cycles,
            ), name
            np.testing.assert_array_equal(found.visits, wanted.visits, name, strict=True)
            np.testing.assert_array_equal(found.totals, wanted.totals, name, strict=True)
        elif isinstance(wanted, int):
            assert found == wanted, name
            assert type(found) is int
        else:
            np.testing.assert_array_equal(found, wanted, name, strict=True)
    return wanted


@given(bits=sequences(), block=st.integers(1, 400))
def test_ones(bits: tuple[Packed, int], block: int) -> None:
    same_everywhere(kernel.ones, *bits, block)


@given(bits=sequences())
def test_transitions(bits: tuple[Packed, int]) -> None:
    same_everywhere(kernel.transitions, *bits)


@given(bits=sequences(), block=st.integers(1, 700))
def test_longest_runs(bits: tuple[Packed, int], block: int) -> None:
    same_everywhere(kernel.longest_runs, *bits, block)


@given(bits=sequences(20_000), shape=st.one_of(st.just((32, 32)), st.tuples(st.integers(1, 80), st.integers(1, 150))))
def test_matrix_ranks(bits: tuple[Packed, int], shape: tuple[int, int]) -> None:
    same_everywhere(kernel.matrix_ranks, *bits, *shape)


@given(
    bits=sequences(),
    width=st.one_of(st.sampled_from([9, 16]), st.integers(1, 18)),
    blocks=st.one_of(st.just(1), st.integers(1, 12)),
    cyclic=st.booleans(),
)
def test_window_counts(bits: tuple[Packed, int], width: int, blocks: int, cyclic: bool) -> None:
    same_everywhere(kernel.window_counts, *bits, width, blocks=blocks, cyclic=cyclic)


@given(bits=sequences(), block=st.integers(1, 1100), width=st.integers(1, 63), data=st.data())
def test_template_counts(bits: tuple[Packed, int], block: int, width: int, data: st.DataObject) -> None:
    most = (1 << width) - 1
    template = data.draw(st.one_of(st.sampled_from([0, most]), st.integers(0, most)))
    same_everywhere(kernel.template_counts, *bits, block, template, width)


@given(bits=sequences(20_000), width=st.integers(1, 18), initial=st.integers(0, 300))
def test_universal_distances(bits: tuple[Packed, int], width: int, initial: int) -> None:
    same_everywhere(kernel.universal_distances, *bits, width, initial)


@given(bits=sequences(20_000))
def test_walk(bits: tuple[Packed, int]) -> None:
    same_everywhere(kernel.walk, *bits)


@settings(deadline=None)
@given(bits=sequences(6000), block=st.one_of(st.integers(1, 70), st.integers(1, 3000)))
def test_linear_complexities(bits: tuple[Packed, int], block: int) -> None:
    same_everywhere(kernel.linear_complexities, *bits, block)


@pytest.mark.parametrize("block", [63, 64, 65, 500, 512, 5000, 20_011])
def test_linear_complexities_of_a_long_sequence(block: int) -> None:
    """In more groups of blocks than one, and in the other way, for few long blocks."""
    length = 300_007
    packed = np.random.default_rng(block).integers(0, 256, length // 8 + 1, dtype=np.uint8)
    found = same_everywhere(kernel.linear_complexities, packed, length, block)
    assert len(found) == length // block


@pytest.mark.parametrize("function", [kernel.transitions, kernel.walk])
def test_an_array_with_gaps_is_taken_as_what_it_says(function: Callable[..., Any]) -> None:
    packed = np.random.default_rng(3).integers(0, 256, 4000, dtype=np.uint8)[::2]
    same_everywhere(function, packed, 8 * 2000)
