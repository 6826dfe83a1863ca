"""The service under load: durable rounds per second beside an echo route of the same app, in the same minute.

The ratio is the figure that carries over to other machines. Echo and rounds take turns of a few seconds, so that what
else the machine does falls on all alike; the service is a process of its own with its database on a disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks import service_steps
from benchmarks.echo_service import ECHO
from benchmarks.load import Job, Report
from benchmarks.result import Result

CONNECTIONS: Final = 64
SEEDS: Final = 64
TURNS: Final = 5
TURN_S: Final = 2.0
BATCH: Final = 100_000
BATCHES: Final = 3
_ROOT: Final = Path(__file__).resolve().parents[1]
_NO_DISK: Final = ("tmpfs", "ramfs")
_BODY: Final = '{"game":"dice"}'


@dataclass(frozen=True, slots=True)
class Service:
    """Hold a running service."""

    port: int
    pid: int
    key: str = field(repr=False)

    def call(self, method: str, path: str, body: object, *, timeout: float = 120) -> dict[str, Any]:
        """Ask once, and return the answer's JSON."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310  the address is our own
            found: dict[str, Any] = json.load(answer)
        return found

    def active_seed(self, player: str) -> str:
        """Open a seed for a player and set its client seed."""
        seed_id: str = self.call("POST", "/v1/seeds", {"player": player})["seed_id"]
        self.call("PUT", f"/v1/seeds/{seed_id}/client-seed", {"client_seed": f"{player}'s seed", "source": "player"})
        return seed_id

    def request(self, path: str, *, idempotent: bool = False) -> str:
        """Write a request for a round of dice, as a game engine sends it."""
        key = "Idempotency-Key: round-{n}\r\n" if idempotent else ""
        return (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {self.key}\r\n{key}"
            f"Content-Type: application/json\r\nContent-Length: {len(_BODY)}\r\n\r\n{_BODY}"
        )

    def cpu_s(self) -> float:
        """Return the processor time that the service has taken so far, in seconds; Linux only."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Tally:
    """Gather what the turns of one kind of request gave."""

    rates: list[float] = field(default_factory=list)
    microseconds: list[int] = field(default_factory=list)
    service_cpu_s: float = 0.0
    client_cpu_s: float = 0.0

    def add(self, report: Report, *, service_cpu_s: float) -> None:
        """Take in one turn."""
        self.rates.append(len(report.microseconds) / report.seconds)
        self.microseconds += report.microseconds
        self.service_cpu_s += service_cpu_s
        self.client_cpu_s += report.client_cpu_s

    @property
    def rate(self) -> float:
        """The median of the turns, answers a second."""
        return statistics.median(self.rates)

    def percentile_ms(self, percent: int) -> float:
        """Return a percentile of all answers' latencies, in milliseconds."""
        return statistics.quantiles(self.microseconds, n=100)[percent - 1] / 1000

    @property
    def service_us(self) -> float:
        """The service's processor time for one answer, in microseconds."""
        return self.service_cpu_s / len(self.microseconds) * 1e6

    def note(self) -> str:
        """Say how the turns spread, and what one answer cost both sides."""
        client_us = self.client_cpu_s / len(self.microseconds) * 1e6
        return (
            f"{min(self.rates):,.0f} to {max(self.rates):,.0f}; processor time of one: "
            f"service {self.service_us:.0f} us, client {client_us:.0f} us"
        )


def main() -> Iterator[Result]:
    """Measure rates, ratios and latencies, then batches, then the steps of one round."""
    parent = _ROOT / "build"
    parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix="benchmark-") as name:
        folder = Path(name)
        where = filesystem(folder)
        if where in _NO_DISK:
            raise RuntimeError(f"the checkout is on {where}, where nothing is durable: run it from a disk")
        with serving(folder) as service:
            yield from _rates(service, where)
            yield from _batches(service)
        yield from service_steps.measure(folder)


