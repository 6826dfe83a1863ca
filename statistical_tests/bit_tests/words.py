"""Words of bits: the sequence cut into numbers, or into one bit position of them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bits import Bits

MOST_BITS = 64


def words(bits: Bits, word_bits: int, *, most: int | None = None) -> NDArray[np.uint64]:
    """Return the whole words of the sequence, one after another, the first bit of each its most significant.

    Args:
        bits: the sequence.
        word_bits: bits a word, 1 to 64.
        most: no more words than this; all of them where it is not given.

    Returns:
        uint64, shape [length // word_bits] at most.

    Raises:
        BadInput: an argument is out of range.
    """
    require_bits(bits)
    word_bits = whole_number(word_bits, "word_bits", least=1, most=MOST_BITS)
    count = len(bits) // word_bits
    if most is not None:
        count = min(count, whole_number(most, "most", least=0))
    if word_bits in (8, 16, 32, 64):
        used = bits.packed[: count * word_bits // 8]
        return used.view(f">u{word_bits // 8}").astype(np.uint64)
    # Words repeat their place within bytes after `period` words, which fill a whole number of bytes: a record.
    period = 8 // math.gcd(word_bits, 8)
    record_bytes = period * word_bits // 8
    records = -(-count // period)
    padded = np.zeros(records * record_bytes, dtype=np.uint8)
    held = min(len(padded), len(bits.packed))
    padded[:held] = bits.packed[:held]
    table = padded.reshape(records, record_bytes)
    found = np.zeros((records, period), dtype=np.uint64)
    for place in range(period):
        start, stop = place * word_bits, (place + 1) * word_bits
        for byte in range(start // 8, (stop + 7) // 8):
            shift = stop - 8 * (byte + 1)  # of this byte's last bit, from the word's last bit
            column = table[:, byte].astype(np.uint64)
            found[:, place] |= column << np.uint64(shift) if shift >= 0 else column >> np.uint64(-shift)
        if start % 8 and word_bits < MOST_BITS:
            found[:, place] &= np.uint64((1 << word_bits) - 1)  # bits of the word before are cut off
    return found.reshape(-1)[:count]


def positions(bits: Bits, word_bits: int) -> list[Bits]:
    """Return, for each bit position of the words, the sequence of that bit in all whole words.

    Args:
        bits: the sequence.
        word_bits: bits a word, 1 to 64; position 0 is the most significant bit.

    Raises:
        BadInput: an argument is out of range.
    """
    word_bits = whole_number(word_bits, "word_bits", least=1, most=MOST_BITS)
    count = len(require_bits(bits)) // word_bits
    if word_bits == 1:
        return [bits]
    if word_bits % 8 == 0:
        table = bits.packed[: count * word_bits // 8].reshape(count, word_bits // 8)
        columns = (
            np.ascontiguousarray(table[:, place // 8]) & np.uint8(0x80 >> place % 8) for place in range(word_bits)
        )
    else:
        values = bits.unpacked()[: count * word_bits].reshape(count, word_bits)
        columns = (values[:, place] for place in range(word_bits))
    return [Bits(np.packbits(column != 0), count) for column in columns]
