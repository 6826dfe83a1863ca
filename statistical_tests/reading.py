"""Bits out of a file, a pipe or standard input: read once, from front to back, and never more than is asked for.

Two forms are read. In `binary` each byte is eight bits, the most significant one first, and streams follow one another
without a gap, within a byte too. In `ascii` each bit is a character 0 or 1; blanks and line ends between them do not
count, any other character is refused with its place.

Which form it is, `auto` tells by the first 4,096 bytes (fewer where fewer are needed):

1. nothing but 0, 1, blanks and line ends, and 16 bytes or more: `ascii`. Of random bytes that many look so once in
   2^80 cases;
2. as 1, and fewer than 16 bytes: refused, for both are possible;
3. 64 bytes or more, and each a printable character of ASCII, a blank or a line end: refused, for this is text, such as
   hexadecimal or CSV (random bytes look so once in 10^25 cases);
4. text in UTF-16, by its mark: refused;
5. anything else: `binary`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, Protocol, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from statistical_tests.arguments import whole_number
from statistical_tests.bits import Bits, moved
from statistical_tests.errors import BadInput, ShortInput

Form: TypeAlias = Literal["auto", "binary", "ascii"]
FORMS: Final[tuple[Form, ...]] = ("auto", "binary", "ascii")

_HEAD_BYTES: Final = 4096
_SURE_ASCII: Final = 16
_SURE_TEXT: Final = 64
_PIECE: Final = 2**18
_BLANKS: Final = b" \t\r\n\v\f"
_PRINTABLE: Final = bytes(range(0x20, 0x7F)) + _BLANKS
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


class Source(Protocol):
    """What is read from: a binary file, buffered or not."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the buffer as far as there is something, and return how many bytes; 0 at the end."""


