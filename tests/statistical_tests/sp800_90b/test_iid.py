"""The tests of independence: the standard's examples, ideal samples, and sources that are not independent."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from statistical_tests import kernel
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding
from statistical_tests.sp800_90b import kernels
from statistical_tests.sp800_90b.chi_square import goodness_of_fit, independence
from statistical_tests.sp800_90b.iid import iid
from statistical_tests.sp800_90b.permutation import permutation
from statistical_tests.sp800_90b.permutation_statistics import (
    NAMES,
    arrangement,
    compressed_size,
    numbers_of_eight,
    ones_of_eight,
)
from statistical_tests.sp800_90b.repeated_length import repeated_length
from statistical_tests.sp800_90b.samples import Samples
from tests.statistical_tests.sp800_90b import sources

# The example of 5.2.1, whose statistic the standard gives as 3.46 with 3 degrees of freedom.
PAIRS = """
2231323213112311222332323122332221333232132312231132323122332221333232122333232122213332321323122311
"""


def _statistics(values: list[int]) -> dict[str, float]:
    samples = Samples.from_array(values)
    found = arrangement(samples).statistics(samples, compressed=True)
    return dict(zip(NAMES, found, strict=True))


def test_the_examples_of_the_statistics_come_out() -> None:
    """Sections 5.1.1 to 5.1.11."""
    assert _statistics([2, 15, 4, 10, 9])["excursion"] == 6
    steps = _statistics([2, 2, 2, 5, 7, 7, 9, 3, 1, 4, 4])
    assert steps["number of directional runs"] == 3
    assert steps["length of directional runs"] == 6
    assert steps["number of increases and decreases"] == 8
    about = _statistics([5, 15, 12, 1, 13, 9, 4])
    assert about["number of runs about the median"] == 5
    assert about["length of runs about the median"] == 2
    waits = _statistics([2, 1, 1, 2, 0, 1, 0, 1, 1, 2])
    assert waits["average collision"] == 3
    assert waits["maximum collision"] == 4
    assert _statistics([2, 1, 2, 1, 0, 1, 0, 1, 1, 2])["periodicity 2"] == 5
    assert _statistics([5, 2, 6, 10, 12, 3, 1])["covariance 2"] == 164
    assert _statistics([144, 21, 139, 0, 0, 15])["compression"] == 49


def test_the_examples_of_the_conversions_come_out() -> None:
    """Section 5.1, conversions I and II."""
    bits = np.array([1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1], dtype=np.uint8)
    assert ones_of_eight(bits).tolist() == [4, 6, 2]
    assert numbers_of_eight(bits).tolist() == [142, 219, 48]


def test_two_values_of_any_name_are_treated_as_bits() -> None:
    bits = sources.uniform(1, 500, width=1)
    renamed = Samples(np.where(bits.values == 1, 200, 3).astype(np.uint8), 8)
    mine, other = (arrangement(one).statistics(one, compressed=False) for one in (bits, renamed))
    assert mine == other
    assert independence(bits).p_values == independence(renamed).p_values
    assert goodness_of_fit(bits).p_values == goodness_of_fit(renamed).p_values


def test_the_example_of_independence_comes_out() -> None:
    finding = independence(Samples.from_array([int(one) for one in PAIRS.strip()], width=2), mode="nist-compat")
    assert finding.section == "SP 800-90B 5.2.1"
    assert finding.statistic["chi_square"] == pytest.approx(3.46, abs=0.005)
    assert finding.statistic["degrees_of_freedom"] == 3


def test_many_values_in_few_samples_are_not_refused_as_the_standard_does() -> None:
    """10,000 values of 7 bits make bins of several pairs each: the standard takes degrees of freedom that are there."""
    p_values: dict[str, list[float]] = {"corrected": [], "nist-compat": []}
    for seed in range(100):
        samples = sources.uniform(1000 + seed, 10_000, width=7)
        for mode in p_values:
            p_values[mode] += independence(samples, mode=mode).p_values
    assert sum(p < 0.05 for p in p_values["nist-compat"]) > 50
    assert stats.kstest(p_values["corrected"], "uniform").pvalue > 1e-3


@pytest.mark.parametrize(("width", "number"), [(1, 4_000), (2, 4_000), (4, 20_000)])
def test_ideal_samples_give_level_p_values(width: int, number: int) -> None:
    found: dict[str, list[float]] = {}
    for seed in range(300):
        samples = sources.uniform(5000 + seed, number, width=width)
        for finding in (independence(samples), goodness_of_fit(samples)):
            found.setdefault(finding.name, []).extend(finding.p_values)
    for name, p_values in found.items():
        assert stats.kstest(p_values, "uniform").pvalue > 1e-3, name


@pytest.mark.slow
def test_the_permutation_test_of_ideal_samples_gives_level_p_values() -> None:
    columns: list[list[float]] = [[] for _ in NAMES]
    for seed in range(200):
        finding = permutation(sources.uniform(seed, 400, width=3), permutations=99, seed=seed, early=False)
        for column, p_value in zip(columns, finding.p_values, strict=True):
            column.append(p_value)
    for name, column in zip(NAMES, columns, strict=True):
        # Ties make a p-value larger, never smaller: at most 5 % below 5 %, give or take three deviations.
        assert sum(p <= 0.05 for p in column) <= 19, name
        if name in ("excursion", "average collision", "covariance 1", "covariance 32"):
            assert stats.kstest(column, "uniform").pvalue > 1e-3, name


@pytest.mark.slow
def test_early_decisions_hold_their_level() -> None:
    column = []
    for seed in range(400):
        column.append(permutation(sources.uniform(seed, 300), permutations=1000, seed=seed).p_values[0])
    # Binomial limits of 400 at four deviations; above a third, twice the smaller of two is too large.
    assert 3 <= sum(p <= 0.05 for p in column) <= 38
    assert 48 <= sum(p <= 0.2 for p in column) <= 112


@pytest.mark.parametrize(
    ("name", "make", "columns"),
    [
        ("a trend", lambda n: np.arange(n) * 200 // n, ["excursion", "number of runs about the median"]),
        ("a period of 8", lambda n: np.resize(sources.drawn(1).integers(0, 256, 8), n), ["periodicity 8"]),
        ("a counter", lambda n: np.arange(n) % 251, ["average collision", "compression", "covariance 1"]),
        (
            "a walk",
            lambda n: np.abs(np.cumsum(sources.drawn(2).choice([-1, 1], n))) % 200,
            ["excursion", "covariance 1", "covariance 32", "compression"],
        ),
    ],
)
def test_sources_with_memory_are_refused(name: str, make: Any, columns: list[str]) -> None:
    finding = permutation(Samples(make(1_000).astype(np.uint8), 8), permutations=999, seed=1)
    found = dict(zip(NAMES, finding.p_values, strict=True))
    for column in columns:
        assert found[column] <= 2 / 1_000, (name, column)


def test_bits_that_stick_are_refused_by_every_kind_of_test() -> None:
    samples = sources.sticky(3, 20_000, 0.6)
    found = dict(zip(NAMES, permutation(samples, permutations=299, seed=2).p_values, strict=True))
    assert found["number of runs about the median"] <= 2 / 300
    assert found["compression"] <= 2 / 300
    assert independence(samples).p_values[0] < 1e-6
    drifting = Samples((sources.drawn(4).random(40_000) < np.linspace(0.45, 0.55, 40_000)).astype(np.uint8), 1)
    assert goodness_of_fit(drifting).p_values[0] < 1e-6


def test_a_repeated_piece_is_refused() -> None:
    ideal = sources.uniform(5, 10_000)
    assert repeated_length(ideal).p_values[0] > 0.001
    copied = ideal.values.copy()
    copied[7_000:7_020] = copied[1_000:1_020]
    finding = repeated_length(Samples(copied, 8))
    assert finding.statistic["longest"] >= 20  # type: ignore[operator]
    assert finding.p_values[0] < 1e-12


@given(st.integers(0, 10**6), st.sampled_from([1, 2, 3, 8]))
def test_threads_and_engines_change_nothing(seed: int, width: int) -> None:
    samples = sources.uniform(seed, 300, width=width)
    one = permutation(samples, permutations=20, seed=seed)
    assert permutation(samples, permutations=20, seed=seed, threads=3) == one
    before = kernel.use("numpy")
    try:
        assert permutation(samples, permutations=20, seed=seed) == one
    finally:
        kernel.use(before)


def test_another_seed_makes_other_orders() -> None:
    samples = sources.uniform(6, 500)
    first, second = (permutation(samples, permutations=50, seed=seed, early=False) for seed in (1, 2))
    assert first.statistic["values"] == second.statistic["values"]
    assert first.statistic["greater"] != second.statistic["greater"]


def test_a_decided_statistic_is_not_compared_further_and_the_last_is_then_not_compressed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []

    def counted(values: Any) -> int:
        calls.append(len(values))
        return compressed_size(values)

    monkeypatch.setattr("statistical_tests.sp800_90b.permutation_statistics.compressed_size", counted)
    finding = permutation(sources.uniform(7, 1_000), permutations=10_000, seed=3)
    kinds = [cast("tuple[int, ...]", finding.statistic[key]) for key in ("greater", "equal", "less")]
    compared = [sum(parts) for parts in zip(*kinds, strict=True)]
    assert max(compared) == finding.statistic["permutations"]
    assert min(compared) < max(compared)
    for up, same, down in zip(*kinds, strict=True):
        assert min(up + same, down + same) >= 6 or up + same + down == 10_000
    assert len(calls) == 1 + compared[-1]


def test_a_constant_is_the_same_in_every_order() -> None:
    constant = Samples(np.full(2_000, 9, dtype=np.uint8), 8)
    finding = permutation(constant)
    assert set(finding.p_values) == {1.0}
    assert finding.statistic["permutations"] == 6
    assert repeated_length(constant).p_values == (1.0,)
    assert not independence(constant).applicable
    assert not goodness_of_fit(constant).applicable


@pytest.mark.parametrize("number", [0, 1, 2, 5, 33, 34, 100, 271])
@pytest.mark.parametrize("width", [1, 4, 8])
def test_short_samples_are_not_applicable_but_never_fail(number: int, width: int) -> None:
    samples = sources.uniform(8, number, width=width)
    findings = iid(samples, permutations=3)
    assert [finding.name for finding in findings] == [
        "Permutation",
        "ChiSquareIndependence",
        "ChiSquareGoodnessOfFit",
        "LengthOfLongestRepeatedSubstring",
    ]
    for finding in findings:
        assert isinstance(finding, Finding)
        assert finding.applicable or str(number) in finding.reason or "bin" in finding.reason


def test_wrong_arguments_are_named() -> None:
    samples = sources.uniform(9, 100)
    with pytest.raises(BadInput, match="permutations is 0"):
        permutation(samples, permutations=0)
    with pytest.raises(BadInput, match="seed is -1"):
        permutation(samples, seed=-1)
    with pytest.raises(BadInput, match="threads is 0"):
        permutation(samples, threads=0)
    with pytest.raises(BadInput, match="mode is 'exact'"):
        independence(samples, mode="exact")
    with pytest.raises(BadInput, match="not list"):
        repeated_length([1, 2])  # type: ignore[arg-type]


def test_too_many_samples_to_permute_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "MOST_PERMUTED", 99)
    with pytest.raises(BadInput, match="at most 99"):
        permutation(sources.uniform(10, 100))
