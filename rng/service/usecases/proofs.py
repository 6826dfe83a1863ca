"""Proofs: the file with which a player checks one round offline."""

from __future__ import annotations

import asyncio
from typing import Any

from rng.epoch import Epoch
from rng.games import Rules
from rng.proof import Inclusion, Row, proof_file
from rng.service import batchwork
from rng.service.core import Service
from rng.service.errors import ServiceError
from rng.service.usecases.batches import job_of
from rng.service.usecases.keys import public_keys
from rng.store import Record

__all__ = ["proof"]


async def proof(service: Service, epoch: Epoch, *, nonce: int) -> bytes:
    """Return the proof file of a round (`statements.md` T7).

    Before the reveal it holds neither server seed nor places under the receipts root; a verifier calls it undecided.

    Args:
        service: the service.
        epoch: the seed, which the caller may read.
        nonce: the round.

    Raises:
        ServiceError: `round_not_found`; `proof_unavailable`, if the rules are not in the archive.
    """
    found = await service.store.find_nonce(epoch.seed_id, nonce)
    if found.record is None or epoch.activation is None:
        raise ServiceError(
            "round_not_found", f"nonce {nonce} of seed {epoch.seed_id} is not drawn; the next one is {epoch.next_nonce}"
        )
    record = found.record.document()
    rules: dict[str, Any] | None = None
    row: Row | None = None
    if record.kind != "void":
        known = service.rules_of(record.statement["rules_digest"])
        if known is None:
            raise ServiceError("proof_unavailable", f"rules {record.statement['rules_digest']} are not in the archive")
        rules = dict(known.document)
        if record.kind == "batch":
            row = await _row(service, epoch, found.record, known, nonce)
    return proof_file(
        nonce=nonce,
        epoch=epoch.document,
        activation=epoch.activation,
        record=record,
        rules=rules,
        public_keys=(await public_keys(service)).values(),
        reveal=epoch.reveal,
        record_inclusion=await _inclusion(service, epoch, found.record),
        row=row,
        void=found.void.document() if found.void is not None else None,
        void_inclusion=await _inclusion(service, epoch, found.void),
    )


async def _inclusion(service: Service, epoch: Epoch, record: Record | None) -> Inclusion | None:
    if record is None or epoch.reveal is None:
        return None
    return Inclusion(record.index, await service.store.inclusion_path(epoch.seed_id, record.index))


async def _row(service: Service, epoch: Epoch, record: Record, rules: Rules, nonce: int) -> Row:
    statement = record.document().statement
    job = job_of(statement, rules, await service.server_seed(epoch))
    player = batchwork.player_of(job)
    values = await asyncio.to_thread(player.draw, nonce)
    kept = await service.store.chunk_roots(epoch.seed_id, record.index)
    roots = batchwork.split_roots(job, bytes.fromhex(statement["draws_root"]), kept)
    path = await service.batches.path(job, nonce - job.first_nonce, roots=roots)
    draws = [{"name": draw.name, "value": value} for draw, value in zip(player.prepared.draws, values, strict=True)]
    return Row(draws, path)