def _rates(service: Service, where: str) -> Iterator[Result]:
    hot = f"/v1/seeds/{service.active_seed('hot')}/rounds"
    many = [f"/v1/seeds/{service.active_seed(f'player {number}')}/rounds" for number in range(SEEDS)]
    kinds = {
        "echo": ([service.request(ECHO)], 200),
        "rounds, one seed": ([service.request(hot)], 201),
        f"rounds, {SEEDS} seeds": ([service.request(path) for path in many], 201),
        f"keyed rounds, {SEEDS} seeds": ([service.request(path, idempotent=True) for path in many], 201),
    }
    tallies = {kind: Tally() for kind in kinds}
    for turn in range(TURNS + 1):
        for kind, (requests, status) in kinds.items():
            # An idempotency key is used once, so each turn has its own.
            own = [request.replace("{n}", f"{turn}-{{n}}") for request in requests]
            before = service.cpu_s()
            report = load(Job(service.port, own, CONNECTIONS, TURN_S if turn else TURN_S / 4, status))
            # The first turn warms everything up and is not counted.
            if turn:
                tallies[kind].add(report, service_cpu_s=service.cpu_s() - before)
    echo = tallies["echo"]
    for kind, tally in tallies.items():
        yield Result(kind, tally.rate, "per second", f"{CONNECTIONS} connections, {where}; {tally.note()}")
        if tally is not echo:
            ratios = [mine / theirs for mine, theirs in zip(tally.rates, echo.rates, strict=True)]
            note = f"median of {TURNS} turns, {min(ratios):.3f} to {max(ratios):.3f}"
            yield Result(f"{kind}: ratio to echo", statistics.median(ratios), "ratio", note)
            note = "processor time of the service for an echo, by that for a round: steadier on a busy machine"
            yield Result(f"{kind}: ratio of processor time", echo.service_us / tally.service_us, "ratio", note)
        for percent in (50, 99):
            yield Result(f"{kind}: p{percent}", tally.percentile_ms(percent), "ms", f"of {len(tally.microseconds):,}")


def _batches(service: Service) -> Iterator[Result]:
    seed_id = service.active_seed("batches")
    spent = []
    for number in range(BATCHES + 1):
        start = time.perf_counter()
        body = {"game": "dice", "count": BATCH if number else 10_000}
        answer = service.call("POST", f"/v1/seeds/{seed_id}/rounds/batch", body)
        if len(answer["payouts"]) != body["count"]:
            raise RuntimeError(f"asked for {body['count']} rounds, given {len(answer['payouts'])}")
        # The first one starts the worker process and is not counted.
        if number:
            spent.append(time.perf_counter() - start)
    note = f"dice, {BATCH:,} at a time, best of {BATCHES}, one worker process; with the answer read and parsed here"
    yield Result("batch outcomes", BATCH / min(spent), "per second", note)


def load(job: Job) -> Report:
    """Carry out a job in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        cwd=_ROOT,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the load failed: {done.stderr[-2000:]}")
    return Report(**json.loads(done.stdout))


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Service]:
    """Run the service with its echo route on a database in a folder, until the block ends."""
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("FAIRLOT_")}
    keys = folder / "keys"
    init = ["keys", "init", "--folder", str(keys), "--origin", "example.org/benchmark", "--json"]
    made = json.loads(
        subprocess.run(
            [sys.executable, "-m", "rng.service", *init], env=environment, cwd=_ROOT, capture_output=True, check=True
        ).stdout
    )
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.echo_service", made["config"]],
            env=environment,
            cwd=_ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"the service did not start: {(folder / 'log').read_text()[-2000:]}")
            yield Service(int(json.loads(line)["url"].rpartition(":")[2]), process.pid, made["api_key"])
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(30)


def filesystem(folder: Path) -> str:
    """Return the type of the file system that a folder is on, such as `ext4`; Linux only."""
    best, kind = "", "unknown"
    for line in Path("/proc/mounts").read_text().splitlines():
        _, point, found, *_ = line.split(" ")
        if len(point) >= len(best) and folder.is_relative_to(point):
            best, kind = point, found
    return kind
