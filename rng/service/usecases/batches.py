"""Batches: many rounds computed outside of the store, then made durable in one step, and answered in columns."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from rng.canonical import encode
from rng.epoch import Epoch, EpochError
from rng.games import ExpressionError, Rules, width
from rng.history import draw_batch
from rng.rounds import Player, Round
from rng.seeds import SEED_BYTES, ServerSeed
from rng.service import batchwork
from rng.service.auth import Caller
from rng.service.batchwork import Job
from rng.service.core import Service, from_epoch_error
from rng.service.errors import ServiceError
from rng.service.spool import Spool
from rng.service.usecases.rounds import no_value, prepared_game
from rng.statement import Document
from rng.store import Advance, Found, Once

__all__ = ["Batch", "job_of", "play_batch"]

_MOST_BYTES: Final = 2**31
"""Bytes that the columns of one answer may have. A batch of 10^6 dice has some 50 MB."""
_ATTEMPTS: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Hold a batch that is durable, and its columns, which are sent once and then dropped."""

    receipt: Document
    replayed: bool
    names: tuple[tuple[str, str], ...]
    spool: Spool = field(repr=False)

    async def body(self) -> AsyncIterator[bytes]:
        """Return the JSON of `models.BatchAnswer` piece by piece; the columns are gone afterwards."""
        try:
            yield b'{"receipt":' + self.receipt.data
            for group in ("draws", "outcomes"):
                yield b',"%s":{' % group.encode()
                separator = b""
                for column, (owner, name) in enumerate(self.names):
                    if owner == group:
                        yield separator + json.dumps(name).encode() + b":["
                        async for piece in self._column(column):
                            yield piece
                        yield b"]"
                        separator = b","
                yield b"}"
            if self.names[-1][0] == "payouts":
                yield b',"payouts":['
                async for piece in self._column(len(self.names) - 1):
                    yield piece
                yield b"]}"
            else:
                yield b',"payouts":null}'
        finally:
            self.spool.close()

    async def _column(self, column: int) -> AsyncIterator[bytes]:
        for piece in range(self.spool.pieces(column)):
            data = self.spool.read(column, piece)
            yield b"," + data if piece else data
            await asyncio.sleep(0)


async def play_batch(
    service: Service,
    caller: Caller,
    *,
    seed_id: str,
    game: str,
    params: Mapping[str, object],
    count: int,
    once: Once | None,
) -> Batch:
    """Draw a contiguous range of rounds of a seed.

    The draws are a function of the range of nonces, so they are computed before anything is written, for the range that
    is next at the moment. If another record takes the nonce meanwhile, they are computed again, and from then on with
    the seed's rounds waiting: a stream of single rounds could keep a batch out for ever.

    Args:
        service: the service.
        caller: with scope play, of the seed's tenant.
        seed_id: the seed.
        game: name of a game in force.
        params: parameters; what is missing takes its default.
        count: how many rounds, 1 to 1,000,000.
        once: the idempotent request, or None.

    Raises:
        ServiceError: as `rounds.play_round`; `batch_too_large`, naming how many rounds would do; `overloaded`.
    """
    await service.own_epoch(seed_id, caller)
    if once is not None:
        before = await service.store.recall(once)
        if before is not None and before[0].document is not None:
            return await _again(service, before[0].document, seed_id=seed_id)
    await service.gate.require()
    live = await service.live_seed(seed_id, caller)
    rules, parameters, player = prepared_game(service, live, game=game, params=params)

    async def attempt() -> Batch | None:
        epoch = await service.own_epoch(seed_id, caller)
        _check_room(epoch, count)
        job = _job(
            rules,
            scheme=live.scheme,
            server_seed=live.server_seed,
            client_seed=live.client_seed.text,
            parameters=parameters,
            first_nonce=epoch.next_nonce,
            count=count,
        )
        await _check_size(job, game=game)
        spool, roots = await _columns(service, job, player)
        try:
            document, replayed = await _commit(service, seed_id, job, rules, parameters, roots, once)
        except EpochError as error:
            spool.close()
            if error.code == "nonce_not_next":
                return None
            service.live.forget(seed_id)
            raise from_epoch_error(error) from None
        except BaseException:
            spool.close()
            raise
        if replayed:
            # An equal request was faster with the same key; its nonces are others than those computed here.
            spool.close()
            return await _again(service, document, seed_id=seed_id)
        service.metrics.rounds.labels(game=game, kind="batch").inc(count)
        return Batch(document, False, tuple(batchwork.column_names(player)), spool)

    await service.turns.shared(seed_id)
    batch = await attempt()
    if batch is not None:
        return batch
    async with service.turns.alone(seed_id):
        for _ in range(_ATTEMPTS):
            if (batch := await attempt()) is not None:
                return batch
    raise ServiceError("overloaded", f"others kept drawing on seed {seed_id}; ask again")


