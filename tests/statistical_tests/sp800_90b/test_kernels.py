"""The compiled loops of SP 800-90B and those in Python give the same numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statistical_tests import kernel
from statistical_tests.errors import BadInput
from statistical_tests.sp800_90b import kernels, portable
from statistical_tests.sp800_90b.samples import Samples
from tests.statistical_tests.sp800_90b import sources


@pytest.fixture(autouse=True)
def _compiled() -> Iterator[None]:
    if kernel.engines() == ("numpy",):
        pytest.skip("no compiled part, with which the other could be compared")
    before = kernel.use(kernel.engines()[0])
    yield
    kernel.use(before)


@st.composite
def samples(draw: st.DrawFn, *, most: int = 400) -> Samples:
    """Draw samples of one to eight bits: random, periodic, sticky, and such that repeat their first half."""
    width = draw(st.integers(1, 8))
    number = draw(st.integers(0, most))
    kinds = draw(st.integers(1, 1 << width))
    values = sources.drawn(draw(st.integers(0, 10**6))).integers(0, kinds, number)
    shape = draw(st.sampled_from(["random", "period", "sticky", "halves"]))
    if shape == "period" and number:
        values = np.resize(values[: draw(st.integers(1, number))], number)
    if shape == "sticky":
        values = np.repeat(values, 5)[:number]
    if shape == "halves" and number:
        values[number // 2 :] = values[: number - number // 2]
    return Samples(values.astype(np.uint8), width)


@given(samples(), st.lists(st.integers(1, 40), min_size=1, max_size=5, unique=True))
def test_windows_agree(drawn: Samples, sizes: list[int]) -> None:
    ascending = tuple(sorted(sizes))
    assert kernels.windows(drawn, ascending) == portable.windows(drawn.values, ascending)


@given(samples(), st.integers(1, 150))
def test_lags_agree(drawn: Samples, depth: int) -> None:
    assert kernels.lag(drawn, depth) == portable.lag(drawn.values, depth)


@given(samples(), st.integers(1, 16), st.sampled_from([1, 3, 20, 100, 100_000]))
def test_markov_models_agree_also_when_they_are_full(drawn: Samples, depth: int, most: int) -> None:
    assert kernels.multi_mmc(drawn, depth, most) == portable.multi_mmc(drawn.values, depth, most)


@given(samples(), st.integers(1, 16), st.sampled_from([1, 3, 20, 100, 65_536]))
def test_dictionaries_agree_also_when_they_are_full(drawn: Samples, depth: int, most: int) -> None:
    assert kernels.lz78y(drawn, depth, most) == portable.lz78y(drawn.values, depth, most)


@pytest.mark.parametrize("width", [1, 2, 8])
def test_models_agree_on_longer_samples_whose_tables_grow(width: int) -> None:
    drawn = sources.uniform(9, 20_000, width=width)
    assert kernels.multi_mmc(drawn, 16, 5_000) == portable.multi_mmc(drawn.values, 16, 5_000)
    assert kernels.lz78y(drawn, 16, 60_000) == portable.lz78y(drawn.values, 16, 60_000)
    assert kernels.lag(drawn, 128) == portable.lag(drawn.values, 128)
    sizes = (63, 255, 1023, 4095)
    assert kernels.windows(drawn, sizes) == portable.windows(drawn.values, sizes)


@given(samples())
def test_tuples_agree(drawn: Samples) -> None:
    for mine, other in zip(kernels.tuples(drawn), portable.tuples(drawn.values), strict=True):
        assert mine.tolist() == other.tolist()


@given(samples(most=40))
def test_tuples_are_those_that_counting_finds(drawn: Samples) -> None:
    most, pairs = kernels.tuples(drawn)
    data, longest = drawn.values.tobytes(), 0
    for length in range(1, len(data) + 1):
        there = Counter(data[i : i + length] for i in range(len(data) - length + 1))
        if max(there.values()) < 2:
            break
        longest = length
        assert most[length - 1] == max(there.values())
        assert pairs[length - 1] == sum(times * (times - 1) // 2 for times in there.values())
    assert len(most) == len(pairs) == longest


def test_tuples_of_one_value_and_of_a_period_are_counted_in_full() -> None:
    most, pairs = kernels.tuples(Samples(np.zeros(100_000, dtype=np.uint8), 1))
    assert most.tolist() == list(range(100_000, 1, -1))
    assert pairs[0] == 100_000 * 99_999 // 2
    most, _ = kernels.tuples(Samples(np.resize(np.array([0, 1, 2], dtype=np.uint8), 3_000), 2))
    assert len(most) == 2_997
    assert most[:4].tolist() == [1_000, 1_000, 1_000, 999]


@given(samples(), st.integers(0, 2**64 - 1))
def test_shuffles_agree_and_permute(drawn: Samples, key: int) -> None:
    shuffled = kernels.shuffle(drawn, key)
    assert shuffled.tolist() == portable.shuffle(drawn.values, key).tolist()
    assert sorted(shuffled.tolist()) == sorted(drawn.values.tolist())


def test_shuffles_reach_every_order_equally_often() -> None:
    four = Samples(np.arange(4, dtype=np.uint8), 2)
    counts = Counter(kernels.shuffle(four, key).tobytes() for key in range(24_000))
    assert len(counts) == 24
    statistic = sum((times - 1000) ** 2 / 1000 for times in counts.values())
    assert statistic < 58.6  # chi-square with 23 degrees of freedom, 1 - 6e-5; the keys are fixed


@given(samples(), st.integers(0, 510))
def test_statistics_agree(drawn: Samples, twice_median: int) -> None:
    words = drawn.values[::-1].copy()
    mine = kernels.statistics(drawn.values, words, drawn.values, twice_median)
    assert mine.tolist() == portable.statistics(drawn.values, words, drawn.values, twice_median).tolist()


@given(samples())
def test_collisions_of_bits_agree(drawn: Samples) -> None:
    bits = drawn.bitstring()
    assert kernels.binary_collisions(bits) == portable.binary_collisions(bits.values)


def test_the_engine_of_numpy_is_used_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = sources.uniform(10, 300, width=2)
    bits = drawn.bitstring()
    here = (
        kernels.windows(drawn, (3, 5)),
        kernels.lag(drawn, 9),
        kernels.multi_mmc(drawn, 3, 10),
        kernels.lz78y(drawn, 3, 10),
        kernels.binary_collisions(bits),
        kernels.shuffle(drawn, 1).tolist(),
        kernels.statistics(drawn.values, drawn.values, drawn.values, 3).tolist(),
    )
    monkeypatch.setattr(kernels, "compiled", lambda: None)
    there = (
        kernels.windows(drawn, (3, 5)),
        kernels.lag(drawn, 9),
        kernels.multi_mmc(drawn, 3, 10),
        kernels.lz78y(drawn, 3, 10),
        kernels.binary_collisions(bits),
        kernels.shuffle(drawn, 1).tolist(),
        kernels.statistics(drawn.values, drawn.values, drawn.values, 3).tolist(),
    )
    assert here == there


def test_the_compiled_part_refuses_what_would_leave_its_tables() -> None:
    native = kernel.compiled()
    assert native is not None
    wide = np.array([0, 1, 2, 3] * 10, dtype=np.uint8)
    calls: tuple[Callable[[], object], ...] = (
        lambda: native.entropy_multi_mmc(wide, 1, 16, 100),
        lambda: native.entropy_lz78y(wide, 1, 4, 100),
        lambda: native.entropy_multi_mmc(wide, 2, 17, 100),
        lambda: native.entropy_multi_mmc(wide, 9, 16, 100),
        lambda: native.entropy_lz78y(wide, 2, 4, 0),
        lambda: native.entropy_lag(wide, 0),
        lambda: native.entropy_lag(wide, 5000),
        lambda: native.entropy_windows(wide, np.array([5, 3])),
        lambda: native.entropy_windows(wide, np.arange(1, 20)),
        lambda: native.entropy_windows(wide, np.array([], dtype=np.int64)),
        lambda: native.entropy_binary_collisions(wide),
        lambda: native.entropy_shuffle(wide, 1, np.empty(39, dtype=np.uint8)),
        lambda: native.entropy_statistics(wide, wide, wide, 3, np.empty(18, dtype=np.int64)),
    )
    for call in calls:
        with pytest.raises(ValueError, match=r"\w+"):
            call()


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(BadInput, match="single bits"):
        kernels.binary_collisions(sources.uniform(1, 10))
    with pytest.raises(BadInput, match="key is -1"):
        kernels.shuffle(sources.uniform(1, 10), -1)
