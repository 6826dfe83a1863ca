"""Seeds: open one for a player, set its client seed, rotate it, and reveal it when its time has come."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rng.epoch import Epoch, EpochError, activate, open_epoch, reveal
from rng.seeds import ClientSeed, Commitment, ServerSeed, accept_client_seed
from rng.service.auth import Caller
from rng.service.core import Service, from_epoch_error
from rng.service.errors import ServiceError
from rng.service.players import slot_of
from rng.statement import Document
from rng.store import Advance, Command, Found, Once, OpenEpoch, Result, SealedSeed, SequenceConflict

__all__ = ["Activated", "Rotated", "open_seed", "reveal_due", "rotate", "set_client_seed", "view"]

_LOG: Final = logging.getLogger("fairlot.service")
_CLIENT_SEED_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Activated:
    """Hold a client seed that was set, and the activation that says so."""

    client_seed: str
    activation: Document
    replayed: bool


@dataclass(frozen=True, slots=True)
class Rotated:
    """Hold what a rotation made: the reveal of the old seed, and the epoch of the next one."""

    reveal: Document
    next: Document
    replayed: bool


async def open_seed(service: Service, caller: Caller, *, player: str, once: Once | None) -> tuple[Document, bool]:
    """Open a seed for a player who has no open one.

    Args:
        service: the service.
        caller: with scope play.
        player: the operator's id of the player; hashed into a slot and dropped.
        once: the idempotent request, or None.

    Returns:
        The epoch statement, and whether it had been made before by the same request.

    Raises:
        ServiceError: `seed_open`, naming the seed; `entropy_failed`.
    """
    if (before := await _recall(service, once)) is not None:
        return _document(before[0]), True
    slot = slot_of(player, tenant=caller.tenant, slot_key=service.slot_key)
    newest = await service.store.newest_epoch(caller.tenant, slot)
    if newest is not None and newest.status != "revealed":
        raise _seed_open(newest)
    await service.gate.require()
    commands = [await _opening(service, newest, tenant=caller.tenant, slot=slot)]
    try:
        results = await service.store.commit(commands, once=once)
    except SequenceConflict:
        # Another request for the same player was faster; what it opened is the answer to whose seed is open.
        rival = await service.store.newest_epoch(caller.tenant, slot)
        if rival is None or rival.status == "revealed":
            raise ServiceError("overloaded", "the player's seed changed meanwhile; ask again") from None
        raise _seed_open(rival) from None
    if not results[0].replayed:
        service.metrics.seeds.labels(event="opened").inc()
    return _document(results[0]), results[0].replayed


async def set_client_seed(
    service: Service, caller: Caller, *, seed_id: str, client_seed: str | None, source: str, once: Once | None
) -> Activated:
    """Set a seed's client seed, once, before its first round.

    Args:
        service: the service.
        caller: with scope play, of the seed's tenant.
        seed_id: the seed.
        client_seed: the text, or None to have one made, which only source `operator` allows.
        source: `player` or `operator`.
        once: the idempotent request, or None.

    Raises:
        ServiceError: `seed_not_found`, `invalid_client_seed`, `client_seed_set`, `seed_revealed`, `past_reveal_by`,
            `entropy_failed`.
    """
    epoch = await service.own_epoch(seed_id, caller)
    if (before := await _recall(service, once)) is not None and epoch.client_seed is not None:
        return Activated(epoch.client_seed.text, _document(before[0]), True)
    if client_seed is None:
        if source != "operator":
            raise ServiceError("invalid_client_seed", "give a client_seed: only with source operator one is made here")
        chosen = ClientSeed((await service.gate.random_bytes(_CLIENT_SEED_BYTES)).hex())
    else:
        try:
            chosen = accept_client_seed(client_seed)
        except ValueError as error:
            raise ServiceError("invalid_client_seed", str(error)) from None

    def decide(state: Epoch, _: Found) -> tuple[Epoch, Document]:
        return activate(state, client_seed=chosen, source=source, time=service.clock(), signer=service.signer)

    try:
        results = await service.store.commit([Advance(seed_id, decide)], once=once)
    except EpochError as error:
        raise from_epoch_error(error) from None
    if results[0].replayed:
        # Two equal requests at once: what stands is what the first of them set.
        epoch = await service.own_epoch(seed_id, caller)
        return Activated(epoch.client_seed.text if epoch.client_seed else "", _document(results[0]), True)
    service.metrics.seeds.labels(event="activated").inc()
    return Activated(chosen.text, _document(results[0]), False)


async def rotate(service: Service, caller: Caller, *, seed_id: str, once: Once | None) -> Rotated:
    """Reveal a seed and open the player's next one, in one durable step.

    Raises:
        ServiceError: `seed_not_found`, `seed_revealed`, `past_reveal_by`, `entropy_failed`.
    """
    epoch = await service.own_epoch(seed_id, caller)
    if (before := await _recall(service, once)) is not None:
        return Rotated(_document(before[0]), _document(before[1]), True)
    if epoch.status == "revealed":
        raise ServiceError("seed_revealed", f"seed {seed_id} is revealed: rotate the player's newest seed")
    server_seed = await service.server_seed(epoch)
    await service.gate.require()
    commands: list[Command] = [
        _reveal(service, seed_id, server_seed),
        await _opening(service, epoch, tenant=epoch.tenant, slot=epoch.slot),
    ]
    try:
        results = await service.store.commit(commands, once=once)
    except EpochError as error:
        raise from_epoch_error(error) from None
    except SequenceConflict:
        raise ServiceError("seed_revealed", f"seed {seed_id} was rotated meanwhile") from None
    service.live.forget(seed_id)
    if not results[0].replayed:
        service.metrics.seeds.labels(event="revealed").inc()
        service.metrics.seeds.labels(event="opened").inc()
    return Rotated(_document(results[0]), _document(results[1]), results[0].replayed)


async def reveal_due(service: Service, epoch: Epoch) -> None:
    """Reveal a seed whose time has come, and open the next one if the player had begun to play.

    A dead entropy source does not keep the reveal back: no next seed can be made then, so it is opened later, when the
    player is asked for again. A deadline that has passed already is no reason either to keep the seed: the reveal
    states its true time.

    Raises:
        EpochError, StoreError: if it was not done; the caller tries again.
    """
    server_seed = await service.server_seed(epoch)
    late = service.clock() > epoch.reveal_by
    commands: list[Command] = [_reveal(service, epoch.seed_id, server_seed, late=late)]
    if epoch.activation is not None:
        try:
            commands.append(await _opening(service, epoch, tenant=epoch.tenant, slot=epoch.slot))
        except ServiceError as error:
            if error.code != "entropy_failed":
                raise
    await service.store.commit(commands)
    service.live.forget(epoch.seed_id)
    service.metrics.seeds.labels(event="revealed").inc()
    if len(commands) > 1:
        service.metrics.seeds.labels(event="opened").inc()
    log = _LOG.error if late else _LOG.info
    log(
        "seed revealed after its deadline" if late else "seed revealed at its deadline",
        extra={"seed_id": epoch.seed_id},
    )


def view(epoch: Epoch) -> dict[str, Any]:
    """Return what the API shows of an epoch (`models.SeedAnswer`)."""
    return {
        **fresh_view(epoch.document),
        "status": epoch.status,
        "next_nonce": epoch.next_nonce,
        "records": epoch.records,
        "activation": epoch.activation.statement if epoch.activation is not None else None,
        "reveal": epoch.reveal.statement if epoch.reveal is not None else None,
    }


def fresh_view(document: Document) -> dict[str, Any]:
    """Return what the API shows of an epoch that was just opened."""
    statement: Mapping[str, Any] = document.statement
    return {
        "seed_id": document.digest,
        "status": "committed",
        "commitment": statement["commitment"],
        "next_commitment": statement["next_commitment"],
        "rules": statement["rules"],
        "reveal_by": statement["reveal_by"],
        "max_rounds": statement["max_rounds"],
        "next_nonce": 0,
        "records": 0,
        "epoch": statement,
        "activation": None,
        "reveal": None,
    }


async def _opening(service: Service, previous: Epoch | None, *, tenant: str, slot: str) -> OpenEpoch:
    """Return the command that opens the next epoch of a slot, with the seeds that have to be made for it."""
    made: list[SealedSeed] = []
    if previous is None:
        _, sealed = await service.new_seed(tenant)
        made.append(sealed)
        commitment = Commitment.from_hex(sealed.commitment)
    else:
        commitment = previous.next_commitment
    _, sealed_next = await service.new_seed(tenant)
    made.append(sealed_next)
    now = service.clock()
    epoch = open_epoch(
        previous,
        origin=service.settings.origin,
        tenant=tenant,
        slot=slot,
        time=now,
        signer=service.signer,
        scheme=service.settings.scheme,
        commitment=commitment,
        next_commitment=Commitment.from_hex(sealed_next.commitment),
        rules={name: rules.digest for name, rules in service.games.items()},
        # The newest statement of the slot may be later than the clock says, if the clock was set back.
        reveal_by=max(now, previous.time if previous is not None else 0) + service.settings.reveal_after * 1000,
        max_rounds=service.settings.max_rounds,
    )
    return OpenEpoch(epoch, tuple(made))


def _reveal(service: Service, seed_id: str, server_seed: ServerSeed, *, late: bool = False) -> Advance:
    def decide(state: Epoch, _: Found) -> tuple[Epoch, Document]:
        return reveal(state, server_seed=server_seed, time=service.clock(), signer=service.signer, late=late)

    return Advance(seed_id, decide)


def _seed_open(epoch: Epoch) -> ServiceError:
    return ServiceError(
        "seed_open",
        f"the player has the open seed {epoch.seed_id}: use it, or rotate it",
        seed_id=epoch.seed_id,
    )


async def _recall(service: Service, once: Once | None) -> list[Result] | None:
    return None if once is None else await service.store.recall(once)


def _document(result: Result) -> Document:
    if result.document is None:
        raise TypeError("the store gave no document for a command that makes one")
    return result.document
