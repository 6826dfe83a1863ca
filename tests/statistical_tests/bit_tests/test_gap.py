"""The gap test counts gaps as they are, and judges a number of them that was fixed beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from statistical_tests.bit_tests.gap import gap
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput


def test_gaps_are_those_of_a_plain_walk() -> None:
    data = np.random.Generator(np.random.PCG64(5)).bytes(40_000)
    finding = gap(Bits.from_bytes(data), lower=10, upper=138)
    planned = int(finding.statistic["planned"])  # type: ignore[arg-type]  # a number
    chance = 0.5
    assert planned == int(40_000 * chance - 6 * (40_000 * chance * (1 - chance)) ** 0.5)
    gaps: list[int] = []
    passed = 0
    for value in data:
        if 10 <= value < 138:
            gaps.append(passed)
            passed = 0
        else:
            passed += 1
    gaps = gaps[:planned]
    classes = int(finding.statistic["freedom"]) + 1  # type: ignore[arg-type]  # a number
    observed = [sum(one == length for one in gaps) for length in range(classes - 1)]
    observed.append(planned - sum(observed))
    expected = [planned * chance * (1 - chance) ** length for length in range(classes - 1)]
    expected.append(planned * (1 - chance) ** (classes - 1))
    assert min(expected) >= 5
    wanted = sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True))
    assert finding.statistic["chi_square"] == pytest.approx(wanted, rel=1e-9)


def test_a_range_that_is_never_hit_is_all_long_gaps() -> None:
    finding = gap(Bits.from_bytes(b"\xff" * 20_000))
    assert finding.statistic["gaps"] == 0
    assert finding.p_values[0] < 1e-100


def test_values_that_come_at_even_distances_are_seen_although_they_are_equally_frequent() -> None:
    finding = gap(Bits.from_bytes(bytes(range(256)) * 100), lower=0, upper=16)
    assert finding.p_values[0] < 1e-100


def test_too_few_bits_are_not_applicable_and_wrong_ranges_are_refused() -> None:
    assert "100 are needed" in gap(Bits.from_bytes(b"abc")).reason
    for lower, upper, named in ((0, 256, "holds all values"), (5, 5, "upper"), (-1, 5, "lower"), (0, 257, "upper")):
        with pytest.raises(BadInput, match=named):
            gap(Bits.from_bytes(b"abc"), lower=lower, upper=upper)
