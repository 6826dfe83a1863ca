"""The index of a history of statements: what a first pass finds out about each seed before its rounds are gone through.

A seed's server seed comes with its last statement, and its rounds before that. The first pass looks at the few
statements that are no records, so that the second can check each round as it comes, in bounded memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from certification.audit.discrepancy import Discrepancy
from certification.history_statements import RARE, Line, parse_line

_EPOCH = """origin tenant slot sequence previous_epoch scheme beacon_mode beacon_chain commitment next_commitment rules
    reveal_by max_rounds time""".split()
_ACTIVATION = "client_seed_digest client_seed_source beacon_round".split()


@dataclass(slots=True)
class SeedFacts:
    """Hold what is known of a seed, and where its epoch, activation and reveal stand: (file, line, digest)."""

    epoch: dict[str, Any] | None = None
    activation: dict[str, Any] | None = None
    server_seed: bytes | None = None
    places: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    void_targets: set[int] = field(default_factory=set)


class Index:
    """Hold the facts of all seeds, and what contradicts them."""

    def __init__(self) -> None:
        self.seeds: dict[str, SeedFacts] = {}
        self._contradictions: list[Discrepancy] = []

    def look(self, file: str, number: int, data: bytes) -> None:
        """Take a line in, if it is one of those that count here."""
        if not data.endswith(RARE) and b'"type":"void","voids":"' not in data[-110:]:
            return
        line = parse_line(number, data)
        if not isinstance(line, Line):
            return
        facts = self.seeds.setdefault(line.seed_id, SeedFacts())
        if line.kind == "void":
            if line.body["voids"]:
                facts.void_targets.add(line.first_nonce)
            return
        before = facts.places.get(line.kind)
        if before is not None:
            if before[2] != line.digest:
                self._add(file, line, "order", f"a second {line.kind}: proof of fraud", before[2], line.digest)
            return
        facts.places[line.kind] = (file, number, line.digest)
        if line.kind == "epoch":
            facts.epoch = {name: line.body[name] for name in _EPOCH}
        elif line.kind == "activation":
            facts.activation = {name: line.body[name] for name in _ACTIVATION}
        else:
            facts.server_seed = bytes.fromhex(line.body["server_seed"])

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
            place = (epoch["origin"], epoch["tenant"], epoch["slot"], epoch["sequence"])
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
        file, line, _ = facts.places.get(at) or next(iter(facts.places.values()), ("", 0, ""))
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