def job_of(statement: Mapping[str, Any], rules: Rules, server_seed: ServerSeed) -> Job:
    """Return the job that computes a batch again from its receipt."""
    return _job(
        rules,
        scheme=statement["scheme"],
        server_seed=server_seed,
        client_seed=statement["client_seed"],
        parameters=statement["parameters"],
        first_nonce=statement["first_nonce"],
        count=statement["count"],
        beacon=statement["beacon"],
    )


def _job(
    rules: Rules,
    *,
    scheme: str,
    server_seed: ServerSeed,
    client_seed: str,
    parameters: Mapping[str, object],
    first_nonce: int,
    count: int,
    beacon: str = "",
) -> Job:
    return Job(
        scheme=scheme,
        client_seed=client_seed,
        beacon=beacon,
        rules=encode(dict(rules.document)),
        parameters=encode(dict(parameters)),
        width=width(rules, parameters),
        first_nonce=first_nonce,
        count=count,
        server_seed=server_seed.data,
    )


async def _columns(service: Service, job: Job, player: Player) -> tuple[Spool, list[bytes]]:
    """Compute a job, and return its columns and the roots of its chunks."""
    spool = Spool(len(batchwork.column_names(player)))
    roots: list[bytes] = []
    try:
        async for stretch in service.batches.stretches(job):
            roots += stretch.roots
            spool.add(stretch.columns)
            if spool.size > 2 * _MOST_BYTES:
                raise ServiceError(
                    "batch_too_large", f"the answer passed {2 * _MOST_BYTES} bytes: ask for fewer rounds"
                )
    except ExpressionError:
        spool.close()
        raise no_value(player.prepared.rules.name) from None
    except OSError:
        spool.close()
        raise ServiceError("store_unavailable", "there is no room for the columns of the batch") from None
    except BaseException:
        spool.close()
        raise
    return spool, roots


async def _commit(
    service: Service,
    seed_id: str,
    job: Job,
    rules: Rules,
    parameters: Mapping[str, object],
    roots: list[bytes],
    once: Once | None,
) -> tuple[Document, bool]:
    root = batchwork.root_of(roots)

    def decide(state: Epoch, _: Found) -> tuple[Epoch, Document]:
        return draw_batch(
            state,
            first_nonce=job.first_nonce,
            count=job.count,
            game=rules.name,
            rules_digest=rules.digest,
            parameters=parameters,
            draws_root=root,
            time=service.clock(),
            signer=service.signer,
        )

    results = await service.store.commit([Advance(seed_id, decide, chunk_roots=batchwork.join_roots(roots))], once=once)
    document = results[0].document
    if document is None:
        raise TypeError("the store gave no receipt for a batch")
    return document, results[0].replayed


async def _again(service: Service, receipt: Document, *, seed_id: str) -> Batch:
    """Answer a batch that is durable already: its draws are a function of what the receipt states."""
    epoch = await service.store.epoch(seed_id)
    rules = service.rules_of(receipt.statement["rules_digest"])
    if epoch is None or rules is None:
        raise ServiceError("proof_unavailable", f"rules {receipt.statement['rules_digest']} are not in the archive")
    job = job_of(receipt.statement, rules, await service.server_seed(epoch))
    player = batchwork.player_of(job)
    spool, _ = await _columns(service, job, player)
    return Batch(receipt, True, tuple(batchwork.column_names(player)), spool)


def _check_room(epoch: Epoch, count: int) -> None:
    # The state machine asks the same at the commit; asked here as well, a million rounds are not computed for nothing.
    left = epoch.max_rounds - epoch.next_nonce
    if count > left:
        raise ServiceError("max_rounds_reached", f"seed {epoch.seed_id} has {left} of {epoch.max_rounds} rounds left")


async def _check_size(job: Job, *, game: str) -> None:
    """Refuse a batch whose answer would be huge, judged before anything of it is computed.

    The round that it is judged by is of another seed, which everybody knows: the length of a round of this seed would
    tell of draws that are still to come, and a refused batch leaves them to come.
    """
    try:
        sample = await asyncio.to_thread(_sample_round, job)
    except ExpressionError:
        raise no_value(game) from None
    expected = len(encode([sample.draws, sample.outcome])) * job.count
    if expected > _MOST_BYTES:
        fit = job.count * _MOST_BYTES // expected
        raise ServiceError(
            "batch_too_large", f"the answer would have some {expected} bytes: ask for about {fit} rounds at a time"
        )


def _sample_round(job: Job) -> Round:
    return batchwork.player_of(replace(job, server_seed=bytes(SEED_BYTES), first_nonce=0, count=1)).play(0)
