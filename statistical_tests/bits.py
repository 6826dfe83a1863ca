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
        packed, length = cast("Any", self.packed), cast("Any", self.length)
        if not isinstance(packed, np.ndarray) or packed.dtype != np.uint8 or packed.ndim != 1:
            raise BadInput("packed bits are a numpy array of uint8 with one dimension")
        if isinstance(length, bool) or not isinstance(length, int) or length < 0:
            raise BadInput(f"the number of bits is an integer, 0 or more, not {self.length!r}")
        if len(packed) != (self.length + 7) // 8:
            raise BadInput(f"{self.length} bits take {(self.length + 7) // 8} bytes, and {len(packed)} are given")
        packed = np.ascontiguousarray(packed)
        spare = -self.length % 8
        if spare and packed[-1] & ((1 << spare) - 1):
            packed = packed.copy()
            packed[-1] &= 0xFF << spare & 0xFF
        packed = packed.view()
        packed.flags.writeable = False
        object.__setattr__(self, "packed", packed)

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

        Raises:
            BadInput: there are fewer bits than `length`.
        """
        packed = np.frombuffer(data, dtype=np.uint8)
        if length is None:
            return cls(packed, 8 * len(packed))
        if length > 8 * len(packed):
            raise BadInput(f"{length} bits are asked for, and {len(packed)} bytes hold {8 * len(packed)}")
        return cls(packed[: (length + 7) // 8], length)

    @classmethod
    def from_text(cls, text: str | bytes) -> Bits:
        """Return the bits that are written as the characters 0 and 1; blanks and line ends between them do not count.

        Raises:
            BadInput: another character stands there; the message says which and where.
        """
        data = text.encode("utf-8", "replace") if isinstance(text, str) else bytes(text)
        characters = np.frombuffer(data.translate(None, _BLANKS), dtype=np.uint8)
        values = characters - np.uint8(ord("0"))
        if (values > 1).any():
            wrong = next(place for place, one in enumerate(data) if one not in b"01" + _BLANKS)
            raise BadInput(f"character {wrong + 1} is {chr(data[wrong])!r}: bits in text are 0 and 1")
        return cls(np.packbits(values), len(values))

    @classmethod
    def from_array(cls, values: ArrayLike) -> Bits:
        """Return the bits of an array of zeros and ones, or of truth values.

        Raises:
            BadInput: the array has not one dimension, or an element is neither 0 nor 1 (NaN is neither).
        """
        array: NDArray[Any] = np.asarray(values)
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
        if not 0 <= start <= stop <= self.length:
            raise BadInput(f"bits {start} to {stop} are asked for, and there are {self.length}")
        if start % 8 == 0:
            return Bits(self.packed[start // 8 : (stop + 7) // 8], stop - start)
        within = np.unpackbits(self.packed[start // 8 : (stop + 7) // 8])[start % 8 :][: stop - start]
        return Bits(np.packbits(within), stop - start)

    def every(self, step: int, *, offset: int = 0) -> Bits:
        """Return bit `offset` and each `step`-th after it, such as one bit position of all words.

        Raises:
            BadInput: the step is not 1 or more, or the offset is not below it.
        """
        if step < 1 or not 0 <= offset < step:
            raise BadInput(f"a step of {step} with offset {offset}: the step is 1 or more, the offset below it")
        values = self.unpacked()[offset::step]
        return Bits(np.packbits(values), len(values))

    def streams(self, stream_bits: int) -> Iterator[Bits]:
        """Yield the whole streams of `stream_bits` bits each, one after another; what is left at the end is not used.

        Raises:
            BadInput: a stream has not at least one bit.
        """
        if stream_bits < 1:
            raise BadInput(f"a stream has at least one bit, not {stream_bits}")
        for start in range(0, self.length - stream_bits + 1, stream_bits):
            yield self.slice(start, start + stream_bits)
