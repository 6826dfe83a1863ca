"""A bar on standard error that says how far a long command is: its rate, and the time that is left."""

from __future__ import annotations

import sys
import time
from types import TracebackType

_WIDTH = 24
_EVERY_S = 0.2


class Bar:
    """Show progress on one line of a terminal; where standard error is none, nothing is written.

    Args:
        unit: what is counted.
    """

    def __init__(self, *, unit: str = "rows") -> None:
        self._unit = unit
        self._is_shown = sys.stderr is not None and sys.stderr.isatty()
        self._phase = ""
        self._started = 0.0
        self._first = 0.0
        self._rows = 0
        self._last = 0.0
        self._length = 0

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._length:
            sys.stderr.write("\r" + " " * self._length + "\r")
            sys.stderr.flush()

    def show(self, phase: str, done: float, rows: int) -> None:
        """Say how far it is.

        Args:
            phase: what is being done.
            done: of the whole, 0 to 1.
            rows: how many rows (or other units), those of an earlier run that is gone on with among them.
        """
        if not self._is_shown:
            return
        now = time.monotonic()
        if phase != self._phase:
            self._phase, self._started, self._first, self._rows = phase, now, done, rows
        if now - self._last < _EVERY_S:
            return
        self._last = now
        text = line(phase, done, rows - self._rows, now - self._started, share=done - self._first, unit=self._unit)
        sys.stderr.write("\r" + text.ljust(self._length))
        sys.stderr.flush()
        self._length = len(text)


def line(phase: str, done: float, rows: int, seconds: float, *, share: float, unit: str = "rows") -> str:
    """Return the line of a bar.

    Args:
        phase: what is being done.
        done: of the whole, 0 to 1.
        rows: done in this run.
        seconds: since this run began.
        share: of the whole, done in this run.
        unit: what the rows are called.
    """
    filled = int(_WIDTH * min(1.0, max(0.0, done)))
    rate = rows / seconds if seconds > 0 else 0.0
    left = _time(seconds / share * (1.0 - done)) if share > 0 else "?"
    return f"{phase} [{'#' * filled}{'.' * (_WIDTH - filled)}] {done:4.0%}  {rate:,.0f} {unit}/s  {left} left"


def _time(seconds: float) -> str:
    whole = int(seconds + 0.5)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
