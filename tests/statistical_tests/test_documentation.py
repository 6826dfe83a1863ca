"""docs/statistics.md names every test, and each of its figures that can be computed is what is computed."""

from __future__ import annotations

import re
from fractions import Fraction
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from statistical_tests import ideal, multiplicity, power
from statistical_tests.bit_tests import battery as bit_tests
from statistical_tests.outcomes import battery as outcomes
from statistical_tests.sp800_22 import battery as sp800_22

TEXT = (Path(__file__).resolve().parent.parent.parent / "docs" / "statistics.md").read_text(encoding="utf-8")
fft = import_module("statistical_tests.sp800_22.fft")
overlapping = import_module("statistical_tests.sp800_22.overlapping_template")
BEFORE_CALIBRATION = TEXT.split("## How often each test really refuses")[0]


def _rows(first_cell: str) -> list[list[str]]:
    """Return the rows below the heading whose first cell is this, as cells."""
    lines = TEXT.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(f"| {first_cell} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def _number(cell: str) -> float:
    return float(cell.replace(",", ""))


def _names() -> set[str]:
    """Name all tests that the batteries make."""
    bits = ideal.ideal_bits(5_000)
    dice = ideal.ideal_outcomes(3_000, probabilities=[Fraction(1, 6)] * 6)
    decks = ideal.ideal_shuffles(200, cards=8)
    findings = [
        *sp800_22.run(bits),
        *bit_tests.run(bits),
        *outcomes.run(dice, probabilities=[1 / 6] * 6),
        *outcomes.run_draws(decks[:, :3], kinds=8),
        *outcomes.run_draws(dice.reshape(-1, 3), kinds=6, replacement=True),
        *outcomes.run_shuffles(decks),
    ]
    return {one.name for one in findings}


def test_every_test_is_described() -> None:
    described = set(re.findall(r"^\| ([^|]+) \|", BEFORE_CALIBRATION, re.MULTILINE))
    names = {name.strip() for cell in described for name in cell.split(",")}
    assert _names() <= names


def test_every_rule_for_many_p_values_is_described() -> None:
    written = BEFORE_CALIBRATION.lower().replace("š", "s").replace("á", "a")
    for name in [*multiplicity.ADJUSTMENTS, *multiplicity.COMBINATIONS]:
        assert name in written


def test_what_bits_would_have_shown_is_what_power_computes() -> None:
    rows = _rows("bits")
    assert len(rows) == 4
    for bits, *effects in rows:
        reaches = power.reaches_of_bits(int(_number(bits)), level=1e-4)
        assert [f"{reach.effect:.6f}" for reach in reaches[:3]] == effects


def test_what_outcomes_would_have_shown_is_what_power_computes() -> None:
    rows = _rows("outcomes of 37 equally likely kinds")
    assert len(rows) == 3
    for count, *effects in rows:
        uneven, repeats, correlation = power.reaches_of_outcomes(int(_number(count)), kinds=37, level=1e-4)
        told = [power.outcome_bias(uneven.effect, 1 / 37), repeats.effect, correlation.effect]
        assert [f"{effect:.6f}" for effect in told] == effects


@pytest.mark.parametrize(("sign", "told"), [(1, "86, 89 and 90 %"), (-1, "95, 91 and 91 %")])
def test_how_surely_one_outcome_that_is_off_is_seen_is_what_a_simulation_finds(sign: int, told: str) -> None:
    """The noncentral limit says 90 %; beside a probability of 1/37 the bias is too large for that at 10,000."""
    assert told in TEXT
    for (count, *effects), per_cent in zip(
        _rows("outcomes of 37 equally likely kinds"), re.findall(r"\d+", told), strict=True
    ):
        outcomes, bias = int(_number(count)), sign * _number(effects[0])
        real = np.full(37, (1 - 1 / 37 - bias) / 36)
        real[0] = 1 / 37 + bias
        observed = np.random.default_rng(outcomes).multinomial(outcomes, real, 20_000)
        statistic = ((observed - outcomes / 37) ** 2 / (outcomes / 37)).sum(axis=1)
        seen = np.mean(stats.chi2.sf(statistic, 36) <= 1e-4)
        assert abs(seen - int(per_cent) / 100) < 0.005 + 4 * np.sqrt(0.1 / 20_000)


def test_the_spectral_variance_of_nist_is_as_far_off_as_the_docstring_says() -> None:
    off = 1 - (0.95 * 0.05 / 4) / (fft.VARIANCE / 2)
    assert f"too small by {off:.1%}".replace("%", " %") in (fft.__doc__ or "") + (fft.fft.__doc__ or "")


def test_the_classes_of_nist_refuse_runs_of_ones_as_often_as_the_docstring_says() -> None:
    """Chi-square with NIST's classes over 968 blocks, which is a stream of 10^6 bits."""
    real, limit = (law(9, 1032) for law in (overlapping.class_probabilities, overlapping.limit_probabilities))
    observed = np.random.default_rng(1).multinomial(968, real, 400_000)
    statistic = ((observed - 968 * limit) ** 2 / (968 * limit)).sum(axis=1)
    refused = np.mean(stats.chi2.sf(statistic, 5) < 0.01)
    assert f"falls below 0.01 in {refused:.1%}".replace("%", " %") in (overlapping.overlapping_template.__doc__ or "")


@pytest.mark.parametrize("probability", [0.501, 0.5005, 0.5001])
def test_the_bits_that_a_bias_takes_are_what_power_computes(probability: float) -> None:
    assert f"{power.proportion_samples(probability, level=1e-4):,}" in TEXT


def test_ninety_six_of_a_hundred_is_as_rare_as_the_text_says() -> None:
    assert f"{stats.binom.cdf(96, 100, 0.99):.1%}".replace("%", " %") in TEXT


def test_the_calibration_has_a_row_for_every_test_and_says_what_makes_it_again() -> None:
    calibration = TEXT.split("## How often each test really refuses")[1]
    named = set(re.findall(r"^\| (\w[\w-]*)", calibration, re.MULTILINE)) | set(
        re.findall(r"^- ([\w-]+): ", calibration, re.MULTILINE)
    )
    # Draws with replacement are judged by tests that the calibration's batteries do not make.
    assert _names() - {"InterplayCorrelation", "InterplayBetweenDraws"} <= named
    commands = re.findall(r"^fairlot stats calibrate --streams ([\d]+) (.*)$", calibration, re.MULTILINE)
    told = re.findall(r"^([\d,]+) streams of the generator `shake256`, seed `1`", calibration, re.MULTILINE)
    assert [int(streams) for streams, _ in commands] == [int(_number(streams)) for streams in told]
    assert {one for _, rest in commands for one in re.findall(r"--battery ([\w-]+)", rest)} == {
        "nist",
        "nist-compat",
        "bits",
        "outcomes",
        "draws",
        "shuffles",
    }
