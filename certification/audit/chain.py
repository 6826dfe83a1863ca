"""The chain of one seed's statements: order, nonces, counts and receipts root, in memory that does not grow with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from certification.audit.index import SeedFacts
from certification.history_statements import Line
from rng.merkle import Frontier
from rng.schemes import hmac_sha256_v1

Fault = tuple[str, Any, Any, str]
"""Check, expected, found, note: something that a statement contradicts."""

Limits = tuple[int, int]
"""The epoch's `reveal_by` and `max_rounds`."""

_EMPTY: Final = Frontier()


@dataclass(slots=True)
class Chain:
    """Hold how far a seed's history went.

    Args:
        previous: digest of the last statement, empty before the first.
        time: of the last statement.
        next_nonce, records: how many nonces were consumed, and how many records there were.
        frontier: of the receipts root, without what is in `leaves`.
        stage: `` (nothing yet), `epoch`, `activation`, or `reveal`.
        targets: digest of the record that drew each nonce which a void names; None for none.
        voided: the nonces that are void; None for none.
        leaves: records that the frontier is still to take in, by `settle`; None for none.
    """

    previous: str = ""
    time: int = 0
    next_nonce: int = 0
    records: int = 0
    frontier: Frontier = _EMPTY
    stage: str = ""
    targets: dict[int, str] | None = None
    voided: set[int] | None = None
    leaves: list[bytes] | None = None

    def take_plain(self, line: Line, limits: Limits) -> bool:
        """Take the next receipt in if it contradicts nothing, and return whether it did.

        Args:
            line: a receipt of a seed without voids of drawn rounds, whose members that it shares with the seed's
                others contradict nothing.
            limits: from `limits_of`.
        """
        body, nonce = line.body, self.next_nonce
        if (
            self.stage != "activation"
            or body["nonce"] != nonce
            or body["previous"] != self.previous
            or not self.time <= body["time"] <= limits[0]
            or nonce >= limits[1]
        ):
            return False
        self.next_nonce = nonce + 1
        self._record_leaf(line.data)
        self.previous, self.time = line.digest, body["time"]
        return True

    def _record_leaf(self, leaf: bytes) -> None:
        self.records += 1
        if self.leaves is None:
            self.leaves = []
        self.leaves.append(leaf)

    def settle(self) -> None:
        """Let the frontier take in what came since the last time; what came is kept in memory until then."""
        if self.leaves is not None:
            self.frontier = self.frontier.extend(self.leaves)
            self.leaves = None

    def take(self, line: Line, facts: SeedFacts) -> Iterator[Fault]:
        """Take the next statement in, and yield what it contradicts.

        Args:
            line: the statement.
            facts: what the index has of its seed.
        """
        body, kind = line.body, line.kind
        epoch = facts.epoch
        if self.stage == "reveal":
            yield "order", None, kind, "a statement after the reveal"
        wanted = {"epoch": "", "activation": "epoch"}.get(kind)
        if wanted is not None and self.stage != wanted:
            yield "order", wanted, self.stage, f"the {kind} does not come where it must: first epoch, then activation"
        if kind in ("receipt", "batch") and self.stage != "activation":
            yield "order", "activation", self.stage, f"a {kind} before the activation"
        if kind != "epoch" and self.previous and body["previous"] != self.previous:
            yield "order", self.previous, body["previous"], "does not follow the statement before it"
        if kind != "epoch" and not self.previous:
            yield "order", "", body["previous"], "the statements before it are missing"
        if body["time"] < self.time:
            yield "order", self.time, body["time"], "is of an earlier time than the statement before it"
        if epoch is not None and kind != "epoch":
            if body["origin"] != epoch["origin"]:
                yield "binding", epoch["origin"], body["origin"], "is of another origin than its epoch"
            if kind != "activation" and body["time"] > epoch["reveal_by"]:
                yield "deadline", epoch["reveal_by"], body["time"], "is later than the epoch's reveal_by"
        if kind in ("receipt", "batch", "void"):
            yield from self._record(line, facts)
        elif kind == "reveal":
            yield from self._reveal(body)
        if kind in ("epoch", "activation", "reveal"):
            self.stage = kind
        if kind == "reveal":
            # What is over takes no more memory than it must.
            self.frontier, self.targets, self.voided = _EMPTY, None, None
        self.previous, self.time = line.digest, body["time"]

    def _record(self, line: Line, facts: SeedFacts) -> Iterator[Fault]:
        body, first = line.body, line.first_nonce
        if line.kind == "void" and body["voids"]:
            drawn_by = (self.targets or {}).get(first)
            if body["voids"] != drawn_by:
                yield "binding", drawn_by, body["voids"], "voids another record than the one that drew the nonce"
            if first in (self.voided or ()):
                yield "nonce", None, first, "the nonce was voided before"
            self._void(first)
        else:
            if first != self.next_nonce:
                how = "was used before" if first < self.next_nonce else "leaves nonces out"
                yield "nonce", self.next_nonce, first, f"the nonce {how}"
            end = first + line.count
            if facts.epoch is not None and end > facts.epoch["max_rounds"]:
                yield "nonce", facts.epoch["max_rounds"], end, "more rounds than the epoch's max_rounds"
            # After a gap the chain goes on behind it, so that one gap is one discrepancy.
            self.next_nonce = max(self.next_nonce, end)
            if line.kind == "void":
                self._void(first)
            elif facts.void_targets:
                few = facts.void_targets
                drawn = range(first, end) if line.count < len(few) else [one for one in few if first <= one < end]
                self.targets = {} if self.targets is None else self.targets
                for nonce in drawn:
                    if nonce in few:
                        self.targets.setdefault(nonce, line.digest)
        self._record_leaf(line.data)
        if line.kind != "void":
            yield from _play(body, facts)

    def _void(self, nonce: int) -> None:
        self.voided = set() if self.voided is None else self.voided
        self.voided.add(nonce)

    def _reveal(self, body: dict[str, Any]) -> Iterator[Fault]:
        if body["rounds"] != self.next_nonce:
            yield "nonce", self.next_nonce, body["rounds"], "the reveal counts other rounds than the history has"
        if body["documents"] != self.records:
            yield "receipts root", self.records, body["documents"], "the reveal counts other documents"
        self.settle()
        root = self.frontier.root().hex()
        if body["receipts_root"] != root:
            yield "receipts root", root, body["receipts_root"], "the receipts root is not over the records that came"

    def as_json(self) -> list[Any]:
        """Return what a checkpoint keeps."""
        self.settle()
        return [
            self.previous,
            self.time,
            self.next_nonce,
            self.records,
            [self.frontier.size, self.frontier.to_hex()],
            self.stage,
            sorted((self.targets or {}).items()),
            sorted(self.voided or ()),
        ]

    @classmethod
    def from_json(cls, kept: list[Any]) -> Chain:
        """Return what `as_json` kept."""
        previous, time, next_nonce, records, (size, nodes), stage, targets, voided = kept
        frontier = Frontier.from_hex(nodes, size=size)
        return cls(
            previous, time, next_nonce, records, frontier, stage, dict(map(tuple, targets)) or None, set(voided) or None
        )


