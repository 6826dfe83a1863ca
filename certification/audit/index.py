"""The index of a history of statements: what a first pass finds out about each seed before its rounds are gone through.

A seed's server seed comes with its last statement, and its rounds before that. The first pass looks at the few
statements that are no records, so that the second can check each round as it comes, in bounded memory.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from certification.audit.discrepancy import Discrepancy
from certification.history_statements import RARE, Line, parse_line

_EPOCH: Final = tuple(
    """origin tenant slot sequence previous_epoch scheme beacon_mode beacon_chain commitment next_commitment rules
    reveal_by max_rounds time""".split()
)
_HEX: Final = re.compile(r"(?:[0-9a-f]{2}){16,}")
_ACTIVATION: Final = ("client_seed_digest", "client_seed_source", "beacon_round")


Place = tuple[str, int, bytes]
"""Where a statement stands: its file, its line, and its digest."""


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Hold members of a statement in little memory, for a history may have very many seeds."""

    names: tuple[str, ...]
    values: tuple[Any, ...]


@lru_cache(maxsize=1024)
def _opened(packed: Packed) -> dict[str, Any]:
    """Return the members, to be looked at only; rounds of one seed mostly stand together."""
    found = map(_unpack, packed.values)
    return dict(zip(packed.names, found, strict=True))


@dataclass(slots=True)
class SeedFacts:
    """Hold what is known of a seed.

    Args:
        seed_id: the seed; one text for all that are keyed by it.
        packed_epoch, packed_activation: the members that count here.
        server_seed: 32 bytes, where it is revealed.
        epoch_at, activation_at, reveal_at, first_at: where the statements stand, and the first that came of them.
        void_targets: the nonces that voids of drawn rounds name.
    """

    seed_id: str
    packed_epoch: Packed | None = None
    packed_activation: Packed | None = None
    server_seed: bytes | None = None
    epoch_at: Place | None = None
    activation_at: Place | None = None
    reveal_at: Place | None = None
    first_at: Place | None = None
    void_targets: set[int] | frozenset[int] = frozenset()

    @property
    def epoch(self) -> dict[str, Any] | None:
        """The members of the epoch that count here, None where the history has none."""
        return None if self.packed_epoch is None else _opened(self.packed_epoch)

    @property
    def activation(self) -> dict[str, Any] | None:
        """The members of the activation that count here, None where the history has none."""
        return None if self.packed_activation is None else _opened(self.packed_activation)


def _pack(value: Any) -> Any:
    """Return a value in less memory: hex as bytes, any other text once for all that are like it."""
    if not isinstance(value, str):
        return value
    return bytes.fromhex(value) if _HEX.fullmatch(value) else sys.intern(value)


