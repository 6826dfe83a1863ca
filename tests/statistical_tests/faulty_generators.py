"""Generators with known faults, for the tests of what the batteries detect: bytes out, always the same ones."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from statistical_tests.bits import Bits

MASK32, MASK64 = (1 << 32) - 1, (1 << 64) - 1


def ideal(seed: int) -> np.random.Generator:
    """Give what the faulty bits are made from, and what must pass: Philox, which is no relative of any of them."""
    return np.random.Generator(np.random.Philox(seed))


def from_words(words: NDArray[np.generic], word_bits: int) -> Bits:
    """Write each word with its most significant bit first."""
    wide = words.astype(np.uint64)
    if word_bits in (8, 16, 32, 64):
        return Bits.from_bytes(wide.astype(f">u{word_bits // 8}").tobytes())
    shifts = np.arange(word_bits - 1, -1, -1, dtype=np.uint64)
    return Bits.from_array(((wide[:, None] >> shifts) & np.uint64(1)).astype(np.uint8).reshape(-1))


# --- bits that are not fair, or not independent ----------------------------------------------------------------------


def stuck_bit(seed: int, count: int, *, position: int = 3) -> Bits:
    """One bit of each byte is always zero."""
    data = np.frombuffer(ideal(seed).bytes(count // 8), dtype=np.uint8) & np.uint8(0xFF ^ (0x80 >> position))
    return Bits.from_bytes(data.tobytes())


def biased(seed: int, count: int, *, chance: float) -> Bits:
    """Each bit is one with the given probability, to 2^-32."""
    threshold = round(chance * 2**32)
    source = ideal(seed)
    parts = [
        np.packbits(source.integers(0, 1 << 32, size=1 << 20, dtype=np.uint32) < threshold)
        for _ in range(-(-count >> 20))
    ]
    return Bits.from_bytes(np.concatenate(parts).tobytes(), length=count)


def sticky(seed: int, count: int, *, chance: float) -> Bits:
    """Each bit is the one before with the given probability."""
    changes = ~biased(seed, count, chance=chance).unpacked().astype(np.bool_)
    return Bits.from_array(np.bitwise_xor.accumulate(changes.astype(np.uint8)))


# --- congruential generators -----------------------------------------------------------------------------------------


def congruential(seed: int, count: int, *, factor: int, add: int, modulus: int) -> NDArray[np.uint64]:
    """Return x[1] … x[count] of x' = (factor x + add) mod modulus; a modulus up to 2^32.

    What 1, 2, 4 … steps do is again a factor and a summand, so that the sequence is doubled until it is long enough.
    """
    found = np.asarray([(factor * seed + add) % modulus], dtype=np.uint64)
    while len(found) < count:
        found = np.concatenate([found, (found * np.uint64(factor) + np.uint64(add)) % np.uint64(modulus)])
        add = (factor * add + add) % modulus
        factor = factor * factor % modulus
    return found[:count]


def randu(seed: int, count: int) -> NDArray[np.uint64]:
    return congruential(seed | 1, count, factor=65539, add=0, modulus=1 << 31)


def minstd(seed: int, count: int) -> NDArray[np.uint64]:
    return congruential(seed, count, factor=16807, add=0, modulus=(1 << 31) - 1)


def lcg32(seed: int, count: int) -> NDArray[np.uint64]:
    """Numerical Recipes' ranqd1."""
    return congruential(seed, count, factor=1664525, add=1013904223, modulus=1 << 32)


def drand48(seed: int, count: int) -> NDArray[np.uint64]:
    """The generator of 48 bits of POSIX, whose upper bits java.util.Random gives too."""
    factor, add, mask = 0x5DEECE66D, 11, (1 << 48) - 1
    found = np.asarray([(factor * seed + add) & mask], dtype=np.uint64)
    while len(found) < count:  # modulo 2^64, which 2^48 divides
        found = np.concatenate([found, (found * np.uint64(factor) + np.uint64(add)) & np.uint64(mask)])
        add, factor = (factor * add + add) & mask, factor * factor & mask
    return found[:count]


# --- generators that are linear over the bits ------------------------------------------------------------------------


def xorshift32(seed: int, count: int) -> NDArray[np.uint64]:
    """Marsaglia 2003, shifts 13, 17, 5."""
    x, found = seed, []
    for _ in range(count):
        x ^= x << 13 & MASK32
        x ^= x >> 17
        x ^= x << 5 & MASK32
        found.append(x)
    return np.asarray(found, dtype=np.uint64)


def xorshift128(seed: int, count: int) -> NDArray[np.uint64]:
    """Marsaglia 2003, four words of 32 bits, shifts 11, 8, 19."""
    x, y, z, w = seed, 362436069, 521288629, 88675123
    found = []
    for _ in range(count):
        t = x ^ (x << 11 & MASK32)
        x, y, z = y, z, w
        w = w ^ w >> 19 ^ t ^ t >> 8
        found.append(w)
    return np.asarray(found, dtype=np.uint64)


def xorshift128_plus(seed: int, count: int, *, summed: bool = True) -> NDArray[np.uint64]:
    """Vigna 2014, shifts 23, 17, 26: the sum of both words, or the first word alone as V8's Math.random takes it."""
    first, second = seed, seed ^ 0x9E3779B97F4A7C15
    found = []
    for _ in range(count):
        s1, s0 = first, second
        first = s0
        s1 ^= s1 << 23 & MASK64
        second = s1 ^ s0 ^ s1 >> 17 ^ s0 >> 26
        found.append((first + second) & MASK64 if summed else first)
    return np.asarray(found, dtype=np.uint64)


def mersenne_twister(seed: int, count: int) -> NDArray[np.uint64]:
    return np.random.MT19937(seed).random_raw(count)


# --- nonces that come back -------------------------------------------------------------------------------------------


def hashed(nonces: NDArray[np.generic]) -> Bits:
    """SHA-256 of each nonce, as eight bytes, one after another."""
    data = nonces.astype(">u8").tobytes()
    return Bits.from_bytes(b"".join(hashlib.sha256(data[i : i + 8]).digest() for i in range(0, len(data), 8)))
