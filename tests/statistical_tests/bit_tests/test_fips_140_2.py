"""FIPS 140-2: counts are those of a plain walk, and the false alarms are what exact distributions say."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from statistical_tests.bit_tests import fips_140_2 as module
from statistical_tests.bit_tests.fips_140_2 import BLOCK_BITS, FALSE_ALARMS, RUNS, block_counts, fips_140_2
from statistical_tests.bits import Bits


def _ideal(blocks: int, seed: int) -> Bits:
    return Bits.from_bytes(np.random.Generator(np.random.PCG64(seed)).bytes(blocks * BLOCK_BITS // 8))


@pytest.mark.parametrize("seed", [1, 2])
def test_counts_are_those_of_a_plain_walk(seed: int) -> None:
    block = _ideal(1, seed)
    text = "".join(map(str, block.unpacked()))
    runs = [(int(value), len(list(group))) for value, group in itertools.groupby(text)]
    counts = block_counts(block)
    assert counts.ones == text.count("1")
    assert counts.longest == max(length for _, length in runs)
    for value in (0, 1):
        for place in range(6):
            wanted = sum(
                kind == value and (length == place + 1 or (place == 5 and length > 6)) for kind, length in runs
            )
            assert counts.runs[value, place] == wanted
    nibbles = [text[i : i + 4] for i in range(0, BLOCK_BITS, 4)]
    squares = sum(nibbles.count(one) ** 2 for one in set(nibbles))
    assert counts.poker == pytest.approx(16 / 5000 * squares - 5000)
    assert counts.failures() == []


def test_bounds_are_where_the_standard_has_them() -> None:
    """FIPS 140-2 4.9.1, change notice 1: 9,725 < X < 10,275; 2.16 < X < 46.17; runs inclusive; 26."""
    runs = np.asarray([[2500, 1250, 625, 312, 156, 156]] * 2)
    good = module.BlockCounts(10_000, 15.0, runs, 12)
    assert good.failures() == []
    for ones, outside in ((9_725, True), (9_726, False), (10_274, False), (10_275, True)):
        assert module.BlockCounts(ones, 15.0, runs, 12).failures() == ["monobit"] * outside
    for poker, outside in ((2.16, True), (2.1601, False), (46.1699, False), (46.17, True)):
        assert module.BlockCounts(10_000, poker, runs, 12).failures() == ["poker"] * outside
    for longest, outside in ((25, False), (26, True)):
        assert module.BlockCounts(10_000, 15.0, runs, longest).failures() == ["long run"] * outside
    names = iter(fips_140_2(Bits.from_text("")).columns[2:14])
    for value, place in itertools.product((0, 1), range(6)):
        name = next(names)
        for count, fails in zip(
            (RUNS[place][0] - 1, RUNS[place][0], RUNS[place][1], RUNS[place][1] + 1), (1, 0, 0, 1), strict=True
        ):
            changed = runs.copy()
            changed[value, place] = count
            assert module.BlockCounts(10_000, 15.0, changed, 12).failures() == [name] * fails


def test_a_run_of_26_in_one_block_of_fifty_is_named() -> None:
    values = _ideal(50, 3).unpacked().copy()
    values[30_100:30_126] = 1
    finding = fips_140_2(Bits.from_array(values))
    failures = dict(zip(finding.columns, finding.statistic["failures"], strict=True))  # type: ignore[arg-type]
    assert failures["long run"] == 1
    assert (finding.statistic["blocks"], finding.statistic["passed"]) == (50, 49)
    p_values = dict(zip(finding.columns, finding.p_values, strict=True))
    assert p_values["long run"] == pytest.approx(stats.binom.sf(0, 50, FALSE_ALARMS["long run"]))
    assert p_values["monobit"] == 1.0


def test_constant_and_short_data() -> None:
    assert fips_140_2(Bits.from_bytes(bytes(2_500 * 3))).statistic["passed"] == 0
    short = fips_140_2(Bits.from_bytes(bytes(2_499)))
    assert not short.applicable
    assert short.reason == "19992 bits, and a block has 20000"


# --- the false alarms, computed here once more ------------------------------------------------------------------------


def test_monobit_alarms_are_a_sum_of_binomials() -> None:
    ways = outside = 1  # of 20,000 over 0, then over each next number of ones
    for ones in range(1, 9_726):
        ways = ways * (BLOCK_BITS - ones + 1) // ones
        outside += ways
    exact = float(Fraction(2 * outside, 2**BLOCK_BITS))
    assert FALSE_ALARMS["monobit"] == pytest.approx(exact, rel=1e-12)


def test_long_run_alarms_are_a_count_of_sequences() -> None:
    """A run of 26 equal bits is 25 places in a row, of the 19,999 between neighbours, without a change."""
    places, run = BLOCK_BITS - 1, module.LONG_RUN - 1
    without = [2**n for n in range(run)]  # sequences of n places without such a row
    without.append(2**run - 1)
    for n in range(run + 1, places + 1):
        without.append(2 * without[n - 1] - without[n - 1 - run])
    exact = float(1 - Fraction(without[places], 2**places))
    assert FALSE_ALARMS["long run"] == pytest.approx(exact, rel=1e-12)


def _numbers_of_runs(length: int, most: int, *, longer: bool) -> NDArray[np.float64]:
    """Return the probability of each number of runs of ones of that length (`longer`: or more), below `most`."""
    # state[j]: the last j bits are ones (length + 1: more than the length), after so many runs that ended.
    state = np.zeros((length + 2, most))
    state[0, 0] = 1.0
    for _ in range(BLOCK_BITS):
        after = np.zeros_like(state)
        after[0] = state[:length].sum(axis=0)
        after[0, 1:] += state[length, :-1]
        if longer:
            after[0, 1:] += state[length + 1, :-1]
        else:
            after[0] += state[length + 1]
        after[1:] += state[:-1]
        after[-1] += state[-1]
        state = after / 2
    found: NDArray[np.float64] = state[:length].sum(axis=0)
    found[1:] += state[length, :-1]
    if longer:
        found[1:] += state[length + 1, :-1]
    else:
        found += state[length + 1]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("place", range(6))
def test_runs_alarms_are_those_of_the_chain_over_the_bits(place: int) -> None:
    least, most = RUNS[place]
    chances = _numbers_of_runs(place + 1, most + 600, longer=place == 5)
    assert math.fsum(chances) == pytest.approx(1.0, abs=1e-12)
    exact = math.fsum(chances[:least]) + math.fsum(chances[most + 1 :])
    name = f"runs of length {place + 1}{'+' if place == 5 else ''}"
    assert FALSE_ALARMS[name] == pytest.approx(exact, rel=1e-9)


@pytest.mark.slow
def test_poker_alarms_are_those_of_the_multinomial() -> None:
    """16 Poisson counts of mean 312.5, given a sum of 5,000: their sum of squares, by a transform of the sum."""
    # With h = count - 312 the sum of h is 8, and that of h^2 fixes the statistic. Coefficients of z^(h^2) are
    # polynomials, one for each frequency of the sum of h; to the 16th power by squaring, cut off where the statistic is
    # far too large.
    cells, middle, top, size, turns = 16, 312, 15_000, 1 << 15, 1 << 11
    offsets = np.arange(-122, 123)
    mean = 5000 / cells
    weights = np.exp(-mean + (middle + offsets) * math.log(mean) - special.gammaln(middle + 1 + offsets))
    total = np.zeros(top + 1)
    for turn in range(turns // 2 + 1):
        angle = 2 * math.pi * turn / turns
        polynomial = np.zeros(size, dtype=np.complex128)
        np.add.at(polynomial, offsets * offsets, weights * np.exp(1j * angle * offsets))
        for _ in range(4):
            polynomial = np.fft.ifft(np.fft.fft(polynomial) ** 2)
            polynomial[top + 1 :] = 0
        twice = 1 if turn in (0, turns // 2) else 2
        total += twice * (polynomial[: top + 1] * np.exp(-1j * angle * 8)).real
    given = math.exp(-5000 + 5000 * math.log(5000) - math.lgamma(5001))
    chances = total / turns / given
    squares = np.arange(top + 1) + 2 * middle * (5000 - cells * middle) + cells * middle**2
    statistic = squares * (16 / 5000) - 5000
    inside = (statistic > module.POKER[0]) & (statistic < module.POKER[1])
    assert FALSE_ALARMS["poker"] == pytest.approx(1 - math.fsum(chances[inside]), rel=1e-6)
    # The statistic is near a chi-square with 15 degrees of freedom, and the bounds are its tails of 1 in 20,000.
    near = float(stats.chi2.cdf(module.POKER[0], 15) + stats.chi2.sf(module.POKER[1], 15))
    assert FALSE_ALARMS["poker"] == pytest.approx(near, rel=0.02)
