"""Many p-values at once: adjusted by rules that hold their error rates, and combined across replicates."""

from __future__ import annotations

from collections.abc import Callable
from math import log, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from statistical_tests import multiplicity
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable

# Below the smallest normal double there are no twelve digits left to agree in: 5e-324 times 3 is 1.5e-323 or 2e-323.
SMALLEST = float(np.finfo(np.float64).tiny)
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


# --- hand examples ----------------------------------------------------------------------------------------------------


def test_holm_multiplies_by_the_tests_that_are_left_and_never_falls() -> None:
    """In order: 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04, which may not fall below the one before it."""
    assert multiplicity.holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02], abs=1e-15)


def test_benjamini_hochberg_takes_the_share_of_refusals_and_never_rises_backwards() -> None:
    """In order: 0.005 x 4/1, 0.01 x 4/2, 0.03 x 4/3 = 0.04, 0.04 x 4/4."""
    adjusted = multiplicity.benjamini_hochberg([0.01, 0.04, 0.03, 0.005])
    assert adjusted.tolist() == pytest.approx([0.02, 0.04, 0.04, 0.02], abs=1e-15)


def test_bonferroni_and_sidak_by_hand() -> None:
    assert multiplicity.bonferroni([0.01, 0.6]).tolist() == [0.02, 1.0]
    assert multiplicity.sidak([0.01, 0.6, 1.0]).tolist() == pytest.approx([1 - 0.99**3, 1 - 0.4**3, 1.0], abs=1e-15)


def test_sidak_keeps_p_values_that_subtraction_would_lose() -> None:
    assert multiplicity.sidak([1e-30, 0.5]).tolist() == pytest.approx([2e-30, 0.75], rel=1e-12)


def test_levels_of_one_test_in_a_family() -> None:
    assert multiplicity.bonferroni_level(0.01, 188) == pytest.approx(0.01 / 188, rel=1e-15)
    assert 1 - (1 - multiplicity.sidak_level(0.01, 188)) ** 188 == pytest.approx(0.01, rel=1e-10)
    assert multiplicity.sidak_level(0.01, 188) > multiplicity.bonferroni_level(0.01, 188)


def test_fisher_by_hand() -> None:
    """Two p-values: the tail of chi-square with four degrees of freedom is k (1 - log k) at the product k."""
    combined = multiplicity.fisher([0.1, 0.2])
    assert combined.statistic == pytest.approx(-2 * log(0.02), rel=1e-14)
    assert combined.p_value == pytest.approx(0.02 * (1 - log(0.02)), rel=1e-13)
    assert (combined.method, combined.replicates) == ("fisher", 2)


def test_stouffer_by_hand() -> None:
    """Four replicates at one deviation each add up to two."""
    one_sigma = float(stats.norm.sf(1))
    combined = multiplicity.stouffer([one_sigma] * 4)
    assert combined.statistic == pytest.approx(2.0, rel=1e-12)
    assert combined.p_value == pytest.approx(float(stats.norm.sf(2)), rel=1e-12)
    weighted = multiplicity.stouffer([one_sigma, 0.5], weights=[3.0, 4.0])
    assert weighted.statistic == pytest.approx(3 / sqrt(9 + 16), rel=1e-12)


# --- against scipy, and laws ------------------------------------------------------------------------------------------


@given(P_VALUES)
def test_benjamini_hochberg_and_yekutieli_agree_with_scipy(values: list[float]) -> None:
    for ours, name in ((multiplicity.benjamini_hochberg, "bh"), (multiplicity.benjamini_yekutieli, "by")):
        theirs = stats.false_discovery_control(values, method=name)
        assert np.allclose(ours(values), theirs, rtol=1e-12, atol=SMALLEST)


@given(st.lists(st.floats(1e-300, 1 - 1e-12), min_size=1, max_size=30))
def test_fisher_and_stouffer_agree_with_scipy(values: list[float]) -> None:
    for ours in (multiplicity.fisher, multiplicity.stouffer):
        combined = ours(values)
        theirs = stats.combine_pvalues(values, method=combined.method)
        # Where deviates cancel, the sum of them is exact to its largest term alone.
        assert combined.statistic == pytest.approx(float(theirs.statistic), rel=1e-9, abs=1e-12)
        assert combined.p_value == pytest.approx(float(theirs.pvalue), rel=1e-9)


