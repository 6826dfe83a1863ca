"""Structured logs: one JSON object a line on standard error, with everything that looks like a secret taken out."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from types import TracebackType
from typing import Final, TextIO

__all__ = ["LOGGER", "JsonLines", "redact", "set_up"]

LOGGER: Final = logging.getLogger("fairlot")

# Ids and digests are as long as seeds in hex. A log line names the things that it is about in fields of these names
# (which are public before the reveal, or opaque), and any other run of 64 hex characters is taken for a secret.
_PUBLIC: Final = frozenset({"seed_id", "commitment", "key_id", "next_seed_id", "kek_id", "origin"})
_HEX: Final = re.compile(r"[0-9A-Fa-f]{64,}")
_BASE64: Final = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{43}=?(?![A-Za-z0-9+/_-])")
_API_KEY: Final = re.compile(r"flk_[0-9a-f]{1,16}_?[A-Za-z0-9_-]*")
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


def redact(text: str) -> str:
    """Replace API keys and everything that could be 32 bytes in hex or base64."""
    text = _API_KEY.sub("flk_[redacted]", text)
    text = _HEX.sub("[redacted]", text)
    return _BASE64.sub("[redacted]", text)


class JsonLines(logging.Formatter):
    """Format a record as one JSON object: time, level, event, and the record's extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. A traceback names files, lines and the exception's type; values are redacted."""
        fields: dict[str, object] = {
            "time_ms": int(record.created * 1000),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD and not name.startswith("_"):
                fields[name] = _clean(name, value)
        if record.exc_info and record.exc_info[0] is not None:
            fields["error"] = record.exc_info[0].__name__
            fields["trace"] = _frames(record.exc_info[2])
        return json.dumps(fields, ensure_ascii=True, separators=(",", ":"))


def _event(record: logging.LogRecord) -> str:
    text = record.getMessage()
    # The server underneath logs a whole traceback as its message where a start fails; the service says why itself.
    return "the server reports an exception" if text.startswith("Traceback ") else redact(text)


def _clean(name: str, value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if name in _PUBLIC else redact(text)


def _frames(trace: TracebackType | None) -> list[str]:
    # Only where it happened. The message of an unexpected exception may quote a value, so it is not written.
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def set_up(level: str, *, stream: TextIO | None = None) -> None:
    """Send all logs of the process, uvicorn's too, through the formatter.

    Args:
        level: debug, info, warning or error.
        stream: where to; standard error by default.
    """
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    LOGGER.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)
