"""Outcomes a second by game, in bulk beside the scalar path in the same run; rows, all cores, batches and memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.result import Result
from rng import kernel
from rng.bulk import BulkPlayer, ClientSeeds, Columns, pool, prepare_bulk, prepare_rows
from rng.canonical import encode
from rng.games import check_parameters
from rng.games.loader import bundled_games
from rng.rounds import Player, prepare
from rng.schemes import scheme
from rng.seeds import ClientSeed, ServerSeed
from rng.service import batchwork

TURNS: Final = 3
TURN_S: Final = 0.1
ROWS: Final = 2**16
SEVERAL: Final = 2**26
SEVERAL_CHUNK: Final = 2**18
MEMORY: Final = (100_000, 10_000_000)
_ROOT: Final = Path(__file__).resolve().parents[1]
_SCHEME: Final = scheme("hmac-sha256/v1")
_SERVER_SEED: Final = ServerSeed(bytes(range(32)))
_CLIENT_SEED: Final = ClientSeed("a player's seed")


def main() -> Iterator[Result]:
    """Measure every bundled game with its defaults, then dice in other ways."""
    for name in sorted(bundled_games()):
        yield from _game(name)
    yield from _rows()
    yield from _several_cores()
    yield from _batch()
    yield from _memory()


def players(name: str) -> tuple[Player, BulkPlayer]:
    """Return what plays a game both ways."""
    rules = bundled_games()[name]
    parameters = check_parameters(rules, {}, fill_defaults=True)
    return (
        prepare(_SCHEME, _SERVER_SEED, client_seed=_CLIENT_SEED, rules=rules, parameters=parameters),
        prepare_bulk(_SCHEME, _SERVER_SEED, client_seed=_CLIENT_SEED, rules=rules, parameters=parameters),
    )


def _rate(work: Callable[[int], int], seconds: float) -> float:
    """Return rounds a second of some work, which is given the nonce to begin with and returns how many it played."""
    start = time.perf_counter()
    played = 0
    while (spent := time.perf_counter() - start) < seconds or not played:
        played += work(played)
    return played / spent


def _game(name: str) -> Iterator[Result]:
    scalar, bulk = players(name)

    def one_by_one(nonce: int) -> int:
        scalar.play(nonce)
        return 1

    def by_arrays(nonce: int) -> int:
        return len(bulk.play(nonce, bulk.chunk))

    by_arrays(0)
    # In turns, so that what else the machine does falls on both alike.
    pairs = [(_rate(one_by_one, TURN_S), _rate(by_arrays, TURN_S)) for _ in range(TURNS)]
    slow, fast = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratios = [b / a for a, b in pairs]
    width = bulk.prepared.width
    drawn = "1 integer" if width == 1 else f"{width} integers"
    note = f"scalar {slow:,.0f}; {drawn} a round; {kernel.engine().partition(',')[0]}"
    yield Result(f"{name}, outcomes in bulk", fast, "per second", note)
    note = f"median of {TURNS} turns, {min(ratios):,.0f} to {max(ratios):,.0f}"
    yield Result(f"{name}, bulk / scalar", statistics.median(ratios), "ratio", note)


def _rows() -> Iterator[Result]:
    rules = bundled_games()["dice"]
    player = prepare_rows(_SCHEME, rules=rules, parameters=check_parameters(rules, {}, fill_defaults=True))
    codes = np.arange(ROWS)
    nonces = codes.copy()
    for label, seeds in (("one seed and client seed", 1), ("seeds of 100 rounds", 100), ("a seed for every row", 0)):
        number = codes // (ROWS if seeds == 1 else seeds or 1)
        # Any 32 bytes will do for a seed.
        server_seeds = np.repeat(number.astype("<u8")[:, None], 4, axis=1).view(np.uint8)
        clients = ClientSeeds.gather([f"player {place}" for place in range(int(number[-1]) + 1)], number)
        play = partial(player.play, server_seeds, client_seeds=clients, nonces=nonces)
        rate = max(_rate(lambda _, play=play: len(play()), TURN_S) for _ in range(TURNS))  # type: ignore[misc]
        yield Result(f"dice, rows: {label}", rate, "per second", f"best of {TURNS}, {ROWS:,} rows at a time")


def sum_of_rolls(columns: Columns) -> int:
    """Return a summary of rounds of dice, as a simulation makes it in each process."""
    return int(columns.draws["roll"].sum())


def _several_cores() -> Iterator[Result]:
    rules = bundled_games()["dice"]
    cores = os.cpu_count() or 1
    summaries = pool.map_range(
        sum_of_rolls,
        _SCHEME,
        _SERVER_SEED,
        client_seed=_CLIENT_SEED,
        first_nonce=0,
        count=SEVERAL,
        rules=rules,
        parameters=check_parameters(rules, {}, fill_defaults=True),
        chunk=SEVERAL_CHUNK,
        processes=cores,
    )
    # The processes start with the first chunks.
    next(summaries)
    start = time.perf_counter()
    chunks = sum(1 for _ in summaries)
    rate = chunks * SEVERAL_CHUNK / (time.perf_counter() - start)
    yield Result("dice, all cores", rate, "per second", f"{cores} processes, each sums what it plays")


def _batch() -> Iterator[Result]:
    rules = bundled_games()["dice"]
    job = batchwork.Job(
        scheme=_SCHEME.name,
        client_seed=_CLIENT_SEED.text,
        beacon="",
        rules=encode(dict(rules.document)),
        parameters=encode(check_parameters(rules, {}, fill_defaults=True)),
        width=1,
        first_nonce=0,
        count=1_000_000,
        server_seed=_SERVER_SEED.data,
    )
    batchwork.compute(job, 0)
    start = time.perf_counter()
    stretches = [batchwork.compute(job, index) for index in range(job.stretches)]
    batchwork.root_of([root for stretch in stretches for root in stretch.roots])
    spent = time.perf_counter() - start
    yield Result("batch of 1,000,000 dice", spent, "s", "columns as JSON, and the root over all rows; one core")


def _memory() -> Iterator[Result]:
    sizes = [_peak_mib(count) for count in MEMORY]
    for count, size in zip(MEMORY, sizes, strict=True):
        yield Result(f"dice, {count:,} in chunks: peak memory", size, "MiB", "of a process that plays and sums them")
    yield Result("peak memory, most rounds / fewest", sizes[-1] / sizes[0], "ratio", "flat if 1")


def _peak_mib(count: int) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_bulk", str(count)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def peak(arguments: Sequence[str]) -> None:
    """Play rounds of dice in chunks, and print the most memory that this process had, in MiB."""
    import resource

    _, bulk = players("dice")
    count, total = int(arguments[0]), 0
    for first in range(0, count, bulk.chunk):
        total += int(bulk.play(first, min(bulk.chunk, count - first)).draws["roll"].sum())
    assert 0 < total < 10_000 * count
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    peak(sys.argv[1:])
