"""`fairlot stats bits --entropy --iid --health`: streams as samples of a noise source, as SP 800-90B judges them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from statistical_tests.bits import Bits
from statistical_tests.sp800_90b import health
from statistical_tests.sp800_90b.iid import iid
from statistical_tests.sp800_90b.restart import restart
from statistical_tests.sp800_90b.samples import Samples
from tests.cli.running import fairlot
from tests.cli.statistics import RANDOM, refused

LITTLE = RANDOM[:2_000]
STREAMS = ("--streams", "2", "--stream-bits", "8000")


def found(*options: str, data: bytes = LITTLE) -> dict[str, Any]:
    result = fairlot("stats", "bits", "-", *options, "--json", data=data)
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


@pytest.mark.parametrize("width", [1, 8])
def test_independence_is_judged_stream_by_stream_with_the_other_tests(width: int) -> None:
    options = ("--iid", "--permutations", "50", "--symbol-bits", str(width), *STREAMS)
    answer, without = found(*options), found(*STREAMS)
    expected = [
        one.of_stream(number)
        for number, stream in enumerate(Bits.from_bytes(LITTLE).streams(8000))
        for one in iid(Samples.from_bits(stream, width=width), permutations=50)
    ]
    added = [one for one in answer["findings"] if one not in without["findings"]]
    assert added == [one.as_json() for one in expected]
    assert len(answer["findings"]) == len(without["findings"]) + 8
    more = sum(len(one.p_values) for one in expected)
    assert answer["family"]["p_values"] == without["family"]["p_values"] + more
    shown = fairlot("stats", "bits", "-", *options, data=LITTLE).stdout
    assert all(shown.count(one.name) >= 2 for one in expected)


def test_independence_is_refused_where_samples_repeat_the_one_before() -> None:
    sticky = bytes(byte for byte in LITTLE[:1_000] for _ in (0, 1))
    answer = found("--iid", "--permutations", "2000", data=sticky)
    (permuted,) = (one for one in answer["findings"] if one["name"] == "Permutation")
    assert min(permuted["p_values"]) < 0.002


@pytest.mark.parametrize(("width", "bits"), [(8, "7.5"), (1, "0.5")])
def test_health_tests_have_the_alarms_of_the_library(width: int, bits: str) -> None:
    data = LITTLE[:1_000] + b"\xa5\xff" * 4 + b"\xff" * 992
    options = ("--health", bits, "--symbol-bits", str(width), *STREAMS)
    expected = []
    for number, stream in enumerate(Bits.from_bytes(data).streams(8000)):
        samples = Samples.from_bits(stream, width=width)
        window = 1024 if width == 1 else 512
        often = health.adaptive_proportion_cutoff(float(bits), window=window)
        alarms = (
            health.repetition_count(samples, cutoff=health.repetition_count_cutoff(float(bits))),
            health.adaptive_proportion(samples, cutoff=often),
        )
        expected += [{"stream": number, "min_entropy": float(bits), **one.as_json()} for one in alarms]
    assert found(*options, data=data)["health"] == expected
    assert [one["alarms"] > 0 for one in expected[:2]] == [False, False]
    assert expected[2]["alarms"] > 100
    shown = fairlot("stats", "bits", "-", *options, data=data).stdout
    assert f"health tests for {bits} bits of min-entropy a sample of {width}" in shown
    first = expected[2]["places"][0]
    assert f"{expected[2]['alarms']:,}  {first:>8,}" in shown


@pytest.mark.parametrize(("width", "initial"), [(8, 6.5), (1, 0.5)])
def test_restarts_are_judged_as_by_the_library(width: int, initial: float) -> None:
    options = ("--restart", str(initial), "--restarts", "50", "--symbol-bits", str(width), *STREAMS)
    answer, without = found(*options), found(*STREAMS)
    expected = [
        restart(Samples.from_bits(stream, width=width), initial=initial, restarts=50)
        for stream in Bits.from_bytes(LITTLE).streams(8000)
    ]
    told: list[dict[str, Any]] = [{"stream": number, **one.as_json()} for number, one in enumerate(expected)]
    for number, answered in enumerate(told):
        answered["sanity"]["stream"] = number
    assert answer["restart"] == told
    added = [one for one in answer["findings"] if one not in without["findings"]]
    assert added == [answered["sanity"] for answered in told]
    shown = fairlot("stats", "bits", "-", *options, data=LITTLE).stdout
    assert f"restarts: 50 of a source with {initial:g} bits of min-entropy a sample of {width}" in shown
    for number, one in enumerate(expected):
        assert None not in (one.h_rows, one.h_columns, one.min_entropy)
        row = [f"{number}", f"{one.h_rows:.6f}", f"{one.h_columns:.6f}", f"{one.min_entropy:.6f}"]
        assert row in [line.split()[:4] for line in shown.splitlines()]


def test_a_source_that_starts_alike_each_time_is_refused() -> None:
    """Each row is as random as it should be, and all columns are constant."""
    alike = LITTLE[:20] * 50
    answer = found("--restart", "6", "--restarts", "50", data=alike)
    (judged,) = answer["restart"]
    assert judged["h_columns"] < 3
    assert judged["sanity"]["p_values"][0] < 1e-9
    shown = fairlot("stats", "bits", "-", "--restart", "6", "--restarts", "50", data=alike).stdout
    assert "below half of 6 bits: the standard refuses such a source" in shown


def test_what_was_not_asked_for_is_not_there() -> None:
    answer = found()
    assert "restart" not in answer
    assert "health" not in answer
    assert "entropy" not in answer
    assert not any(one["section"].startswith("SP 800-90B") for one in answer["findings"])
    assert "health" not in fairlot("stats", "bits", "-", data=LITTLE).stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--health", "0"), "--health 0: a sample of 8 bits has more than 0 and at most 8 bits of min-entropy"),
        (("--health", "9"), "--health 9: a sample of 8 bits"),
        (("--health", "1.5", "--symbol-bits", "1"), "--health 1.5: a sample of 1 bits"),
        (("--health", "nan"), "--health nan: a sample of 8 bits"),
        (("--health", "x"), "'x' is not a valid float"),
        (("--restart", "9"), "--restart 9: a sample of 8 bits has from 0 to 8 bits of min-entropy"),
        (("--restart", "nan"), "--restart nan: a sample of 8 bits"),
        (("--restart", "7", "--restarts", "3"), "standard input: 2000 samples are not equally many for each of 3 res"),
        (("--restart", "7", "--restarts", "0"), "0 is not in the range"),
        (("--iid", "--permutations", "0"), "0 is not in the range"),
    ],
)
def test_options_that_cannot_be_are_refused(options: tuple[str, ...], words: str) -> None:
    refused(fairlot("stats", "bits", "-", *options, data=LITTLE), words)


@pytest.mark.parametrize("bits", [1, 7, 9, 100])
@pytest.mark.parametrize("width", [1, 8])
def test_short_streams_are_said_to_be_too_short(bits: int, width: int) -> None:
    options = ("--iid", "--permutations", "5", "--entropy", "--health", "0.5", "--symbol-bits", str(width))
    answer = found(*options, "--stream-bits", str(bits))
    named = {one["name"]: one for one in answer["findings"] if one["section"].startswith("SP 800-90B")}
    assert len(named) == 4
    assert all(one["reason"] for one in named.values() if not one["applicable"])
    assert not named["Permutation"]["applicable"]
    assert [one["samples"] for one in answer["health"]] == [bits // width] * 2
