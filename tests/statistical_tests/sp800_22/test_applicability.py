"""Where a test cannot be made it says so, with the numbers; wrong arguments are refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaincc

from statistical_tests import sp800_22
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding
from tests.statistical_tests.sp800_22.sequences import fast_ideal, ideal
from tests.statistical_tests.sp800_22.test_known_answers import FUNCTIONS

NO_BITS = Bits.from_array([])

# Each test with parameters, the bits from which on it is applicable, and what it says one bit below.
LEAST: list[tuple[str, dict[str, Any], int, str]] = [
    ("Frequency", {}, 1, "there are no bits"),
    ("BlockFrequency", {"block_bits": 20}, 100, "100 bits in blocks of 20 at least, and there are 99 in blocks of 20"),
    ("BlockFrequency", {}, 128, "a block of 128 bits at least, and there are 127 bits"),
    ("CumulativeSums", {}, 1, "there are no bits"),
    ("LongestRun", {}, 128, "128 bits at least, and there are 127"),
    ("LongestRun", {"block_bits": 10_000}, 10_000, "10000 bits at least, and there are 9999"),
    ("Rank", {}, 38_912, "38 matrices (38912 bits) at least, and there are 37"),
    ("FFT", {}, 1000, "1000 bits at least, and there are 999"),
    (
        "NonOverlappingTemplate",
        {},
        20_544,
        "5 expected occurrences a block at least, and there are 5 in 2567 bits",
    ),
    (
        "OverlappingTemplate",
        {},
        71 * 1032,
        "5 blocks expected in each class at least, and the rarest has 4.93 of 70",
    ),
    ("Universal", {}, 387_840, "387840 bits at least, and there are 387839"),
    (
        "Universal",
        {"block_bits": 2},
        8080,
        "40 blocks to begin with and 4000 to test at least, and there are 40 and 3999 of 2 bits",
    ),
    ("ApproximateEntropy", {}, 65_536, "65536 bits at least for windows of 10, and there are 65535"),
    ("Serial", {}, 524_288, "524288 bits at least for windows of 16, and there are 524287"),
    ("LinearComplexity", {}, 100_000, "200 blocks (100000 bits) at least, and there are 199"),
]


@pytest.mark.parametrize(("test", "parameters", "least", "reason"), LEAST, ids=[f"{one[0]} {one[2]}" for one in LEAST])
def test_a_stream_that_is_a_bit_too_short_is_not_judged(
    test: str, parameters: dict[str, Any], least: int, reason: str
) -> None:
    (bits,) = fast_ideal(5, least)
    assert FUNCTIONS[test](bits, **parameters).applicable
    short = FUNCTIONS[test](bits.slice(0, least - 1), **parameters)
    assert not short.applicable
    assert short.p_values == ()
    assert short.reason == reason


@pytest.mark.parametrize("mode", sp800_22.MODES)
@pytest.mark.parametrize("length", [0, 1, 2, 3, 7, 9, 16, 17, 100, 127, 129])
def test_no_length_is_an_error_and_none_gives_what_is_no_p_value(length: int, mode: str) -> None:
    for text in ("0" * length, "1" * length, ("01" * length)[:length], ("1001011" * length)[:length]):
        findings = sp800_22.run(Bits.from_text(text), mode=mode)
        assert [one.name for one in findings] == list(sp800_22.ALL)
        for finding in findings:
            assert finding.applicable == bool(finding.p_values)
            assert bool(finding.reason) != finding.applicable
            assert all(0.0 <= p_value <= 1.0 for p_value in finding.p_values)


@pytest.mark.parametrize("test", sp800_22.ALL)
def test_no_bits_are_judged_by_no_test(test: str) -> None:
    for mode in sp800_22.MODES:
        assert not FUNCTIONS[test](NO_BITS, mode=mode).applicable


def test_runs_is_not_applicable_where_frequency_has_seen_the_fault() -> None:
    """NIST's C code gives p = 0 there."""
    bits = Bits.from_array(np.arange(10_000) % 100 < 52)
    finding = sp800_22.runs(bits)
    assert finding.reason == "the share of ones is 0.52, and must be within 0.02 of 1/2: see Frequency"
    assert finding.statistic["ones"] == 5200
    just = Bits.from_array(np.arange(10_000) % 10_000 < 5199)
    assert sp800_22.runs(just).applicable


def test_excursions_need_as_many_cycles_as_the_standard_asks_for() -> None:
    short = Bits.from_text("01" * 499)
    enough = Bits.from_text("01" * 500)
    for test in (sp800_22.random_excursions, sp800_22.random_excursions_variant):
        assert test(short).reason == "499 cycles, and 500 are needed"
        assert test(enough).applicable
        assert test(short, least_cycles=499).applicable


def test_beyond_ten_thousand_million_bits_excursions_need_more_cycles() -> None:
    from importlib import import_module

    too_few = import_module("statistical_tests.sp800_22.random_excursions").too_few
    assert too_few(500, 500, 10**10) == ""
    assert too_few(500, 500, 2 * 10**10) == "500 cycles, and 708 are needed"


def test_what_the_standard_recommends_against_is_a_note_in_the_compatible_mode() -> None:
    finding = sp800_22.fft(ideal(1, 500)[0], mode="nist-compat")
    assert finding.applicable
    assert finding.notes == ("SP 800-22 recommends otherwise: 1000 bits at least, and there are 500",)
    assert sp800_22.fft(ideal(1, 1000)[0], mode="nist-compat").notes == ()