@given(st.lists(st.tuples(st.floats(1e-9, 1 - 1e-9), st.floats(0.01, 100)), min_size=1, max_size=20))
def test_weighted_stouffer_agrees_with_scipy(pairs: list[tuple[float, float]]) -> None:
    values, weights = zip(*pairs, strict=True)
    theirs = stats.combine_pvalues(values, method="stouffer", weights=weights)
    assert multiplicity.stouffer(values, weights=weights).p_value == pytest.approx(float(theirs.pvalue), rel=1e-8)


@given(P_VALUES)
def test_holm_is_what_its_step_down_rule_refuses(values: list[float]) -> None:
    """The rule as Holm wrote it: go up through the ordered p-values, and stop at the first above level / (m - i)."""
    adjusted = multiplicity.holm(values)
    for level in (0.001, 0.05, 0.3):
        refused = set()
        for step, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
            if values[place] * (len(values) - step) > level:
                break
            refused.add(place)
        assert {place for place, one in enumerate(adjusted) if one <= level} == refused


@given(P_VALUES)
def test_adjusted_values_are_ordered_as_the_rules_are_strict(values: list[float]) -> None:
    plain = np.array(values)
    holm, bonferroni = multiplicity.holm(values), multiplicity.bonferroni(values)
    assert np.all(plain <= multiplicity.benjamini_hochberg(values) * (1 + 1e-12))
    assert np.all(multiplicity.benjamini_hochberg(values) <= holm * (1 + 1e-12))
    assert np.all(holm <= bonferroni)
    assert np.all(multiplicity.sidak(values) <= bonferroni * (1 + 1e-12))


@pytest.mark.parametrize("rule", multiplicity.ADJUSTMENTS.values(), ids=list(multiplicity.ADJUSTMENTS))
@given(values=P_VALUES, data=st.data())
def test_the_order_of_the_tests_does_not_matter(
    rule: Callable[[Any], Any], values: list[float], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(values))))
    assert np.allclose(rule([values[place] for place in order]), rule(values)[list(order)], rtol=1e-12, atol=SMALLEST)


@pytest.mark.parametrize("rule", multiplicity.ADJUSTMENTS.values(), ids=list(multiplicity.ADJUSTMENTS))
def test_one_test_alone_is_left_as_it_is(rule: Callable[[Any], Any]) -> None:
    assert rule([0.03]).tolist() == pytest.approx([0.03], rel=1e-14)


def test_the_family_wise_rate_is_held_and_used() -> None:
    """20,000 families of ten uniform p-values: Šidák is exact, so its rate is 5 % within four standard errors."""
    families = np.random.default_rng(4).random((20_000, 10))
    band = 4 * sqrt(0.05 * 0.95 / 20_000)
    rates = {
        name: np.mean([multiplicity.ADJUSTMENTS[name](family).min() <= 0.05 for family in families])
        for name in ("sidak", "holm", "bonferroni")
    }
    assert abs(rates["sidak"] - 0.05) < band
    assert abs(rates["holm"] - (1 - 0.995**10)) < band
    assert rates["holm"] == rates["bonferroni"]


def test_combined_p_values_of_uniform_ones_are_uniform_and_of_discrete_ones_are_conservative() -> None:
    families = np.random.default_rng(5).random((5_000, 6))
    for combine in multiplicity.COMBINATIONS.values():
        combined = [combine(family).p_value for family in families]
        assert stats.kstest(combined, "uniform").pvalue > 0.001
    # Fair coins tossed five times: p = P(at least so many heads) is at most uniform.
    heads = np.random.default_rng(6).binomial(5, 0.5, (5_000, 6))
    discrete = stats.binom.sf(heads - 1, 5, 0.5)
    combined = [multiplicity.fisher(family).p_value for family in discrete]
    for level in (0.1, 0.05, 0.01):
        assert np.mean(np.array(combined) <= level) <= level


# --- the ends of the range --------------------------------------------------------------------------------------------


def test_a_p_value_of_zero_decides_and_one_of_one_is_borne() -> None:
    assert multiplicity.fisher([0.0, 1.0]).p_value == 0.0
    assert multiplicity.stouffer([0.0, 1.0]).p_value == 0.0
    assert multiplicity.fisher([1.0, 1.0]).statistic == 0.0
    assert multiplicity.fisher([1.0, 1.0]).p_value == 1.0
    assert multiplicity.stouffer([1e-9, 1.0]).p_value == 1.0
    assert multiplicity.fisher([1e-9, 1.0]).p_value < 1e-7


