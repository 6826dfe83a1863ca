"""The life of a server seed, a pure state machine: committed -> active -> closed -> revealed (statements.md T6).

Each function, here and in ``rng.history``, takes the state, the arguments of one event, the time and the signer, and
returns the next state and the statement that led there; or it raises ``EpochError`` and nothing has happened. Time
never runs backwards within an epoch: a statement's time is the later of the given time and that of the statement
before it, so a clock that is set back makes equal times, not a disordered history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from rng import fields, milestones
from rng.merkle import Frontier
from rng.seeds import ClientSeed, Commitment, ServerSeed
from rng.signing import Signer
from rng.statement import Document

__all__ = [
    "STATUSES",
    "Epoch",
    "EpochError",
    "Status",
    "activate",
    "check_successor",
    "close",
    "next_time",
    "open_epoch",
    "require_open",
    "reveal",
]

Status = Literal["committed", "active", "closed", "revealed"]
STATUSES: Final[tuple[Status, ...]] = ("committed", "active", "closed", "revealed")
_ENDED: Final = ("closed", "revealed")
_EMPTY: Final = Frontier()


class EpochError(Exception):
    """Say that the state of an epoch does not allow an event.

    Args:
        code: stable name: ``not_active``, ``already_active``, ``closed``, ``revealed``, ``past_reveal_by``,
            ``max_rounds_reached``, ``nonce_not_next``, ``nonce_already_voided``, ``game_not_in_force``,
            ``wrong_beacon``, ``wrong_server_seed`` or ``wrong_successor``.
        message: what was found and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type[EpochError], tuple[str, str]]:
        return EpochError, (self.code, str(self))


@dataclass(frozen=True, slots=True)
class Epoch:
    """Hold the state of an epoch.

    Args:
        document: the epoch statement; its digest is the seed id.
        previous: digest of the newest statement of the seed.
        time: Unix time in milliseconds of the newest statement of the seed.
        status: ``committed``, ``active``, ``closed`` or ``revealed``.
        activation: the activation, or None before it.
        client_seed: the client seed in clear, or None before the activation.
        next_nonce: how many nonces are used up, which is the next one.
        frontier: of the tree over the document bytes of all records.
        reveal: the reveal, or None before it.
    """

    document: Document
    previous: str
    time: int
    status: Status = "committed"
    activation: Document | None = None
    client_seed: ClientSeed | None = None
    next_nonce: int = 0
    frontier: Frontier = _EMPTY
    reveal: Document | None = None

    @property
    def seed_id(self) -> str:
        """Digest of the epoch statement, 64 hex characters."""
        return self.document.digest

    @property
    def origin(self) -> str:
        """Operator and network."""
        return str(self.document.statement["origin"])

    @property
    def tenant(self) -> str:
        """Whose players the slot is among."""
        return str(self.document.statement["tenant"])

    @property
    def slot(self) -> str:
        """The player's place, 32 hex characters."""
        return str(self.document.statement["slot"])

    @property
    def sequence(self) -> int:
        """Number of the epoch in its slot, from 0."""
        return int(self.document.statement["sequence"])

    @property
    def scheme(self) -> str:
        """Name of the scheme."""
        return str(self.document.statement["scheme"])

    @property
    def commitment(self) -> Commitment:
        """Commitment to the server seed."""
        return Commitment.from_hex(self.document.statement["commitment"])

    @property
    def next_commitment(self) -> Commitment:
        """Commitment to the next epoch's server seed."""
        return Commitment.from_hex(self.document.statement["next_commitment"])

    @property
    def rules(self) -> Mapping[str, str]:
        """Name of each game in force to its rules digest."""
        rules: Mapping[str, str] = self.document.statement["rules"]
        return rules

    @property
    def reveal_by(self) -> int:
        """Unix time in milliseconds by which the reveal is made; nothing is drawn after it."""
        return int(self.document.statement["reveal_by"])

    @property
    def max_rounds(self) -> int:
        """No nonce is this high."""
        return int(self.document.statement["max_rounds"])

    @property
    def records(self) -> int:
        """How many records (receipts, batches, voids) the seed has."""
        return self.frontier.size

    @property
    def client_seed_source(self) -> str:
        """``player`` or ``operator``; empty before the activation."""
        return "" if self.activation is None else str(self.activation.statement["client_seed_source"])


def open_epoch(
    previous: Epoch | None,
    *,
    origin: str,
    tenant: str,
    slot: str,
    time: int,
    signer: Signer,
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
) -> Epoch:
    """Open an epoch, in status ``committed``.

    Args:
        previous: the newest epoch of the slot, or None for the first. It may still be open here; a store accepts the
            new epoch only once the previous one is closed or revealed.
        origin, tenant, slot: as in the previous epoch, if there is one.
        time: Unix time in milliseconds.
        signer: the operator's key.
        scheme, next_commitment, rules, reveal_by, max_rounds: as in ``rng.milestones.epoch_statement``.
        commitment: the one that the previous epoch announced, if there is one.
        beacon_mode, beacon_chain, beacon_delay, not_before, log_by: as in ``rng.milestones.epoch_statement``.

    Raises:
        EpochError: ``wrong_successor``, if the epoch does not follow the previous one.
        TypeError, ValueError: for an argument outside its range.
    """
    fields.time_ms(time)
    document = milestones.epoch_statement(
        signer,
        origin=origin,
        time=time if previous is None else max(previous.time, time),
        tenant=tenant,
        slot=slot,
        sequence=0 if previous is None else previous.sequence + 1,
        previous_epoch="" if previous is None else previous.seed_id,
        scheme=scheme,
        commitment=commitment,
        next_commitment=next_commitment,
        rules=rules,
        reveal_by=reveal_by,
        max_rounds=max_rounds,
        beacon_mode=beacon_mode,
        beacon_chain=beacon_chain,
        beacon_delay=beacon_delay,
        not_before=not_before,
        log_by=log_by,
    )
    epoch = Epoch(document=document, previous=document.digest, time=document.statement["time"])
    check_successor(previous, epoch)
    return epoch


