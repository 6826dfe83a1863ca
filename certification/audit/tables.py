"""The audit of tables: each row is a revealed round, held against what the engine computes (spec/history.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from certification.audit.compare import SpellingNeeded, differing, plain_text
from certification.audit.discrepancy import Discrepancy
from certification.audit.groups import Fault, Group, Grouper, play
from certification.audit.judge import StatedRound, judge, judge_discrepancy, judge_sampled
from certification.audit.ledger import SEED_BYTES, Ledger
from certification.audit.rows import REQUIRED, Rows, formed
from certification.audit.rules import Shelf
from certification.audit.sample import Sample
from certification.history import Array, Block
from rng.bulk import Column, Columns

Computed = tuple[Group, Array, Columns]
"""A group, the places of some of its rows, and what the engine computed for them."""


@dataclass(slots=True)
class Counts:
    """Count what was gone through.

    Args:
        rows: rows of tables and lines of statements.
        rounds: rounds that the engine computed again.
        sampled: rounds of the sample, all of which the verifier judged.
        judged: rounds that the verifier judged, those with a discrepancy among them.
    """

    rows: int = 0
    rounds: int = 0
    sampled: int = 0
    judged: int = 0


class TableAuditor:
    """Audit blocks of tables, one after another.

    Args:
        shelf: the rules.
        sample: which rounds the verifier judges too.
        ledger: the nonces that came.
        counts: what was gone through.
    """

    def __init__(self, shelf: Shelf, *, sample: Sample, ledger: Ledger, counts: Counts) -> None:
        self._shelf = shelf
        self._grouper = Grouper(shelf)
        self._sample = sample
        self._ledger = ledger
        self._counts = counts

    def audit(self, block: Block, *, file: str, number: int, typed: bool = False) -> list[Discrepancy]:
        """Return what is wrong in a block, by line.

        Args:
            block: the rows.
            file: the file's name.
            number: its number in the history.
            typed: whether the format has types.

        Raises:
            SpellingNeeded: a column (its name is the argument) has to be read again as texts; nothing was taken in yet.
        """
        found = [_malformed(file, bad.line, bad.reason, bad.text) for bad in block.bad]
        missing = [name for name in REQUIRED if name not in block.columns]
        if missing:
            self._counts.rows += len(block) + len(block.bad)
            note = f"the table has no column {', '.join(missing)}: nothing can be checked"
            return found + [_malformed(file, line, note) for line in block.lines.tolist()]
        rows, unformed = formed(block)
        found += [_malformed(file, line, reason, text) for line, reason, text in unformed]
        computed: list[Computed] = []
        for group, places in self._grouper.groups(rows):
            if isinstance(group, Fault):
                found += [
                    _at(rows, place, file, group.check, status=group.status, note=group.note)
                    for place in places.tolist()
                ]
                continue
            for part, columns in play(group, rows, places):
                if isinstance(columns, str):
                    found.append(_at(rows, int(part[0]), file, "outcome", note=f"the rules give none: {columns}"))
                else:
                    computed.append((group, part, columns))
        wrong = [_wrong(rows, one, typed=typed) for one in computed]
        # Everything above can be asked for again; from here on things are taken in.
        self._counts.rows += len(block) + len(block.bad)
        self._counts.rounds += sum(len(places) for _, places, _ in computed)
        for one, differences in zip(computed, wrong, strict=True):
            found += self._judged(rows, one[0], differences, file)
            found += _columns_missing(rows, one, file)
        found += self._nonces(rows, file, number)
        found += _commitments(rows, file)
        found += self._sampled(rows, computed, {place for one in wrong for place in one}, file)
        found.sort(key=lambda one: one.line)
        return found

    def gaps(self, files: tuple[str, ...]) -> Iterator[Discrepancy]:
        """Yield the nonces that never came, at the end of the history."""
        for gap in self._ledger.gaps():
            note = f"nonces {gap.first} to {gap.last} are missing before this row"
            yield Discrepancy(
                file=files[gap.file],
                line=gap.line,
                seed=gap.seed.hex(),
                nonce=gap.first,
                check="nonce",
                status="refuted",
                expected=gap.first,
                found=gap.last + 1,
                note=f"{note}; the seed is the first half of its commitment",
            )

    def judge_spare(self) -> Iterator[Discrepancy]:
        """Let the verifier judge what makes the sample a thousand, at the end of the history."""
        for fields, is_judged in self._sample.spare():
            self._counts.sampled += 1
            if not is_judged:
                stated = StatedRound(*fields)
                self._counts.judged += 1
                yield from judge_sampled(stated, judge(stated, self._shelf))

    def _judged(
        self, rows: Rows, group: Group, wrong: dict[int, dict[str, tuple[Any, Any]]], file: str
    ) -> Iterator[Discrepancy]:
        stated = _stater(rows, group, file)
        for place, checks in sorted(wrong.items()):
            judgement = judge(stated(place), self._shelf)
            self._counts.judged += 1
            for check, (expected, said) in checks.items():
                one = _at(rows, place, file, check, expected=expected, found=said)
                yield from judge_discrepancy(one, judgement)

    def _nonces(self, rows: Rows, file: str, number: int) -> Iterator[Discrepancy]:
        clients = rows.texts["client_seed"]
        hashes = [hashlib.sha256(text.encode("utf-8", "replace")).digest()[:16] for text in clients.values]
        double, other = self._ledger.add(
            rows.commitments[:, :SEED_BYTES],
            rows.seed_codes,
            rows.nonces,
            file=number,
            lines=rows.lines,
            clients=np.array(hashes, dtype="S16")[clients.codes] if hashes else np.zeros(0, dtype="S16"),
        )
        for place in np.flatnonzero(double).tolist():
            yield _at(rows, place, file, "nonce", note="the nonce came before: it was used twice")
        for place in np.flatnonzero(other).tolist():
            note = "the first row of this server seed has another client seed, and a server seed has one"
            yield _at(rows, place, file, "client seed", found=clients.at(place), note=note)

    def _sampled(self, rows: Rows, computed: list[Computed], known: set[int], file: str) -> Iterator[Discrepancy]:
        """Let the verifier judge the rows of the sample; those with a discrepancy it has judged already."""
        group_of = np.full(len(rows.places), -1, dtype=np.int64)
        for number, (_, places, _) in enumerate(computed):
            group_of[places] = number
        done = np.flatnonzero(group_of >= 0)
        staters = [_stater(rows, group, file) for group, _, _ in computed]

        def stated(row: int) -> StatedRound:
            place = int(done[row])
            return staters[int(group_of[place])](place)

        for row in self._sample.choose(len(done), lambda row: [stated(row).as_json(), int(done[row]) in known]):
            self._counts.sampled += 1
            if int(done[row]) not in known:
                self._counts.judged += 1
                one = stated(row)
                yield from judge_sampled(one, judge(one, self._shelf))


def _truths(columns: Columns) -> Iterator[tuple[str, str, str, Column | None]]:
    """Yield check, name and column of the table of each thing that a row states, and the truth about it."""
    for name, draw in columns.draws.items():
        lengths = (None,) if draw.ndim == 2 else ()
        yield "draws", name, f"draws.{name}", Column("integer", draw, (), lengths)
    for name, column in columns.outcome.items():
        yield "outcome", name, f"outcome.{name}", column
    paid = columns.payout
    yield "payout", "payout", "payout", None if paid is None else Column("integer", paid)


def _wrong(rows: Rows, computed: Computed, *, typed: bool) -> dict[int, dict[str, tuple[Any, Any]]]:
    """Return the rows that state something else, with both sides by check."""
    _, places, columns = computed
    found: dict[int, dict[str, tuple[Any, Any]]] = {}
    for check, name, title, truth in _truths(columns):
        cells = rows.cells(title)
        if cells is None:
            continue
        here = cells if len(places) == len(rows.places) else cells.take(places)
        if truth is None:
            mask = np.array([here.at(row) not in (None, "") for row in range(len(places))], dtype=np.bool_)
        else:
            try:
                mask = differing(here, truth, typed=typed)
            except SpellingNeeded:
                raise SpellingNeeded(title) from None
        for row in np.flatnonzero(mask).tolist():
            true = None if truth is None else _value(truth, row)
            said = here.at(row) if typed else plain_text(here.at(row))
            if check == "payout":
                found.setdefault(int(places[row]), {})[check] = (true, said)
                continue
            sides = found.setdefault(int(places[row]), {}).setdefault(check, ({}, {}))
            sides[0][name], sides[1][name] = true, said
    return found


def _value(column: Column, row: int) -> Any:
    lengths = tuple(None if one is None else one[row : row + 1] for one in column.lengths)
    return Column(column.kind, column.data[row : row + 1], column.labels, lengths).to_list()[0]


def _columns_missing(rows: Rows, computed: Computed, file: str) -> Iterator[Discrepancy]:
    _, places, columns = computed
    for check, _, title, truth in _truths(columns):
        if truth is not None and title not in rows.block.columns:
            note = f"the table has no column {title}: not checked in this row and {len(places) - 1} more"
            yield _at(rows, int(places[0]), file, check, status="undecided", note=note)


def _commitments(rows: Rows, file: str) -> Iterator[Discrepancy]:
    stated = rows.texts.get("commitment")
    if stated is None or not len(stated):
        if len(rows.places):
            note = "the table has no column commitment: any server seed could have been put in afterwards"
            yield _at(rows, 0, file, "commitment", status="undecided", note=note)
        return
    true = {bytes(one).hex(): place for place, one in enumerate(rows.commitments)}
    places = np.array([true.get(value, -1) for value in stated.values], dtype=np.int64)
    for place in np.flatnonzero(places[stated.codes] != rows.seed_codes).tolist():
        yield _at(rows, place, file, "commitment", expected=rows.commitment(place), found=stated.at(place))


def _stater(rows: Rows, group: Group, file: str) -> Callable[[int], StatedRound]:
    """Return what gives a row of a group, by its place, as the verifier takes it."""
    columns = rows.block.columns
    draws = [(name, cells) for name in group.draws if (cells := columns.get(f"draws.{name}")) is not None]
    outcome = [(name, cells) for name in group.outcome if (cells := columns.get(f"outcome.{name}")) is not None]
    payout = [("payout", columns["payout"])] if "payout" in columns else []
    clients = rows.texts["client_seed"]

    def stated(place: int) -> StatedRound:
        row, seed = int(rows.places[place]), int(rows.seed_codes[place])
        return StatedRound(
            file=file,
            line=int(rows.lines[place]),
            seed=rows.commitments[seed].tobytes().hex(),
            scheme=group.scheme,
            server_seed=rows.seeds[seed].tobytes().hex(),
            client_seed=clients.at(place),
            nonce=int(rows.nonces[place]),
            game=group.game.name,
            rules_digest=group.game.digest,
            parameters=group.parameters,
            beacon=group.beacon,
            draws={name: cells.at(row) for name, cells in draws},
            outcome={name: cells.at(row) for name, cells in outcome},
            payout={name: cells.at(row) for name, cells in payout},
            cells=True,
        )

    return stated


def _at(
    rows: Rows,
    place: int,
    file: str,
    check: str,
    *,
    status: Any = "refuted",
    expected: Any = None,
    found: Any = None,
    note: str = "",
) -> Discrepancy:
    return Discrepancy(
        file=file,
        line=int(rows.lines[place]),
        seed=rows.commitment(place),
        nonce=int(rows.nonces[place]),
        check=check,
        status=status,
        expected=expected,
        found=found,
        note=note,
    )


def _malformed(file: str, line: int, reason: str, text: str = "") -> Discrepancy:
    return Discrepancy(
        file=file, line=line, seed="", nonce=None, check="form", status="malformed", found=text, note=reason
    )
