"""Ideal data to hold tests against: bits and outcomes of named, seeded generators.

A stream is a function of generator, seed and stream number, and nothing else: anyone makes the same data again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

from statistical_tests import arguments
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput

LABEL = "fairlot/ideal"
"""What comes before seed and stream number in the label that a generator is keyed with."""


def _shake256(label: bytes, count: int) -> bytes:
    return hashlib.shake_256(label).digest(count)


def _sha256_ctr(label: bytes, count: int) -> bytes:
    key = hashlib.sha256(label)

    def block(number: int) -> bytes:
        one = key.copy()
        one.update(number.to_bytes(8, "big"))
        return one.digest()

    return b"".join(block(number) for number in range((count + 31) // 32))[:count]


def _philox(label: bytes, count: int) -> bytes:
    key = int.from_bytes(hashlib.sha256(label).digest()[:16], "big")
    return np.random.Generator(np.random.Philox(key=key)).bytes(count)


GENERATORS: dict[str, Callable[[bytes, int], bytes]] = {
    "shake256": _shake256,  # FIPS 202: the output of SHAKE256 over the label
    "sha256-ctr": _sha256_ctr,  # SHA-256 over the label and a block number of 8 bytes, big-endian
    "philox": _philox,  # numpy's Philox 4x64-10, keyed with the first half of the label's SHA-256
}


def ideal_bytes(count: int, *, seed: str = "1", stream: int = 0, generator: str = "shake256") -> bytes:
    """Return the first `count` bytes of a stream.

    The generator is keyed with the UTF-8 text ``fairlot/ideal/{generator}/{seed}/{stream}``.

    Args:
        count: how many bytes, 0 or more.
        seed: any text.
        stream: number of the stream, 0 or more.
        generator: a key of `GENERATORS`.

    Raises:
        BadInput: an argument is not in its range.
    """
    count = arguments.whole_number(count, "count", least=0)
    stream = arguments.whole_number(stream, "stream", least=0)
    if generator not in GENERATORS:
        raise BadInput(f"generator {generator!r} is none of {', '.join(GENERATORS)}")
    return GENERATORS[generator](f"{LABEL}/{generator}/{seed}/{stream}".encode(), count)


def ideal_bits(length: int, *, seed: str = "1", stream: int = 0, generator: str = "shake256") -> Bits:
    """Return the first `length` bits of a stream.

    Args and what is raised: as in `ideal_bytes`.
    """
    length = arguments.whole_number(length, "length", least=0)
    data = ideal_bytes((length + 7) // 8, seed=seed, stream=stream, generator=generator)
    return Bits.from_bytes(data, length=length)


def ideal_outcomes(
    count: int,
    *,
    probabilities: Sequence[Fraction | int],
    seed: str = "1",
    stream: int = 0,
    generator: str = "shake256",
) -> NDArray[np.int64]:
    """Return outcomes 0, 1, 2 … with exact probabilities, shape [count].

    A word of 64 bits, big-endian, gives a number below the common denominator by rejection and remainder; the outcome
    is the first whose running sum of numerators exceeds it.

    Args:
        count: how many outcomes, 0 or more.
        probabilities: fractions that sum to one, of a common denominator up to 2^53.
        seed: any text.
        stream: number of the stream, 0 or more.
        generator: a key of `GENERATORS`.

    Raises:
        BadInput: an argument is not in its range, or probabilities are not fractions that sum to one.
    """
    count = arguments.whole_number(count, "count", least=0)
    if not probabilities or not all(_is_fraction(one) for one in probabilities):
        raise BadInput("probabilities are fractions, 0 or more each, so that they can be met exactly")
    if sum(probabilities) != 1:
        raise BadInput(f"probabilities sum to {sum(probabilities)}, and must sum to 1")
    total = lcm(*(one.denominator for one in probabilities))
    if total > 2**53:
        raise BadInput(f"the common denominator of the probabilities is {total}: at most 2^53")
    edges = np.cumsum([int(one * total) for one in probabilities])
    words = _below(count, total, seed=seed, stream=stream, generator=generator)
    return np.searchsorted(edges, words, side="right").astype(np.int64)


def ideal_shuffles(
    count: int, *, cards: int, seed: str = "1", stream: int = 0, generator: str = "shake256"
) -> NDArray[np.int64]:
    """Return shuffled decks of the cards 0, 1, 2 …, shape [count, cards].

    Each deck is the order of as many words of 64 bits. Equal words would be a bias; for 52 cards their probability is
    under 10^-16 a deck.

    Args:
        count: how many decks, 0 or more.
        cards: how many cards a deck has, 1 to 10,000.
        seed: any text.
        stream: number of the stream, 0 or more.
        generator: a key of `GENERATORS`.

    Raises:
        BadInput: an argument is not in its range.
    """
    count = arguments.whole_number(count, "count", least=0)
    cards = arguments.whole_number(cards, "cards", least=1, most=10_000)
    words = _words(count * cards, seed=seed, stream=stream, generator=generator)
    return np.argsort(words.reshape(count, cards), axis=1, kind="stable").astype(np.int64)


def _words(count: int, *, seed: str, stream: int, generator: str) -> NDArray[np.uint64]:
    data = ideal_bytes(8 * count, seed=seed, stream=stream, generator=generator)
    return np.frombuffer(data, dtype=">u8").astype(np.uint64)


def _below(count: int, limit: int, *, seed: str, stream: int, generator: str) -> NDArray[np.int64]:
    """Return numbers below `limit` without bias: words past the last whole multiple of it are left out."""
    most = np.uint64(2**64 - 1 - 2**64 % limit)
    # One word in 2^11 is rejected at most, so that a few more words are enough; if they are not, there are more.
    asked = count + count // 1024 + 64
    while True:
        words = _words(asked, seed=seed, stream=stream, generator=generator)
        words = words[words <= most]
        if len(words) >= count:
            return (words[:count] % np.uint64(limit)).astype(np.int64)
        asked *= 2


def _is_fraction(value: object) -> bool:
    return isinstance(value, Fraction | int) and value >= 0
