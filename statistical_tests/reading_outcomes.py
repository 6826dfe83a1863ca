"""Outcomes out of text, CSV or JSON Lines: whole numbers, or labels of which a list says the order.

- `text`: a line is a draw: one number, or several with blanks or commas between them, as many on each line.
- `csv`: as text, after a line of names of which `columns` picks one or more.
- `jsonl`: a line is a JSON value: a number, a label, a list of them, or an object of which `columns` picks members.

`auto` tells by the first line that holds something: one that begins with ``{``, ``[`` or ``"`` is JSON, one of numbers
alone is text, any other is the line of names of a CSV file where a column is asked for, else text.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from statistical_tests.errors import BadInput

Layout: TypeAlias = Literal["auto", "text", "csv", "jsonl"]
LAYOUTS: Final[tuple[Layout, ...]] = ("auto", "text", "csv", "jsonl")

MOST_POSITIONS: Final = 100_000
_ROWS: Final = 65_536
_LONGEST_LINE: Final = 2**22
_SHOWN: Final = 60
_DIGITS: Final = b"0123456789"

Row: TypeAlias = "Sequence[Any]"


def read_outcomes(
    lines: Iterable[bytes],
    *,
    layout: Layout = "auto",
    columns: Sequence[str] = (),
    labels: Sequence[object] | None = None,
) -> NDArray[np.int64]:
    """Return the outcomes of lines.

    Args:
        lines: with or without their ends; read once, from the first to the last.
        layout: `text`, `csv`, `jsonl`, or `auto` to tell by the first line.
        columns: names of CSV columns or JSON members; a member that is a list gives a position for each element.
        labels: the outcomes in the order of their numbers 0, 1, 2 …: text, numbers or truth values. A whole number
            that is none of them becomes `len(labels)`, an outcome that cannot be; another text is refused.

    Returns:
        Shape [outcomes] where each line holds one, else [draws, positions].

    Raises:
        BadInput: there is no outcome, a value is none, or lines differ in how many they hold; the message says where.
    """
    if layout not in LAYOUTS:
        raise BadInput(f"the layout is {layout!r}: there are {', '.join(LAYOUTS)}")
    numbered = _not_empty(lines)
    first = next(numbered, None)
    if first is None:
        raise BadInput("the input is empty: outcomes stand one draw a line")
    chosen = _told(first[1], bool(columns)) if layout == "auto" else layout
    numbered = chain([first], numbered)
    if chosen == "jsonl":
        rows = _json_rows(numbered, columns)
    elif chosen == "csv":
        rows = _csv_rows(numbered, columns)
    elif columns:
        raise BadInput(f"column {columns[0]!r} is asked for, and plain text has no names: give CSV or JSON Lines")
    else:
        rows = ((number, line.replace(b",", b" ").split()) for number, line in numbered)
    return _array(rows, _coder(labels))


def _array(rows: Iterator[tuple[int, Row]], code: Callable[[Any], int]) -> NDArray[np.int64]:
    """Return rows of equal width as an array."""
    parts: list[NDArray[np.int64]] = []
    width = -1
    while True:
        block = list(islice(rows, _ROWS))
        if not block:
            break
        if width < 0:
            width = _first_width(*block[0])
        if {len(row) for _, row in block} != {width}:
            number, row = next((number, row) for number, row in block if len(row) != width)
            raise BadInput(f"line {number} holds {len(row)} outcomes, and the lines before it {width}")
        try:
            values = np.array(list(map(code, chain.from_iterable(row for _, row in block))), dtype=np.int64)
        except (ValueError, TypeError, OverflowError):
            raise _refusal(block, code) from None
        parts.append(values.reshape(len(block), width))
    if not parts:
        raise BadInput("there is a line of names, and no outcome after it")
    joined = np.concatenate(parts)
    return joined[:, 0] if width == 1 else joined


def _first_width(number: int, row: Row) -> int:
    if not row:
        raise BadInput(f"line {number} holds no outcome")
    if len(row) > MOST_POSITIONS:
        raise BadInput(f"line {number} holds {len(row):,} outcomes: a line is one draw, so give one outcome a line")
    return len(row)


def _refusal(block: list[tuple[int, Row]], code: Callable[[Any], int]) -> BadInput:
    """Return what to say of the first value in a block that is no outcome."""
    for number, row in block:
        for value in row:
            try:
                np.int64(code(value))
            except (ValueError, TypeError, OverflowError) as error:
                shown = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                text = repr(shown)
                text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
                why = str(error) if isinstance(error, _Unfit) else "an outcome is a whole number below 2^63"
                return BadInput(f"line {number}: {text} is no outcome: {why}")
    raise AssertionError("a block was refused, and none of its values is wrong")


# --- values -----------------------------------------------------------------------------------------------------------


class _Unfit(ValueError):
    """Say in words of its own why a value is no outcome."""


def _coder(labels: Sequence[object] | None) -> Callable[[Any], int]:
    """Return the function from a value, as a line has it, to the number of the outcome."""
    if labels is None:
        return _number
    codes = {_label_text(label): code for code, label in enumerate(labels)}
    if len(codes) != len(labels):
        raise BadInput("two labels are the same")
    listed = ", ".join(list(codes)[:12]) + (" …" if len(codes) > 12 else "")

    def code(value: Any) -> int:
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else _label_text(value)
        found = codes.get(text)
        if found is not None:
            return found
        try:
            _number(value)
        except (ValueError, TypeError):
            raise _Unfit(f"there are {listed}") from None
        return len(codes)

    return code


def _label_text(label: object) -> str:
    return label if isinstance(label, str) else json.dumps(label)


def _number(value: Any) -> int:
    """Return a whole number, of digits in text or of JSON."""
    if isinstance(value, bytes):
        # int() takes more than outcomes are written with, such as 1_000.
        if value.lstrip(b"+-").translate(None, _DIGITS):
            raise ValueError
        return int(value)
    if isinstance(value, str | bool):
        raise _Unfit("text and truth values need labels, which say what number each has")
    if not isinstance(value, int):
        raise TypeError
    return value


# --- lines ------------------------------------------------------------------------------------------------------------


def _not_empty(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that hold something, with their numbers."""
    for number, line in enumerate(lines, 1):
        if len(line) > _LONGEST_LINE:
            raise BadInput(f"line {number} is longer than {_LONGEST_LINE:,} bytes: a line is one draw")
        stripped = (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).strip()
        if stripped:
            yield number, stripped


