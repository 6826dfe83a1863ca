"""What NIST publishes: p-values of four sequences, and the examples of the standard's section 2."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from statistical_tests import kernel, sp800_22
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding
from statistical_tests.sp800_22.non_overlapping_template import template_names
from tests.statistical_tests.sp800_22.sequences import known_answers, section_2, sequence

FUNCTIONS = {
    "Frequency": sp800_22.frequency,
    "BlockFrequency": sp800_22.block_frequency,
    "CumulativeSums": sp800_22.cumulative_sums,
    "Runs": sp800_22.runs,
    "LongestRun": sp800_22.longest_run,
    "Rank": sp800_22.rank,
    "FFT": sp800_22.fft,
    "NonOverlappingTemplate": sp800_22.non_overlapping_template,
    "OverlappingTemplate": sp800_22.overlapping_template,
    "Universal": sp800_22.universal,
    "ApproximateEntropy": sp800_22.approximate_entropy,
    "RandomExcursions": sp800_22.random_excursions,
    "RandomExcursionsVariant": sp800_22.random_excursions_variant,
    "Serial": sp800_22.serial,
    "LinearComplexity": sp800_22.linear_complexity,
}
SEQUENCES = known_answers()["sequences"]
SIX_DECIMALS = 0.5000001e-6


@pytest.fixture(params=kernel.engines())
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    before = kernel.use(request.param)
    yield request.param
    kernel.use(before)


def example_bits(example: dict[str, Any]) -> Bits:
    if "sequence" in example:
        return sequence(example["sequence"]).slice(0, example["length"])
    return Bits.from_text(example["bits"])


def p_values_of(finding: Finding, example: dict[str, Any]) -> list[float]:
    by_column = dict(zip(finding.columns, finding.p_values, strict=True))
    return [by_column[column] for column in example.get("columns", finding.columns)]


@pytest.mark.parametrize("name", SEQUENCES)
def test_the_sequences_are_those_of_nist_bit_for_bit(name: str) -> None:
    bits = sequence(name)
    assert hashlib.sha256(bits.packed.tobytes()).hexdigest() == SEQUENCES[name]["sha256_packed"]
    assert sp800_22.Shared(bits).ones() == SEQUENCES[name]["ones"]


@pytest.mark.parametrize("name", SEQUENCES)
@pytest.mark.parametrize("test", sp800_22.ALL)
def test_compatible_p_values_are_those_of_the_c_code_to_six_decimals(name: str, test: str) -> None:
    expected = SEQUENCES[name]["p_values"][test]
    (finding,) = sp800_22.run(sequence(name), tests=[test], mode="nist-compat")
    if expected is None:
        assert finding.reason == f"{SEQUENCES[name]['cycles']} cycles, and 500 are needed"
        return
    assert finding.applicable
    assert finding.p_values == pytest.approx(expected, rel=0, abs=SIX_DECIMALS)


def test_the_whole_battery_gives_188_p_values_in_the_order_of_the_final_report(engine: str) -> None:
    findings = sp800_22.run(sequence("e"), mode="nist-compat")
    assert [one.name for one in findings] == list(sp800_22.ALL)
    assert sum(len(one.p_values) for one in findings) == 188
    for one in findings:
        assert one.p_values == pytest.approx(SEQUENCES["e"]["p_values"][one.name], rel=0, abs=SIX_DECIMALS), engine


def test_overlapping_templates_with_exact_probabilities_give_what_an_independent_computation_gave() -> None:
    """NIST's code overwrites its own corrected table; these p-values were computed apart from this code."""
    expected = {"pi": 0.260718, "e": 0.159037, "sqrt2": 0.828877, "sha1": 0.249761}
    for name, p_value in expected.items():
        assert sp800_22.overlapping_template(sequence(name)).p_values[0] == pytest.approx(
            p_value, rel=0, abs=SIX_DECIMALS
        )


@pytest.mark.parametrize("example", section_2()["right"], ids=lambda one: f"{one['section']} {one['test']}")
def test_examples_of_section_2_come_out_to_six_decimals(example: dict[str, Any], engine: str) -> None:
    finding = FUNCTIONS[example["test"]](example_bits(example), mode="nist-compat", **example["parameters"])
    assert p_values_of(finding, example) == pytest.approx(example["p_values"], rel=0, abs=SIX_DECIMALS), engine


@pytest.mark.parametrize("example", section_2()["wrong"], ids=lambda one: f"{one['section']} {one['test']}")
def test_examples_that_the_text_has_wrong_differ_from_it_in_the_way_that_is_known(example: dict[str, Any]) -> None:
    finding = FUNCTIONS[example["test"]](example_bits(example), mode="nist-compat", **example["parameters"])
    assert p_values_of(finding, example) != pytest.approx(example["p_values_of_the_text"], rel=0, abs=SIX_DECIMALS)
    if "p_values" in example:
        assert p_values_of(finding, example) == pytest.approx(example["p_values"], rel=0, abs=SIX_DECIMALS)
    for key, value in example.get("statistic", {}).items():
        found = finding.statistic[key]
        assert found == (tuple(value) if isinstance(value, list) else pytest.approx(value, rel=1e-12)), key


def test_there_are_as_many_aperiodic_templates_as_nist_lists() -> None:
    """SP 800-22, the files template2 to template16 of NIST's suite."""
    counts = [2, 4, 6, 12, 20, 40, 74, 148, 284, 568, 1116, 2232, 4424, 8848, 17622]
    assert [len(template_names(size)) for size in range(2, 17)] == counts
    assert template_names(3) == ("template 001", "template 011", "template 100", "template 110")
