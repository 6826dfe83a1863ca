"""The battery over one stream and over many, in this process and in others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from statistical_tests import sp800_22
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput
from tests.statistical_tests.sp800_22.sequences import fast_ideal, ideal


def test_findings_come_in_the_order_of_the_final_report_whatever_order_was_asked_for() -> None:
    (bits,) = ideal(1, 2000)
    findings = sp800_22.run(bits, tests=["Serial", "Frequency", "FFT", "Frequency"])
    assert [one.name for one in findings] == ["Frequency", "FFT", "Serial"]
    assert sp800_22.run(bits, tests="FFT")[0].name == "FFT"


def test_parameters_reach_the_tests_of_their_names() -> None:
    parameters = sp800_22.Parameters(
        block_frequency_block_bits=100,
        longest_run_block_bits=8,
        rank_rows=8,
        rank_columns=9,
        non_overlapping_template_bits=4,
        non_overlapping_template_blocks=5,
        overlapping_template_bits=3,
        overlapping_template_block_bits=40,
        universal_block_bits=2,
        universal_initial=50,
        approximate_entropy_window_bits=4,
        random_excursions_least_cycles=11,
        serial_window_bits=5,
        linear_complexity_block_bits=30,
    )
    found = {one.name: one.parameters for one in sp800_22.run(ideal(1, 20_000)[0], parameters=parameters)}
    assert found["BlockFrequency"]["block_bits"] == 100
    assert found["LongestRun"]["block_bits"] == 8
    assert (found["Rank"]["rows"], found["Rank"]["columns"]) == (8, 9)
    assert (found["NonOverlappingTemplate"]["template_bits"], found["NonOverlappingTemplate"]["blocks"]) == (4, 5)
    assert found["OverlappingTemplate"]["template_bits"] == 3
    assert found["OverlappingTemplate"]["block_bits"] == 40
    assert (found["Universal"]["block_bits"], found["Universal"]["initial"]) == (2, 50)
    assert found["ApproximateEntropy"]["window_bits"] == 4
    assert found["RandomExcursions"]["least_cycles"] == found["RandomExcursionsVariant"]["least_cycles"] == 11
    assert found["Serial"]["window_bits"] == 5
    assert found["LinearComplexity"]["block_bits"] == 30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tests": ["Fourier"]}, "no test 'Fourier': there are Frequency, BlockFrequency"),
        ({"tests": []}, "no test is asked for"),
        ({"mode": "exact"}, "mode is 'exact'"),
        ({"parameters": {"serial_window_bits": 3}}, "parameters are a Parameters, not dict"),
        ({"processes": 0}, "processes is 0"),
    ],
)
def test_wrong_arguments_are_refused_before_a_stream_is_taken(arguments: dict[str, Any], message: str) -> None:
    def streams() -> Iterator[Bits]:
        taken.append(True)
        yield ideal(1, 100)[0]

    taken: list[bool] = []
    with pytest.raises(BadInput, match=message):
        sp800_22.run_streams(streams(), **arguments)
    assert taken == []
    if "processes" not in arguments:
        with pytest.raises(BadInput, match=message):
            sp800_22.run(ideal(1, 100)[0], **arguments)


def test_findings_have_the_numbers_of_their_streams() -> None:
    findings = list(sp800_22.run_streams(ideal(1, 500, 3), tests=["Frequency", "Runs"]))
    assert [(one.stream, one.name) for one in findings] == [
        (stream, name) for stream in range(3) for name in ("Frequency", "Runs")
    ]


def test_a_stream_is_taken_only_when_the_findings_before_it_are_used_up() -> None:
    taken = []

    def streams() -> Iterator[Bits]:
        for number, bits in enumerate(ideal(1, 500, 5)):
            taken.append(number)
            yield bits

    findings = sp800_22.run_streams(streams(), tests=["Frequency"])
    assert taken == []
    for number, finding in enumerate(findings):
        assert finding.stream == number
        assert taken == list(range(number + 1))


def test_a_bad_stream_is_named() -> None:
    def streams() -> Iterator[Any]:
        yield ideal(1, 100)[0]
        yield b"\x00"

    with pytest.raises(BadInput, match="stream 1: bits are a Bits, not bytes"):
        list(sp800_22.run_streams(streams()))


def test_a_bad_parameter_names_the_first_stream() -> None:
    parameters = replace(sp800_22.Parameters(), serial_window_bits=99)
    with pytest.raises(BadInput, match="stream 0: window_bits is 99"):
        list(sp800_22.run_streams(ideal(1, 100), parameters=parameters))


@pytest.mark.slow
def test_two_processes_find_what_one_finds_and_hold_few_streams() -> None:
    taken = 0

    def streams() -> Iterator[Bits]:
        nonlocal taken
        for bits in fast_ideal(9, 100_000, 20):
            taken += 1
            yield bits

    side_by_side = []
    for finding in sp800_22.run_streams(streams(), processes=2):
        side_by_side.append(finding)
        assert finding.stream is not None
        assert taken <= finding.stream + 8
    assert side_by_side == list(sp800_22.run_streams(fast_ideal(9, 100_000, 20)))


class Deadly(Bits):
    """Bits whose arrival ends the process."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (3,)


@pytest.mark.slow
def test_the_death_of_a_process_is_an_error_that_names_the_stream() -> None:
    (bits,) = ideal(1, 100)
    streams = [bits, Deadly(bits.packed, bits.length), bits]
    with pytest.raises(sp800_22.StreamFailed, match=r"a process ended while stream \d or one beside it was tested"):
        list(sp800_22.run_streams(streams, tests=["Frequency"], processes=2))


@pytest.mark.slow
def test_an_error_in_a_process_names_the_stream_too() -> None:
    parameters = replace(sp800_22.Parameters(), serial_window_bits=99)
    with pytest.raises(BadInput, match="stream 0: window_bits is 99"):
        list(sp800_22.run_streams(ideal(1, 100, 3), parameters=parameters, processes=2))


def test_what_breaks_down_in_a_test_names_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    from statistical_tests.sp800_22 import battery

    def broken(*_: object) -> Any:
        raise ZeroDivisionError("no")

    monkeypatch.setattr(battery, "_TESTS", {**battery._TESTS, "FFT": broken})
    with pytest.raises(sp800_22.StreamFailed, match="stream 0: ZeroDivisionError: no"):
        list(sp800_22.run_streams(ideal(1, 100)))
