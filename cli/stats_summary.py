"""Findings of streams summed up while they pass by: a table of each stream while they are few, else one of all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cli.output import bold, dim, harmless, show, table
from cli.stats_shown import Family, differing, p_text, show_findings

if TYPE_CHECKING:
    from statistical_tests.finding import Finding

FEW: Final = 4
"""So many streams have a table each; of more, findings are let go once they are summed up."""


@dataclass(slots=True)
class _Row:
    """Hold what one test found in all streams so far."""

    first: Finding
    p_values: int = 0
    smallest: float = 2.0
    column: str = ""
    stream: int | None = None
    missing: int = 0
    reason: str = ""
    notes: dict[str, int] = field(default_factory=dict)


class Summary:
    """Sum up findings, in memory that does not grow with the number of streams.

    Findings of one stream come in one order, whatever its data and length are, so that those in one place are of one
    test. Parameters that a test chose by the length of a stream may differ there; those of the first stream are shown.
    """

    def __init__(self) -> None:
        self.family = Family()
        self.streams = 0
        self._few: dict[int | None, list[Finding]] = {}
        self._rows: dict[tuple[bool, int], _Row] = {}
        self._stream: int | None = None
        self._place = 0

    def add(self, finding: Finding) -> None:
        """Add a finding; those of one stream come one after another, those of all streams together at the end."""
        self.family.add(finding)
        if finding.stream != self._stream or not self._rows:
            self._stream, self._place = finding.stream, 0
            self.streams = max(self.streams, 1 if finding.stream is None else finding.stream + 1)
        if self.streams > FEW:
            self._few.clear()
        else:
            self._few.setdefault(finding.stream, []).append(finding)
        self._sum(self._rows.setdefault((finding.stream is None, self._place), _Row(finding)), finding)
        self._place += 1

    def show(self) -> None:
        """Write the tables."""
        if self.streams > FEW:
            self._show_rows()
            return
        for number in range(self.streams):
            show_findings(self._few.get(number, []), title=f"stream {number}" if self.streams > 1 else "")
        if self.streams > 1:
            show_findings(self._few.get(None, []), title="all streams")

    @staticmethod
    def _sum(row: _Row, finding: Finding) -> None:
        for note in finding.notes:
            row.notes[note] = row.notes.get(note, 0) + 1
        if not finding.applicable:
            row.reason = row.reason or finding.reason
            row.missing += 1
            return
        row.p_values += len(finding.p_values)
        place = min(range(len(finding.p_values)), key=finding.p_values.__getitem__)
        if finding.p_values[place] < row.smallest:
            row.smallest, row.column, row.stream = finding.p_values[place], finding.columns[place], finding.stream

    def _show_rows(self) -> None:
        show(bold(f"{self.streams:,} streams: the smallest p-value of each test, and in which stream it is"))
        firsts = [row.first for row in self._rows.values()]
        rows = [
            (
                p_text(row.smallest),
                f"{row.p_values:,}",
                "all" if row.stream is None else f"{row.stream:,}",
                row.first.name,
                row.column,
                differing(row.first, firsts),
            )
            for row in self._rows.values()
            if row.p_values
        ]
        header = ("p-value", "of", "stream", "test", "smallest", "parameters")
        for line in table(rows, header=header, right=(0, 1, 2)) if rows else ["no test is applicable"]:
            show(line)
        for row in self._rows.values():
            if row.missing:
                told = " ".join(filter(None, (row.first.name, differing(row.first, firsts))))
                many = f"{row.missing:,} of {self.streams:,} streams"
                show(dim(f"not applicable to {many}: {harmless(told)}: {harmless(row.reason)}"))
        for row in self._rows.values():
            for note, times in row.notes.items():
                show(dim(f"note: {harmless(row.first.name)} ({times:,} of {self.streams:,} streams): {harmless(note)}"))
