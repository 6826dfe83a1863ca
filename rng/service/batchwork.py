"""The work of a batch: chunks of rounds, computed in any process, put together to columns and a root."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from rng.canonical import decode
from rng.games import parse_rules, settle
from rng.merkle import HASH_BYTES, Frontier, inclusion_path
from rng.rounds import INTEGER_BYTES, Player, prepare
from rng.schemes import scheme
from rng.seeds import ClientSeed, ServerSeed

__all__ = ["Chunk", "Job", "chunk_path", "chunk_rows", "compute", "player_of", "row_of"]

MOST_ROUNDS: Final = 1024
"""Rounds in a chunk at most."""

MOST_INTEGERS: Final = 65_536
"""Integers that the rounds of a chunk draw at most, so that a chunk takes moments whatever the game."""


@dataclass(frozen=True, slots=True)
class Job:
    """Name what all rounds of a batch have in common, in a form that passes between processes.

    Args:
        scheme, client_seed, beacon: as in the receipt.
        server_seed: 32 bytes, a secret; it goes to the service's own worker processes and nowhere else.
        rules: canonical bytes of the rules document.
        parameters: canonical bytes of all parameters.
        width: how many integers a round draws.
        first_nonce: nonce of the batch's first round.
        count: 1 to 1,000,000.
    """

    scheme: str
    client_seed: str
    beacon: str
    rules: bytes = field(repr=False)
    parameters: bytes
    width: int
    first_nonce: int
    count: int
    server_seed: bytes = field(repr=False)

    @property
    def chunk(self) -> int:
        """How many rounds a chunk has: a power of two, so that its root is a node of the batch's tree."""
        fit = max(1, MOST_INTEGERS // max(1, self.width))
        return min(MOST_ROUNDS, 1 << fit.bit_length() - 1)

    @property
    def chunks(self) -> int:
        """How many chunks the batch has; the last one may be short."""
        return -(-self.count // self.chunk)

    def size(self, index: int) -> int:
        """Return how many rounds a chunk has."""
        return min(self.chunk, self.count - index * self.chunk)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Hold what a chunk came to.

    Args:
        root: RFC 6962 root over the chunk's rows.
        columns: for each column the JSON of its values, separated by commas, without brackets.
    """

    root: bytes
    columns: tuple[bytes, ...] = field(repr=False)


@lru_cache(maxsize=8)
def player_of(job: Job) -> Player:
    """Return what plays the rounds of a job; a process keeps the last few."""
    parameters = decode(job.parameters)
    if not isinstance(parameters, dict):
        raise TypeError("the parameters of a job are an object")
    return prepare(
        scheme(job.scheme),
        ServerSeed(job.server_seed),
        client_seed=ClientSeed(job.client_seed),
        rules=parse_rules(decode(job.rules)),
        parameters=parameters,
        beacon=job.beacon,
    )


def column_names(player: Player) -> list[tuple[str, str]]:
    """Return the columns of a batch in order: (`draws`, name) for each draw, (`outcomes`, field), (`payouts`, ``)."""
    rules = player.prepared.rules
    names = [("draws", draw.name) for draw in player.prepared.draws]
    names += [("outcomes", formula.name) for formula in rules.outcome]
    return names if rules.payout is None else [*names, ("payouts", "")]


def compute(job: Job, index: int) -> Chunk:
    """Play the rounds of one chunk.

    Args:
        job: the batch.
        index: which chunk, from 0.

    Raises:
        ExpressionError: the rules give no value for some draws.
    """
    player = player_of(job)
    first = job.first_nonce + index * job.chunk
    frontier = Frontier()
    rows: list[bytes] = []
    columns: list[list[Any]] = [[] for _ in column_names(player)]
    for nonce in range(first, first + job.size(index)):
        values = player.draw(nonce)
        outcome, payout = settle(player.prepared, values)
        rows.append(row_of(values))
        cells = [*values, *outcome.values()]
        if payout is not None:
            cells.append(payout)
        for column, cell in zip(columns, cells, strict=True):
            column.append(cell)
    return Chunk(root=frontier.extend(rows).root(), columns=tuple(_fragment(column) for column in columns))


def chunk_rows(job: Job, index: int) -> list[bytes]:
    """Return the rows of one chunk (`statements.md` T4)."""
    player = player_of(job)
    first = job.first_nonce + index * job.chunk
    return [row_of(player.draw(nonce)) for nonce in range(first, first + job.size(index))]


def chunk_root(job: Job, index: int) -> bytes:
    """Return the root over the rows of one chunk."""
    return Frontier().extend(chunk_rows(job, index)).root()


def chunk_path(job: Job, index: int, roots: Sequence[bytes]) -> list[bytes]:
    """Return the path of a row in the batch's tree (RFC 9162 section 2.1.3.1).

    Every chunk but the last is a perfect subtree of the batch's tree, so the path inside of the chunk goes on as the
    path of the chunk's root among the roots.

    Args:
        job: the batch.
        index: place of the row in the batch, from 0.
        roots: the roots of all chunks.
    """
    chunk, place = divmod(index, job.chunk)
    return [
        *inclusion_path(chunk_rows(job, chunk), place),
        *inclusion_path(list(roots), chunk, hashed=True),
    ]


def root_of(roots: Sequence[bytes]) -> bytes:
    """Return the root of the batch's tree from the roots of its chunks."""
    return Frontier().extend(roots, hashed=True).root()


def join_roots(roots: Sequence[bytes]) -> bytes | None:
    """Return the roots of a batch's chunks as the store keeps them; None for one chunk, whose root is the batch's."""
    return b"".join(roots) if len(roots) > 1 else None


def split_roots(job: Job, root: bytes, kept: bytes | None) -> list[bytes] | None:
    """Return the roots of a batch's chunks from what was kept of them, or None if they are not those of the batch.

    Args:
        job: the batch.
        root: the root that the batch's receipt states.
        kept: what `join_roots` returned when the batch was drawn, or None where nothing was kept.
    """
    data = root if job.chunks == 1 else kept or b""
    if len(data) != job.chunks * HASH_BYTES:
        return None
    roots = [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
    return roots if root_of(roots) == root else None


def row_of(values: Sequence[Any]) -> bytes:
    """Return a row: the draws flattened in order, 8 bytes each, big-endian (`statements.md` T4)."""
    parts: list[bytes] = []
    for value in values:
        for number in value if type(value) is list else (value,):
            parts.append(number.to_bytes(INTEGER_BYTES, "big"))
    return b"".join(parts)


def _fragment(column: list[Any]) -> bytes:
    return json.dumps(column, ensure_ascii=False, separators=(",", ":"))[1:-1].encode()
