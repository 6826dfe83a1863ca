"""`fairlot stats` of long input: cut into streams that memory holds, summed up, and what longer ones take is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli import stats_bits
from cli.stats_shown import family
from statistical_tests.bit_tests import battery
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.multiplicity import weigh
from tests.cli.running import environment, fairlot
from tests.cli.statistics import RANDOM, as_text, refused

STREAM = 20_000
LITTLE = RANDOM[: 7 * STREAM // 8 + 1_001]
"""Seven streams, and 8,008 bits that are left."""
PEAK = """
import atexit, re, sys
def told():
    print("peak", re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1], file=sys.stderr)
atexit.register(told)
from cli.main import main
main()
"""


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut into short streams, so that little is computed."""
    monkeypatch.setattr(stats_bits, "STREAM_BITS", STREAM)


def found(*options: str | Path, data: bytes = LITTLE, code: int = 0) -> dict[str, Any]:
    result = fairlot("stats", "bits", "-", *options, "--json", data=data)
    assert result.exit_code == code, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def pieces() -> list[Bits]:
    bits = Bits.from_bytes(LITTLE)
    return [*bits.streams(STREAM), bits.slice(7 * STREAM, len(bits))]


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("data", [LITTLE, as_text(LITTLE)], ids=["binary", "ascii"])
def test_long_input_is_cut_into_streams_and_what_is_left_is_the_last_of_them(data: bytes) -> None:
    answer = found(data=data)
    expected = list(battery.run_streams(pieces()))
    assert answer["findings"] == [one.as_json() for one in expected]
    form = "binary" if data == LITTLE else "ascii"
    assert answer["input"] == {"format": form, "streams": 8, "stream_bits": STREAM, "bits": len(LITTLE) * 8}
    pooled = answer["findings"][-1]
    assert (pooled["stream"], pooled["statistic"]["bits"]) == (None, len(LITTLE) * 8)