def limits_of(body: dict[str, Any], facts: SeedFacts) -> Limits | None:
    """Return the limits for receipts with these members, None where these cannot be plain: see `Chain.take_plain`.

    Args:
        body: the members that receipts of the seed share, those of its epoch and activation among them.
        facts: what the index has of their seed, once it has seen all of the history.
    """
    epoch = facts.epoch
    if epoch is None or facts.void_targets or body["origin"] != epoch["origin"] or any(_play(body, facts)):
        return None
    return epoch["reveal_by"], epoch["max_rounds"]


def _play(body: dict[str, Any], facts: SeedFacts) -> Iterator[Fault]:
    """Yield what a receipt or batch says otherwise than epoch and activation."""
    epoch, activation = facts.epoch, facts.activation
    if epoch is not None:
        if body["scheme"] != epoch["scheme"]:
            yield "binding", epoch["scheme"], body["scheme"], "is of another scheme than its epoch"
        in_force = epoch["rules"].get(body["game"])
        if in_force != body["rules_digest"]:
            yield "rules", in_force, body["rules_digest"], "the epoch has not these rules in force under that name"
        yield from _beacon(body, epoch, activation)
        if body.get("scheme_proof") and epoch["scheme"] == hmac_sha256_v1.NAME:
            yield "draws", "", body["scheme_proof"], "the scheme has no proof, and one is stated"
    if activation is not None:
        digest = hashlib.sha256(body["client_seed"].encode("utf-8", "replace")).hexdigest()
        stated = (digest, body["client_seed_source"])
        if stated != (activation["client_seed_digest"], activation["client_seed_source"]):
            fixed = f"{activation['client_seed_digest']} of the {activation['client_seed_source']}"
            yield "client seed", fixed, " of the ".join(stated), "is not the one that the activation fixed"


def _beacon(body: dict[str, Any], epoch: dict[str, Any], activation: dict[str, Any] | None) -> Iterator[Fault]:
    beacon = body["beacon"]
    if (epoch["beacon_mode"] == "none") != (beacon == ""):
        yield "beacon", epoch["beacon_mode"], beacon, "the beacon does not go with the epoch's beacon mode"
        return
    if not beacon:
        return
    chain, _, rest = beacon.partition(":")
    if chain != epoch["beacon_chain"]:
        yield "beacon", epoch["beacon_chain"], chain, "the beacon is of another chain than the epoch's"
    number = rest.partition(":")[0]
    if epoch["beacon_mode"] == "epoch" and activation is not None and number != str(activation["beacon_round"]):
        yield "beacon", activation["beacon_round"], number, "the beacon is of another round than the activation fixed"
