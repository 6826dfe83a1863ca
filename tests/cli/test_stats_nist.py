"""`fairlot stats nist`: the library's findings from files and pipes of both forms, and every bad input in one line."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from cli.stats_nist import PARAMETERS, TESTS
from statistical_tests import sp800_22
from statistical_tests.bits import Bits
from tests.cli.running import COMMAND, environment, fairlot, one_line
from tests.cli.statistics import FEW, RANDOM, STREAM_BITS, as_text, refused

ALL_FOUR = ("--streams", "4", "--stream-bits", str(STREAM_BITS))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bits.bin"
    path.write_bytes(RANDOM)
    return path


def found(*arguments: str | Path, data: bytes | None = None, code: int = 0) -> dict[str, Any]:
    result = fairlot("stats", "nist", *arguments, "--json", data=data)
    assert result.exit_code == code, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


# --- what is found ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["corrected", "nist-compat"])
def test_json_has_the_findings_of_the_library_stream_by_stream(file: Path, mode: str) -> None:
    answer = found(file, *ALL_FOUR, "--mode", mode)
    streams = list(Bits.from_bytes(RANDOM).streams(STREAM_BITS))
    expected = list(sp800_22.run_streams(streams, mode=mode))
    assert answer["findings"] == [one.as_json() for one in expected]
    assert [one["stream"] for one in answer["findings"]] == [number for number in range(4) for _ in TESTS]
    columns = sp800_22.second_level(expected, mode=mode)
    level = answer["second_level"]
    assert level["columns"] == [one.as_json() for one in columns]
    assert level["family"] == [one.as_json() for one in sp800_22.family(columns)]
    assert level["decision"] is None
    assert answer["input"] == {"format": "binary", "streams": 4, "stream_bits": STREAM_BITS, "mode": mode}


def test_each_finding_has_the_fields_that_readers_are_promised(file: Path) -> None:
    wanted = {"name", "section", "stream", "parameters", "statistic", "p_values", "applicable"}
    findings = found(file, *ALL_FOUR)["findings"]
    assert all(wanted <= set(one) for one in findings)
    assert all(one["p_values"] for one in findings if one["applicable"])
    assert all(one["reason"] and not one["p_values"] for one in findings if not one["applicable"])


def test_streams_that_end_within_a_byte_go_on_there(file: Path) -> None:
    options = ["--streams", "5", "--stream-bits", "10001", "--tests", "Frequency"]
    streams = list(Bits.from_bytes(RANDOM).streams(10_001))[:5]
    expected = [one.as_json() for one in sp800_22.run_streams(streams, tests=["Frequency"])]
    assert found(file, *options)["findings"] == expected


def test_text_and_bytes_files_and_pipes_give_the_same_findings(tmp_path: Path, file: Path) -> None:
    text = tmp_path / "bits.txt"
    text.write_bytes(as_text(RANDOM))
    expected = found(file, *FEW)
    for arguments, data, form in (
        (["-"], RANDOM, "binary"),
        (["-", "--format", "binary"], RANDOM, "binary"),
        (["-"], as_text(RANDOM), "ascii"),
        ([text], None, "ascii"),
        ([text, "--format", "ascii"], None, "ascii"),
    ):
        answer = found(*arguments, *FEW, data=data)
        assert answer["findings"] == expected["findings"]
        assert answer["second_level"] == expected["second_level"]
        assert answer["input"]["format"] == form


def test_the_findings_are_the_same_on_several_processes(file: Path) -> None:
    assert found(file, *FEW, "--processes", "2") == found(file, *FEW)


def test_parameters_reach_their_tests(file: Path) -> None:
    options = ["--stream-bits", "100000", "--block-frequency-block-bits", "2000", "--serial-window-bits", "4"]
    parameters = sp800_22.Parameters(block_frequency_block_bits=2000, serial_window_bits=4)
    bits = Bits.from_bytes(RANDOM, length=STREAM_BITS)
    expected = [one.of_stream(0).as_json() for one in sp800_22.run(bits, parameters=parameters)]
    assert found(file, *options)["findings"] == expected


def test_the_options_are_the_librarys_parameters_with_their_defaults() -> None:
    defaults = {one.name: getattr(sp800_22.Parameters(), one.name) for one in fields(sp800_22.Parameters)}
    assert {name: default for name, (default, _) in PARAMETERS.items()} == defaults
    assert TESTS == sp800_22.ALL
    help_text = fairlot("stats", "nist", "--help").stdout
    assert all(f"--{name.replace('_', '-')}" in help_text for name in defaults)


# --- what is printed --------------------------------------------------------------------------------------------------


def test_the_table_is_the_one_that_auditors_know(file: Path) -> None:
    result = fairlot("stats", "nist", file, *ALL_FOUR)
    assert result.exit_code == 0
    columns = sp800_22.second_level(sp800_22.run_streams(Bits.from_bytes(RANDOM).streams(STREAM_BITS)))
    lines = result.stdout.splitlines()
    assert any("P-VALUE  PROPORTION  STATISTICAL TEST" in line for line in lines)
    assert sum(line.endswith(" NonOverlappingTemplate") for line in lines) == 148
    assert all(any(line.endswith(f" {one.name}") for line in lines) for one in columns)
    assert f"4 x {STREAM_BITS:,} bits, corrected" in result.stdout
    assert "p-values together (Holm): the smallest is" in lines[-1]
    assert "not applicable to 4 of 4 streams: Universal: " in result.stdout


def test_of_one_stream_each_test_has_a_line(file: Path) -> None:
    result = fairlot("stats", "nist", file, "--stream-bits", str(STREAM_BITS))
    assert result.exit_code == 0
    for one in sp800_22.run(Bits.from_bytes(RANDOM, length=STREAM_BITS)):
        assert (
            bool(re.search(rf"^\S+ +{len(one.p_values)}  {one.name}( |$)", result.stdout, re.MULTILINE))
            == one.applicable
        )
        assert (f"not applicable: {one.name}: {one.reason}" in result.stdout) == (not one.applicable)


def test_how_many_bits_are_needed_is_said_before_any_is_read() -> None:
    """The line comes while the pipe is still empty, and it is the only one."""
    command = [*COMMAND, "stats", "nist", "-", *FEW, "--json"]
    with subprocess.Popen(
        command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        assert line == (
            "fairlot stats nist: needs 2 streams of 20,000 bits: 40,000 bits, which are 5,000 bytes, or 40,000 "
            "characters 0 and 1\n"
        )
        output, errors = process.communicate(RANDOM, timeout=60)
    assert (process.returncode, errors) == (0, b"")
    assert len(json.loads(output)["findings"]) == 6


@pytest.mark.parametrize(("data", "used"), [(RANDOM, 5_000), (as_text(RANDOM, width=10**9), 40_000)])
def test_a_pipe_is_left_where_the_last_bit_was_read(data: bytes, used: int) -> None:
    """Nothing is rewound or read ahead: another reader of the pipe finds the very next byte."""
    script = f"{' '.join(map(repr, COMMAND))} stats nist - {' '.join(FEW)} >/dev/null && cat"
    done = subprocess.run(
        ["bash", "-c", script], input=data[:50_000], env=environment(), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == data[used:50_000]


def test_plots_are_svg_files(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plots"
    plain = fairlot("stats", "nist", file, *FEW)
    result = fairlot("stats", "nist", file, *FEW, "--plots", folder)
    assert result.stdout == plain.stdout
    names = sorted(path.name for path in folder.iterdir())
    assert "heat-map.svg" in names
    assert "p-values-serial.svg" in names
    assert f"{len(names)} charts are in" in result.stderr
    for path in folder.iterdir():
        assert ET.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    # Once more, into the folder that is there now.
    assert fairlot("stats", "nist", file, *FEW, "--plots", folder).exit_code == 0


def test_the_bar_shows_rate_and_time_left_on_a_terminal_only(file: Path) -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "stats", "nist", "-", *FEW, "--json"],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=slave,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(RANDOM[:2_500])
        process.stdin.flush()
        time.sleep(0.5)  # the bar moves five times a second at most
        process.stdin.write(RANDOM[2_500:5_000])
        process.stdin.close()
        assert process.stdout is not None
        json.loads(process.stdout.read())
    os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 65_536):
            shown += piece
    except OSError:
        pass  # the end, as Linux tells it
    os.close(master)
    assert b"testing [" in shown
    assert b" bits/s  " in shown
    assert b" left" in shown


# --- decisions --------------------------------------------------------------------------------------------------------


def test_findings_alone_are_no_verdict_and_alpha_asks_for_one() -> None:
    stuck = b"\xff" * 5_000
    assert fairlot("stats", "nist", "-", *FEW, data=stuck).exit_code == 0
    result = fairlot("stats", "nist", "-", *FEW, "--alpha", "0.001", data=stuck)
    assert result.exit_code == 1
    assert "at the family-wise level 0.001: refused" in result.stdout
    answer = found("-", *FEW, "--alpha", "0.001", data=stuck, code=1)
    assert answer["second_level"]["decision"] == {"alpha": 0.001, "refused": True}


def test_ideal_bits_are_not_refused(file: Path) -> None:
    answer = found(file, *ALL_FOUR, "--alpha", "0.001")
    assert answer["second_level"]["decision"] == {"alpha": 0.001, "refused": False}
    result = fairlot("stats", "nist", file, *ALL_FOUR, "--alpha", "0.001")
    assert (result.exit_code, "0.001: not refused" in result.stdout) == (0, True)


def test_without_any_p_value_there_is_nothing_to_decide_by() -> None:
    options = ["--stream-bits", "8", "--tests", "Universal", "--format", "binary"]
    assert "no test was applicable" in fairlot("stats", "nist", "-", *options, data=b"abc").stdout
    refused(fairlot("stats", "nist", "-", *options, "--alpha", "0.01", data=b"abc"), "no test was applicable")


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        (b"", (), "bits: 40,000 bits are needed, and 0 came: the input is empty"),
        (RANDOM[:4_999], (), "40,000 bits are needed, and (39,992 came|in)"),
        (as_text(RANDOM[:4_999], width=10**9), (), "40,000 bits are needed, and (39,992 came|in 39,993 characters)"),
        (as_text(RANDOM[:4_999], width=3), (), "40,000 bits are needed, and 39,992 came"),
        (b"\n" * 50_000, (), "40,000 bits are needed, and 0 came"),
        (b"01" * 30, (), "40,000 bits are needed, and (60 came|in 60 characters)"),
        (b"0101", (), "too few to tell text from bytes: say which form it is"),
        (RANDOM.hex().encode(), (), "this is text, and character . is '.', where bits were expected"),
        (b"0,1,1,0\n" * 10_000, (), "character 2 is ','"),
        (RANDOM, ("--format", "ascii"), "character 1 is .* for bytes of eight bits each the form is binary"),
        (b"01" * 19_999 + b"2x", ("--format", "ascii"), "character 39999 is '2'"),
    ],
)
@pytest.mark.parametrize("is_piped", [False, True])
def test_bad_input_is_said_in_one_line_and_nothing_is_half_done(
    tmp_path: Path, data: bytes, options: tuple[str, ...], words: str, is_piped: bool
) -> None:
    path = tmp_path / "bits"
    path.write_bytes(data)
    plots = tmp_path / "plots"
    for as_json in ([], ["--json"]):
        arguments = ["stats", "nist", "-" if is_piped else path, *FEW, *options, *as_json, "--plots", plots]
        result = fairlot(*arguments, data=data if is_piped else None)
        refused(result, words.removeprefix("bits: "))
        assert ("standard input: " if is_piped else f"{path}: ") in result.stderr
        assert not plots.exists()


def test_bits_in_text_that_are_read_as_bytes_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "bits.txt"
    path.write_bytes(as_text(RANDOM))
    result = fairlot("stats", "nist", path, *FEW, "--format", "binary")
    assert result.exit_code == 0
    assert "note: the first 4096 bytes are the characters 0 and 1: this looks like bits in text" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("missing",), "missing: cannot be read: No such file"),
        ((".",), r"\.: cannot be read: Is a directory; name a file in it"),
        (("bad\0name",), "cannot be read: embedded null byte"),
        (("-", "--tests", "Frequency,Luck"), "no test 'Luck': there are Frequency"),
        (("-", "--tests", ""), "no test ''"),
        (("-", "--serial-window-bits", "0"), "window_bits is 0"),
        (("-", "--block-frequency-block-bits", "-5"), "block_bits is -5"),
        (("-", "--rank-rows", "x"), "'x' is not a valid integer"),
        (("-", "--streams", "0"), "0 is not in the range"),
        (("-", "--streams", "9999999999", "--stream-bits", "9999999999"), "is that meant"),
        (("-", "--stream-bits", "1e6"), "'1e6' is not a valid integer"),
        (("-", "--alpha", "1"), "1.0 does not lie between 0 and 1"),
        (("-", "--alpha", "nan"), "nan does not lie between 0 and 1"),
        (("-", "--mode", "fast"), "'fast' is not one of"),
        (("-", "--format", "hex"), "'hex' is not one of"),
        (("-", "--plots", "no/such/folder"), "there is no folder no/such"),
        (("-", "--plots", __file__), "is no folder"),
        ((), "Missing argument"),
    ],
)
def test_a_wrong_command_line_is_said_in_one_line(arguments: tuple[str, ...], words: str) -> None:
    refused(fairlot("stats", "nist", *arguments, data=b"\0" * 125_000), words)


def test_a_read_that_fails_is_said_in_one_line() -> None:
    if not Path("/proc/self/mem").exists():
        pytest.skip("this system has no file that opens and cannot be read")
    refused(fairlot("stats", "nist", "/proc/self/mem"), "/proc/self/mem: cannot be read: Input/output error")


@pytest.mark.parametrize("package", ["numpy", "scipy"])
@pytest.mark.parametrize("name", ["nist -", "bits -", "outcomes - --kinds 2", "calibrate --streams 10"])
def test_without_the_extra_one_line_names_it(name: str, package: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from cli.main import main\n"
        f"sys.argv = ['fairlot', 'stats', *{name.split()!r}]\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"statistics need {package}; install it with: pip install 'fairlot[stats]'" in one_line(done.stderr)


# --- ends -------------------------------------------------------------------------------------------------------------


def test_a_reader_that_closes_the_pipe_ends_it_without_a_word(file: Path) -> None:
    # More than a pipe holds, so that it is still writing.
    command = [*COMMAND, "stats", "nist", str(file), "--streams", "20", "--stream-bits", "20000", "--json"]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(100).startswith(b'{"findings": [{"name"')
        process.stdout.close()
        assert ": needs " in one_line(process.stderr.read().decode())
        assert process.wait(timeout=60) == 2


@pytest.mark.parametrize("processes", ["1", "2"])
def test_an_interrupt_ends_it_without_a_trace(processes: str) -> None:
    """As Ctrl-C does: the signal goes to all processes of the group."""
    command = [
        *COMMAND,
        "stats",
        "nist",
        "-",
        "--streams",
        "100000",
        "--stream-bits",
        "20000",
        "--processes",
        processes,
    ]
    process = subprocess.Popen(
        command,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    assert process.stdout is not None
    assert b": needs " in process.stderr.readline()
    pipe = process.stdin

    def feed() -> None:
        try:
            while True:
                pipe.write(RANDOM)
        except BrokenPipeError:
            return

    feeder = threading.Thread(target=feed)
    feeder.start()
    # Several streams are under way by then: a pipe holds far less than this.
    time.sleep(2.0)
    os.killpg(process.pid, signal.SIGINT)
    assert process.stdout.read() == b""
    assert one_line(process.stderr.read().decode().strip()) == "fairlot: stopped"
    assert process.wait(timeout=60) == 130
    feeder.join(timeout=60)
    for end in (process.stdin, process.stdout, process.stderr):
        end.close()
