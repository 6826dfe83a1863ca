"""The health tests over recorded samples, and their cutoffs."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statistical_tests.errors import BadInput
from statistical_tests.sp800_90b.health import (
    adaptive_proportion,
    adaptive_proportion_cutoff,
    repetition_count,
    repetition_count_cutoff,
)
from statistical_tests.sp800_90b.samples import Samples
from tests.statistical_tests.sp800_90b import sources

CUTOFFS: list[dict[str, Any]] = json.loads((sources.VECTORS.parent / "sp800_90b_cutoffs.json").read_text("utf-8"))[
    "cutoffs"
]


@pytest.mark.parametrize("row", CUTOFFS, ids=lambda r: f"{r['test']}-{r['alpha_bits']}-{r['min_entropy']}")
def test_cutoffs_are_those_that_are_published(row: dict[str, Any]) -> None:
    entropy, alpha = float(row["min_entropy"]), 2.0 ** -row["alpha_bits"]
    if row["test"] == "repetition_count":
        assert repetition_count_cutoff(entropy, alpha=alpha) == row["cutoff"]
        return
    assert adaptive_proportion_cutoff(entropy, window=row["window"], alpha=alpha) == row["cutoff"]
    if "corrected" in row:
        found = adaptive_proportion_cutoff(entropy, window=row["window"], alpha=alpha, first_given=True)
        assert found == row["corrected"]


@given(st.fractions(Fraction(1, 20), 8, max_denominator=40), st.integers(1, 60))
def test_the_repetition_cutoff_is_the_smallest_with_so_small_a_chance(entropy: Fraction, bits: int) -> None:
    cutoff = repetition_count_cutoff(entropy, alpha=Fraction(1, 1 << bits))
    assert entropy * (cutoff - 1) >= bits > entropy * (cutoff - 2)


@given(st.integers(1, 8), st.integers(2, 80), st.integers(1, 30))
def test_the_proportion_cutoff_is_the_smallest_with_so_small_a_chance(entropy: int, window: int, bits: int) -> None:
    """Against exact fractions, which a whole number of bits allows."""
    from math import comb

    p, alpha = Fraction(1, 1 << entropy), Fraction(1, 1 << bits)
    for given_first in (False, True):
        number = window - given_first

        def tail(k: int, number: int = number) -> Fraction:
            """Return the probability of k or more."""
            return sum(
                (comb(number, i) * p**i * (1 - p) ** (number - i) for i in range(k, number + 1)), start=Fraction(0)
            )

        cutoff = adaptive_proportion_cutoff(entropy, window=window, alpha=alpha, first_given=given_first)
        assert tail(cutoff - given_first) <= alpha
        if cutoff - given_first > 1:
            assert tail(cutoff - given_first - 1) > alpha


def test_a_decimal_entropy_is_read_as_it_is_printed() -> None:
    # 0.3 as a double is a little below 3/10, and 30 / 0.3 a little above 100.
    assert (
        repetition_count_cutoff(0.3, alpha=2.0**-30) == repetition_count_cutoff(Fraction(3, 10), alpha=2.0**-30) == 101
    )


def _repetitions(values: list[int], cutoff: int) -> list[int]:
    """Follow the standard's steps sample by sample."""
    found: list[int] = []
    last, count = -1, 0
    for place, value in enumerate(values):
        count = count + 1 if value == last else 1
        last = value
        if count >= cutoff:
            found.append(place)
            last, count = -1, 0
    return found


def _proportions(values: list[int], cutoff: int, window: int) -> list[int]:
    found = []
    for start in range(0, len(values), window):
        count = 0
        for place in range(start, min(start + window, len(values))):
            count += values[place] == values[start]
            if count >= cutoff:
                found.append(place)
                break
    return found


@given(st.integers(0, 10**6), st.integers(0, 400), st.integers(1, 4), st.integers(2, 12), st.integers(2, 60))
def test_alarms_are_where_the_steps_of_the_standard_raise_them(
    seed: int, number: int, kinds: int, cutoff: int, window: int
) -> None:
    values = np.repeat(sources.drawn(seed).integers(0, kinds, number), 2)[:number]
    samples = Samples(values.astype(np.uint8), 2)
    repeated = repetition_count(samples, cutoff=cutoff)
    assert repeated.places.tolist() == _repetitions(values.tolist(), cutoff)
    assert repeated.number == len(repeated.places)
    frequent = adaptive_proportion(samples, cutoff=cutoff, window=window)
    assert frequent.places.tolist() == _proportions(values.tolist(), cutoff, window)


def test_a_stuck_source_alarms_again_and_again_and_an_ideal_one_does_not() -> None:
    cutoff = repetition_count_cutoff(8)
    stuck = Samples(np.full(100, 7, dtype=np.uint8), 8)
    assert repetition_count(stuck, cutoff=cutoff).places.tolist() == list(range(cutoff - 1, 100, cutoff))
    ideal = sources.uniform(1, 1_000_000)
    assert repetition_count(ideal, cutoff=cutoff).number == 0
    assert adaptive_proportion(ideal, cutoff=adaptive_proportion_cutoff(8, window=512, first_given=True)).number == 0


def test_a_source_that_lost_half_its_entropy_is_found_by_proportion_alone() -> None:
    lost = sources.uniform(2, 100_000, width=4)
    claimed = Samples(lost.values, 8)
    # Four equal ones in a row begin at a sample with probability 15 / 16^4: 23 of 100,000.
    assert 5 <= repetition_count(claimed, cutoff=repetition_count_cutoff(8)).number <= 45
    assert adaptive_proportion(claimed, cutoff=adaptive_proportion_cutoff(8, window=512)).number > 190


def test_the_usual_window_depends_on_the_width() -> None:
    assert adaptive_proportion(sources.uniform(3, 10, width=1), cutoff=589).window == 1024
    found = adaptive_proportion(sources.uniform(3, 10, width=2), cutoff=177).as_json()
    assert found["parameters"] == {"cutoff": 177, "window": 512}
    assert found["alarms"] == 0


def test_a_cutoff_beyond_the_window_says_that_no_count_is_so_unlikely() -> None:
    assert adaptive_proportion_cutoff(0.01, window=10) == 11
    assert adaptive_proportion_cutoff(0.01, window=10, first_given=True) == 11


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: repetition_count_cutoff(0), "min_entropy is 0"),
        (lambda: repetition_count_cutoff(float("nan")), "finite"),
        (lambda: repetition_count_cutoff(1, alpha=1), "alpha is 1"),
        (lambda: repetition_count_cutoff(1, alpha=0.0), "alpha is 0.0"),
        (lambda: repetition_count_cutoff("1"), "a number"),  # type: ignore[arg-type]
        (lambda: adaptive_proportion_cutoff(1, window=1), "window is 1"),
        (lambda: repetition_count(sources.uniform(1, 5), cutoff=1), "cutoff is 1"),
        (lambda: adaptive_proportion(sources.uniform(1, 5), cutoff=2, window=0), "window is 0"),
    ],
)
def test_wrong_arguments_are_named(call: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        call()
