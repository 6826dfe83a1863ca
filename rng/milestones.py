"""Milestones of a seed (statements.md T2, T3, T5): the statements of its epoch, its activation and its reveal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rng import fields
from rng.canonical import MAX_INTEGER
from rng.seeds import ClientSeed, Commitment, ServerSeed, check_beacon
from rng.signing import Signer
from rng.statement import Document, sign_statement

__all__ = ["activation_statement", "epoch_statement", "reveal_statement"]

_BEACON_MODES: Final = ("epoch", "none", "round")


def epoch_statement(
    signer: Signer,
    *,
    origin: str,
    time: int,
    tenant: str,
    slot: str,
    sequence: int,
    previous_epoch: str,
    scheme: str,
    commitment: Commitment,
    next_commitment: Commitment,
    rules: Mapping[str, str],
    reveal_by: int,
    max_rounds: int,
    beacon_mode: str = "none",
    beacon_chain: str = "",
    beacon_delay: int = 0,
    not_before: str = "",
    log_by: int = 0,
) -> Document:
    """Make the statement that opens an epoch (T2); its digest is the seed id.

    Args:
        signer: the operator's key.
        origin: operator and network, 1 to 128 printable ASCII characters without space or quotation mark.
        time: Unix time in milliseconds.
        tenant: 1 to 64 characters of a-z, 0-9, -.
        slot: the player's place, 32 hex characters.
        sequence: number of the epoch in its slot, from 0.
        previous_epoch: seed id of the epoch before it; empty for sequence 0, and only then.
        scheme: name of the scheme.
        commitment, next_commitment: of this epoch's server seed and of the next one's; they differ.
        rules: name of each game in force to its rules digest; at least one.
        reveal_by: Unix time in milliseconds, after ``time``.
        max_rounds: 1 to 2^53 - 1.
        beacon_mode: ``none``, ``epoch`` or ``round``.
        beacon_chain: chain hash, 64 hex characters; empty in mode ``none``.
        beacon_delay: milliseconds, at least 1 in mode ``epoch``; else 0.
        not_before: the newest beacon known, or empty.
        log_by: Unix time in milliseconds, not before ``time``; 0 where there is no log.

    Raises:
        TypeError, ValueError: for any argument outside its range.
    """
    fields.integer("sequence", sequence, 0)
    if (sequence == 0) != (previous_epoch == ""):
        raise ValueError(f"epoch {sequence} of a slot cannot follow {previous_epoch!r:.80}: only number 0 follows none")
    if previous_epoch:
        fields.digest_text("previous_epoch", previous_epoch)
    if commitment == next_commitment:
        raise ValueError(f"the next epoch needs a server seed of its own; both commitments are {commitment.hex}")
    if not rules:
        raise ValueError("an epoch needs at least one game in force: no other can be played under it")
    for name, digest in rules.items():
        fields.game_text("name of a game", name)
        fields.digest_text(f"rules digest of {name}", digest)
    fields.time_ms(time)
    fields.integer("reveal_by", reveal_by, time + 1)
    if log_by != 0:
        fields.integer("log_by", log_by, time)
    if beacon_mode not in _BEACON_MODES:
        raise ValueError(f"beacon_mode is one of {', '.join(_BEACON_MODES)}, not {beacon_mode!r:.80}")
    if beacon_mode == "none":
        if beacon_chain != "":
            raise ValueError(f"without a beacon beacon_chain is empty, not {beacon_chain!r:.80}")
    else:
        fields.digest_text("beacon_chain", beacon_chain)
    least, most = (1, MAX_INTEGER) if beacon_mode == "epoch" else (0, 0)
    return sign_statement(
        {
            "type": "epoch",
            "origin": fields.origin_text(origin),
            "time": time,
            "tenant": fields.match("tenant", tenant, fields.TENANT, "1 to 64 characters of a-z, 0-9, -"),
            "slot": fields.match("slot", slot, fields.HEX_32, "32 lower-case hex characters"),
            "sequence": sequence,
            "previous_epoch": previous_epoch,
            "scheme": fields.scheme_text(scheme),
            "beacon_mode": beacon_mode,
            "beacon_chain": beacon_chain,
            "beacon_delay": fields.integer("beacon_delay", beacon_delay, least, most),
            "commitment": commitment.hex,
            "next_commitment": next_commitment.hex,
            "rules": dict(rules),
            "not_before": check_beacon(not_before),
            "log_by": log_by,
            "reveal_by": reveal_by,
            "max_rounds": fields.integer("max_rounds", max_rounds, 1),
        },
        signer,
    )


def activation_statement(
    signer: Signer,
    *,
    origin: str,
    seed_id: str,
    time: int,
    client_seed: ClientSeed,
    client_seed_source: str,
    beacon_round: int = 0,
) -> Document:
    """Make the statement that fixes an epoch's client seed (T3).

    Args:
        signer: the operator's key.
        origin, seed_id, time: as in the epoch, its digest, Unix time in milliseconds.
        client_seed: the statement holds its digest only.
        client_seed_source: ``player`` or ``operator``.
        beacon_round: in mode ``epoch`` the round that salts all rounds, else 0.

    Raises:
        TypeError, ValueError: for any argument outside its range.
    """
    return sign_statement(
        {
            "type": "activation",
            "origin": fields.origin_text(origin),
            "seed_id": fields.digest_text("seed_id", seed_id),
            "time": fields.time_ms(time),
            "client_seed_digest": client_seed.digest_hex,
            "client_seed_source": fields.source_text(client_seed_source),
            "beacon_round": fields.integer("beacon_round", beacon_round, 0),
            "previous": seed_id,
        },
        signer,
    )


def reveal_statement(
    signer: Signer,
    *,
    origin: str,
    seed_id: str,
    time: int,
    server_seed: ServerSeed,
    rounds: int,
    documents: int,
    receipts_root: bytes,
    previous: str,
) -> Document:
    """Make the statement that ends an epoch (T5). From here on the server seed is public.

    Args:
        signer: the operator's key.
        origin, seed_id, time: as in the epoch, its digest, Unix time in milliseconds.
        server_seed: the seed of the epoch's commitment.
        rounds: how many nonces were used up.
        documents: how many records there are.
        receipts_root: RFC 6962 root over their document bytes, 32 bytes.
        previous: digest of the last record, else of the activation, else the seed id.

    Raises:
        TypeError, ValueError: for any argument outside its range.
    """
    return sign_statement(
        {
            "type": "reveal",
            "origin": fields.origin_text(origin),
            "seed_id": fields.digest_text("seed_id", seed_id),
            "time": fields.time_ms(time),
            "server_seed": server_seed.data.hex(),
            "rounds": fields.integer("rounds", rounds, 0),
            "documents": fields.integer("documents", documents, 0),
            "receipts_root": fields.hash_bytes("receipts_root", receipts_root),
            "previous": fields.digest_text("previous", previous),
        },
        signer,
    )
