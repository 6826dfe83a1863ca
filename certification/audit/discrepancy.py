"""Discrepancies: what an audit finds wrong or cannot decide, each with its place, as lines of JSON."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal

Status = Literal["refuted", "malformed", "undecided"]

_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """Hold one thing that is not as it must be.

    Args:
        file: the file, as it was named.
        line: its line; in Parquet the row, from 1; 0 for what concerns the file or seed as a whole.
        seed: the seed id of statements; in tables the commitment of the server seed; empty where there is none.
        nonce: the nonce, None where there is none.
        check: its name, as in verify.md; `evaluators` where engine and verifier do not agree.
        status: `refuted`, `malformed` or `undecided`.
        expected, found: the two sides, JSON values.
        note: what a reader must know besides.
        judged: what the verifier said, empty where it has no say.
    """

    file: str
    line: int
    seed: str
    nonce: int | None
    check: str
    status: Status
    expected: Any = None
    found: Any = None
    note: str = ""
    judged: str = ""

    def as_line(self) -> bytes:
        """Return the discrepancy as one line of JSON, ASCII only."""
        members = {one.name: _short(getattr(self, one.name)) for one in fields(self)}
        return json.dumps(members, separators=(",", ":")).encode("ascii") + b"\n"


def _short(value: Any) -> Any:
    """Return a value, or the beginning of its JSON where that is long."""
    if isinstance(value, list | dict) and len(text := json.dumps(value)) > _LONGEST:
        return text[:_LONGEST] + "..."
    return value[:_LONGEST] + "..." if isinstance(value, str) and len(value) > _LONGEST else value


class DiscrepancyList:
    """Write discrepancies to a file as they come, and count them.

    Args:
        path: the file, or None to count only.
        length: where to go on in it; what stands behind, which an audit that was interrupted wrote, is cut off.
        counts: by `(check, status)`, from the checkpoint.
    """

    def __init__(self, path: Path | None, *, length: int = 0, counts: Iterable[tuple[str, str, int]] = ()) -> None:
        self.counts: Counter[tuple[str, str]] = Counter({(check, status): many for check, status, many in counts})
        self._file = None
        self._length = length
        if path is not None:
            self._file = path.open("r+b" if length else "wb")
            self._file.truncate(length)
            self._file.seek(length)

    def add(self, found: Iterable[Discrepancy]) -> None:
        """Write and count discrepancies."""
        for one in found:
            self.counts[one.check, one.status] += 1
            if self._file is not None:
                line = one.as_line()
                self._file.write(line)
                self._length += len(line)

    def total(self, status: str) -> int:
        """Return how many there are of a status."""
        return sum(many for (_, one), many in self.counts.items() if one == status)

    def sync(self) -> int:
        """Bring everything to the disk and return the length of the file."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
        return self._length

    def __enter__(self) -> DiscrepancyList:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
