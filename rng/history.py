"""The history of a seed: what its rounds, batches and voids do to the state of its epoch (statements.md T4, T6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rng import fields, receipt
from rng.epoch import Epoch, EpochError, next_time, require_open
from rng.seeds import ClientSeed, parse_beacon
from rng.signing import Signer
from rng.statement import RECORD_TYPES, Document

__all__ = ["check_step", "draw", "draw_batch", "void"]


def draw(
    epoch: Epoch,
    *,
    nonce: int,
    game: str,
    rules_digest: str,
    parameters: Mapping[str, Any],
    draws: Sequence[Mapping[str, Any]],
    outcome: Mapping[str, Any],
    payout: int | None,
    time: int,
    signer: Signer,
    beacon: str = "",
    scheme_proof: str = "",
    ticket: str = "",
) -> tuple[Epoch, Document]:
    """Take one round, played with this epoch's seeds, into its history.

    Args:
        epoch: in status ``active``.
        nonce: the nonce it was played with: the next one.
        game, rules_digest, parameters, draws, outcome, payout: as in ``rng.receipt.receipt_statement``.
        time: Unix time in milliseconds.
        signer: the operator's key.
        beacon, scheme_proof, ticket: as in ``rng.receipt.receipt_statement``.

    Raises:
        EpochError: ``not_active``, ``closed``, ``revealed``, ``past_reveal_by``, ``nonce_not_next``,
            ``max_rounds_reached``, ``game_not_in_force`` or ``wrong_beacon``.
        TypeError, ValueError: for an argument outside its range.
    """
    client_seed = _require_active(epoch)
    when = next_time(epoch, time)
    _require_next(epoch, nonce, 1)
    _require_game(epoch, game, rules_digest)
    _require_beacon(epoch, beacon)
    document = receipt.receipt_statement(
        signer,
        origin=epoch.origin,
        seed_id=epoch.seed_id,
        time=when,
        scheme=epoch.scheme,
        client_seed=client_seed,
        client_seed_source=epoch.client_seed_source,
        nonce=nonce,
        game=game,
        rules_digest=rules_digest,
        parameters=parameters,
        draws=draws,
        outcome=outcome,
        payout=payout,
        previous=epoch.previous,
        beacon=beacon,
        scheme_proof=scheme_proof,
        ticket=ticket,
    )
    return _append(epoch, document, nonces=1), document


def draw_batch(
    epoch: Epoch,
    *,
    first_nonce: int,
    count: int,
    game: str,
    rules_digest: str,
    parameters: Mapping[str, Any],
    draws_root: bytes,
    time: int,
    signer: Signer,
    beacon: str = "",
) -> tuple[Epoch, Document]:
    """Take a batch of rounds into the history, as one record.

    Args:
        epoch: in status ``active``.
        first_nonce: the first nonce that was played: the next one.
        count: 1 to 1,000,000.
        game, rules_digest, parameters, draws_root, beacon: as in ``rng.receipt.batch_statement``.
        time: Unix time in milliseconds.
        signer: the operator's key.

    Raises:
        EpochError: as ``draw``; ``nonce_not_next`` means that another record came first, and the draws must be made
            again from the nonce that is next now.
        TypeError, ValueError: for an argument outside its range.
    """
    client_seed = _require_active(epoch)
    when = next_time(epoch, time)
    fields.integer("count", count, 1, receipt.MAX_BATCH)
    _require_next(epoch, first_nonce, count)
    _require_game(epoch, game, rules_digest)
    _require_beacon(epoch, beacon)
    document = receipt.batch_statement(
        signer,
        origin=epoch.origin,
        seed_id=epoch.seed_id,
        time=when,
        scheme=epoch.scheme,
        client_seed=client_seed,
        client_seed_source=epoch.client_seed_source,
        first_nonce=first_nonce,
        count=count,
        game=game,
        rules_digest=rules_digest,
        parameters=parameters,
        draws_root=draws_root,
        previous=epoch.previous,
        beacon=beacon,
    )
    return _append(epoch, document, nonces=count), document


def void(
    epoch: Epoch,
    *,
    nonce: int,
    reason: str,
    time: int,
    signer: Signer,
    drawn_by: str = "",
    voided: bool = False,
) -> tuple[Epoch, Document]:
    """Void the next nonce, which uses it up, or a drawn round, whose receipt and outcome stay.

    Args:
        epoch: in status ``active``.
        nonce: the next nonce or one before it.
        reason: 1 to 500 characters, for the player.
        time: Unix time in milliseconds.
        signer: the operator's key.
        drawn_by: digest of the receipt or batch that drew the nonce; empty if none did.
        voided: whether a void of this nonce exists.

    Raises:
        EpochError: ``not_active``, ``closed``, ``revealed``, ``past_reveal_by``, ``nonce_not_next``,
            ``max_rounds_reached`` or ``nonce_already_voided``.
        TypeError, ValueError: for an argument outside its range.
    """
    _require_active(epoch)
    when = next_time(epoch, time)
    fields.nonce_number("nonce", nonce)
    drawn = nonce < epoch.next_nonce
    if voided:
        raise EpochError("nonce_already_voided", f"nonce {nonce} of seed {epoch.seed_id} is void already")
    if not drawn:
        _require_next(epoch, nonce, 1)
    if drawn != (drawn_by != ""):
        raise ValueError(
            f"nonce {nonce} is {'used up' if drawn else 'not drawn'}, so drawn_by is "
            f"{'the digest of its record' if drawn else 'empty'}, not {drawn_by!r:.80}"
        )
    document = receipt.void_statement(
        signer,
        origin=epoch.origin,
        seed_id=epoch.seed_id,
        time=when,
        nonce=nonce,
        voids=drawn_by,
        reason=reason,
        previous=epoch.previous,
    )
    return _append(epoch, document, nonces=0 if drawn else 1), document


def check_step(before: Epoch, after: Epoch, document: Document | None) -> None:
    """Check that a step from one state to the next is one that this module makes.

    For those who keep states: a wrong decision function must not reach the disk.

    Raises:
        ValueError: naming what does not fit.
    """
    kind = "close" if document is None else document.kind
    if after.document.digest != before.document.digest:
        raise ValueError(f"a step keeps its seed, {before.seed_id}, not {after.seed_id}")
    moves = {"activation": ("committed", "active"), "close": ("committed active", "closed")}
    moves["reveal"] = ("committed active closed", "revealed")
    origin, target = moves.get(kind, ("active", "active"))
    if before.status not in origin.split() or after.status != target:
        raise ValueError(f"{kind!r} leads from {origin} to {target}, not from {before.status} to {after.status}")
    appended, nonces = 0, 0
    if document is not None:
        statement = document.statement
        if statement.get("seed_id") != before.seed_id or statement.get("previous") != before.previous:
            raise ValueError(f"the {kind} does not follow statement {before.previous} of seed {before.seed_id}")
        if after.previous != document.digest or not before.time <= after.time == statement["time"]:
            raise ValueError(f"the state after the {kind} does not name it as the newest statement")
        if kind in RECORD_TYPES:
            appended = 1
            consumes = kind != "void" or statement["voids"] == ""
            nonces = statement.get("count", 1) if consumes else 0
            first = statement["first_nonce" if kind == "batch" else "nonce"]
            if consumes != (first == before.next_nonce) or first > before.next_nonce:
                raise ValueError(f"nonce {first} does not go with the next one, {before.next_nonce}")
    if after.next_nonce != before.next_nonce + nonces or after.records != before.records + appended:
        raise ValueError(f"the {kind} counts {nonces} nonces and {appended} records, the states differ by others")


def _append(epoch: Epoch, document: Document, *, nonces: int) -> Epoch:
    return replace(
        epoch,
        next_nonce=epoch.next_nonce + nonces,
        frontier=epoch.frontier.append(document.data),
        previous=document.digest,
        time=document.statement["time"],
    )


def _require_active(epoch: Epoch) -> ClientSeed:
    require_open(epoch)
    if epoch.client_seed is None:
        raise EpochError("not_active", f"seed {epoch.seed_id} has no client seed; set it first")
    return epoch.client_seed


def _require_next(epoch: Epoch, nonce: int, count: int) -> None:
    fields.nonce_number("nonce", nonce)
    if nonce != epoch.next_nonce:
        raise EpochError("nonce_not_next", f"the next nonce of seed {epoch.seed_id} is {epoch.next_nonce}, not {nonce}")
    left = epoch.max_rounds - epoch.next_nonce
    if count > left:
        raise EpochError("max_rounds_reached", f"seed {epoch.seed_id} has {left} of {epoch.max_rounds} rounds left")


def _require_game(epoch: Epoch, game: str, rules_digest: str) -> None:
    if epoch.rules.get(game) != rules_digest:
        raise EpochError(
            "game_not_in_force", f"game {game!r:.80} with rules {rules_digest!r:.80} is not in force in {epoch.seed_id}"
        )


def _require_beacon(epoch: Epoch, beacon: str) -> None:
    statement = epoch.document.statement
    found = parse_beacon(beacon)
    if statement["beacon_mode"] == "none":
        if found is not None:
            raise EpochError("wrong_beacon", f"seed {epoch.seed_id} has no beacon, {beacon!r} was given")
        return
    if found is None or found.chain_hash != statement["beacon_chain"]:
        raise EpochError("wrong_beacon", f"the beacon must be of chain {statement['beacon_chain']}, not {beacon!r}")
    if statement["beacon_mode"] == "epoch" and epoch.activation is not None:
        fixed = epoch.activation.statement["beacon_round"]
        if found.round != fixed:
            raise EpochError("wrong_beacon", f"the activation fixed beacon round {fixed}, not {found.round}")
