"""The sample: random, the same for the same seed however the history is cut, and a thousand at least."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.audit.sample import LEAST, Sample, chances


def splitmix(seed: int, place: int) -> int:
    """Return one number as spec/history.md H4.1 has it, in plain integers."""
    mask = 2**64 - 1
    z = (seed + (place + 1) * 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


def test_the_first_numbers_of_seed_0_are_those_of_the_published_generator() -> None:
    assert [hex(number) for number in chances(0, 0, 3).tolist()] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]


@given(seed=st.integers(0, 2**64 - 1), first=st.integers(0, 2**53))
def test_numbers_are_those_of_the_specification(seed: int, first: int) -> None:
    assert chances(seed, first, 3).tolist() == [splitmix(seed, first + place) for place in range(3)]


def taken(seed: int, blocks: list[int]) -> set[int]:
    sample, found, before = Sample(seed), set(), 0
    for count in blocks:
        found |= {before + row for row in sample.choose(count, lambda row, at=before: at + row)}  # type: ignore[misc]
        before += count
        sample = Sample(seed, json.loads(json.dumps(sample.state())))
    return found | set(sample.spare())


@pytest.mark.parametrize("total", [0, 1, 999, 1000, 1001, 5000, 100_000])
def test_a_sample_has_a_thousand_rounds_or_all_of_them(total: int) -> None:
    assert len(taken(5, [total])) == min(total, LEAST)


def test_a_long_history_gives_one_in_a_thousand() -> None:
    numbers = chances(11, 0, 3_000_000)
    found = taken(11, [1_000_000] * 3)
    assert found == {place for place in range(3_000_000) if numbers[place] < 2**64 // 1000}
    assert 2700 < len(found) < 3300


@given(seed=st.integers(0, 2**64 - 1), blocks=st.lists(st.integers(0, 900), max_size=6))
def test_a_sample_does_not_depend_on_how_the_history_is_cut(seed: int, blocks: list[int]) -> None:
    total = sum(blocks)
    numbers = chances(seed, 0, total)
    low = {place for place in range(total) if numbers[place] < 2**64 // 1000}
    wanted = sorted(range(total), key=lambda place: int(numbers[place]))[: max(LEAST, len(low))]
    assert taken(seed, blocks) == set(wanted) == taken(seed, [total])


def test_another_seed_takes_other_rounds() -> None:
    assert taken(1, [50_000]) != taken(2, [50_000])
