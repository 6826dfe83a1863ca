"""Findings of streams as they pass by: what is printed at the end is kept, the rest let go, so that memory stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from cli.progress import Bar
from cli.stats_shown import Spool
from cli.stats_summary import Summary

if TYPE_CHECKING:
    from statistical_tests.bits import Bits
    from statistical_tests.finding import Finding


class Watched:
    """Pass findings on, and keep of them what is shown at the end.

    Args:
        spool: where each is written as JSON, or None.
        keep: whether findings are kept, with their p-values and without their statistics.
        summary: what sums them up, or None.
    """

    def __init__(self, *, spool: Spool | None, keep: bool, summary: Summary | None = None) -> None:
        self._spool = spool
        self._keep = keep
        self._summary = summary
        self.kept: list[Finding] = []
        self.reasons: dict[str, tuple[str, int]] = {}
        """Test to why it was not applicable the first time, and how often it was not."""
        self.notes: dict[tuple[str, str], int] = {}
        """Test and note to how often the note was made."""

    def passing(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Yield the findings on, one after another."""
        for finding in findings:
            if self._spool is not None:
                self._spool.add(finding)
            if not finding.applicable:
                first, times = self.reasons.get(finding.name, (finding.reason, 0))
                self.reasons[finding.name] = (first, times + 1)
            for note in finding.notes:
                self.notes[finding.name, note] = self.notes.get((finding.name, note), 0) + 1
            if self._keep or self._summary is not None:
                bare = replace(finding, statistic={})
                if self._keep:
                    self.kept.append(bare)
                if self._summary is not None:
                    self._summary.add(bare)
            yield finding

    def lines(self, streams: int) -> list[str]:
        """Return what a reader must know of tests that were not applicable, and the notes."""
        lines = []
        for name, (reason, times) in self.reasons.items():
            many = "" if streams == 1 else f" to {times} of {streams:,} streams"
            lines.append(f"not applicable{many}: {name}: {reason}")
        for (name, note), times in self.notes.items():
            many = "" if streams == 1 else f" ({times} of {streams:,} streams)"
            lines.append(f"note: {name}{many}: {note}")
        return lines


def counted(streams: Iterable[Bits], bar: Bar, *, needed: int | None) -> Iterator[Bits]:
    """Yield streams on, and move the bar whenever another one is asked for: by then those before it are under way.

    Args:
        streams: they are read one by one.
        bar: what is moved.
        needed: how many bits there will be in all; None where that is not known, as of a pipe.
    """
    taken = 0
    for stream in streams:
        bar.show("testing", taken / needed if needed else 0.0, taken)
        yield stream
        taken += len(stream)
    bar.show("testing", 1.0, taken)


@contextmanager
def ended(findings: Iterator[Finding]) -> Iterator[Iterator[Finding]]:
    """Yield findings, and end their generator at once whatever happens, so that no process of it lives on."""
    try:
        yield findings
    finally:
        close = getattr(findings, "close", None)
        if close is not None:
            close()