def activate(
    epoch: Epoch,
    *,
    client_seed: ClientSeed,
    source: str,
    time: int,
    signer: Signer,
    beacon_round: int = 0,
) -> tuple[Epoch, Document]:
    """Fix the client seed, once, before the first round.

    Args:
        epoch: in status ``committed``.
        client_seed: the client seed.
        source: ``player`` or ``operator``.
        time: Unix time in milliseconds.
        signer: the operator's key.
        beacon_round: at least 1 in beacon mode ``epoch``, else 0.

    Raises:
        EpochError: ``already_active``, ``closed``, ``revealed``, ``past_reveal_by`` or ``wrong_beacon``.
        TypeError, ValueError: for an argument outside its range.
    """
    if epoch.activation is not None and epoch.status == "active":
        raise EpochError("already_active", f"seed {epoch.seed_id} has its client seed; rotate to set another one")
    require_open(epoch)
    if (epoch.document.statement["beacon_mode"] == "epoch") != (beacon_round != 0):
        mode = epoch.document.statement["beacon_mode"]
        raise EpochError("wrong_beacon", f"beacon round {beacon_round!r:.40} does not go with beacon mode {mode!r}")
    document = milestones.activation_statement(
        signer,
        origin=epoch.origin,
        seed_id=epoch.seed_id,
        time=next_time(epoch, time),
        client_seed=client_seed,
        client_seed_source=source,
        beacon_round=beacon_round,
    )
    after = replace(
        epoch,
        status="active",
        activation=document,
        client_seed=client_seed,
        previous=document.digest,
        time=document.statement["time"],
    )
    return after, document


def close(epoch: Epoch) -> Epoch:
    """End play for good without revealing yet; no statement is made, and no record follows.

    Raises:
        EpochError: ``closed`` or ``revealed``.
    """
    require_open(epoch)
    return replace(epoch, status="closed")


def reveal(
    epoch: Epoch, *, server_seed: ServerSeed, time: int, signer: Signer, late: bool = False
) -> tuple[Epoch, Document]:
    """Reveal the server seed, which ends the epoch; an epoch that was never activated can be revealed too.

    Args:
        epoch: in any status but ``revealed``.
        server_seed: the seed of the epoch's commitment.
        time: Unix time in milliseconds.
        signer: the operator's key.
        late: whether a reveal after ``reveal_by`` is made nevertheless. It states its true time, so every verifier
            counts it against the operator (V6); but without it the rounds could never be checked at all.

    Raises:
        EpochError: ``revealed``, ``past_reveal_by`` or ``wrong_server_seed``.
        TypeError, ValueError: for an argument outside its range.
    """
    if epoch.status == "revealed":
        raise EpochError("revealed", f"seed {epoch.seed_id} is revealed already")
    when = next_time(epoch, time, late=late)
    if server_seed.commitment() != epoch.commitment:
        raise EpochError("wrong_server_seed", f"the server seed is not the one of commitment {epoch.commitment.hex}")
    document = milestones.reveal_statement(
        signer,
        origin=epoch.origin,
        seed_id=epoch.seed_id,
        time=when,
        server_seed=server_seed,
        rounds=epoch.next_nonce,
        documents=epoch.records,
        receipts_root=epoch.frontier.root(),
        previous=epoch.previous,
    )
    after = replace(epoch, status="revealed", reveal=document, previous=document.digest, time=when)
    return after, document


def check_successor(previous: Epoch | None, epoch: Epoch) -> None:
    """Refuse an epoch that does not follow the previous one of its slot (T2, T6).

    Raises:
        EpochError: ``wrong_successor``, naming the field.
    """
    if previous is None:
        expected: dict[str, object] = {"sequence": 0, "previous_epoch": ""}
    else:
        expected = {
            "origin": previous.origin,
            "tenant": previous.tenant,
            "slot": previous.slot,
            "sequence": previous.sequence + 1,
            "previous_epoch": previous.seed_id,
            "commitment": previous.document.statement["next_commitment"],
        }
    for name, value in expected.items():
        found = epoch.document.statement[name]
        if found != value:
            raise EpochError("wrong_successor", f"{name} of the epoch is {found!r:.80}, to follow it must be {value!r}")


def next_time(epoch: Epoch, time: int, *, late: bool = False) -> int:
    """Return the time of an epoch's next statement: not before the newest one, not after ``reveal_by`` unless late.

    Raises:
        EpochError: ``past_reveal_by``.
    """
    when = max(epoch.time, fields.time_ms(time))
    if when > epoch.reveal_by and not late:
        message = f"seed {epoch.seed_id} was to be revealed by {epoch.reveal_by}; it is {when}"
        raise EpochError("past_reveal_by", message)
    return when


def require_open(epoch: Epoch) -> None:
    """Refuse an epoch whose play has ended.

    Raises:
        EpochError: ``closed`` or ``revealed``.
    """
    if epoch.status in _ENDED:
        raise EpochError(epoch.status, f"seed {epoch.seed_id} is {epoch.status}; play goes on with the next epoch")
