"""Run an audit: file by file, block by block, with checkpoints between blocks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from certification.audit.chain import Chain
from certification.audit.checkpoint import Checkpoint, read_checkpoint, task_of, write_checkpoint
from certification.audit.compare import SpellingNeeded
from certification.audit.discrepancy import Discrepancy, DiscrepancyList
from certification.audit.index import Index
from certification.audit.ledger import Ledger
from certification.audit.readings import Readings
from certification.audit.rules import Shelf
from certification.audit.sample import Sample
from certification.audit.signatures import Signatures
from certification.audit.statements import SignatureCounts, StatementAuditor
from certification.audit.summary import STATEMENTS_NOT_CHECKED, TABLES_NOT_CHECKED, Summary
from certification.audit.tables import Counts, TableAuditor
from certification.history import HistoryError, Position, Source
from certification.history_arrow import parquet_rows, read_parquet
from certification.history_csv import read_csv
from certification.history_statements import read_lines
from verifier import Policy

CHECKPOINT_S: Final = 5.0
"""Seconds between two checkpoints."""


class Interrupted(Exception):
    """Say that an audit was stopped between two blocks; with a state file it can be resumed."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Say how far an audit is: the phase, what is done of the whole (0 to 1), and rows so far."""

    phase: str
    done: float
    rows: int


def audit(
    sources: Sequence[Source],
    *,
    shelf: Shelf,
    policy: Policy,
    sample_seed: int,
    list_path: Path | None = None,
    state_path: Path | None = None,
    processes: int = 1,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    is_stopped: Callable[[], bool] = lambda: False,
    checkpoint_s: float = CHECKPOINT_S,
) -> Summary:
    """Check every round of a history again, and return what came of it.

    Args:
        sources: the files, from `certification.history.find_sources`.
        shelf: the rules.
        policy: the pinned keys.
        sample_seed: seed of the sample, 0 to 2^64 - 1; an audit that is resumed keeps the one it began with.
        list_path: where each discrepancy is written, one JSON object a line.
        state_path: where checkpoints go. If the file is there, the audit goes on from it; at the end it is removed.
        processes: how many processes check signatures.
        on_progress: is told between two blocks.
        is_stopped: is asked between two blocks.
        checkpoint_s: seconds between two checkpoints, at least 0.

    Raises:
        HistoryError: a file cannot be read at all, the state is of another audit, or what was gone through of a file
            was changed since.
        Interrupted: `is_stopped` said so; the state is written.
    """
    task = task_of(sources, shelf=shelf, policy=policy, list_path=list_path)
    before = read_checkpoint(state_path, task=task) if state_path is not None else None
    with ExitStack() as stack:
        try:
            run = _Run(
                sources,
                shelf,
                stack.enter_context(Signatures(policy, processes=processes)),
                task=task,
                sample_seed=sample_seed if before is None else before.sample_seed,
                before=before,
                list_path=list_path,
                is_kept=state_path is not None,
                require=policy.require,
            )
        except OSError as error:
            raise HistoryError(f"{list_path}: cannot be written: {error.strerror}") from None
        stack.enter_context(run.found)
        run.index_statements(on_progress, is_stopped)
        run.go(state_path, on_progress, is_stopped, checkpoint_s)
        summary = run.finish()
        run.found.sync()
    if state_path is not None:
        state_path.unlink(missing_ok=True)
    return summary


