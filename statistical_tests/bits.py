"""Bits as the tests take them: packed, the most significant bit of each byte first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statistical_tests.errors import BadInput

_BLANKS = b" \t\r\n\v\f"


@dataclass(frozen=True, slots=True, eq=False)
class Bits:
    """Hold a sequence of bits.

    Args:
        packed: uint8, one dimension, the most significant bit of a byte first. What lies past `length` is zero.
        length: the number of bits, of which the last byte may hold fewer than eight.

    Raises:
        BadInput: the array is not of that kind, or does not hold exactly so many bits.
    """

    packed: NDArray[np.uint8]
    length: int

    def __post_init__(self) -> None:
        packed, length = cast("Any", self.packed), _length(self.length)
        if not isinstance(packed, np.ndarray) or packed.dtype != np.uint8 or packed.ndim != 1:
            raise BadInput("packed bits are a numpy array of uint8 with one dimension")
        if len(packed) != (length + 7) // 8:
            raise BadInput(f"{length} bits take {(length + 7) // 8} bytes, and {len(packed)} are given")
        packed = np.ascontiguousarray(packed)
        spare = -length % 8
        if spare and packed[-1] & ((1 << spare) - 1):
            packed = packed.copy()
            packed[-1] &= 0xFF << spare & 0xFF
        packed = packed.view()
        packed.flags.writeable = False
        object.__setattr__(self, "packed", packed)
        object.__setattr__(self, "length", length)

    def __reduce__(self) -> tuple[type[Bits], tuple[NDArray[np.uint8], int]]:
        # An array forgets on its way to another process that it is not to be written to; this makes it anew.
        return Bits, (self.packed, self.length)

    def __len__(self) -> int:
        return self.length

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Bits):
            return NotImplemented
        return self.length == other.length and bool(np.array_equal(self.packed, other.packed))

    __hash__ = None  # type: ignore[assignment]  # arrays have none

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview, *, length: int | None = None) -> Bits:
        """Return the bits of bytes, the first `length` of them where that is given.

        The bytes are not copied where that can be: who writes to a bytearray afterwards changes the bits.

        Raises:
            BadInput: there are fewer bits than `length`, or no bytes in one piece.
        """
        if not isinstance(data, bytes | bytearray | memoryview):
            raise BadInput(f"bytes are bytes, bytearray or memoryview, not {type(data).__name__}")
        try:
            packed = np.frombuffer(data, dtype=np.uint8)
        except (BufferError, ValueError) as error:
            raise BadInput(f"bytes stand in one piece of memory: {error}") from None
        if length is None:
            return cls(packed, 8 * len(packed))
        length = _length(length)
        if length > 8 * len(packed):
            raise BadInput(f"{length} bits are asked for, and {len(packed)} bytes hold {8 * len(packed)}")
        return cls(packed[: (length + 7) // 8], length)

    @classmethod
    def from_text(cls, text: str | bytes) -> Bits:
        """Return the bits that are written as the characters 0 and 1; blanks and line ends between them do not count.

        Raises:
            BadInput: another character stands there; the message says which and where.
        """
        if not isinstance(text, str | bytes | bytearray | memoryview):
            raise BadInput(f"text is str or bytes, not {type(text).__name__}")
        # One byte a character, whatever the text holds, so that the place of a wrong one is that in the text.
        data = text.encode("ascii", "replace") if isinstance(text, str) else bytes(text)
        characters = np.frombuffer(data.translate(None, _BLANKS), dtype=np.uint8)
        values = characters - np.uint8(ord("0"))
        if (values > 1).any():
            wrong = next(place for place, one in enumerate(data) if one not in b"01" + _BLANKS)
            character = text[wrong] if isinstance(text, str) else chr(data[wrong])
            raise BadInput(f"character {wrong + 1} is {character!r}: bits in text are 0 and 1")
        return cls(np.packbits(values), len(values))

    @classmethod
    def from_array(cls, values: ArrayLike) -> Bits:
        """Return the bits of an array of zeros and ones, or of truth values.

        Raises:
            BadInput: the array has not one dimension, or an element is neither 0 nor 1 (NaN is neither).
        """
        try:
            array: NDArray[Any] = np.asarray(values)
        except ValueError as error:
            raise BadInput(f"an array of bits is a list of zeros and ones: {error}") from None
        if array.ndim != 1:
            raise BadInput(f"an array of bits has one dimension, not {array.ndim}")
        if array.dtype != np.bool_:
            if array.dtype.kind not in "iuf":
                raise BadInput(f"an array of bits holds numbers or truth values, not {array.dtype}")
            wrong = np.flatnonzero((array != 0) & (array != 1))
            if wrong.size:
                raise BadInput(f"element {int(wrong[0])} is {array[wrong[0]]!s}: bits are 0 and 1")
        return cls(np.packbits(array.astype(np.bool_)), len(array))

    def unpacked(self) -> NDArray[np.uint8]:
        """Return the bits one by one: uint8 of zeros and ones, shape [length]."""
        return np.unpackbits(self.packed, count=self.length)

    def slice(self, start: int, stop: int) -> Bits:
        """Return bits `start` to `stop` - 1; without copying where `start` is a multiple of eight and bytes end there.

        Raises:
            BadInput: they are not all there.
        """
        start, stop = _whole(start, "start"), _whole(stop, "stop")
        if not 0 <= start <= stop <= self.length:
            raise BadInput(f"bits {start} to {stop} are asked for, and there are {self.length}")
        if start % 8 == 0:
            return Bits(self.packed[start // 8 : (stop + 7) // 8], stop - start)
        return Bits(moved(self.packed[start // 8 : (stop + 7) // 8], start % 8, bits=stop - start), stop - start)

    def every(self, step: int, *, offset: int = 0) -> Bits:
        """Return bit `offset` and each `step`-th after it, such as one bit position of all words.

        Raises:
            BadInput: the step is not 1 or more, or the offset is not below it.
        """
        step, offset = _whole(step, "step"), _whole(offset, "offset")
        if step < 1 or not 0 <= offset < step:
            raise BadInput(f"a step of {step} with offset {offset}: the step is 1 or more, the offset below it")
        values = self.unpacked()[offset::step]
        return Bits(np.packbits(values), len(values))

    def streams(self, stream_bits: int) -> Iterator[Bits]:
        """Yield the whole streams of `stream_bits` bits each, one after another; what is left at the end is not used.

        Raises:
            BadInput: a stream has not at least one bit.
        """
        stream_bits = _whole(stream_bits, "stream_bits")
        if stream_bits < 1:
            raise BadInput(f"stream_bits is {stream_bits}: a stream has at least one bit")
        for start in range(0, self.length - stream_bits + 1, stream_bits):
            yield self.slice(start, start + stream_bits)


def moved(packed: NDArray[np.uint8], left: int, *, bits: int) -> NDArray[np.uint8]:
    """Return packed bits moved to the left, without unpacking them.

    Args:
        packed: bytes, the most significant bit first.
        left: how many bits at the beginning go, 0 to 7.
        bits: how many bits there are from then on; as many bytes as they take are returned.
    """
    if left == 0:
        return packed[: (bits + 7) // 8]
    result = packed[: (bits + 7) // 8] << np.uint8(left)
    after = packed[1 : len(result) + 1]
    result[: len(after)] |= after >> np.uint8(8 - left)
    return result


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise BadInput(f"{name} is an integer, not {value!r}")
    return int(value)


def _length(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
        raise BadInput(f"the number of bits is an integer, 0 or more, not {value!r}")
    return int(value)
