"""What was downloaded from a service so far, kept beside the histories, so that an interrupted audit can go on.

One JSON object a line: first whose it is, then one for each page of the list, at last the rules. A line is written when
everything in it is on the disk, and a line that was cut off by a crash is not counted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from certification.audit.discrepancy import Discrepancy
from cli.audit_download import Fetched, is_seed_id
from cli.audit_list import Walk
from cli.errors import CliError

VERSION: Final = 1


class Kept:
    """Hold the files of a download, what was found on the way, and how far it is.

    Args:
        folder: where the histories are.
        url: the address of the service.
        is_resumed: whether to go on from what an earlier run left, and to leave something for a later one.

    Raises:
        CliError: what was left is damaged, or a history is not as it was downloaded.
        OSError: it cannot be read or written.
    """

    def __init__(self, folder: Path, url: str, *, is_resumed: bool) -> None:
        self.walk = Walk()
        self.files: list[Path] = []
        self.found: list[Discrepancy] = []
        self.rules: list[dict[str, object]] | None = None
        self._folder = folder
        # The ending is no history's, so that `fairlot audit FOLDER` passes it over.
        name = f"download-{hashlib.sha256(url.encode()).hexdigest()[:16]}.state"
        self._path = folder / name if is_resumed else None
        if self._path is not None:
            self._go_on(self._path, {"type": "audit-download", "version": VERSION, "url": url})

    def page(self, done: Sequence[Fetched], found: Sequence[Discrepancy]) -> None:
        """Take in what a page of the list came to."""
        seeds = [
            [one.seed_id, one.previous, one.revealed_at, one.path.stat().st_size if one.path is not None else None]
            for one in done
        ]
        self._add(done, found)
        walk = self.walk
        self._write(
            {
                "seeds": seeds,
                "found": [asdict(one) for one in found],
                "walk": [walk.total, walk.position, walk.cursor, walk.is_done],
            }
        )

    def end(self, rules: list[dict[str, object]]) -> None:
        """Take in the rules documents, with which everything is there."""
        self.rules = rules
        self._write({"rules": rules})

    def remove(self) -> None:
        """Forget what was kept for a later run: the audit is over."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _add(self, done: Sequence[Fetched], found: Sequence[Discrepancy]) -> None:
        self.files += [one.path for one in done if one.path is not None]
        self.found += found

    def _write(self, line: dict[str, Any]) -> None:
        if self._path is not None:
            with self._path.open("ab") as file:
                file.write(json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n")

    def _go_on(self, path: Path, head: dict[str, Any]) -> None:
        data = path.read_bytes() if path.exists() else b""
        whole = data[: data.rfind(b"\n") + 1]
        if not whole:
            path.write_bytes(json.dumps(head).encode("ascii") + b"\n")
            return
        try:
            first, *lines = [json.loads(line) for line in whole.splitlines()]
            if first != head:
                raise ValueError("it is of another kind")
            for line in lines:
                self._read(line)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise CliError(f"{path}: is no state of a download, or is damaged ({error}); remove it") from None
        if len(whole) < len(data):
            path.write_bytes(whole)

    def _read(self, line: dict[str, Any]) -> None:
        if "rules" in line:
            self.rules = list(line["rules"])
            return
        done = [self._fetched(*seed) for seed in line["seeds"]]
        for one in done:
            # Two runs that wrote here at once would show the service's list as one that goes round.
            if one.seed_id in self.walk.seen:
                raise ValueError("a seed comes twice")
            self.walk.take(one)
        self._add(done, [Discrepancy(**one) for one in line["found"]])
        walk = self.walk
        walk.total, walk.position, walk.cursor, walk.is_done = line["walk"]

    def _fetched(self, seed_id: str, previous: str, revealed_at: int | None, size: int | None) -> Fetched:
        if not is_seed_id(seed_id):
            raise ValueError("a seed id is no seed id")
        if size is None:
            return Fetched(seed_id, None, previous, revealed_at)
        path = self._folder / f"{seed_id}.jsonl"
        try:
            is_same = path.stat().st_size == size
        except FileNotFoundError:
            is_same = False
        if not is_same:
            raise CliError(
                f"{path}: is not as it was downloaded; remove {self._path} to have everything downloaded again"
            )
        return Fetched(seed_id, path, previous, revealed_at)
