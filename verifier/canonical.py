"""Read and write the canonical JSON of fairlot's documents, strictly.

The specification is ``spec/canonical.md``; the step numbers in the comments (C1, C2 ...) are its numbers. The reader
accepts exactly one spelling of every value, and it is written out by hand, character by character, because the
standard library's parser is lenient in places that matter here (duplicate fields, lone surrogates, ``NaN``).
"""

import hashlib
import re
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64

_SHOWN = 40  # An error shows this many characters of a value at most: documents come from strangers.
_NUMBER = re.compile(r"-?[0-9]+")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHORT_ESCAPES = {'"': '"', "\\": "\\", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPED = {character: "\\" + letter for letter, character in _SHORT_ESCAPES.items()}

_Path: TypeAlias = list[str | int]


class Malformed(ValueError):
    """Say that bytes or a value are not canonical JSON: ``reason`` says why, ``path`` where (``$`` is the whole)."""

    def __init__(self, reason: str, path: str = "$") -> None:
        super().__init__(reason, path)
        self.reason = reason
        self.path = path

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def decode(data: bytes) -> Json:
    """Read one document from its canonical bytes.

    Args:
        data: the whole document, UTF-8, with nothing before or after it (no newline at the end).

    Raises:
        TypeError: ``data`` is not bytes.
        Malformed: the bytes are not the canonical form of a value; the only other exception there is.

    Specification: canonical.md, steps C1 to C8.
    """
    if not isinstance(data, bytes):
        raise TypeError(f"data must be bytes, not {type(data).__name__}; read the file in binary mode")
    # C1: a byte order mark is legal UTF-8, so it is named before the decoder would let it through as U+FEFF.
    if data.startswith(b"\xef\xbb\xbf"):
        raise Malformed("begins with a byte order mark; a document has none")
    try:
        text = data.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        raise Malformed(f"is not UTF-8 at byte {error.start}") from None
    reader = _Reader(text)
    value = reader.value()
    # C2: exactly one value, and it ends with the bytes.
    if reader.position != len(text):
        raise Malformed(f"has something after the value, at character {reader.position}: {_shown(reader.rest())}")
    # C8: the reader above admits one spelling only, so this cannot differ; it is made all the same, because a
    # document that two programs spell differently has two digests.
    if encode(value) != data:
        raise Malformed("is not its own canonical encoding")
    return value


def encode(value: Json) -> bytes:
    """Write a value as its canonical bytes.

    Args:
        value: objects (``dict``), lists (``list``), ``str``, ``int`` within 2^53 - 1, ``bool`` and ``None``.

    Raises:
        Malformed: the value, or something in it, has no canonical form; the path says where.

    Specification: canonical.md, steps C3 to C7.
    """
    pieces: list[str] = []
    _write(value, pieces, [])
    return "".join(pieces).encode("utf-8")


def digest(value: Json) -> str:
    """Return the SHA-256 of a value's canonical bytes, as 64 lower-case hex digits.

    Raises:
        Malformed: the value has no canonical form.

    Specification: canonical.md, step C9.
    """
    return hashlib.sha256(encode(value)).hexdigest()


class _Reader:
    """Walk over a text from its beginning; ``position`` is the next character."""

    __slots__ = ("path", "position", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.path: _Path = []

    def rest(self) -> str:
        return self.text[self.position : self.position + _SHOWN + 1]

    def fault(self, reason: str) -> Malformed:
        return Malformed(f"{reason}, at character {self.position}", _rendered(self.path))

    def take(self, expected: str) -> bool:
        if self.text.startswith(expected, self.position):
            self.position += len(expected)
            return True
        return False

    def value(self) -> Json:
        # C3: the first character decides which kind of value it is.
        first = self.text[self.position : self.position + 1]
        if first == "{":
            return self.object()
        if first == "[":
            return self.list()
        if first == '"':
            return self.string()
        if first == "-" or (first != "" and first in "0123456789"):
            return self.integer()
        if self.take("true"):
            return True
        if self.take("false"):
            return False
        if self.take("null"):
            return None
        if first == "":
            raise self.fault("ends where a value must stand")
        if first in " \t\r\n":
            raise self.fault("has white space between values; the canonical form has none")
        raise self.fault(f"has no value that JSON knows: {_shown(self.rest())}")

    def object(self) -> dict[str, Json]:
        self.descend()
        members: dict[str, Json] = {}
        if self.take("}"):
            self.path.pop()
            return members
        previous: str | None = None
        while True:
            if self.text[self.position : self.position + 1] != '"':
                raise self.fault(f"needs a field name in double quotes, not {_shown(self.rest())}")
            name = self.string()
            self.path[-1] = name
            # C6: names are printable ASCII, each once, in ascending order.
            if not _is_printable_ascii(name):
                raise self.fault("has a field name that is not printable ASCII")
            if name in members:
                raise self.fault("is a duplicate field")
            if previous is not None and name < previous:
                raise self.fault(f"is out of order: it must stand before {_shown(previous)}")
            previous = name
            if not self.take(":"):
                raise self.fault(f"needs a colon right after the field name, not {_shown(self.rest())}")
            members[name] = self.value()
            if self.take("}"):
                break
            if not self.take(","):
                raise self.fault(f"needs a comma or a closing brace, not {_shown(self.rest())}")
        self.path.pop()
        return members

    def list(self) -> list[Json]:
        self.descend()
        items: list[Json] = []
        if self.take("]"):
            self.path.pop()
            return items
        while True:
            self.path[-1] = len(items)
            items.append(self.value())
            if self.take("]"):
                break
            if not self.take(","):
                raise self.fault(f"needs a comma or a closing bracket, not {_shown(self.rest())}")
        self.path.pop()
        return items

    def descend(self) -> None:
        # C7: the path has one entry for each container that is open.
        if len(self.path) >= MAX_DEPTH:
            raise self.fault(f"is nested deeper than {MAX_DEPTH} containers")
        self.position += 1
        self.path.append(0)

    def integer(self) -> int:
        # C4: digits only, no leading zero, no minus zero, no fraction, no exponent, within 2^53 - 1.
        match = _NUMBER.match(self.text, self.position)
        if match is None:
            raise self.fault(f"has a minus sign without digits: {_shown(self.rest())}")
        spelling = match.group()
        digits = spelling.removeprefix("-")
        following = self.text[match.end() : match.end() + 1]
        if following != "" and following in ".eE":
            raise self.fault(f"has a fraction or an exponent; numbers are integers: {_shown(self.rest())}")
        if digits.startswith("0") and spelling != "0":
            raise self.fault(f"has a zero that the canonical form does not write: {_shown(spelling)}")
        # The length is looked at first: turning a very long string of digits into an integer is refused or slow.
        if len(digits) > len(str(MAX_INTEGER)) or int(digits) > MAX_INTEGER:
            raise self.fault(f"is an integer beyond 2^53 - 1: {_shown(spelling)}")
        self.position = match.end()
        return int(spelling)

    def string(self) -> str:
        # C5: each character has one spelling; only those that need it are escaped.
        self.position += 1
        pieces: list[str] = []
        while True:
            plain = _PLAIN.match(self.text, self.position)
            if plain is not None:
                pieces.append(plain.group())
                self.position = plain.end()
            character = self.text[self.position : self.position + 1]
            if character == '"':
                self.position += 1
                return "".join(pieces)
            if character == "":
                raise self.fault("ends inside a string")
            if character != "\\":
                raise self.fault(f"has the control character U+{ord(character):04X} bare in a string")
            pieces.append(self.escape())

    def escape(self) -> str:
        letter = self.text[self.position + 1 : self.position + 2]
        if letter != "" and letter in _SHORT_ESCAPES:
            self.position += 2
            return _SHORT_ESCAPES[letter]
        spelling = self.text[self.position : self.position + 6]
        if re.fullmatch(r"\\u[0-9A-Fa-f]{4}", spelling) is None:
            raise self.fault(f"has an escape that the canonical form does not write: {_shown(self.rest())}")
        code = int(spelling.removeprefix("\\u"), base=16)
        if 0xD800 <= code <= 0xDFFF:
            raise self.fault(f"has a surrogate, which no text may hold: {spelling}")
        if _spelled(chr(code)) != spelling:
            raise self.fault(f"has an escape that the canonical form does not write: {spelling}")
        self.position += 6
        return chr(code)


def _write(value: Json, pieces: list[str], path: _Path) -> None:
    # Booleans come before integers, because in Python True is an int.
    if value is None:
        pieces.append("null")
    elif value is True:
        pieces.append("true")
    elif value is False:
        pieces.append("false")
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise Malformed("is an integer beyond 2^53 - 1", _rendered(path))
        pieces.append(str(int(value)))
    elif isinstance(value, str):
        pieces.append(_quoted(value, path))
    elif isinstance(value, dict):
        _write_object(value, pieces, path)
    elif isinstance(value, list):
        _open(path)
        for index, item in enumerate(value):
            path[-1] = index
            pieces.append("[" if index == 0 else ",")
            _write(item, pieces, path)
        pieces.append("]" if value else "[]")
        path.pop()
    else:
        raise Malformed(
            f"is of type {type(value).__name__}; documents hold objects, lists, strings, integers, booleans and null",
            _rendered(path),
        )


def _write_object(members: dict[str, Json], pieces: list[str], path: _Path) -> None:
    _open(path)
    for name in members:
        if not _is_printable_ascii(name):
            raise Malformed(f"has a field name that is not printable ASCII: {_shown(str(name))}", _rendered(path[:-1]))
    # C6: for ASCII names the order by code point, by byte and by UTF-16 unit (RFC 8785 section 3.2.3) is one order.
    for place, name in enumerate(sorted(members)):
        path[-1] = name
        pieces.append("{" if place == 0 else ",")
        pieces.append(_quoted(name, path))
        pieces.append(":")
        _write(members[name], pieces, path)
    pieces.append("}" if members else "{}")
    path.pop()


def _open(path: _Path) -> None:
    if len(path) >= MAX_DEPTH:
        raise Malformed(f"is nested deeper than {MAX_DEPTH} containers", _rendered(path))
    path.append(0)


def _quoted(text: str, path: _Path) -> str:
    for character in text:
        if 0xD800 <= ord(character) <= 0xDFFF:
            raise Malformed(f"has a surrogate, which no text may hold: U+{ord(character):04X}", _rendered(path))
    return '"' + "".join(_spelled(character) for character in text) + '"'


def _spelled(character: str) -> str:
    # RFC 8785 section 3.2.2.2.
    if character in _ESCAPED:
        return _ESCAPED[character]
    if ord(character) < 0x20:
        return f"\\u{ord(character):04x}"
    return character


def _is_printable_ascii(name: object) -> bool:
    return isinstance(name, str) and all(0x20 <= ord(character) <= 0x7E for character in name)


def _rendered(path: _Path) -> str:
    pieces = ["$"]
    for step in path:
        if isinstance(step, str) and len(step) <= _SHOWN and _PLAIN_NAME.fullmatch(step):
            pieces.append(f".{step}")
        elif isinstance(step, str):
            pieces.append(f"[{_shown(step)}]")
        else:
            pieces.append(f"[{step}]")
    return "".join(pieces)


def _shown(text: str) -> str:
    return ascii(text) if len(text) <= _SHOWN else ascii(text[:_SHOWN]) + "..."
