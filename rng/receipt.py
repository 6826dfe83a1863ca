"""Records (statements.md T4): the receipt of a round, the receipt of a batch of rounds, and the void of a nonce."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rng import fields
from rng.seeds import ClientSeed, check_beacon
from rng.signing import Signer
from rng.statement import Document, Statement, sign_statement

__all__ = ["MAX_BATCH", "MAX_REASON", "batch_statement", "receipt_statement", "void_statement"]

MAX_BATCH: Final = 1_000_000
"""Most rounds in one batch."""

MAX_REASON: Final = 500
"""Longest reason of a void, in characters."""


def receipt_statement(
    signer: Signer,
    *,
    origin: str,
    seed_id: str,
    time: int,
    scheme: str,
    client_seed: ClientSeed,
    client_seed_source: str,
    nonce: int,
    game: str,
    rules_digest: str,
    parameters: Mapping[str, Any],
    draws: Sequence[Mapping[str, Any]],
    outcome: Mapping[str, Any],
    payout: int | None,
    previous: str,
    beacon: str = "",
    scheme_proof: str = "",
    ticket: str = "",
) -> Document:
    """Make the receipt of one round (T4).

    Args:
        signer: the operator's key.
        origin, seed_id, time, scheme, client_seed, client_seed_source: as in epoch and activation.
        nonce: 0 to 2^53 - 2.
        game, rules_digest: name and rules of the game.
        parameters: every parameter: an integer, a text or a list of integers.
        draws: ``{"name", "value"}`` in order, at least one; a value is an integer from 0, or a list of such.
        outcome: the shown outcome, at least one field; values are integers, booleans, texts, lists of such.
        payout: ten-thousandths of the stake, at least 0, or None.
        previous: digest of the statement before it.
        beacon: the beacon in the game key's message, or empty.
        scheme_proof: up to 256 bytes in lower-case hex, or empty.
        ticket: digest of the round's ticket, or empty.

    Raises:
        TypeError, ValueError: for any argument outside its range.
    """
    if payout is not None:
        fields.integer("payout", payout, 0)
    if scheme_proof:
        fields.match("scheme_proof", scheme_proof, fields.HEX_BYTES, "lower-case hex")
    if ticket:
        fields.digest_text("ticket", ticket)
    body = _round(
        "receipt",
        origin,
        seed_id,
        time,
        scheme,
        client_seed,
        client_seed_source,
        game,
        rules_digest,
        parameters,
        beacon,
    )
    body["nonce"] = fields.nonce_number("nonce", nonce)
    body["draws"] = fields.draw_values(draws)
    body["outcome"] = fields.outcome_values(outcome)
    body["payout"] = payout
    body["scheme_proof"] = scheme_proof
    body["ticket"] = ticket
    body["previous"] = fields.digest_text("previous", previous)
    return sign_statement(body, signer)


def batch_statement(
    signer: Signer,
    *,
    origin: str,
    seed_id: str,
    time: int,
    scheme: str,
    client_seed: ClientSeed,
    client_seed_source: str,
    first_nonce: int,
    count: int,
    game: str,
    rules_digest: str,
    parameters: Mapping[str, Any],
    draws_root: bytes,
    previous: str,
    beacon: str = "",
) -> Document:
    """Make the receipt of a batch of rounds (T4).

    Args:
        signer: the operator's key.
        origin, seed_id, time, scheme, client_seed, client_seed_source: as in epoch and activation.
        first_nonce, count: the range of nonces; count is 1 to 1,000,000.
        game, rules_digest, parameters, previous, beacon: as in ``receipt_statement``.
        draws_root: RFC 6962 root over the rows, 32 bytes.

    Raises:
        TypeError, ValueError: for any argument outside its range.
    """
    body = _round(
        "batch", origin, seed_id, time, scheme, client_seed, client_seed_source, game, rules_digest, parameters, beacon
    )
    body["first_nonce"] = fields.nonce_number("first_nonce", first_nonce)
    body["count"] = fields.integer("count", count, 1, MAX_BATCH)
    fields.nonce_number("last nonce", first_nonce + count - 1)
    body["draws_root"] = fields.hash_bytes("draws_root", draws_root)
    body["previous"] = fields.digest_text("previous", previous)
    return sign_statement(body, signer)


def void_statement(
    signer: Signer, *, origin: str, seed_id: str, time: int, nonce: int, voids: str, reason: str, previous: str
) -> Document:
    """Make the statement that voids a nonce (T4).

    Args:
        signer: the operator's key.
        origin, seed_id, time, previous: as in ``receipt_statement``.
        nonce: 0 to 2^53 - 2.
        voids: digest of the receipt or batch that drew the nonce; empty if the void uses it up.
        reason: for the player, 1 to 500 characters without control characters.

    Raises:
        TypeError, ValueError: for any argument outside its range.
    """
    if voids:
        fields.digest_text("voids", voids)
    if not isinstance(reason, str):
        raise TypeError(f"reason is text, not {type(reason).__name__}")
    if not 1 <= len(reason) <= MAX_REASON or fields.CONTROL.search(reason):
        raise ValueError(f"reason is 1 to {MAX_REASON} characters without control characters, not {reason[:80]!a}")
    return sign_statement(
        {
            "type": "void",
            "origin": fields.origin_text(origin),
            "seed_id": fields.digest_text("seed_id", seed_id),
            "time": fields.time_ms(time),
            "nonce": fields.nonce_number("nonce", nonce),
            "voids": voids,
            "reason": reason,
            "previous": fields.digest_text("previous", previous),
        },
        signer,
    )


def _round(
    kind: str,
    origin: str,
    seed_id: str,
    time: int,
    scheme: str,
    client_seed: ClientSeed,
    client_seed_source: str,
    game: str,
    rules_digest: str,
    parameters: Mapping[str, Any],
    beacon: str,
) -> Statement:
    """Return the members that a receipt and a batch share."""
    return {
        "type": kind,
        "origin": fields.origin_text(origin),
        "seed_id": fields.digest_text("seed_id", seed_id),
        "time": fields.time_ms(time),
        "scheme": fields.scheme_text(scheme),
        "client_seed": client_seed.text,
        "client_seed_source": fields.source_text(client_seed_source),
        "game": fields.game_text("game", game),
        "rules_digest": fields.digest_text("rules_digest", rules_digest),
        "parameters": fields.parameter_values(parameters),
        "beacon": check_beacon(beacon),
    }
