"""Data for the tests of `fairlot stats`, and what its answers must have in common."""

from __future__ import annotations

import re

import numpy as np
from click.testing import Result

from cli.output import harmless

STREAM_BITS = 100_000
RANDOM = np.random.default_rng(20_240_601).bytes(STREAM_BITS * 4 // 8)
"""Four streams of bits that no test should find anything in."""

FEW = ("--streams", "2", "--stream-bits", "20000", "--tests", "Frequency,Runs,Serial", "--serial-window-bits", "5")
"""Options of `stats nist` with which little is computed."""


def as_text(data: bytes, *, width: int = 64) -> bytes:
    """Return the bits of bytes as characters, in lines."""
    text = "".join(map(str, np.unpackbits(np.frombuffer(data, dtype=np.uint8)).tolist()))
    return "\n".join(re.findall(f".{{1,{width}}}", text)).encode() + b"\n"


def refused(result: Result, words: str) -> None:
    """Hold a refusal: exit code 2, nothing on standard output, and one line that says what is wrong."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    lines = [line for line in result.stderr.splitlines() if ": needs " not in line and ": note: " not in line]
    assert len(lines) == 1, result.stderr
    assert re.search(words, lines[0]), lines[0]
    assert harmless(lines[0]) == lines[0]