def _unpack(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


class Index:
    """Hold the facts of all seeds, and what contradicts them."""

    def __init__(self) -> None:
        self.seeds: dict[str, SeedFacts] = {}
        self._contradictions: list[Discrepancy] = []
        self._shared: dict[str, dict[str, str]] = {}

    def look(self, file: str, number: int, data: bytes) -> None:
        """Take a line in, if it is one of those that count here."""
        if not data.endswith(RARE) and b'"type":"void","voids":"' not in data[-110:]:
            return
        line = parse_line(number, data)
        if not isinstance(line, Line):
            return
        facts = self.facts(line.seed_id)
        if line.kind == "void":
            if line.body["voids"]:
                if not isinstance(facts.void_targets, set):
                    facts.void_targets = set()
                facts.void_targets.add(line.first_nonce)
            return
        before: Place | None = getattr(facts, f"{line.kind}_at")
        if before is not None:
            if before[2].hex() != line.digest:
                self._add(file, line, "order", f"a second {line.kind}: proof of fraud", before[2].hex(), line.digest)
            return
        place = (file, number, bytes.fromhex(line.digest))
        setattr(facts, f"{line.kind}_at", place)
        facts.first_at = facts.first_at or place
        if line.kind == "epoch":
            # Most epochs have one set of rules in force: it is kept once.
            rules = line.body["rules"]
            rules = self._shared.setdefault(json.dumps(rules, sort_keys=True), rules)
            values = (rules if name == "rules" else _pack(line.body[name]) for name in _EPOCH)
            facts.packed_epoch = Packed(_EPOCH, tuple(values))
        elif line.kind == "activation":
            facts.packed_activation = Packed(_ACTIVATION, tuple(_pack(line.body[name]) for name in _ACTIVATION))
        else:
            facts.server_seed = bytes.fromhex(line.body["server_seed"])

    def facts(self, seed_id: str) -> SeedFacts:
        """Return the facts of a seed; of one that is not known there are none yet."""
        found = self.seeds.get(seed_id)
        if found is None:
            found = self.seeds[seed_id] = SeedFacts(seed_id)
        return found

    def _add(self, file: str, line: Line, check: str, note: str, expected: Any, found: Any) -> None:
        self._contradictions.append(
            Discrepancy(
                file=file,
                line=line.number,
                seed=line.seed_id,
                nonce=None,
                check=check,
                status="refuted",
                expected=expected,
                found=found,
                note=note,
            )
        )

    def finish(self) -> Iterator[Discrepancy]:
        """Yield what concerns seeds as a whole: second statements, epochs out of line, and seeds not revealed."""
        yield from self._contradictions
        slots: dict[tuple[Any, ...], str] = {}
        for seed_id, facts in self.seeds.items():
            epoch = facts.epoch
            if epoch is None:
                note = "the history has no epoch of this seed: commitment and rules in force are not known"
                yield self._of(facts, seed_id, "binding", "undecided", note=note)
                continue
            # Origin, tenant, slot and sequence; packed, so that there is no copy of them for each seed.
            place = () if facts.packed_epoch is None else facts.packed_epoch.values[:4]
            other = slots.setdefault(place, seed_id)
            if other != seed_id:
                note = "two epochs for one place in a slot: proof of fraud"
                yield self._of(facts, seed_id, "order", "refuted", other, seed_id, note)
            yield from self._follows(seed_id, facts, epoch)
            if facts.server_seed is None:
                note = "the server seed is not revealed: draws are not checked"
                yield self._of(facts, seed_id, "commitment", "undecided", note=note)
            elif (found := hashlib.sha256(facts.server_seed).hexdigest()) != epoch["commitment"]:
                note = "the revealed server seed is not the one of the commitment"
                yield self._of(facts, seed_id, "commitment", "refuted", epoch["commitment"], found, note, at="reveal")

    def _follows(self, seed_id: str, facts: SeedFacts, epoch: dict[str, Any]) -> Iterator[Discrepancy]:
        before = self.seeds.get(epoch["previous_epoch"])
        if before is None or before.epoch is None:
            return
        wanted = {name: before.epoch[name] for name in ("origin", "tenant", "slot")}
        wanted |= {"sequence": before.epoch["sequence"] + 1, "commitment": before.epoch["next_commitment"]}
        for name, expected in wanted.items():
            if epoch[name] != expected:
                note = f"{name} of the epoch does not follow the one of its previous epoch"
                yield self._of(facts, seed_id, "order", "refuted", expected, epoch[name], note)

    def _of(
        self,
        facts: SeedFacts,
        seed_id: str,
        check: str,
        status: Any,
        expected: Any = None,
        found: Any = None,
        note: str = "",
        *,
        at: str = "epoch",
    ) -> Discrepancy:
        there: Place | None = getattr(facts, f"{at}_at") or facts.first_at
        file, line, _ = there or ("", 0, b"")
        return Discrepancy(
            file=file,
            line=line,
            seed=seed_id,
            nonce=None,
            check=check,
            status=status,
            expected=expected,
            found=found,
            note=note,
        )