@pytest.mark.parametrize("rule", [*multiplicity.ADJUSTMENTS.values(), *multiplicity.COMBINATIONS.values()])
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], r"the shape is \[0\]"),
        ([[0.1]], r"the shape is \[1, 1\]"),
        ([0.1, float("nan")], r"p_values\[1\] is nan"),
        ([0.1, -0.1], r"p_values\[1\] is -0.1"),
        ([1.5], r"p_values\[0\] is 1.5"),
        (["0.1"], "are numbers, not"),
    ],
)
def test_what_are_no_p_values_is_said(rule: Callable[[Any], Any], values: list[Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        rule(values)


@pytest.mark.parametrize(
    ("weights", "said"),
    [([1.0], "take as many weights"), ([1.0, 0.0], r"weights\[1\] is 0.0"), ([1.0, float("nan")], r"weights\[1\]")],
)
def test_weights_that_do_not_fit_are_said(weights: list[float], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        multiplicity.stouffer([0.1, 0.2], weights=weights)


@pytest.mark.parametrize("level", [0, 1, -0.1, 2.0, float("nan"), True, "0.01", None])
def test_what_is_no_level_is_said(level: Any) -> None:
    for of_one in (multiplicity.bonferroni_level, multiplicity.sidak_level):
        with pytest.raises(BadInput, match="level is"):
            of_one(level, 10)


@pytest.mark.parametrize("tests", [0, -1, 1.5, True])
def test_a_family_has_a_whole_number_of_tests(tests: Any) -> None:
    with pytest.raises(BadInput, match="tests is"):
        multiplicity.bonferroni_level(0.01, tests)


# --- findings ---------------------------------------------------------------------------------------------------------


def _finding(stream: int, p_values: tuple[float, ...], *, block: int = 8) -> Finding:
    return Finding("Sums", "here", {"block": block}, {}, p_values, ("forward", "reverse"), stream=stream)


def test_findings_are_weighed_as_one_family_in_their_order() -> None:
    findings = [_finding(0, (0.01, 0.04)), not_applicable("Other", "here", "too short"), _finding(1, (0.03, 0.005))]
    weighed = multiplicity.weigh(findings)
    assert [(one.name, one.column, one.stream, one.p_value) for one in weighed] == [
        ("Sums", "forward", 0, 0.01),
        ("Sums", "reverse", 0, 0.04),
        ("Sums", "forward", 1, 0.03),
        ("Sums", "reverse", 1, 0.005),
    ]
    assert [one.adjusted for one in weighed] == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert weighed[0].as_json() == {
        "name": "Sums",
        "column": "forward",
        "stream": 0,
        "p_value": 0.01,
        "adjusted": pytest.approx(0.03),
        "replicates": 1,
    }


def test_replicates_are_combined_by_column_and_then_weighed() -> None:
    findings = [_finding(stream, (0.01, 0.5)) for stream in range(3)] + [_finding(0, (0.2, 0.9), block=16)]
    weighed = multiplicity.weigh_replicates(findings)
    assert [(one.column, one.replicates) for one in weighed] == [
        ("forward", 3),
        ("reverse", 3),
        ("forward", 1),
        ("reverse", 1),
    ]
    assert weighed[0].p_value == multiplicity.fisher([0.01] * 3).p_value
    assert weighed[0].adjusted == pytest.approx(4 * weighed[0].p_value)
    assert multiplicity.weigh_replicates(findings, combination="stouffer")[0].p_value < 1e-4


def test_no_p_values_are_an_empty_family() -> None:
    nothing = [not_applicable("Other", "here", "too short")]
    assert multiplicity.weigh(nothing) == []
    assert multiplicity.weigh_replicates(nothing) == []


def test_an_unknown_rule_is_said_with_those_there_are() -> None:
    with pytest.raises(BadInput, match=r"'average' is none of holm, bonferroni"):
        multiplicity.weigh([], method="average")
    with pytest.raises(BadInput, match=r"'mean' is none of fisher, stouffer"):
        multiplicity.weigh_replicates([], combination="mean")