def test_a_finding_says_where_its_reference_is_rough() -> None:
    few = sp800_22.linear_complexity(fast_ideal(1, 100_000)[0])
    assert few.notes == ("200 blocks are few: p-values below 0.001 are too small, by up to 5 times at 0.0001",)
    assert sp800_22.linear_complexity(fast_ideal(1, 240_000)[0]).notes == ()


@pytest.mark.slow
def test_the_note_on_few_blocks_says_what_is_so() -> None:
    """Two million counts of 200 blocks: between 4 and 5.5 of 10,000 below 0.0001."""
    from importlib import import_module

    chances = import_module("statistical_tests.sp800_22.linear_complexity").class_probabilities(500)
    counts = np.random.Generator(np.random.Philox(2)).multinomial(200, chances, size=2_000_000)
    expected = 200 * chances
    p_values = gammaincc(3, ((counts - expected) ** 2 / expected).sum(axis=1) / 2)
    assert 4e-4 < np.mean(p_values < 1e-4) < 5.5e-4


WRONG: list[tuple[Callable[..., Finding], dict[str, Any], str]] = [
    (sp800_22.frequency, {"mode": "nist"}, "mode is 'nist': it is one of corrected, nist-compat"),
    (sp800_22.block_frequency, {"block_bits": 1}, "block_bits is 1: it must be 2 or more"),
    (sp800_22.block_frequency, {"block_bits": 12.5}, "block_bits is an integer, not 12.5"),
    (sp800_22.longest_run, {"block_bits": 9}, "block_bits is 9: the standard has classes for 8, 128 and 10000"),
    (sp800_22.rank, {"rows": 0}, "rows is 0: it must be from 2 to 65536"),
    (sp800_22.non_overlapping_template, {"template_bits": 17}, "template_bits is 17: it must be from 2 to 16"),
    (sp800_22.non_overlapping_template, {"blocks": 0}, "blocks is 0: it must be from 1 to 100"),
    (sp800_22.overlapping_template, {"block_bits": 8}, "block_bits is 8: it must be 9 or more"),
    (sp800_22.universal, {"block_bits": 17}, "block_bits is 17: it must be from 1 to 16"),
    (sp800_22.universal, {"initial": 0}, "initial is 0: it must be 1 or more"),
    (sp800_22.universal, {"block_bits": 4, "initial": 0}, "initial is 0: it must be 1 or more"),
    (sp800_22.approximate_entropy, {"window_bits": 0}, "window_bits is 0: it must be from 1 to 22"),
    (sp800_22.random_excursions, {"least_cycles": 0}, "least_cycles is 0: it must be 1 or more"),
    (sp800_22.random_excursions_variant, {"least_cycles": True}, "least_cycles is an integer, not True"),
    (sp800_22.serial, {"window_bits": 1}, "window_bits is 1: it must be from 2 to 24"),
    (sp800_22.linear_complexity, {"block_bits": 9}, "block_bits is 9: it must be from 10 to 50000"),
]


@pytest.mark.parametrize(("test", "parameters", "message"), WRONG, ids=[one[2] for one in WRONG])
def test_a_wrong_argument_is_refused_by_name(
    test: Callable[..., Finding], parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadInput) as refused:
        test(Bits.from_text("01" * 50), **parameters)
    assert str(refused.value) == message


@pytest.mark.parametrize(("test", "parameters", "message"), WRONG, ids=[one[2] for one in WRONG])
def test_arguments_are_checked_where_there_are_no_bits_too(
    test: Callable[..., Finding], parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadInput) as refused:
        test(NO_BITS, **parameters)
    assert str(refused.value) == message


@pytest.mark.parametrize("test", sp800_22.ALL)
def test_bytes_are_no_bits(test: str) -> None:
    with pytest.raises(BadInput, match=r"bits are a Bits, not bytes: see Bits\.from_bytes"):
        FUNCTIONS[test](b"\x00\x01")  # type: ignore[arg-type]


@pytest.mark.parametrize(("rows", "columns"), [(5, 32), (12, 64), (64, 12), (2, 4000)])
def test_matrices_far_from_square_are_not_judged_by_a_class_that_never_comes(rows: int, columns: int) -> None:
    """The third class had the probability 1 - 1 = 0, or less, so that the p-value was 0 or none at all."""
    for text in ("0" * 60_000, "1" * 60_000):
        finding = sp800_22.rank(Bits.from_text(text), rows=rows, columns=columns)
        assert not finding.applicable
        assert finding.reason == f"a matrix of {rows} x {columns} is too seldom short of full rank to be judged by that"
    (bits,) = fast_ideal(7, 60_000)
    assert not sp800_22.rank(bits, rows=rows, columns=columns).applicable


def test_the_rarest_class_of_matrices_is_expected_five_times_whatever_their_size() -> None:
    (bits,) = fast_ideal(8, 41_039)
    finding = sp800_22.rank(bits, rows=8, columns=10)
    assert finding.reason == "513 matrices (41040 bits) at least, and there are 512"
    (bits,) = fast_ideal(8, 41_040)
    assert sp800_22.rank(bits, rows=8, columns=10).applicable
    assert finding.parameters["matrices"] == 512
