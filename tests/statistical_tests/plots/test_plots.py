"""Pictures: well-formed, announced in words, readable on black and white, the same bytes everywhere, and true."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import stats

from statistical_tests import plots
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.plots import svg
from statistical_tests.plots.findings import file_stem
from statistical_tests.plots.frame import ticks

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "a <b> & \"c\" 'd' ]]> \x00\x1b\ud800\uffff é 中"
READ = "a <b> & \"c\" 'd' ]]> \ufffd\ufffd\ufffd\ufffd é 中"
UNIFORM = (np.arange(200) + 0.5) / 200

CHARTS: dict[str, Callable[[str], str]] = {
    "histogram": lambda title: plots.p_value_histogram(UNIFORM, title=title),
    "deviation": lambda title: plots.p_value_deviation(UNIFORM, title=title),
    "proportions": lambda title: plots.proportion_chart([plots.Passed(title, 99, 100)] * 3, title=title),
    "heat map": lambda title: plots.heat_map([[0.5, np.nan], [1e-9, 0.005]], columns=[title, "Runs"], title=title),
    "outcomes": lambda title: plots.outcome_bars(
        [5, 9, 6], probabilities=[0.25, 0.5, 0.25], title=title, labels=[title] * 3
    ),
    "autocorrelation": lambda title: plots.autocorrelation_chart([0.1, -0.02], samples=100, title=title),
}


def _read(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture.encode("utf-8"))


def _description(picture: str) -> str:
    found = _read(picture).find(f"{SVG}desc")
    assert found is not None
    return found.text or ""


def _alerts(picture: str) -> int:
    return sum(1 for one in _read(picture).iter(f"{SVG}polygon") if one.get("fill") == svg.ALERT)


# --- every picture ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chart", CHARTS.values(), ids=list(CHARTS))
def test_a_picture_is_well_formed_and_announced_by_title_and_description(chart: Callable[[str], str]) -> None:
    root = _read(chart("Plain"))
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    title, description = root[0], root[1]
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "Plain"
    assert len(description.text or "") > 40
    width, height = (float(root.get(name, "")) for name in ("width", "height"))
    assert root.get("viewBox") == f"0 0 {width:g} {height:g}"


@pytest.mark.parametrize("chart", CHARTS.values(), ids=list(CHARTS))
def test_any_text_is_escaped_and_what_xml_cannot_hold_is_replaced(chart: Callable[[str], str]) -> None:
    picture = chart(EVIL)
    root = _read(picture)
    assert root[0].text == READ
    assert READ in [one.text for one in root.iter(f"{SVG}text")]
    assert {one.tag for one in root.iter()} <= {
        SVG + name for name in "svg title desc text line rect circle polygon path".split()
    }


@pytest.mark.parametrize("chart", CHARTS.values(), ids=list(CHARTS))
def test_nothing_is_drawn_outside_the_picture(chart: Callable[[str], str]) -> None:
    root = _read(chart("Plain"))
    width, height = (float(root.get(name, "")) for name in ("width", "height"))
    for one in root.iter():
        for name, end in (("x", width), ("x1", width), ("x2", width), ("cx", width), ("y", height), ("cy", height)):
            assert -0.01 <= float(one.get(name, "0")) <= end + 0.01, ElementTree.tostring(one)
        if one.tag == f"{SVG}rect":
            assert float(one.get("width", "")) >= 0
            assert 0 <= float(one.get("height", "")) <= height


def _luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_can_be_read_on_white_and_on_black() -> None:
    for colour, least in ((svg.INK, 4.5), (svg.MARK, 3.0), (svg.ALERT, 3.0)):
        luminance = _luminance(colour)
        assert 1.05 / (luminance + 0.05) >= least
        assert (luminance + 0.05) / 0.05 >= least


def test_pictures_use_no_other_colours_and_no_background() -> None:
    for chart in CHARTS.values():
        for one in _read(chart("Plain")).iter():
            for name in ("fill", "stroke"):
                assert one.get(name) in (None, "none", svg.INK, svg.MARK, svg.ALERT)


def test_pictures_are_the_same_bytes_in_another_process_with_another_hash_seed() -> None:
    program = (
        "import hashlib\nfrom tests.statistical_tests.plots.test_plots import CHARTS\n"
        "print(hashlib.sha256(''.join(chart('Plain') for chart in CHARTS.values()).encode()).hexdigest())"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_two_pictures_in_one_page_have_identifiers_of_their_own() -> None:
    identifiers = [one.get("id") for chart in CHARTS.values() for one in _read(chart("Plain")).iter() if one.get("id")]
    assert len(set(identifiers)) == len(identifiers) == 2 * len(CHARTS)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (-0.001, "0"),
        (1.0, "1"),
        (1.005, "1"),
        (12.5, "12.5"),
        (100.0, "100"),
        (-3.14159, "-3.14"),
    ],
)
def test_numbers_are_written_short(value: float, written: str) -> None:
    assert svg.number(value) == written


def test_what_is_no_coordinate_is_a_fault() -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="is no coordinate"):
            svg.number(value)


def test_ticks_are_round_numbers_inside_the_scale() -> None:
    assert [text for _, text in ticks(0, 1)] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert [text for _, text in ticks(-0.012, 0.012)] == ["−0.010", "−0.005", "0.000", "0.005", "0.010"]
    assert [text for _, text in ticks(0, 2600)] == ["0", "500", "1000", "1500", "2000", "2500"]


# --- p-values ---------------------------------------------------------------------------------------------------------


def test_bars_of_the_histogram_are_as_high_as_their_counts() -> None:
    values = [0.05] * 3 + [0.15] * 6 + [0.95, 1.0]
    bars = [
        float(one.get("height", "")) for one in _read(plots.p_value_histogram(values)).iter(f"{SVG}rect") if len(one)
    ]
    assert len(bars) == 10
    assert bars[1] == pytest.approx(2 * bars[0], abs=0.02)
    assert bars[9] == pytest.approx(bars[0] * 2 / 3, abs=0.02)
    assert bars[2:9] == [0] * 7


def test_the_band_of_the_histogram_is_the_exact_binomial_one() -> None:
    description = _description(plots.p_value_histogram(np.linspace(0, 1, 1000)))
    low, high = stats.binom.ppf(0.0005, 1000, 0.1), stats.binom.isf(0.0005, 1000, 0.1)
    assert f"100 are expected in each, and {low:.0f} to {high:.0f}" in description
    assert "None outside" in description


def test_bars_outside_their_band_are_marked_and_told() -> None:
    uneven = np.concatenate([np.linspace(0, 0.1, 200), np.linspace(0.1, 1, 800)])
    picture = plots.p_value_histogram(uneven, note="A note.")
    assert _alerts(picture) == 1
    assert "1 outside. A note." in _description(picture)


def test_the_deviation_is_the_distance_of_kolmogorov_with_its_exact_limit() -> None:
    values = np.random.default_rng(3).random(500)
    description = _description(plots.p_value_deviation(values))
    distance = stats.kstest(values, "uniform").statistic
    assert f"The greatest distance is {distance:.4f}" in description
    assert f"it is at most {stats.kstwo.isf(0.01, 500):.4f}" in description
    assert "keeps inside the band" in description
    assert "leaves the band" in _description(plots.p_value_deviation(values**1.5))


def test_equal_p_values_jump_at_once_and_many_are_thinned_without_losing_the_extremes() -> None:
    description = _description(plots.p_value_deviation([0.5] * 100))
    assert "The greatest distance is 0.5000" in description
    many = plots.p_value_deviation(np.random.default_rng(4).random(200_000) ** 1.1)
    assert len(many) < 60_000


# --- proportions ------------------------------------------------------------------------------------------------------


def test_columns_outside_their_exact_limits_are_marked_and_named() -> None:
    columns = [plots.Passed("Runs", 990, 1000), plots.Passed("Rank", 960, 1000), plots.Passed("FFT", 55, 55)]
    picture = plots.proportion_chart(columns)
    assert _alerts(picture) == 1
    assert "1 outside the exact limits at 0.01 of all together: Rank." in _description(picture)
    tips = [one.text for one in _read(picture).iter(f"{SVG}title")]
    low, high = stats.binom.ppf(0.01 / 6, 1000, 0.99), stats.binom.isf(0.01 / 6, 1000, 0.99)
    assert f"Runs: 990 of 1000, limits {low:.0f} to {high:.0f}" in tips


def test_the_limits_hold_for_all_columns_together() -> None:
    """2,000 charts of twenty right columns: at most one in a hundred marks anything, within four standard errors."""
    passed = np.random.default_rng(5).binomial(100, 0.99, (2_000, 20))
    low = stats.binom.ppf(0.01 / 40, 100, 0.99)
    marked = int((passed.min(axis=1) < low).sum())
    assert marked / 2_000 <= 0.01 + 4 * (0.01 / 2_000) ** 0.5
    worst = passed[int(passed.min(axis=1).argmin())]
    picture = plots.proportion_chart([plots.Passed(f"T {n}", int(one), 100) for n, one in enumerate(worst)])
    assert _alerts(picture) == int((worst < low).sum())


def test_names_of_tests_stand_once_for_their_columns_and_inside_the_picture() -> None:
    columns = [plots.Passed(f"NonOverlappingTemplate {n:09b}", 99, 100) for n in range(148)]
    columns += [plots.Passed("LinearComplexity", 99, 100)]
    root = _read(plots.proportion_chart(columns))
    names = {one.text: float(one.get("x", "")) for one in root.iter(f"{SVG}text")}
    assert "NonOverlappingTemplate" in names
    assert names["LinearComplexity"] + 3 * len("LinearComplexity") <= float(root.get("width", ""))


# --- the map ----------------------------------------------------------------------------------------------------------


def test_each_small_p_value_has_one_cell_and_larger_ones_none() -> None:
    values = np.full((50, 8), 0.5)
    values[3, 2], values[9, 7], values[20, 0], values[49, 5] = 1e-5, 0.0005, 0.003, np.nan
    root = _read(plots.heat_map(values, columns=[f"T{n}" for n in range(8)]))
    cells = {
        (one.get("fill"), one.get("fill-opacity"), (one.get("d") or "").count("M")) for one in root.iter(f"{SVG}path")
    }
    assert cells == {(svg.ALERT, "1", 1), (svg.MARK, "1", 1), (svg.INK, "0.35", 1)}
    assert len(list(root.iter(f"{SVG}path"))) == 4
    description = root[1].text or ""
    assert "50 streams by 8 columns: 399 p-values, 1 not applicable." in description
    assert "1 at most 0.0001, 2 at most 0.001, 3 at most 0.01" in description
    assert "The smallest: T2 in stream 3: 1e-05; T7 in stream 9: 0.0005; T0 in stream 20: 0.003" in description


def test_the_smaller_a_p_value_the_larger_its_cell() -> None:
    sizes = []
    for value in (0.005, 0.0005, 0.00005):
        path = next(_read(plots.heat_map([[value]], columns=["T"])).iter(f"{SVG}path"))
        sizes.append(float((path.get("d") or "").split("h")[1].split("v")[0]))
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 3


def test_a_map_of_nothing_applicable_can_be_drawn() -> None:
    assert "0 p-values, 2 not applicable" in _description(plots.heat_map([[np.nan], [np.nan]], columns=["T"]))


# --- outcomes and correlation -----------------------------------------------------------------------------------------


def test_an_outcome_beyond_its_limit_is_marked_and_named() -> None:
    counts = [1000, 1000, 1000, 1200]
    picture = plots.outcome_bars(counts, probabilities=[0.25] * 4, labels=["north", "east", "south", "west"])
    residual = (1200 - 1050) / np.sqrt(4200 * 0.25 * 0.75)
    assert f"1 beyond {stats.norm.isf(0.01 / 8):.2f}" in _description(picture)
    assert f"west ({residual:.1f})" in _description(picture)
    assert _alerts(picture) == 1


def test_an_impossible_outcome_is_marked_whatever_its_count() -> None:
    picture = plots.outcome_bars([500, 500, 1], probabilities=[0.5, 0.5, 0.0])
    assert "2 (impossible)" in _description(picture)
    assert _alerts(picture) == 1
    assert _alerts(plots.outcome_bars([500, 500, 0], probabilities=[0.5, 0.5, 0.0])) == 0


def test_correlations_are_those_of_the_definition() -> None:
    values = np.random.default_rng(6).random(40)
    centred = values - values.mean()
    expected = [sum(centred[t] * centred[t + lag] for t in range(40 - lag)) / sum(centred**2) for lag in range(1, 11)]
    assert plots.correlations_of(values, lags=10).tolist() == pytest.approx(expected)


def test_a_correlation_beyond_the_band_is_marked_and_named() -> None:
    values = np.repeat(np.random.default_rng(7).random(5_000), 2)
    correlations = plots.correlations_of(values, lags=20)
    assert correlations[0] == pytest.approx(0.5, abs=0.04)
    picture = plots.autocorrelation_chart(correlations, samples=len(values))
    assert _alerts(picture) == 1
    assert f"1 beyond {stats.norm.isf(0.01 / 40) / 100:.3g}" in _description(picture)
    assert f"lag 1 ({correlations[0]:.2g})" in _description(picture)


# --- findings ---------------------------------------------------------------------------------------------------------


def test_findings_give_a_map_proportions_and_two_pictures_a_test() -> None:
    generator = np.random.default_rng(8)
    findings = []
    for stream in range(30):
        up, down = generator.random(2)
        findings.append(Finding("CumulativeSums", "2.13", {}, {}, (up, down), ("forward", "reverse"), stream=stream))
        findings.append(
            not_applicable("FFT", "2.6", "too short").of_stream(stream)
            if stream % 3
            else Finding("FFT", "2.6", {}, {}, (up,), stream=stream)
        )
    pictures = plots.of_findings(iter(findings))
    assert sorted(pictures) == [
        "deviation-cumulative-sums.svg",
        "deviation-fft.svg",
        "heat-map.svg",
        "p-values-cumulative-sums.svg",
        "p-values-fft.svg",
        "proportions.svg",
    ]
    assert "30 streams by 3 columns: 70 p-values, 20 not applicable" in _description(pictures["heat-map.svg"])
    assert "Histogram of 60 p-values" in _description(pictures["p-values-cumulative-sums.svg"])
    assert "the band is a guide only" in _description(pictures["p-values-cumulative-sums.svg"])
    assert "guide" not in _description(pictures["p-values-fft.svg"])
    tips = [one.text or "" for one in _read(pictures["proportions.svg"]).iter(f"{SVG}title")]
    assert any(tip.startswith("FFT: ") and " of 10, " in tip for tip in tips)


def test_a_test_that_the_first_stream_is_too_short_for_keeps_its_place() -> None:
    findings = [
        not_applicable("Runs", "2.3", "too few", parameters={"m": 1}).of_stream(0),
        Finding("Rank", "2.5", {}, {}, (0.5,), stream=0),
        Finding("Runs", "2.3", {"m": 1}, {}, (0.25,), stream=1),
        Finding("Rank", "2.5", {}, {}, (0.5,), stream=1),
        not_applicable("FFT", "2.6", "too short").of_stream(0),
    ]
    root = _read(plots.of_findings(findings)["proportions.svg"])
    tips = [(one.text or "").split(":")[0] for one in root.iter(f"{SVG}title")]
    assert tips == ["Streams that pass", "Runs", "Rank"]


def test_findings_without_p_values_give_no_pictures() -> None:
    assert plots.of_findings([not_applicable("FFT", "2.6", "too short")]) == {}


def test_names_of_tests_become_names_of_files() -> None:
    names = {
        "BlockFrequency": "block-frequency",
        "FFT": "fft",
        "a/../b": "a-b",
        "RandomXORTest": "random-xor-test",
        "é": "test",
    }
    assert {name: file_stem(name) for name in names} == names


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: plots.p_value_histogram([]), "shape is"),
        (lambda: plots.p_value_histogram([0.5, float("nan")]), r"p_values\[1\] is nan"),
        (lambda: plots.p_value_histogram([0.5], bins=1), "bins is 1"),
        (lambda: plots.p_value_histogram([0.5], level=0.0), "level is 0"),
        (lambda: plots.p_value_deviation([2.0]), r"p_values\[0\] is 2"),
        (lambda: plots.proportion_chart([]), "columns are empty"),
        (lambda: plots.Passed("T", 3, 2), "passed is 3"),
        (lambda: plots.Passed("T", 0, 0), "of is 0"),
        (lambda: plots.heat_map([[0.5]], columns=["A", "B"]), "streams by 2 columns"),
        (lambda: plots.heat_map([], columns=[]), "streams by 0 columns"),
        (lambda: plots.heat_map([[0.5, 1.5]], columns=["A", "B"]), r"p_values\[0, 1\] is 1.5"),
        (lambda: plots.outcome_bars([1, 2], probabilities=[1.0]), "one of each for every outcome"),
        (lambda: plots.outcome_bars([1], probabilities=[1.0], labels=["a", "b"]), "2 labels"),
        (lambda: plots.outcome_bars([0, 0], probabilities=[0.5, 0.5]), "counts are all zero"),
        (lambda: plots.outcome_bars([1] * 1001, probabilities=[1 / 1001] * 1001), "group them first"),
        (lambda: plots.autocorrelation_chart([], samples=9), "one dimension and one or more"),
        (lambda: plots.autocorrelation_chart([1.5], samples=9), r"correlations\[0\] is 1.5"),
        (lambda: plots.autocorrelation_chart([0.5], samples=1), "samples is 1"),
        (lambda: plots.correlations_of([1.0, 1.0]), "lags is 50"),
        (lambda: plots.correlations_of([1.0, 1.0], lags=1), "all alike"),
        (lambda: plots.correlations_of([1.0, float("inf")], lags=1), r"values\[1\] is inf"),
        (lambda: plots.correlations_of([[1.0]]), "one dimension"),
        (lambda: plots.of_findings([], level=2.0), "level is 2"),
    ],
)
def test_what_cannot_be_drawn_is_said(call: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        call()