def _told(line: bytes, has_columns: bool) -> Layout:
    if line[:1] in (b"{", b"["):
        return "jsonl"
    if line[:1] == b'"' and not has_columns:
        return "jsonl"
    return "csv" if has_columns else "text"


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of a JSON object; where two have one name, no reader knows which is meant."""
    found = dict(members)
    if len(found) != len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Unfit(f"two members are called {twice!r}")
    return found


def _json_rows(lines: Iterable[tuple[int, bytes]], columns: Sequence[str]) -> Iterator[tuple[int, Row]]:
    for number, line in lines:
        try:
            value = json.loads(line, object_pairs_hook=_once)
        except _Unfit as error:
            raise BadInput(f"line {number}: {error}") from None
        except (ValueError, RecursionError):
            raise BadInput(f"line {number} is no JSON value") from None
        if isinstance(value, dict):
            if not columns:
                names = ", ".join(list(value)[:12]) or "none"
                raise BadInput(f"line {number} is a JSON object: name the column, there are {names}")
            missing = [name for name in columns if name not in value]
            if missing:
                raise BadInput(f"line {number} has no member {missing[0]!r}: there are {', '.join(list(value)[:12])}")
            row = [value[name] for name in columns]
        elif columns:
            raise BadInput(f"line {number} is no JSON object, and member {columns[0]!r} is asked for")
        else:
            row = [value]
        yield number, [one for part in row for one in (part if isinstance(part, list) else [part])]


def _csv_rows(lines: Iterable[tuple[int, bytes]], columns: Sequence[str]) -> Iterator[tuple[int, Row]]:
    numbers: list[int] = []

    def texts() -> Iterator[str]:
        for number, line in lines:
            numbers[:] = [number]
            try:
                # With its end, for a cell in quotes that goes over two lines is not the digits of both in one.
                yield line.decode("utf-8") + "\n"
            except UnicodeDecodeError:
                raise BadInput(f"line {number} is not text in UTF-8") from None

    reader = csv.reader(texts(), strict=True)
    try:
        names = next(reader)
        names = [name.strip() for name in names]
        wanted = list(columns) or names
        missing = [name for name in wanted if name not in names]
        if missing:
            raise BadInput(f"there is no column {missing[0]!r}: the first line names {', '.join(names[:12])}")
        doubled = [name for name in wanted if names.count(name) > 1]
        if doubled:
            raise BadInput(f"two columns are called {doubled[0]!r}")
        places = [names.index(name) for name in wanted]
        for row in reader:
            if len(row) != len(names):
                raise BadInput(f"line {numbers[0]} has {len(row)} cells, and the line of names {len(names)}")
            yield numbers[0], [row[place].strip().encode() for place in places]
    except csv.Error as error:
        raise BadInput(f"line {numbers[0]} is no line of CSV: {error}") from None
