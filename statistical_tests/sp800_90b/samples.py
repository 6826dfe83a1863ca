"""Samples of a noise source: numbers of one to eight bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statistical_tests.arguments import whole_number
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput

MOST_SAMPLES = 0x3FFFFFFF
"""A billion; places of samples are counted with 32 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Hold samples in the order in which the source gave them.

    Args:
        values: uint8, one dimension, one sample each.
        width: bits of a sample, 1 to 8; every value is below 2^width.

    Raises:
        BadInput: the array is not of that kind, a value is too large (the message says which), or there are too many.
    """

    values: NDArray[np.uint8]
    width: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", whole_number(self.width, "width", least=1, most=8))
        values = cast("Any", self.values)
        if not isinstance(values, np.ndarray) or values.dtype != np.uint8 or values.ndim != 1:
            raise BadInput("samples are a numpy array of uint8 with one dimension; see Samples.from_array")
        if len(values) > MOST_SAMPLES:
            raise BadInput(f"{len(values)} samples: at most {MOST_SAMPLES} can be judged at once")
        if len(values) and int(values.max()) >> self.width:
            place = int(np.argmax(values >> self.width != 0))
            raise BadInput(
                f"sample {place} is {values[place]}: samples of {self.width} bits are below {1 << self.width}"
            )
        values = np.ascontiguousarray(values).view()
        values.flags.writeable = False
        object.__setattr__(self, "values", values)

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def from_array(cls, values: ArrayLike, *, width: int = 8) -> Samples:
        """Return samples from a list or an array of whole numbers.

        Raises:
            BadInput: one is not a whole number below 2^width; the message says which.
        """
        width = whole_number(width, "width", least=1, most=8)
        array: NDArray[Any] = np.asarray(values)
        if array.ndim != 1 or (array.dtype.kind not in "iu" and array.size):
            raise BadInput(f"samples are whole numbers in one dimension, not {array.dtype} in {array.ndim}")
        wrong = np.flatnonzero((array < 0) | (array >= 1 << width))
        if wrong.size:
            place = int(wrong[0])
            raise BadInput(
                f"sample {place} is {array[place]}: samples of {width} bits are from 0 to {(1 << width) - 1}"
            )
        return cls(array.astype(np.uint8), width)

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview, *, width: int = 8) -> Samples:
        """Return samples that stand in a byte each."""
        return cls(np.frombuffer(data, dtype=np.uint8), width)

    @classmethod
    def from_bits(cls, bits: Bits, *, width: int = 8) -> Samples:
        """Return samples of `width` bits each, the most significant first; bits left at the end are not used."""
        width = whole_number(width, "width", least=1, most=8)
        number = len(bits) // width
        rows = bits.unpacked()[: number * width].reshape(number, width)
        weights = (1 << np.arange(width - 1, -1, -1)).astype(np.uint8)
        return cls((rows * weights).sum(axis=1, dtype=np.uint8), width)

    def bitstring(self) -> Samples:
        """Return the bits of all samples, the most significant of each first, as samples of one bit (3.1.3)."""
        if self.width == 1:
            return self
        rows = np.unpackbits(self.values[:, None], axis=1)[:, 8 - self.width :]
        return Samples(np.ascontiguousarray(rows).reshape(-1), 1)

    def counts(self) -> NDArray[np.int64]:
        """Return how often each value is there, int64 [2^width]."""
        return np.bincount(self.values, minlength=1 << self.width).astype(np.int64)

    def kinds(self) -> int:
        """Return how many values are there."""
        return int(np.count_nonzero(self.counts()))

    def ranked(self) -> Samples:
        """Return samples with the values that are there numbered from 0 in their order, in as few bits as they take."""
        present = self.counts() > 0
        numbers = (np.cumsum(present) - 1).astype(np.uint8)
        width = max(1, (int(np.count_nonzero(present)) - 1).bit_length())
        return Samples(numbers[self.values], width)


def require_samples(samples: object) -> Samples:
    """Return `samples` if they are `Samples`.

    Raises:
        BadInput: they are something else.
    """
    if not isinstance(samples, Samples):
        raise BadInput(
            f"samples are Samples, not {type(samples).__name__}: see Samples.from_bits, from_bytes, from_array"
        )
    return samples
