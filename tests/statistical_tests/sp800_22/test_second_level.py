"""What many streams say together, and the table of it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from statistical_tests import sp800_22
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.second_level import binomial_limits, kolmogorov
from tests.statistical_tests.sp800_22.sequences import ideal


def findings_of(p_values: Sequence[float | None], name: str = "Frequency", column: str = "") -> list[Finding]:
    return [
        not_applicable(name, "", "too few", columns=(column,)).of_stream(stream)
        if p_value is None
        else Finding(name, "", {}, {}, (p_value,), (column,), stream=stream)
        for stream, p_value in enumerate(p_values)
    ]


def test_bins_proportion_and_uniformity_are_those_of_the_standard() -> None:
    """SP 800-22 4.2.2 by hand: ten p-values in each bin but for one that moved."""
    values = [bin_ / 10 + 0.005 * i + 0.001 for bin_ in range(10) for i in range(10)]
    values[0], values[-1] = 0.95, 1.0
    (column,) = sp800_22.second_level(findings_of(values))
    assert column.bins == (9, 10, 10, 10, 10, 10, 10, 10, 10, 11)
    assert column.uniformity == pytest.approx(stats.chi2.sf(0.2, 9))
    assert (column.applicable, column.passing) == (100, 99)
    assert column.smallest == pytest.approx(0.006)
    assert column.extreme == pytest.approx(1 - (1 - 0.006) ** 100)
    assert column.proportion == pytest.approx(stats.binom.cdf(99, 100, 0.99))


def test_a_p_value_at_alpha_passes() -> None:
    (column,) = sp800_22.second_level(findings_of([0.01, 0.0099999, 0.5]))
    assert column.passing == 2


@pytest.mark.parametrize("count", [1, 10, 55, 100, 1000, 12_345])
def test_limits_are_where_the_binomial_tail_falls_below_that_of_three_deviations(count: int) -> None:
    tail = float(stats.norm.sf(3))
    least, most = binomial_limits(count, 0.99)
    assert stats.binom.cdf(least - 1, count, 0.99) < tail <= stats.binom.cdf(least, count, 0.99)
    assert stats.binom.sf(most, count, 0.99) <= tail
    assert most == 0 or stats.binom.sf(most - 1, count, 0.99) > tail


def test_the_compatible_limits_call_96_of_100_too_few_and_the_exact_ones_do_not() -> None:
    findings = findings_of([0.001] * 4 + list(np.linspace(0.02, 1, 96)))
    (exact,) = sp800_22.second_level(findings)
    (compatible,) = sp800_22.second_level(findings, mode="nist-compat")
    assert (exact.least, exact.most, exact.within) == (95, 100, True)
    assert compatible.least == pytest.approx(99 - 3 * math.sqrt(0.99))
    assert not compatible.within


def test_the_compatible_uniformity_cuts_the_expected_count_as_the_c_code_does() -> None:
    values: list[float | None] = list((np.arange(57) + 0.5) / 57)
    (exact,) = sp800_22.second_level(findings_of(values))
    (compatible,) = sp800_22.second_level(findings_of(values), mode="nist-compat")
    bins = np.array(exact.bins)
    assert exact.uniformity == pytest.approx(stats.chi2.sf(((bins - 5.7) ** 2 / 5.7).sum(), 9))
    assert compatible.uniformity == pytest.approx(stats.chi2.sf(((bins - 5) ** 2 / 5).sum(), 9))


def test_streams_where_a_test_is_not_applicable_do_not_count() -> None:
    (column,) = sp800_22.second_level(findings_of([0.5, None, 0.001, None]))
    assert (column.streams, column.applicable, column.passing) == (4, 2, 1)
    (never,) = sp800_22.second_level(findings_of([None, None]))
    assert (never.streams, never.applicable, never.bins) == (2, 0, (0,) * 10)
    assert never.uniformity is never.kolmogorov is never.proportion is never.smallest is never.extreme is None


def test_few_streams_have_no_chi_square_but_an_exact_distance() -> None:
    (column,) = sp800_22.second_level(findings_of([0.2, 0.4, 0.9]))
    assert column.uniformity is None
    assert column.kolmogorov == pytest.approx(stats.kstest([0.2, 0.4, 0.9], "uniform", method="exact").pvalue)


@pytest.mark.parametrize("count", [1, 2, 30, 500])
def test_the_distance_is_that_of_kolmogorov_and_smirnov(count: int) -> None:
    values = np.random.default_rng(count).random(count) ** 1.1
    assert kolmogorov(values) == pytest.approx(stats.kstest(values, "uniform", method="exact").pvalue, rel=1e-9)


def test_equal_p_values_are_counted() -> None:
    (column,) = sp800_22.second_level(findings_of([0.25, 0.25, 0.5, 0.25]))
    assert column.repeated == 2


def test_one_short_ideal_stream_whose_p_value_is_one_is_not_refused() -> None:
    """Only a discrete test gives exactly one, which is as far from the uniform distribution as a value can be."""
    bits = Bits.from_text("0101101001")
    columns = sp800_22.second_level(sp800_22.run(bits))
    frequency = next(column for column in columns if column.name == "Frequency")
    assert (frequency.smallest, frequency.repeated) == (1.0, 1)
    assert sp800_22.family(columns)[0].adjusted > 0.1


def test_the_family_finds_a_single_stream_that_is_far_out() -> None:
    fine = [findings_of(list(np.random.default_rng(i).random(100)), column=f"{i}") for i in range(188)]
    fine[77][13] = Finding("Frequency", "", {}, {}, (1e-12,), ("77",), stream=13)
    columns = sp800_22.second_level(one for findings in fine for one in findings)
    first, second = sp800_22.family(columns)[:2]
    assert (first.column, first.kind) == ("77", "extreme")
    assert first.p_value == pytest.approx(1e-10)
    assert first.adjusted == pytest.approx(188 * 3 * 1e-10)
    assert second.adjusted > 0.01


def test_the_family_finds_p_values_that_lean_and_streams_that_fail_too_often() -> None:
    rng = np.random.default_rng(4)
    leaning = findings_of(list(rng.random(1000) ** 1.4), column="leaning")
    failing = findings_of(list(np.where(rng.random(1000) < 0.03, 0.005, rng.random(1000))), column="failing")
    found = {one.column: one for one in reversed(sp800_22.family(sp800_22.second_level(leaning + failing)))}
    assert (found["leaning"].kind, found["failing"].kind) == ("kolmogorov", "proportion")
    assert all(one.adjusted < 1e-6 for one in found.values())


def test_no_findings_are_no_columns_and_no_family() -> None:
    assert sp800_22.second_level([]) == []
    assert sp800_22.family([]) == []


@pytest.mark.parametrize("alpha", [0.0, 1.0, float("nan"), "0.01", True])
def test_a_level_that_is_none_is_refused(alpha: object) -> None:
    with pytest.raises(BadInput, match=r"alpha is .*: it is a number above 0 and below 1"):
        sp800_22.second_level([], alpha=alpha)  # type: ignore[arg-type]


def test_what_is_no_finding_is_refused() -> None:
    with pytest.raises(BadInput, match="findings are Finding values, not dict"):
        sp800_22.second_level([{}])  # type: ignore[list-item]


def test_columns_and_family_are_json() -> None:
    columns = sp800_22.second_level(findings_of([0.2, 0.4, None]))
    assert json.loads(json.dumps(columns[0].as_json()))["bins"] == list(columns[0].bins)
    assert json.loads(json.dumps(sp800_22.family(columns)[0].as_json()))["kind"]


def test_the_table_has_the_lines_that_auditors_know() -> None:
    uniform = list((np.arange(100) + 0.5) / 100)
    leaning = [0.005] * 50 + [0.55] * 50
    columns = sp800_22.second_level(
        findings_of(uniform)
        + findings_of(leaning, "Serial", "first difference")
        + findings_of([None] * 90 + [0.5] * 10, "RandomExcursions", "x = 1")
        + findings_of([None] * 100, "Universal")
    )
    assert sp800_22.report(columns, source="a\nfile", columns_named=True).splitlines() == [
        "-" * 78,
        "Uniformity of p-values and proportion of passing streams (SP 800-22 4.2)",
        "-" * 78,
        "   tested: a file",
        "-" * 78,
        " C1  C2  C3  C4  C5  C6  C7  C8  C9 C10  P-VALUE  PROPORTION  STATISTICAL TEST",
        "-" * 78,
        " 10  10  10  10  10  10  10  10  10  10  1.000000     99/100    Frequency",
        " 50   0   0   0   0  50   0   0   0   0  0.000000*    50/100  * Serial (first difference)",
        "  0   0   0   0   0  10   0   0   0   0     ----      10/10     RandomExcursions (x = 1)",
        "  0   0   0   0   0   0   0   0   0   0     ----      ------    Universal",
        "-" * 78,
        "Of 100 streams, 95 to 100 pass within the limits: Frequency, Serial.",
        "Of 10 streams, 8 to 10 pass within the limits: RandomExcursions.",
        "Not applicable to any stream: Universal.",
        "Not applicable to some of the 100 streams, which are left out there:",
        "RandomExcursions.",
        "-" * 78,
    ]


def test_a_real_battery_makes_a_table_of_188_lines() -> None:
    columns = sp800_22.second_level(sp800_22.run_streams(ideal(1, 2000, 2)))
    assert len(columns) == 188
    assert sp800_22.report(columns).count("NonOverlappingTemplate") == 148 + 1


def test_ideal_p_values_that_take_few_values_are_not_refused_for_that() -> None:
    """Exact p-values of 20,000 short ideal streams are far from uniform, and no fault of the streams."""
    generator = np.random.default_rng(20_240_604)
    for bits, kind in ((400, None), (40_000, "too_small")):
        ones = generator.binomial(bits, 0.5, 20_000)
        lower = stats.binom.cdf(np.minimum(ones, bits - ones), bits, 0.5)
        p_values = np.minimum(1.0, 2 * lower)
        findings = [Finding("Frequency", "SP 800-22 2.1", {}, {}, (float(value),)) for value in p_values]
        (column,) = sp800_22.second_level(findings)
        assert column.kolmogorov is not None
        assert (column.kolmogorov < 1e-6) == (kind is None)
        weighed = sp800_22.family([column])
        assert weighed[0].adjusted > 0.01
        assert {one.kind for one in weighed} - {"proportion", "extreme"} == ({kind} if kind else set())
