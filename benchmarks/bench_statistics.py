"""SP 800-22 on one core: processor time of all tests beside Fourier transforms of scipy, and of each test; memory.

A hundred streams of a million bits go through the whole battery with its default parameters, in turns with
a hundred `scipy.fft.rfft` in double precision of as many points, so that both see the same machine. Figures are of
processor time, Python included. nistrng, if it can be imported, runs on a tenth of a stream (it takes about two
minutes for a whole one), and our battery on the same bits; it is no dependency: `pip install --target DIR nistrng` and
`PYTHONPATH=DIR` bring it in.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from benchmarks.result import Result
from statistical_tests import kernel
from statistical_tests.bits import Bits
from statistical_tests.sp800_22 import battery

STREAMS, TURNS, STREAM_BITS = 100, 10, 10**6
OF_ONE_TEST = 20  # streams
PEER_BITS = 10**5
LONG_BITS = 10**9
LONG_MEMORY_MIB = 200

_WRITES_BITS = "import os, sys; [sys.stdout.buffer.write(os.urandom(125_000)) for _ in range(int(sys.argv[1]))]"

_RUNS_AND_ASKS = """
import os, subprocess, sys, time
writes, streams = sys.argv[1:]
source = subprocess.Popen([sys.executable, "-c", writes, streams], stdout=subprocess.PIPE)
command = [sys.executable, "-m", "cli.main", "stats", "nist", "-", "--streams", streams, "--json"]
start = time.perf_counter()
judge = subprocess.Popen(command, stdin=source.stdout, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
source.stdout.close()
_, status, usage = os.wait4(judge.pid, 0)
judge.returncode = os.waitstatus_to_exitcode(status)
source.wait()
print(usage.ru_maxrss, usage.ru_utime + usage.ru_stime, time.perf_counter() - start)
sys.exit(judge.returncode)
"""


def main() -> Iterator[Result]:
    """Measure the battery against the transforms, each test by itself, other engines, another package, and memory."""
    streams = [_stream(number) for number in range(STREAMS)]
    yield from _battery(streams)
    yield from _tests(streams[:OF_ONE_TEST])
    yield from _engines(streams[: STREAMS // TURNS])
    yield from _peer()
    yield from _long()


def _stream(number: int, bits: int = STREAM_BITS) -> Bits:
    generator = np.random.default_rng(number)
    return Bits(generator.integers(0, 256, bits // 8, dtype=np.uint8), bits)


def _processor_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _battery(streams: list[Bits]) -> Iterator[Result]:
    battery.run(streams[0])  # constants and plans are made once
    part = STREAMS // TURNS
    ours, transforms = [], []
    for turn in range(TURNS):
        some = streams[turn * part : (turn + 1) * part]
        values = [2.0 * one.unpacked() - 1.0 for one in some]
        transforms.append(_processor_seconds(lambda values=values: [fft.rfft(one) for one in values]))  # type: ignore[misc]
        ours.append(_processor_seconds(lambda some=some: [battery.run(one) for one in some]))  # type: ignore[misc]
    ratios = sorted(mine / theirs for mine, theirs in zip(ours, transforms, strict=True))
    yield Result(f"{STREAMS} scipy.fft.rfft of 10^6, float64", sum(transforms), "s", "processor time")
    yield Result(f"SP 800-22, {STREAMS} streams of 10^6", sum(ours), "s", f"188 p-values each; {kernel.engine()}")
    note = f"turns {ratios[0]:.2f} to {ratios[-1]:.2f}"
    yield Result("SP 800-22 / transforms", sum(ours) / sum(transforms), "ratio", note)


def _tests(streams: list[Bits]) -> Iterator[Result]:
    """Measure each test by itself: some share counts in the battery, so that the sum is more than the whole."""
    total = 0.0
    for name in battery.ALL:
        battery.run(streams[0], tests=(name,))
        spent = min(_each(streams, name) for _ in range(3))
        total += spent
        yield Result(f"{name} alone", 1000 * spent, "ms/Mbit", "processor time")
    yield Result("sum of the tests alone", 1000 * total, "ms/Mbit")


def _each(streams: list[Bits], name: str) -> float:
    return _processor_seconds(lambda: [battery.run(one, tests=(name,)) for one in streams]) / len(streams)


def _engines(streams: list[Bits]) -> Iterator[Result]:
    before = kernel.engine()
    try:
        for name in kernel.engines():
            kernel.use(name)
            battery.run(streams[0])
            some = streams if name != "numpy" else streams[:2]
            spent = _processor_seconds(lambda some=some: [battery.run(one) for one in some]) / len(some)  # type: ignore[misc]
            yield Result(f"SP 800-22, engine {name}", 1000 * spent, "ms/Mbit")
    finally:
        kernel.use(before)


def _peer() -> Iterator[Result]:
    try:
        peer: Any = importlib.import_module("nistrng")
    except ImportError:
        yield Result("nistrng: skipped, not installed", 0, "s/Mbit")
        return
    bits = _stream(0, PEER_BITS)
    values = bits.unpacked().astype(np.int8)
    failed: list[str] = []
    theirs = _processor_seconds(lambda: _run_peer(peer, values, failed))
    battery.run(bits)
    ours = min(_processor_seconds(lambda: battery.run(bits)) for _ in range(9))
    note = f"{PEER_BITS:,} bits; {', '.join(failed)} broke off" if failed else f"{PEER_BITS:,} bits"
    scale = STREAM_BITS / PEER_BITS
    yield Result("nistrng, its fifteen tests", theirs * scale, "s/Mbit", note)
    yield Result("SP 800-22 on the same bits", ours * scale, "s/Mbit", f"{theirs / ours:,.0f} times less")


def _run_peer(peer: Any, values: NDArray[np.int8], failed: list[str]) -> None:
    for name, test in peer.SP800_22R1A_BATTERY.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                test.run(values)
        except Exception:  # noqa: BLE001  # what another package raises is not ours to know
            failed.append(name)


def _long() -> Iterator[Result]:
    """Run `fairlot stats nist` over a gigabit out of a pipe, and ask the system how much memory it took.

    A small process starts it: Linux counts what the parent had when it forked as the child's peak.
    """
    streams = LONG_BITS // STREAM_BITS
    command = [sys.executable, "-c", _RUNS_AND_ASKS, _WRITES_BITS, str(streams)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    peak, processor, passed = (float(one) for one in answer.stdout.split())
    memory = peak / (1024 if sys.platform != "darwin" else 1024**2)
    note = f"a process of its own; at most {LONG_MEMORY_MIB} wanted"
    yield Result("fairlot stats nist, 1 Gbit: peak memory", memory, "MiB", note)
    yield Result("fairlot stats nist, 1 Gbit: processor time", processor, "s")
    yield Result("fairlot stats nist, 1 Gbit: time", passed, "s")