class BitReader:
    """Take bits from a file, one sequence after another.

    Args:
        file: what is read from; it is neither rewound nor closed.
        form: `binary`, `ascii`, or `auto` to tell by the beginning, which is read at once.
        needed: how many bits will be taken in all, where that is known, so that not even the beginning is read further.

    Attributes:
        form: `binary` or `ascii`, as it was told.
        notices: what a reader of the findings should know, such as that the form that was asked for looks wrong.
        taken: bits that were taken so far.

    Raises:
        BadInput: the form is unknown, or the beginning is of none.
    """

    def __init__(self, file: Source, *, form: Form = "auto", needed: int | None = None) -> None:
        if form not in FORMS:
            raise BadInput(f"the form is {form!r}: there are {', '.join(FORMS)}")
        wanted = _HEAD_BYTES if needed is None else (whole_number(needed, "needed", least=0) + 7) // 8
        self._file = file
        self._head = b""
        self._head = self._read(min(_HEAD_BYTES, wanted)).tobytes()
        self.form, self.notices = _told(self._head, form)
        self.taken = 0
        self._spare = np.zeros(0, dtype=np.uint8)  # binary: the last byte, while bits of it are left
        self._spare_bits = 0
        self._at = 0  # ascii: characters before those that are looked at
        if self.form == "ascii" and self._head.startswith(_UTF8_MARK):
            self._head = self._head[len(_UTF8_MARK) :]
            self._at = 1

    def take(self, bits: int) -> Bits:
        """Return the next bits.

        Raises:
            ShortInput: the input ends before.
            BadInput: a character is no bit, or the number is not 0 or more.
        """
        bits = whole_number(bits, "bits", least=0)
        found = self.take_up_to(bits)
        if len(found) < bits:
            raise ShortInput(came=self.taken, needed=self.taken - len(found) + bits)
        return found

    def take_up_to(self, bits: int) -> Bits:
        """Return the next bits, or as many of them as there are.

        Raises:
            BadInput: a character is no bit, or the number is not 0 or more.
        """
        bits = whole_number(bits, "bits", least=0)
        found = self._binary(bits) if self.form == "binary" else self._ascii(bits)
        self.taken += len(found)
        return found

    def streams(self, streams: int, stream_bits: int) -> Iterator[Bits]:
        """Yield streams one after another, each read when it is asked for.

        Raises:
            ShortInput: the input ends before the last stream does; it says how much came, and how much is needed.
            BadInput: a character is no bit, or a number is not 1 or more.
        """
        streams = whole_number(streams, "streams", least=1)
        stream_bits = whole_number(stream_bits, "stream_bits", least=1)
        needed = self.taken + streams * stream_bits
        for _ in range(streams):
            found = self.take_up_to(stream_bits)
            if len(found) < stream_bits:
                raise ShortInput(came=self.taken, needed=needed)
            yield found

    def _binary(self, bits: int) -> Bits:
        fresh = self._read(max(0, bits - self._spare_bits + 7) // 8)
        held = np.concatenate((self._spare, fresh)) if self._spare_bits else fresh
        past = len(self._spare) * 8 - self._spare_bits  # bits of the spare byte that were taken before
        found = min(bits, len(held) * 8 - past)
        packed = moved(held, past, bits=found)
        self._spare_bits = len(held) * 8 - past - found
        self._spare = held[-1:].copy() if self._spare_bits else held[:0]
        return Bits(packed, found)

    def _ascii(self, bits: int) -> Bits:
        packed = _room((bits + 7) // 8)
        rest = np.zeros(0, dtype=np.uint8)
        found = 0
        while found < bits:
            # Each bit takes a character, so that so many are never more than are needed.
            piece = self._read(min(_PIECE, bits - found))
            if not len(piece):
                break
            values = np.concatenate((rest, self._values(piece)))
            whole = len(values) // 8
            start = (found - len(rest)) // 8
            packed[start : start + whole] = np.packbits(values[: 8 * whole])
            found += len(values) - len(rest)
            rest = values[8 * whole :]
        if len(rest):
            packed[found // 8] = np.packbits(rest)[0]
        return Bits(packed[: (found + 7) // 8], found)

    def _values(self, piece: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the bits of characters, one each."""
        data = piece.tobytes()
        values = np.frombuffer(data.translate(None, _BLANKS), dtype=np.uint8) - np.uint8(ord("0"))
        if (values > 1).any():
            place = next(place for place, one in enumerate(data) if one not in b"01" + _BLANKS)
            raise BadInput(
                f"character {self._at + place + 1} is {_shown(data[place])}: bits in text are 0 and 1, with blanks and "
                "line ends between them; for bytes of eight bits each the form is binary"
            )
        self._at += len(data)
        return values

    def _read(self, size: int) -> NDArray[np.uint8]:
        """Return so many bytes, or those that are left; a pipe may hand them over in pieces."""
        head, self._head = self._head[:size], self._head[size:]
        if len(head) == size:
            return np.frombuffer(head, dtype=np.uint8)
        buffer = _room(size)
        buffer[: len(head)] = np.frombuffer(head, dtype=np.uint8)
        view = memoryview(cast("bytearray", buffer))
        at = len(head)
        while at < size:
            count = self._file.readinto(view[at : at + _PIECE])
            if count is None:
                raise BadInput("the input does not wait for what has not come yet: give a file or a blocking pipe")
            if count == 0:
                break
            at += count
        return buffer[:at]


def _room(size: int) -> NDArray[np.uint8]:
    try:
        return np.empty(size, dtype=np.uint8)
    except (MemoryError, ValueError, OverflowError):
        raise BadInput(f"{size:,} bytes at once do not fit into memory: take shorter streams") from None


def _told(head: bytes, form: Form) -> tuple[Literal["binary", "ascii"], tuple[str, ...]]:
    """Return the form that the first bytes have, and what is odd about the one that was asked for."""
    text = head.removeprefix(_UTF8_MARK)
    is_ascii = bool(text) and not text.translate(None, b"01" + _BLANKS)
    if form == "binary":
        if is_ascii and len(head) >= _SURE_ASCII:
            return form, (
                f"the first {len(head)} bytes are the characters 0 and 1: this looks like bits in text, and was read "
                "as binary, eight bits a character",
            )
        return form, ()
    if form == "ascii":
        return form, ()
    if is_ascii:
        if len(head) < _SURE_ASCII:
            raise BadInput(
                f"{len(head)} bytes of the characters 0 and 1 are too few to tell text from bytes: "
                "say which form it is, ascii or binary"
            )
        return "ascii", ()
    if head.startswith(_UTF16_MARKS):
        start = 2 + head.startswith(b"\xff\xfe")
        if len(head) >= 2 * _SURE_ASCII and not any(head[start::2]):
            raise BadInput("this is text in UTF-16: write its characters 0 and 1 in ASCII or UTF-8")
    if len(text) >= _SURE_TEXT and not text.translate(None, _PRINTABLE):
        place = next(place for place, one in enumerate(text) if one not in b"01" + _BLANKS)
        raise BadInput(
            f"this is text, and character {place + 1} is {_shown(text[place])}, where bits were expected: give bytes, "
            "or the characters 0 and 1; if its bytes are what is to be tested, say that the form is binary"
        )
    return "binary", ()


def _shown(byte: int) -> str:
    return repr(chr(byte)) if byte < 0x80 else f"the byte 0x{byte:02x}"
