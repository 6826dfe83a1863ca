"""Logs: one JSON object a line, and nothing in it that could be a secret."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
from collections.abc import Iterator

import pytest

from rng.service.auth import make_key
from rng.service.logs import redact, set_up


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Send the process's logs into a buffer for one test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up("info", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_record_is_one_json_object_with_its_extra_fields(lines: io.StringIO) -> None:
    logging.getLogger("fairlot.service").info("seed revealed", extra={"seed_id": "ab" * 32, "rounds": 7})
    record = json.loads(lines.getvalue())
    assert record["event"] == "seed revealed"
    assert record["level"] == "info"
    assert record["seed_id"] == "ab" * 32
    assert record["rounds"] == 7


def test_secrets_are_taken_out_of_messages_and_fields(lines: io.StringIO) -> None:
    seed = os.urandom(32)
    key = make_key(os.urandom).text
    for text in (seed.hex(), seed.hex().upper(), base64.b64encode(seed).decode(), key):
        logging.getLogger("fairlot").warning("found %s", text, extra={"detail": f"x={text};"})
        assert text not in lines.getvalue()
    assert lines.getvalue().count("[redacted]") == 8


def test_an_exception_is_logged_by_type_and_place_and_never_by_its_message(lines: io.StringIO) -> None:
    try:
        raise RuntimeError("the value was swordfish")
    except RuntimeError:
        logging.getLogger("fairlot").exception("internal error")
    record = json.loads(lines.getvalue())
    assert record["error"] == "RuntimeError"
    assert any("test_logs.py" in frame for frame in record["trace"])
    assert "swordfish" not in lines.getvalue()


def test_a_message_with_line_breaks_stays_on_one_line(lines: io.StringIO) -> None:
    logging.getLogger("fairlot").info("one\ntwo\u2028three")
    assert lines.getvalue().count("\n") == 1
    assert lines.getvalue().isascii()


def test_ordinary_words_are_left_alone() -> None:
    text = "seed_open: the player already has an open seed (409), see docs/service.md"
    assert redact(text) == text
