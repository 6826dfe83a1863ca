"""Birthday spacings: equal ones are counted right, and their expected number is the exact one closely enough."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statistical_tests.bit_tests import birthday_spacings as module
from statistical_tests.bit_tests.birthday_spacings import birthday_spacings, equal_spacings, expected_equal
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput


@given(points=st.lists(st.integers(0, 2**20 - 1), min_size=2, max_size=40), shift=st.integers(0, 2**20 - 1))
def test_equal_spacings_are_counted_around_the_year(points: list[int], shift: int) -> None:
    ordered = sorted(points)
    year = 1 << 20
    spacings = [(b - a) % year for a, b in zip(ordered, ordered[1:] + ordered[:1], strict=True)]
    spacings.sort()
    wanted = sum(a == b for a, b in itertools.pairwise(spacings))
    assert equal_spacings(np.asarray([points], dtype=np.uint64), 20) == wanted
    moved = [(one + shift) % year for one in points]  # where the year begins is of no account
    if len(set(points)) > 1:
        assert equal_spacings(np.asarray([moved], dtype=np.uint64), 20) == wanted


def test_spacings_of_64_bits_go_around_the_year_too() -> None:
    points = [2**64 - 5, 5, 15, 2**63]  # spacings 10, 10 and two large ones
    assert equal_spacings(np.asarray([points], dtype=np.uint64), 64) == 1


def test_the_reference_is_within_a_thousandth_of_knuths_exact_table() -> None:
    """TAOCP 3.3.2 J: 512 birthdays in 2^25 days."""
    mean = expected_equal(512, 2.0**25)
    poisson = [math.exp(-mean) * mean**k / math.factorial(k) for k in range(3)]
    exact = [0.368801577, 0.369035243, 0.183471182]
    assert [*poisson, 1 - sum(poisson)] == pytest.approx([*exact, 0.078691997], abs=1.5e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("word_bits", "points"), [(16, 32), (24, 512), (32, 4096)])
def test_mean_and_variance_of_many_ideal_samples_are_those_of_the_reference(word_bits: int, points: int) -> None:
    """At the densest that is allowed; means to half a per cent, variances to three."""
    source = np.random.Generator(np.random.Philox(word_bits))
    counts = []
    for _ in range(40):
        samples = source.integers(0, 1 << word_bits, size=(max(1, (1 << 18) // points), points), dtype=np.uint64)
        counts += [equal_spacings(sample[None], word_bits) for sample in samples[: 1 << 11]]
    mean = expected_equal(points, 2.0**word_bits)
    deviation = (sum(counts) - mean * len(counts)) / math.sqrt(mean * len(counts))
    assert abs(deviation) < 4
    spread = math.sqrt((1 / mean + 2) / len(counts))  # of the variance of Poisson counts, relative
    assert abs(float(np.var(counts)) / mean - 1) < 4 * spread + 0.02


def test_the_mean_is_the_sum_over_all_lengths_of_spacings() -> None:
    """Spacings of length s are Poisson with mean (n^2 / k) e^(-ns / k); all but the first of a length are repeats."""
    points, days = 512, 1 << 24
    means = points**2 / days * np.exp(-points * np.arange(days // 8) / days)
    means[0] /= 2  # a spacing of 0 is half as likely
    repeats = float((means + np.expm1(-means)).sum())
    assert expected_equal(points, float(days)) == pytest.approx(repeats * (1 - 1 / points) ** 2, rel=2e-4)


def test_numbers_on_a_lattice_have_far_too_many_equal_spacings() -> None:
    numbers = (np.arange(4096, dtype=np.uint64) * np.uint64(2654435769)) % np.uint64(1 << 32)
    finding = birthday_spacings(Bits.from_bytes(numbers.astype(">u4").tobytes()), word_bits=32, points=4096)
    assert finding.statistic["equal"] > 4000  # type: ignore[operator]  # a number
    assert finding.p_values[0] < 1e-100


def test_the_pieces_that_are_sorted_at_a_time_do_not_change_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    bits = Bits.from_bytes(np.random.Generator(np.random.PCG64(4)).bytes(200_001))
    whole = birthday_spacings(bits, word_bits=20, points=64)
    monkeypatch.setattr(module, "_CHUNK", 100)
    assert birthday_spacings(bits, word_bits=20, points=64) == whole
    assert whole.parameters["samples"] == 200_001 * 8 // 20 // 64


def test_a_sample_that_is_too_dense_for_the_reference_is_refused() -> None:
    with pytest.raises(BadInput, match="points is 513: with words of 24 bits the reference holds up to 512"):
        birthday_spacings(Bits.from_text("01"), word_bits=24, points=513)


@pytest.mark.parametrize("word_bits", range(16, 65))
def test_the_usual_samples_are_allowed_and_expect_a_few_equal_spacings(word_bits: int) -> None:
    points = module.usual_points(word_bits)
    assert points * points <= module.DENSEST * 2.0**word_bits
    assert (0.9 if word_bits >= 24 else 0.05) <= expected_equal(points, 2.0**word_bits) <= 8


def test_too_few_bits_are_not_applicable() -> None:
    finding = birthday_spacings(Bits.from_text("01" * 1000))
    assert not finding.applicable
    assert "4096 words of 32 bits" in finding.reason
