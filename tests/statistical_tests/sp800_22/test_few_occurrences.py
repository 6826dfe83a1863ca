"""The sum of squares of few occurrences has the law that counting all strings gives it, and not that of chi-square."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from statistical_tests import sp800_22
from statistical_tests.bits import Bits
from statistical_tests.sp800_22.few_occurrences import squares_tail
from statistical_tests.sp800_22.non_overlapping_template import count_variance

BLOCKS = 8


def _law(template_bits: int, places: int, most: int) -> list[float]:
    """Return the probabilities of 0, 1 ... occurrences of any aperiodic template, by inclusion and exclusion.

    j chosen occurrences do not overlap, so that there are C(places - (j - 1)(m - 1), j) ways to place them.
    """
    chosen = []
    for count in range(most):
        room = places - (count - 1) * (template_bits - 1)
        if room < count:
            break
        ways = math.comb(room, count) if count else 1
        chosen.append(Fraction(ways, 1 << (template_bits * count)))
    return [
        float(sum((-1) ** (j - k) * math.comb(j, k) * chosen[j] for j in range(k, len(chosen))))
        for k in range(len(chosen))
    ]


def _exact_tail(at: list[float], template_bits: int, places: int) -> list[float]:
    """Return P(sum of squares >= each of `at`) over eight blocks, on a grid of steps of 0.001 to the nearest."""
    law = _law(template_bits, places, 130)
    mean, step, size = places / 2**template_bits, 0.001, 60_000
    squares = [(count - mean) ** 2 / count_variance(template_bits, places) for count in range(len(law))]
    total = np.zeros(size)
    total[0] = 1.0
    for _ in range(BLOCKS):
        longer = np.zeros(size)
        for square, chance in zip(squares, law, strict=True):
            place = round(square / step)
            if place < size and chance > 0:
                longer[place:] += chance * total[: size - place]
        total = longer
    return [float(total[round(one / step) :].sum()) for one in at]


@pytest.mark.parametrize(("template_bits", "places", "below"), [(9, 2560, 0.01), (9, 5632, 0.01), (7, 768, 0.05)])
def test_the_tail_is_that_of_all_strings_and_rather_too_large(template_bits: int, places: int, below: float) -> None:
    mean, variance = places // 2**template_bits, count_variance(template_bits, places)
    # The mean is whole, so that sums of squares are whole multiples of 1 / variance.
    at = [round(sum_ * variance) / variance for sum_ in (10, 20, 30, 40)]
    found = squares_tail(np.array(at), mean=float(mean), variance=variance, blocks=BLOCKS)
    exact = _exact_tail([one - 0.01 for one in at], template_bits, places)
    for tail, true in zip(found, exact, strict=True):
        assert true * (1 - below) <= tail <= true * 1.02


def test_chi_square_is_the_limit_of_many_occurrences() -> None:
    at = stats.chi2.isf([0.5, 0.1, 0.01, 1e-3], BLOCKS)
    found = squares_tail(at, mean=20_000.0, variance=19_000.0, blocks=BLOCKS)
    assert found == pytest.approx([0.5, 0.1, 0.01, 1e-3], rel=0.03)


def test_far_sums_have_tails_that_go_on_falling() -> None:
    at = np.array([0.0, 100.0, 300.0, 376.0, 380.0, 500.0, 1e4, 1e6])
    tails = squares_tail(at, mean=5.0, variance=4.8, blocks=BLOCKS)
    assert tails[0] == pytest.approx(1.0)
    assert (np.diff(tails) <= 0).all()
    assert 0 < tails[5] < tails[2] < 1e-9
    assert tails[-1] < 1e-100


def test_a_hundred_short_ideal_streams_are_not_refused_for_few_occurrences() -> None:
    """With chi-square, 13 of 60 such families had an adjusted p-value of 0.01 or less."""
    generator = np.random.default_rng(4)
    refused = 0
    for _ in range(20):
        findings = [sp800_22.non_overlapping_template(Bits.from_bytes(generator.bytes(2750))) for _ in range(100)]
        refused += sp800_22.family(sp800_22.second_level(findings))[0].adjusted <= 0.01
    assert refused <= 1


def test_a_stuck_template_is_still_refused() -> None:
    finding = sp800_22.non_overlapping_template(Bits.from_text("000000001" * 2400))
    assert min(finding.p_values) < 1e-100
