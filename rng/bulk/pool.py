"""Ranges of rounds in bulk on several cores: chunks in worker processes, given back in order."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TypeVar

from rng.bulk.columns import Columns
from rng.bulk.play import BulkPlayer, check_chunk, check_range, chunks, prepare_bulk
from rng.canonical import decode, encode
from rng.games import Rules, parse_rules
from rng.schemes import SCHEMES, Scheme
from rng.schemes import scheme as scheme_of
from rng.seeds import ClientSeed, ServerSeed

T = TypeVar("T")

_AHEAD = 2
"""Chunks that each process may be ahead of what was taken, so that memory stays bounded."""

_LONG = 16
"""How many times the chunk that is best for one core a process works through in one go: what passes between processes
costs time of its own."""


def play_range(
    scheme: Scheme,
    server_seed: ServerSeed,
    *,
    client_seed: ClientSeed,
    first_nonce: int,
    count: int,
    rules: Rules,
    parameters: Mapping[str, object],
    beacon: str = "",
    chunk: int | None = None,
    processes: int,
) -> Iterator[Columns]:
    """Return the rounds of a range of nonces, in chunks in order, computed by several processes.

    Columns pass from process to process, which takes longer than a simple game's rounds: where a summary of them will
    do, `map_range` makes it where they are.

    Args:
        scheme, server_seed, client_seed, first_nonce, count, rules, parameters, beacon, chunk, processes: as
            `map_range`.

    Raises:
        TypeError, ValueError, ParameterError, ExpressionError: as `rng.bulk.play_range`.
    """
    return map_range(
        _as_they_are,
        scheme,
        server_seed,
        client_seed=client_seed,
        first_nonce=first_nonce,
        count=count,
        rules=rules,
        parameters=parameters,
        beacon=beacon,
        chunk=chunk,
        processes=processes,
    )


def map_range(
    work: Callable[[Columns], T],
    scheme: Scheme,
    server_seed: ServerSeed,
    *,
    client_seed: ClientSeed,
    first_nonce: int,
    count: int,
    rules: Rules,
    parameters: Mapping[str, object],
    beacon: str = "",
    chunk: int | None = None,
    processes: int,
) -> Iterator[T]:
    """Return what some work makes of each chunk of a range of rounds, in order; several processes do both.

    The server seed passes to the worker processes through a pipe, and nowhere else.

    Args:
        work: a function of a module, of the rounds of a chunk; it and its results pass between processes.
        scheme: a scheme of `rng.schemes.SCHEMES`, which the workers find by its name.
        processes: how many worker processes, 1 to 1024. They start with the first chunk, and end with the last, or
            when the iterator is closed.
        server_seed, client_seed, first_nonce, count, rules, parameters, beacon, chunk: as `rng.bulk.play_range`.

    Raises:
        TypeError, ValueError, ParameterError, ExpressionError: as `rng.bulk.play_range`.
    """
    check_range(first_nonce, count)
    if type(processes) is not int or not 1 <= processes <= 1024:
        raise ValueError(f"processes must be an int from 1 to 1024, not {processes!r:.40}")
    if SCHEMES.get(scheme.name) is not scheme:
        raise ValueError(f"the scheme {scheme.name!r:.80} is not one that worker processes find by its name")
    # What is wrong with the arguments shows here and now, and not in a worker.
    player = prepare_bulk(
        scheme, server_seed, client_seed=client_seed, rules=rules, parameters=parameters, beacon=beacon
    )
    size = player.chunk * _LONG if chunk is None else check_chunk(chunk)
    inputs = (
        scheme.name,
        server_seed.data,
        client_seed.text,
        encode(dict(rules.document)),
        encode(dict(player.prepared.parameters)),
        beacon,
    )
    parts = chunks(first_nonce, count, min(size, max(1, count // processes)))
    return _mapped(work, inputs, parts, processes)


def _mapped(
    work: Callable[[Columns], T],
    inputs: tuple[str, bytes, str, bytes, bytes, str],
    parts: Iterator[tuple[int, int]],
    processes: int,
) -> Iterator[T]:
    # Started anew rather than forked: a fork copies the locks of threads that it does not copy.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=inputs)
    ahead: deque[Future[T]] = deque()
    try:
        for first, many in parts:
            ahead.append(executor.submit(_work, work, first, many))
            if len(ahead) > processes * _AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _as_they_are(columns: Columns) -> Columns:
    return columns


_player: BulkPlayer | None = None
"""In a worker process: what plays. Set once, before its first chunk."""


def _begin(scheme: str, server_seed: bytes, client_seed: str, rules: bytes, parameters: bytes, beacon: str) -> None:
    global _player  # noqa: PLW0603  # a worker has one game and one seed for its whole life
    values = decode(parameters)
    assert isinstance(values, dict)
    _player = prepare_bulk(
        scheme_of(scheme),
        ServerSeed(server_seed),
        client_seed=ClientSeed(client_seed),
        rules=parse_rules(decode(rules)),
        parameters=values,
        beacon=beacon,
    )


def _work(work: Callable[[Columns], T], first_nonce: int, count: int) -> T:
    assert _player is not None
    return work(_player.play(first_nonce, count))
