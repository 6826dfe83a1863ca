"""What all commands share on their way to the terminal: harmless text, JSON, tables and colours."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

import click

from cli.errors import CliError
from verifier.canonical import Json, encode

COLOURS = {"verified": "green", "passed": "green", "refuted": "red", "failed": "red", "malformed": "red"}
"""Colour of each status; any other is yellow, for it asks for something."""


_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")
"""Characters that count as printable and show nothing, yet take their place."""

_MARKS: Final = 2
"""How many combining marks one character has at most in the writing of people."""

_LONGEST: Final = 1000
"""Characters of a stranger's text on the screen."""


def harmless(text: str) -> str:
    """Return a text with everything that a terminal would not simply print in its place written as an escape.

    Names, seeds and reasons come from strangers: escape sequences, line breaks and marks that turn the direction of
    writing would let them paint another verdict over ours. So would a row of blanks, which moves what follows it to
    the beginning of the terminal's next line, and a pile of combining marks, which covers the lines around it.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text
    pieces = []
    before, marks = "", _MARKS
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        seen = character.isprintable() and character not in _BLANK and marks <= _MARKS
        pieces.append(character if seen and not (character == before == " ") else _escape(character))
        before = character
    return "".join(pieces)


def clipped(text: str) -> str:
    """Return the beginning of a text that may be so long that it pushes the verdict off the screen."""
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}... ({len(text)} characters, --json has all)"


def _escape(character: str) -> str:
    if character == " ":
        return "\\x20"
    return character.encode("unicode_escape").decode("ascii")


def one_line(text: str) -> str:
    """Return a text as one harmless line: line breaks become spaces."""
    return harmless(" ".join(text.split()))


def show(text: str = "", *, nl: bool = True) -> None:
    """Write a line to standard output; colours are left out where it is no terminal or NO_COLOR is set.

    Raises:
        CliError: it cannot be written, as on a disk that is full. A reader that went away is a BrokenPipeError.
    """
    try:
        click.echo(text, nl=nl)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CliError(f"standard output cannot be written: {error.strerror}") from None


def warn(text: str) -> None:
    """Write a line to standard error; where it cannot be written, the exit code alone says what there is to say."""
    with contextlib.suppress(OSError):
        click.echo(text, err=True)


def show_json(value: object, *, indent: int | None = None) -> None:
    """Write one JSON value, in ASCII, so that no encoding of a terminal or pipe can change it."""
    import json

    show(json.dumps(value, indent=indent))


def coloured(text: str, status: str) -> str:
    """Return a text in the colour of a status."""
    return click.style(text, fg=COLOURS.get(status, "yellow"))


def bold(text: str) -> str:
    """Return a text in bold."""
    return click.style(text, bold=True)


def dim(text: str) -> str:
    """Return a text that steps back."""
    return click.style(text, dim=True)


def compact(value: Json) -> str:
    """Return a value of a document as one harmless line of JSON."""
    return harmless(encode(value).decode("utf-8"))


def draws_text(draws: Json) -> str:
    """Return draws in their order as one harmless line: name and value of each."""
    elements = draws if isinstance(draws, list) else []
    return ", ".join(
        f"{harmless(str(draw['name']))} {compact(draw['value'])}" for draw in elements if isinstance(draw, dict)
    )


def table(rows: Iterable[Sequence[str]], *, header: Sequence[str] = (), right: Sequence[int] = ()) -> list[str]:
    """Return rows as aligned lines.

    Args:
        rows: cells without colours, for those would count as width; all rows of one length.
        header: the first line, or empty for none.
        right: which columns stand at their right edge.
    """
    lines = [list(header)] if header else []
    lines += [[harmless(cell) for cell in row] for row in rows]
    if not lines:
        return []
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def payout_text(payout: object) -> str:
    """Return a payout, in ten-thousandths of the stake, as a multiple of the stake."""
    if not isinstance(payout, int):
        return "none; the engine settles"
    whole, rest = divmod(payout, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + " times the stake"


def time_text(unix_ms: int) -> str:
    """Return a Unix time in milliseconds as text in UTC; times beyond the calendar stay numbers."""
    from datetime import UTC, datetime, timedelta

    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=unix_ms)
    except OverflowError:
        return f"{unix_ms} ms after 1970"
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{unix_ms % 1000:03d} UTC"