@pytest.mark.usefixtures("short")
def test_that_input_is_cut_is_said_and_that_it_is_not_is_not() -> None:
    result = fairlot("stats", "bits", "-", data=LITTLE)
    assert result.stderr == (
        "fairlot stats bits: note: longer than 20,000 bits, so it is tested in streams of so many, and what is left at "
        "the end as the last one; what comes again in another stream is not seen: --streams and --stream-bits take "
        "longer ones\n"
    )
    whole = fairlot("stats", "bits", "-", data=LITTLE[: STREAM // 8])
    assert (whole.exit_code, whole.stderr) == (0, "")
    assert found(data=LITTLE[: STREAM // 8])["input"]["streams"] == 1
    assert found(data=LITTLE[: STREAM // 4])["input"]["streams"] == 2


def test_a_million_bytes_are_one_stream_and_the_help_says_so() -> None:
    assert stats_bits.STREAM_BITS == 8_000_000
    assert "8,000,000 bits" in " ".join(fairlot("stats", "bits", "--help").stdout.split())


@pytest.mark.usefixtures("short")
def test_many_streams_have_one_table_with_the_smallest_p_value_of_each_test() -> None:
    result = fairlot("stats", "bits", "-", data=LITTLE)
    expected = list(battery.run_streams(pieces()))
    lines = result.stdout.splitlines()
    assert lines[0] == "8 streams: the smallest p-value of each test, and in which stream it is"
    for name in {one.name for one in expected if one.applicable} - {"PooledFrequency"}:
        mine = [one for one in expected if one.name == name and one.applicable]
        least = min(mine, key=lambda one: min(one.p_values))
        rows = [line.split() for line in lines if name in line.split()[3:4]]
        assert any(row[0] == f"{min(least.p_values):.6f}" and row[2] == str(least.stream) for row in rows), (name, rows)
        assert sum(int(row[1].replace(",", "")) for row in rows) == sum(len(one.p_values) for one in mine)
    (pooled,) = (line.split() for line in lines if line.split()[2:4] == ["all", "PooledFrequency"])
    assert pooled[0] == f"{expected[-1].p_values[0]:.6f}"
    missing = [line for line in lines if line.startswith("not applicable")]
    assert "not applicable to 1 of 8 streams: FIPS140-2: " in "\n".join(missing)
    assert f"{sum(len(one.p_values) for one in expected):,} p-values together (Holm)" in result.stdout


@pytest.mark.usefixtures("short")
def test_a_fault_in_what_is_left_at_the_end_is_found() -> None:
    data = LITTLE[: 7 * STREAM // 8] + bytes(1_001)
    answer = found("--alpha", "0.0001", data=data, code=1)
    assert answer["family"]["smallest"]["stream"] == 7


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("options", [(), ("--json",)], ids=["table", "json"])
def test_findings_of_many_streams_are_not_kept(monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]) -> None:
    """A gigabit has 125 streams, and more of them must not take more memory."""
    alive: list[int] = []
    count = 0

    class Counted(Finding):
        __slots__ = ()

        def __post_init__(self) -> None:
            nonlocal count
            super().__post_init__()
            count += 1

        def __del__(self) -> None:
            nonlocal count
            count -= 1

    def run_streams(streams: Any) -> Any:
        for number, _ in enumerate(streams):
            for place in range(50):
                yield Counted("Gap", "x", {"place": place}, {}, (0.5,), stream=number)
            alive.append(count)

    monkeypatch.setattr(battery, "run_streams", run_streams)
    assert fairlot("stats", "bits", "-", *options, data=RANDOM).exit_code == 0
    assert len(alive) == 20
    assert max(alive) <= 6 * 50
    assert alive[-1] == alive[10]


def test_all_p_values_together_are_what_the_rule_says_of_them() -> None:
    random = np.random.default_rng(5)
    for size in (1, 2, 40):
        for decimals in (1, 3, 12):
            findings = [not_applicable("Short", "x", "too short")] + [
                Finding("Gap", "x", {}, {}, tuple(random.random(3).round(decimals)), ("a", "b", "c"), stream=number)
                for number in range(size)
            ]
            weighed = weigh(findings)
            least = min(weighed, key=lambda one: (one.adjusted, one.p_value))
            together = family(findings)
            assert (together["rule"], together["p_values"]) == ("Holm", len(weighed))
            names = ("name", "column", "stream", "p_value", "adjusted")
            assert together["smallest"] == {name: getattr(least, name) for name in names}
    assert family([]) == {"rule": "Holm", "p_values": 0, "smallest": None}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not say how much memory was used")
def test_long_input_is_tested_within_200_mb() -> None:
    """Repeated data take the most; 3 Mbyte in one stream took 370 MB."""
    data = RANDOM[:1_000] * 3_000
    command = [sys.executable, "-c", PEAK, "stats", "bits", "-", "--json"]
    done = subprocess.run(command, env=environment(), input=data, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["input"]["streams"] == 3
    (line,) = (line for line in done.stderr.decode().splitlines() if line.startswith("peak"))
    assert 30_000_000 < int(line.split()[1]) * 1024 < 200_000_000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("bits", "--stream-bits", "8000000"), None),
        (("bits", "--stream-bits", "100000000"), "100,000,000 bits takes about 460 to 1,360 MB of memory"),
        (("nist", "--stream-bits", "2000000"), None),
        (("nist", "--stream-bits", "1000003"), "1,000,003 bits takes about 150 to 280 MB of memory"),
        (("nist", "--stream-bits", "100000000"), "100,000,000 bits takes about 1,060 to 3,420 MB of memory"),
        (("nist", "--stream-bits", "100000000", "--processes", "2"), "3,420 MB of memory, in each of 2 processes"),
        (("nist", "--stream-bits", "100000001"), "100,000,001 bits takes about 3,220 to 16,120 MB of memory"),
        (("nist", "--stream-bits", "100000000", "--tests", "Frequency"), None),
    ],
)
def test_what_memory_a_long_stream_takes_is_said_before_it_is_read(options: tuple[str, ...], words: str | None) -> None:
    command, *more = options
    result = fairlot("stats", command, "-", *more, data=RANDOM[:100])
    refused(result, "bits are needed, and 800 came")
    assert ("of memory" in result.stderr) is (words is not None)
    assert words is None or words in result.stderr