class _Run:
    """Hold the parts of an audit that is under way."""

    def __init__(
        self,
        sources: Sequence[Source],
        shelf: Shelf,
        signatures: Signatures,
        *,
        task: str,
        sample_seed: int,
        before: Checkpoint | None,
        list_path: Path | None,
        is_kept: bool,
        require: Sequence[str],
    ) -> None:
        self._require = require
        self._sources = sources
        self._task = task
        self._signatures = signatures
        parts: dict[str, Any] = {} if before is None else before.parts
        # Only an audit that may go on later has to know again what it read.
        self._readings = Readings(sources) if is_kept else None
        if self._readings is not None and before is not None:
            self._readings.restore(parts["readings"])
        self.found = DiscrepancyList(
            list_path, length=0 if before is None else before.length, counts=parts.get("discrepancies", ())
        )
        self._counts = Counts(*parts.get("counts", ()))
        self._sample = Sample(sample_seed, *([parts["sample"]] if parts else []))
        self._ledger = Ledger()
        self._index = Index()
        self._tables = TableAuditor(shelf, sample=self._sample, ledger=self._ledger, counts=self._counts)
        self._statements = StatementAuditor(shelf, self._index, signatures, sample=self._sample, counts=self._counts)
        self._file, self._position = 0, Position()
        if before is not None:
            self._ledger.restore(parts["ledger"])
            self._statements.chains = {seed: Chain.from_json(chain) for seed, chain in parts["chains"].items()}
            self._statements.signed = SignatureCounts(*parts["signed"])
            self._statements.voided = parts["voided"]
            self._file, self._position = before.file, before.position
        self._bytes = sum(source.size for source in sources) or 1

    def index_statements(self, on_progress: Callable[[Progress], None], is_stopped: Callable[[], bool]) -> None:
        """Make the first pass over the files of statements."""
        files = [(number, source) for number, source in enumerate(self._sources) if source.kind == "statements"]
        total, passed, rows = sum(source.size for _, source in files) or 1, 0, 0
        for number, source in files:
            if self._readings is not None:
                self._readings.take_whole(number)
            for lines, position in read_lines(Path(source.path), start=Position()):
                for line, data in lines:
                    self._index.look(source.path, line, data)
                rows += len(lines)
                on_progress(Progress("reading seeds", (passed + position.offset) / total, rows))
                if is_stopped():
                    raise Interrupted
            passed += source.size

    def go(
        self,
        state_path: Path | None,
        on_progress: Callable[[Progress], None],
        is_stopped: Callable[[], bool],
        checkpoint_s: float,
    ) -> None:
        """Go through all files from where the checkpoint was."""
        last = time.monotonic()
        passed = sum(source.size for source in self._sources[: self._file])
        for number, source in enumerate(self._sources[self._file :], start=self._file):
            begin = self._position if number == self._file else Position()
            length = parquet_rows(Path(source.path)) if source.kind == "parquet" else source.size
            for found, position in self._blocks(source, number, begin):
                self.found.add(found)
                self._file, self._position = number, position
                done = position.line if source.kind == "parquet" else position.offset
                share = source.size * min(1.0, done / (length or 1))
                on_progress(Progress("auditing", (passed + share) / self._bytes, self._counts.rows))
                stopped = is_stopped()
                if state_path is not None and (stopped or time.monotonic() - last >= checkpoint_s):
                    write_checkpoint(state_path, self._checkpoint())
                    last = time.monotonic()
                if stopped:
                    raise Interrupted
            passed += source.size
            self._file, self._position = number + 1, Position()

    def _blocks(self, source: Source, number: int, start: Position) -> Iterator[tuple[list[Discrepancy], Position]]:
        path = Path(source.path)
        if source.kind == "statements":
            for lines, position in read_lines(path, start=start):
                yield self._statements.audit(lines, file=source.path), position
        elif source.kind == "parquet":
            if self._readings is not None:
                self._readings.take_whole(number)
            for block, position in read_parquet(path, start=start):
                found = self._tables.audit(block, file=source.path, number=number, typed=True)
                del block  # or it would stay while the next one is read
                yield found, position
        else:
            texts: set[str] = set()
            on_read = None if self._readings is None else partial(self._readings.take, number)
            while True:
                try:
                    for block, position in read_csv(path, start=start, texts=texts, on_read=on_read):
                        found = self._tables.audit(block, file=source.path, number=number)
                        del block
                        start = position
                        yield found, position
                    return
                except SpellingNeeded as error:
                    # Read that block again: the column's cells are texts, though they look like numbers.
                    texts.add(str(error))

    def _checkpoint(self) -> Checkpoint:
        signed = self._statements.signed
        return Checkpoint(
            task=self._task,
            sample_seed=self._sample.seed,
            file=self._file,
            position=self._position,
            length=self.found.sync(),
            parts={
                "counts": list(astuple(self._counts)),
                "discrepancies": [[check, status, many] for (check, status), many in self.found.counts.items()],
                "sample": self._sample.state(),
                "ledger": self._ledger.state(),
                "chains": {seed: chain.as_json() for seed, chain in self._statements.chains.items()},
                "signed": [signed.checked, signed.unchecked],
                "voided": self._statements.voided,
                "readings": [] if self._readings is None else self._readings.state(),
            },
        )

    def finish(self) -> Summary:
        """Find out what only the whole history shows, and return the summary."""
        files = tuple(source.path for source in self._sources)
        kinds = {source.kind for source in self._sources}
        signed = self._statements.signed
        self.found.add(self._index.finish())
        if signed.unchecked and not self._signatures.is_pinned:
            note = f"no key is pinned, so {signed.unchecked} signatures were not checked; give --key or --policy"
            self.found.add(
                [Discrepancy(file="", line=0, seed="", nonce=None, check="identity", status="undecided", note=note)]
            )
        self.found.add(
            Discrepancy(
                file="",
                line=0,
                seed="",
                nonce=None,
                check=name,
                status="undecided",
                note="the policy requires it, and an audit cannot check it",
            )
            for name in self._require
        )
        self.found.add(self._tables.gaps(files))
        self.found.add(self._tables.judge_spare())
        not_checked: tuple[str, ...] = STATEMENTS_NOT_CHECKED if "statements" in kinds else ()
        if kinds - {"statements"}:
            not_checked += TABLES_NOT_CHECKED
        return Summary(
            files=files,
            rows=self._counts.rows,
            rounds=self._counts.rounds,
            seeds=self._ledger.seeds() + len(self._index.seeds),
            sample_seed=self._sample.seed,
            sampled=self._counts.sampled,
            judged=self._counts.judged,
            signatures=signed.checked,
            unsigned=signed.unchecked,
            voided=self._statements.voided,
            counts=self.found.counts,
            not_checked=not_checked,
        )
