"""The audit of signed statements: form, signature, chain, and every round computed again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from certification.audit.batches import judge_root, replay
from certification.audit.chain import Chain, limits_of
from certification.audit.compare import same
from certification.audit.discrepancy import Discrepancy, Status
from certification.audit.groups import Fault, Group, Grouper, in_parts
from certification.audit.index import Index
from certification.audit.judge import StatedRound, judge, judge_discrepancy, judge_sampled
from certification.audit.rules import Shelf
from certification.audit.sample import Sample
from certification.audit.signatures import Signatures
from certification.audit.tables import Counts
from certification.audit.templates import Likely, Template, Templates, shared
from certification.history import Array
from certification.history_statements import TYPES, BadLine, Line, parse_line
from rng.bulk import Columns
from rng.games import ExpressionError
from rng.seeds import ClientSeed
from verifier import Malformed
from verifier.signature import check_signature
from verifier.statements import check_statement


@dataclass(slots=True)
class SignatureCounts:
    """Count signatures that were checked, and statements whose signature was not, for no key was pinned."""

    checked: int = 0
    unchecked: int = 0


class StatementAuditor:
    """Audit blocks of lines, one after another.

    Args:
        shelf: the rules.
        index: what the first pass found.
        signatures: the pinned keys.
        sample: which rounds the verifier judges too.
        counts: what was gone through.
    """

    def __init__(self, shelf: Shelf, index: Index, signatures: Signatures, *, sample: Sample, counts: Counts) -> None:
        self._shelf = shelf
        self._grouper = Grouper(shelf)
        self._groups: dict[tuple[str, ...], Group | Fault] = {}
        self._templates = Templates()
        self._index = index
        self._signatures = signatures
        self._sample = sample
        self._counts = counts
        self.signed = SignatureCounts()
        self.voided = 0
        self.chains: dict[str, Chain] = {}

    def audit(self, lines: Sequence[tuple[int, bytes]], *, file: str) -> list[Discrepancy]:
        """Return what is wrong in a block of lines, by line."""
        found: list[Discrepancy] = []
        statements: list[Line] = []
        self._counts.rows += len(lines)
        parsed, proved = self._parsed(lines)
        for number, _ in lines:
            line = parsed[number]
            if isinstance(line, BadLine):
                found.append(
                    Discrepancy(
                        file=file,
                        line=number,
                        seed="",
                        nonce=None,
                        check="form",
                        status="malformed",
                        found=line.text,
                        note=line.reason,
                    )
                )
            else:
                statements.append(line)
        found += self._signed(statements, file)
        found += self._chained(statements, proved, file)
        found += self._batches([line for line in statements if line.kind == "batch"], file)
        found += self._receipts([line for line in statements if line.kind == "receipt"], proved, file)
        found.sort(key=lambda one: one.line)
        return found

    def _parsed(self, lines: Sequence[tuple[int, bytes]]) -> tuple[dict[int, Line | BadLine], dict[int, Template]]:
        """Return each line by its number, and the templates of those that were proved."""
        parsed: dict[int, Line | BadLine] = {}
        proved: dict[int, Template] = {}
        likely: list[Likely] = []
        for number, data in lines:
            one = self._templates.likely(number, data)
            if one is not None:
                likely.append(one)
                continue
            parsed[number] = line = parse_line(number, data)
            if isinstance(line, Line) and line.kind == "receipt":
                self._learn(line)
        for line, template in self._templates.prove(likely):
            parsed[line.number], proved[line.number] = line, template
        for one in likely:
            if one.number not in proved:
                parsed[one.number] = parse_line(one.number, one.data)
        return parsed, proved

    def _learn(self, line: Line) -> None:
        facts = self._index.seeds.get(line.seed_id)
        if facts is None or facts.server_seed is None:
            return
        group = self._group(_key(line), line)
        if isinstance(group, Fault):
            return
        limits = limits_of(line.body, facts)
        client = ClientSeed(line.body["client_seed"])
        self._templates.learn(line, Template(shared(line.body), group, facts.server_seed, client, limits))

    def _chained(self, lines: Sequence[Line], proved: dict[int, Template], file: str) -> Iterator[Discrepancy]:
        touched: dict[str, Chain] = {}
        for line in lines:
            seed_id = line.seed_id
            chain = touched.get(seed_id)
            if chain is None:
                chain = touched[seed_id] = self.chains.setdefault(self._index.facts(seed_id).seed_id, Chain())
            template = proved.get(line.number)
            if template is not None and template.limits is not None and chain.take_plain(line, template.limits):
                continue
            for check, expected, stated, note in chain.take(line, self._index.facts(seed_id)):
                yield _at(line, file, check, expected=expected, found=stated, note=note)
            self.voided += line.kind == "void" and line.body["voids"] != ""
        for chain in touched.values():
            chain.settle()

    def _signed(self, lines: Sequence[Line], file: str) -> Iterator[Discrepancy]:
        if not self._signatures.is_pinned:
            self.signed.unchecked += len(lines)
            return
        keyed: list[tuple[bytes, Line]] = []
        for line in lines:
            key = self._signatures.key_of(line)
            if isinstance(key, str):
                self.signed.unchecked += 1
                # That one operator's key is pinned says nothing against another operator.
                status: Status = "refuted" if self._signatures.speaks_for(str(line.body["origin"])) else "undecided"
                yield _at(line, file, "identity", status=status, note=key)
            else:
                keyed.append((key, line))
        self.signed.checked += len(keyed)
        for (key, line), good in zip(keyed, self._signatures.check(keyed), strict=True):
            if not good:
                fault = check_signature(key, line.signed, bytes.fromhex(line.body["signature"]))
                agreed = "verifier agrees" if fault is not None else "verifier disagrees"
                yield _at(line, file, "signatures", note=fault or "libsodium refuses it", judged=agreed)

    def _receipts(self, lines: Sequence[Line], proved: dict[int, Template], file: str) -> Iterator[Discrepancy]:
        members: dict[tuple[str, ...], list[Line]] = {}
        computed: list[tuple[Line, Group]] = []
        for line in lines:
            if line.number in proved:
                computed.append((line, proved[line.number].group))
            elif self._index.seeds[line.seed_id].server_seed is not None:
                members.setdefault(_key(line), []).append(line)
        known: set[int] = set()
        for key, rows in members.items():
            group = self._group(key, rows[0])
            if isinstance(group, Fault):
                yield from (_at(line, file, group.check, status=group.status, note=group.note) for line in rows)
                continue
            for places, columns in in_parts(partial(self._play, group, rows), np.arange(len(rows))):
                if isinstance(columns, str):
                    yield _at(rows[int(places[0])], file, "outcome", note=f"the rules give none: {columns}")
                    continue
                here = [rows[place] for place in places.tolist()]
                computed += [(line, group) for line in here]
                for line, wrong in _wrong(here, columns):
                    known.add(line.number)
                    judgement = judge(self._stated(line, group, file), self._shelf)
                    self._counts.judged += 1
                    for check, (expected, stated) in wrong.items():
                        one = _at(line, file, check, expected=expected, found=stated)
                        yield from judge_discrepancy(one, judgement)
        self._counts.rounds += len(computed)
        computed.sort(key=lambda one: one[0].number)

        def keep(row: int) -> list[Any]:
            line, group = computed[row]
            return [self._stated(_whole(line), group, file).as_json(), line.number in known]

        for row in self._sample.choose(len(computed), keep):
            self._counts.sampled += 1
            line, group = computed[row]
            if line.number not in known:
                self._counts.judged += 1
                line = _whole(line)
                stated = self._stated(line, group, file)
                yield from judge_sampled(stated, judge(stated, self._shelf))
                yield from self._judge_statement(line, file)

    def _play(self, group: Group, rows: Sequence[Line], places: Array) -> Columns:
        here = [rows[place] for place in places.tolist()]
        seeds = [self._index.seeds[line.seed_id].server_seed or b"" for line in here]
        return group.player.play(
            b"".join(seeds),
            client_seeds=[ClientSeed(line.body["client_seed"]) for line in here],
            nonces=[line.body["nonce"] for line in here],
        )

    def _group(self, key: tuple[str, ...], line: Line) -> Group | Fault:
        if key not in self._groups:
            if len(self._groups) >= 512:
                self._groups.clear()
            body = line.body
            self._groups[key] = self._grouper.prepared(
                body["scheme"],
                body["game"],
                body["rules_digest"],
                body["parameters"],
                body["beacon"],
                fill_defaults=False,
            )
        return self._groups[key]

    def _judge_statement(self, line: Line, file: str) -> Iterator[Discrepancy]:
        """Let the verifier check the form, the digest and the signature of a sampled receipt too."""
        try:
            statement = check_statement(line.body, "$", types=TYPES)
        except Malformed as error:
            yield _at(line, file, "form", status="malformed", note=str(error)[:500], judged="found by the verifier")
            return
        if statement.digest != line.digest or statement.document_bytes != line.data:
            note = "engine (found) and verifier (expected) do not agree on the digest; please report this"
            yield _at(
                line, file, "evaluators", status="undecided", expected=statement.digest, found=line.digest, note=note
            )
        key = self._signatures.key_of(line)
        if isinstance(key, bytes):
            fault = check_signature(key, statement.signed_bytes, bytes.fromhex(statement.text("signature")))
            if fault is not None:
                yield _at(line, file, "signatures", note=fault, judged="found by the verifier")

    def _stated(self, line: Line, group: Group, file: str, row: dict[str, Any] | None = None) -> StatedRound:
        """Return the round of a receipt, or with a row one of a batch."""
        body = line.body
        states = body if row is None else row
        return StatedRound(
            file=file,
            line=line.number,
            seed=line.seed_id,
            scheme=group.scheme,
            server_seed=(self._index.seeds[line.seed_id].server_seed or b"").hex(),
            client_seed=body["client_seed"],
            nonce=states["nonce"],
            game=group.game.name,
            rules_digest=group.game.digest,
            parameters=body["parameters"],
            beacon=body["beacon"],
            draws=states["draws"],
            outcome=states["outcome"],
            payout=states["payout"],
            cells=False,
        )

    def _batches(self, lines: Sequence[Line], file: str) -> Iterator[Discrepancy]:
        for line in lines:
            body = line.body
            server_seed = self._index.seeds[line.seed_id].server_seed
            if server_seed is None:
                continue
            group = self._group(_key(line), line)
            if isinstance(group, Fault):
                yield _at(line, file, group.check, status=group.status, note=group.note)
                continue
            stated = partial(self._stated, line, group, file)
            try:
                root, sampled = replay(group, server_seed, body, sample=self._sample, stated=stated)
            except (ExpressionError, ValueError) as error:
                yield _at(line, file, "outcome", note=f"the rules give none: {error}"[:500])
                continue
            self._counts.rounds += body["count"]
            self._counts.sampled += len(sampled)
            self._counts.judged += len(sampled)
            for one in sampled:
                yield from judge_sampled(one, judge(one, self._shelf))
            if root != body["draws_root"]:
                note = f"the draws root of {body['count']} rounds"
                wrong = _at(line, file, "draws", expected=root, found=body["draws_root"], note=note)
                self._counts.judged += body["count"]
                yield from judge_discrepancy(wrong, judge_root(body, server_seed, self._shelf))


def _whole(line: Line) -> Line:
    """Return a line with all its members: one that was proved is parsed only now."""
    if "draws" in line.body:
        return line
    parsed = parse_line(line.number, line.data)
    if isinstance(parsed, Line) and parsed.digest == line.digest:
        return parsed
    # Then the proof is at fault. The verifier agrees with no receipt that states nothing, and so it comes out.
    return replace(line, body={**line.body, "draws": None, "outcome": None, "payout": None})


def _key(line: Line) -> tuple[str, ...]:
    body = line.body
    parameters = json.dumps(body["parameters"], sort_keys=True)
    return str(body["scheme"]), str(body["game"]), str(body["rules_digest"]), parameters, str(body["beacon"])


def _wrong(lines: Sequence[Line], columns: Columns) -> Iterator[tuple[Line, dict[str, tuple[Any, Any]]]]:
    """Yield the receipts that state something else than what was computed, with both sides by check."""
    names = list(columns.draws)
    draws = list(zip(*(array.tolist() for array in columns.draws.values()), strict=True))
    fields = list(columns.outcome)
    outcomes = list(zip(*(column.to_list() for column in columns.outcome.values()), strict=True))
    payouts = [None] * len(lines) if columns.payout is None else columns.payout.tolist()
    for line, values, shown, paid in zip(lines, draws, outcomes, payouts, strict=True):
        true: dict[str, Any] = {
            "draws": [{"name": name, "value": value} for name, value in zip(names, values, strict=True)],
            "outcome": dict(zip(fields, shown, strict=True)),
            "payout": paid,
        }
        wrong = {check: (value, line.body[check]) for check, value in true.items() if not same(value, line.body[check])}
        if wrong:
            yield line, wrong


def _at(
    line: Line,
    file: str,
    check: str,
    *,
    status: Status = "refuted",
    expected: Any = None,
    found: Any = None,
    note: str = "",
    judged: str = "",
) -> Discrepancy:
    nonce = line.first_nonce if line.kind in ("receipt", "batch", "void") else None
    return Discrepancy(
        file=file,
        line=line.number,
        seed=line.seed_id,
        nonce=nonce,
        check=check,
        status=status,
        expected=expected,
        found=found,
        note=note,
        judged=judged,
    )
