"""`fairlot stats bits` and `calibrate`: the library's findings, estimates of entropy, and tables of real rates."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from cli.stats_bits import STREAM_BITS
from cli.stats_calibrate import BATTERIES
from statistical_tests import calibration
from statistical_tests.bit_tests import battery
from statistical_tests.bits import Bits
from statistical_tests.sp800_90b.assess import assess
from statistical_tests.sp800_90b.samples import Samples
from tests.cli.running import fairlot
from tests.cli.statistics import RANDOM, as_text, refused

LITTLE = RANDOM[:10_000]
"""Of which the whole battery takes a moment."""


def found(*arguments: str | Path, data: bytes | None = None, code: int = 0) -> dict[str, Any]:
    result = fairlot("stats", *arguments, "--json", data=data)
    assert result.exit_code == code, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


# --- bits -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [LITTLE, as_text(LITTLE)])
def test_everything_is_one_stream_where_nothing_else_is_asked_for(data: bytes) -> None:
    answer = found("bits", "-", data=data)
    expected = list(battery.run_streams([Bits.from_bytes(LITTLE)]))
    assert answer["findings"] == [one.as_json() for one in expected]
    form = "binary" if data == LITTLE else "ascii"
    assert answer["input"] == {"format": form, "streams": 1, "stream_bits": STREAM_BITS, "bits": 80_000}
    assert answer["decision"] is None
    assert "entropy" not in answer
    p_values = [value for one in expected for value in one.p_values]
    assert answer["family"]["p_values"] == len(p_values)
    assert answer["family"]["smallest"]["p_value"] == min(p_values)


def test_streams_are_judged_one_by_one_and_pooled() -> None:
    answer = found("bits", "-", "--streams", "3", "--stream-bits", "20001", data=LITTLE)
    streams = list(Bits.from_bytes(LITTLE).streams(20_001))
    assert answer["findings"] == [one.as_json() for one in battery.run_streams(streams)]
    result = fairlot("stats", "bits", "-", "--streams", "3", "--stream-bits", "20001", data=LITTLE)
    assert "needs 60,003 bits" in result.stderr
    assert all(f"stream {number}\n" in result.stdout for number in range(3))
    assert "stream 3" not in result.stdout
    assert "all streams" in result.stdout


def test_each_test_has_a_line_and_what_was_not_applicable_its_reason() -> None:
    result = fairlot("stats", "bits", "-", data=LITTLE)
    assert result.exit_code == 0
    assert result.stderr == ""
    for one in battery.run(Bits.from_bytes(LITTLE)):
        assert one.name in result.stdout
        if not one.applicable:
            assert one.reason in result.stdout
    assert "p-values together (Holm): the smallest is" in result.stdout


def test_a_nonce_that_repeats_is_refused_where_a_level_is_given() -> None:
    repeated = LITTLE[:1_000] * 10
    assert fairlot("stats", "bits", "-", data=repeated).exit_code == 0
    answer = found("bits", "-", "--alpha", "0.0001", data=repeated, code=1)
    assert answer["decision"] == {"alpha": 0.0001, "refused": True}
    assert any(one["name"] == "DuplicateWindows" and min(one["p_values"]) < 1e-6 for one in answer["findings"])
    assert found("bits", "-", "--alpha", "0.0001", data=LITTLE)["decision"]["refused"] is False


@pytest.mark.parametrize(("width", "streams"), [(8, 1), (1, 1), (4, 2)])
def test_entropy_is_that_of_the_library_stream_by_stream(width: int, streams: int) -> None:
    options = ["--entropy", "--symbol-bits", str(width), "--streams", str(streams), "--stream-bits", "8000"]
    answer = found("bits", "-", *options, data=LITTLE)
    pieces = list(Bits.from_bytes(LITTLE).streams(8000))[:streams]
    expected = [assess(Samples.from_bits(one, width=width)) for one in pieces]
    assert answer["entropy"] == [one.as_json() for one in expected]
    shown = fairlot("stats", "bits", "-", *options, data=LITTLE).stdout
    for one in expected:
        assert f"min-entropy: {one.min_entropy:.6f} bits a sample of {width}" in shown
    assert "8000 samples: the standard asks" in shown or width > 1


def test_charts_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "plots"
    assert fairlot("stats", "bits", "-", "--plots", folder, data=LITTLE).exit_code == 0
    pictures = list(folder.glob("*.svg"))
    assert len(pictures) > 10
    assert all(ET.parse(path).getroot().tag.endswith("}svg") for path in pictures)


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        (b"", (), "standard input: 1 bits are needed, and 0 came: the input is empty"),
        (b"", ("--stream-bits", "8"), "8 bits are needed, and 0 came"),
        (LITTLE, ("--stream-bits", "80001"), "80,001 bits are needed, and 80,000 came"),
        (LITTLE, ("--streams", "2"), "--streams goes with --stream-bits"),
        (b"deadbeef" * 10, (), "this is text"),
        (b"012" * 10, ("--format", "ascii"), "character 3 is '2'"),
        (LITTLE, ("--symbol-bits", "9"), "9 is not in the range"),
        (LITTLE, ("--alpha", "0"), "0.0 does not lie between"),
        (LITTLE, ("--streams", "9999999", "--stream-bits", "99999999"), "is that meant"),
    ],
)
def test_bad_input_is_said_in_one_line(data: bytes, options: tuple[str, ...], words: str) -> None:
    refused(fairlot("stats", "bits", "-", *options, data=data), words)
    refused(fairlot("stats", "bits", "-", *options, "--json", data=data), words)


# --- calibrate --------------------------------------------------------------------------------------------------------

SMALL = ("calibrate", "--streams", "12", "--battery", "outcomes", "--outcomes", "500", "--kinds", "5", "--seed", "a")


def test_the_table_is_the_librarys_and_goes_where_it_is_wanted(tmp_path: Path) -> None:
    plan = calibration.Plan(streams=12, batteries=("outcomes",), outcomes=500, kinds=5, seed="a")
    expected = calibration.calibrate(plan)
    table = calibration.table(expected)
    assert fairlot("stats", *SMALL).stdout == table
    assert found(*SMALL) == json.loads(json.dumps(expected.as_json()))
    out = tmp_path / "table.md"
    result = fairlot("stats", *SMALL, "--out", out)
    assert (result.stdout, out.read_text(encoding="utf-8")) == ("", table)
    assert str(out) in result.stderr


def test_the_batteries_are_the_librarys() -> None:
    assert set(BATTERIES) == set(calibration.BATTERIES)


def test_a_test_that_breaks_down_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("battery bits, stream 3: ZeroDivisionError:\ndivision by zero")

    monkeypatch.setattr(calibration, "calibrate", fail)
    refused(fairlot("stats", *SMALL), "battery bits, stream 3: ZeroDivisionError: division by zero")


@pytest.mark.parametrize("where", ["in the plan", "battery bits, stream 3: MemoryError: "])
def test_what_memory_does_not_hold_is_said_in_words(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError if where == "in the plan" else RuntimeError(where)

    monkeypatch.setattr(calibration, "calibrate", fail)
    refused(fairlot("stats", *SMALL), "a stream does not fit into memory: give less of --stream-bits, --outcomes")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--streams", "9"), "9 is not in the range"),
        (("--generator", "dice"), "generator 'dice' is none of"),
        (("--battery", "luck"), "'luck' is not one of"),
        (("--drawn", "50"), "drawn is 50: it must be from 1 to 49"),
        (("--kinds", "1000000000000000"), "1000000000000000 is not in the range 2<=x<=1048576"),
        (("--battery", "bits", "--stream-bits", "1000000000000"), "is not in the range 1<=x<=1073741824"),
        (("--outcomes", "1000000000000"), "is not in the range 1<=x<=134217728"),
        (
            ("--draws", "100000000"),
            "--draws 100,000,000 of --balls 49: 4,900,000,000 numbers of a stream are",
        ),
        (("--decks", "10000000"), "--decks 10,000,000 of --cards 52: 520,000,000 numbers of a stream are"),
        (("--seed", "\udcff"), r"--seed \\udcff: is no text in UTF-8"),
        (("--out", "."), "is a folder"),
        (("--out", "no/such/file"), "there is no folder no/such"),
    ],
)
def test_a_wrong_command_line_of_a_calibration_is_said_in_one_line(options: tuple[str, ...], words: str) -> None:
    refused(fairlot("stats", *SMALL, *options), words)
