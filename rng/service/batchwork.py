"""The work of a batch: chunks of rounds, computed in any process, put together to columns and a root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import msgspec

from rng.bulk import BulkPlayer, leaf_hashes, prepare_bulk
from rng.canonical import decode
from rng.games import Rules, parse_rules
from rng.games.operators import Value
from rng.kernel import merkle_root
from rng.merkle import HASH_BYTES, Frontier, inclusion_path
from rng.rounds import Player, prepare
from rng.schemes import scheme
from rng.seeds import ClientSeed, ServerSeed

__all__ = ["Job", "Stretch", "chunk_path", "column_names", "compute", "player_of", "stretch_roots"]

MOST_ROUNDS: Final = 1024
"""Rounds in a chunk at most."""

MOST_CHUNKS: Final = 8
"""Chunks in a stretch at most."""

MOST_INTEGERS: Final = 65_536
"""Integers that the rounds of a chunk or a stretch draw at most, so that it takes moments whatever the game."""


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

    @property
    def stretch(self) -> int:
        """How many rounds are computed in one go: some whole chunks, as arrays are worth it for many rounds only."""
        return self.chunk * max(1, min(MOST_CHUNKS, MOST_INTEGERS // (self.chunk * max(1, self.width))))

    @property
    def stretches(self) -> int:
        """How many stretches the batch has; the last one may be short."""
        return -(-self.count // self.stretch)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hold what the rounds of some chunks came to.

    Args:
        roots: RFC 6962 root over the rows of each chunk.
        columns: for each column the JSON of its values, separated by commas, without brackets.
    """

    roots: tuple[bytes, ...]
    columns: tuple[bytes, ...] = field(repr=False)


@lru_cache(maxsize=8)
def player_of(job: Job) -> Player:
    """Return what plays the rounds of a job; a process keeps the last few."""
    rules, parameters = _game_of(job)
    return prepare(
        scheme(job.scheme),
        ServerSeed(job.server_seed),
        client_seed=ClientSeed(job.client_seed),
        rules=rules,
        parameters=parameters,
        beacon=job.beacon,
    )


@lru_cache(maxsize=8)
def bulk_of(job: Job) -> BulkPlayer:
    """Return what plays many rounds of a job at once, equal to `player_of`; a process keeps the last few."""
    rules, parameters = _game_of(job)
    return prepare_bulk(
        scheme(job.scheme),
        ServerSeed(job.server_seed),
        client_seed=ClientSeed(job.client_seed),
        rules=rules,
        parameters=parameters,
        beacon=job.beacon,
    )


def _game_of(job: Job) -> tuple[Rules, dict[str, object]]:
    parameters = decode(job.parameters)
    if not isinstance(parameters, dict):
        raise TypeError("the parameters of a job are an object")
    return parse_rules(decode(job.rules)), dict(parameters)


def column_names(player: Player) -> list[tuple[str, str]]:
    """Return the columns of a batch in order: (`draws`, name) for each draw, (`outcomes`, field), (`payouts`, ``)."""
    rules = player.prepared.rules
    names = [("draws", draw.name) for draw in player.prepared.draws]
    names += [("outcomes", formula.name) for formula in rules.outcome]
    return names if rules.payout is None else [*names, ("payouts", "")]


def compute(job: Job, index: int) -> Stretch:
    """Play the rounds of one stretch.

    Args:
        job: the batch.
        index: which stretch, from 0.

    Raises:
        ExpressionError: the rules give no value for some draws.
    """
    columns = bulk_of(job).play(*_range(job, index * job.stretch, job.stretch))
    pieces = [_fragment(draw.tolist()) for draw in columns.draws.values()]
    pieces += [_fragment(column.to_list()) for column in columns.outcome.values()]
    if columns.payout is not None:
        pieces.append(_fragment(columns.payout.tolist()))
    return Stretch(roots=_roots(job, leaf_hashes(columns)), columns=tuple(pieces))


def stretch_roots(job: Job, index: int) -> tuple[bytes, ...]:
    """Return the root over the rows of each chunk of one stretch."""
    return _roots(job, row_hashes(job, index * job.stretch, job.stretch))


def row_hashes(job: Job, start: int, size: int) -> bytes:
    """Return the leaf hashes of rows, 32 bytes each, from a place in the batch on: up to so many."""
    return leaf_hashes(bulk_of(job).draw(*_range(job, start, size)))


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
    leaves = _hashes(row_hashes(job, chunk * job.chunk, job.chunk))
    return [*inclusion_path(leaves, place, hashed=True), *inclusion_path(list(roots), chunk, hashed=True)]


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
    roots = _hashes(data)
    return roots if root_of(roots) == root else None


def _range(job: Job, start: int, size: int) -> tuple[int, int]:
    """Return first nonce and count of the rounds from a place in the batch on, as many as there are up to a size."""
    return job.first_nonce + start, min(size, job.count - start)


def _hashes(data: bytes) -> list[bytes]:
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def _roots(job: Job, hashes: bytes) -> tuple[bytes, ...]:
    size = job.chunk * HASH_BYTES
    return tuple(merkle_root(hashes[at : at + size]) for at in range(0, len(hashes), size))


def _fragment(values: list[Value]) -> bytes:
    return msgspec.json.encode(values)[1:-1]
