"""Poker test in two forms: how many different values a hand has, or which of the classical hands it is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bit_tests.reference import LEAST_EXPECTED, pearson
from statistical_tests.bit_tests.words import words
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, Value, not_applicable

NAME = "Poker"
SECTION = "TAOCP 3.3.2 F"
FORMS = ("distinct", "hands")
LARGEST_HAND = 12
_CHUNK = 1 << 18  # hands at a time


def poker(bits: Bits, *, word_bits: int = 4, hand: int = 5, form: str = "distinct") -> Finding:
    """Test hands of successive words against the exact probabilities of what they can be.

    Form ``distinct`` is Knuth's: the number of different values in a hand, r with probability d (d - 1) … (d - r + 1)
    S(hand, r) / d^hand, where d = 2^word_bits and S is a Stirling number of the second kind. Form ``hands`` tells
    hands apart by how often their values occur: with five words ``1+1+1+1+1`` (all different), ``2+1+1+1`` (a pair),
    ``2+2+1``, ``3+1+1``, ``3+2`` (a full house), ``4+1`` and ``5``. Probabilities are fractions; Pearson's statistic
    over the kinds, neighbours pooled until 5 are expected, is asymptotic.

    Args:
        bits: the sequence.
        word_bits: bits a word, 1 to 8.
        hand: words a hand, 2 to 12.
        form: ``distinct`` or ``hands``.

    Raises:
        BadInput: an argument is out of range.
    """
    require_bits(bits)
    word_bits = whole_number(word_bits, "word_bits", least=1, most=8)
    hand = whole_number(hand, "hand", least=2, most=LARGEST_HAND)
    if form not in FORMS:
        raise BadInput(f"form is {form!r}: it must be one of {', '.join(FORMS)}")
    parameters: dict[str, Value] = {"word_bits": word_bits, "hand": hand, "form": form}
    hands = len(bits) // word_bits // hand
    chances = hand_probabilities(1 << word_bits, hand, form)
    sure = sorted(float(one) for one in chances.values())
    least = math.ceil(LEAST_EXPECTED / (1 - sure[-1]))  # so that there are two classes at the least
    if hands < least:
        reason = f"{hands} hands of {hand} words of {word_bits} bits, and {least} are needed"
        return not_applicable(NAME, SECTION, reason, parameters=parameters)
    judge: Callable[[NDArray[np.uint8], int], Counter[str]] = _distinct if form == "distinct" else _hands
    found: Counter[str] = Counter()
    for start in range(0, hands, _CHUNK):
        stop = min(hands, start + _CHUNK)
        part = bits.slice(start * hand * word_bits, stop * hand * word_bits)
        found += judge(words(part, word_bits).astype(np.uint8).reshape(-1, hand), 1 << word_bits)
    fit = pearson(
        np.asarray([found[kind] for kind in chances], dtype=np.int64),
        np.asarray([float(one) for one in chances.values()]),
    )
    statistic: dict[str, Value] = {
        "hands": hands,
        "kinds": list(chances),
        "counts": [found[kind] for kind in chances],
        "chi_square": fit.statistic,
        "freedom": fit.freedom,
    }
    return Finding(NAME, SECTION, parameters, statistic, (fit.p_value,))


@lru_cache(maxsize=64)
def hand_probabilities(kinds: int, hand: int, form: str) -> dict[str, Fraction]:
    """Return the probability of each thing that a hand can be, in a fixed order: from all alike to all different."""
    found: dict[str, Fraction] = {}
    for parts in _partitions(hand, hand):
        # Which values: kinds (kinds - 1) … for the parts in order, less the orders among parts of one size; which
        # words: a multinomial.
        ways = math.perm(kinds, len(parts)) * math.factorial(hand)
        for part in parts:
            ways //= math.factorial(part)
        for same in Counter(parts).values():
            ways //= math.factorial(same)
        name = str(len(parts)) if form == "distinct" else "+".join(str(part) for part in parts)
        if ways:
            found[name] = found.get(name, Fraction(0)) + Fraction(ways, kinds**hand)
    return dict(sorted(found.items(), key=lambda item: int(item[0]))) if form == "distinct" else found


def _partitions(total: int, largest: int) -> Iterator[tuple[int, ...]]:
    """Yield the ways to write a number as a sum of positive parts, each with the largest part first."""
    if total == 0:
        yield ()
    for part in range(min(total, largest), 0, -1):
        for rest in _partitions(total - part, part):
            yield (part, *rest)


def _distinct(values: NDArray[np.uint8], _: int) -> Counter[str]:
    ordered = np.sort(values, axis=1)
    different = 1 + np.count_nonzero(ordered[:, 1:] != ordered[:, :-1], axis=1)
    return Counter({str(number): int(count) for number, count in enumerate(np.bincount(different)) if count})


def _hands(values: NDArray[np.uint8], _: int) -> Counter[str]:
    """Name each hand by how often its values occur; a mask of where the sorted hand changes says it."""
    ordered = np.sort(values, axis=1)
    hand = values.shape[1]
    changes = ordered[:, 1:] != ordered[:, :-1]
    masks = changes @ (1 << np.arange(hand - 1))
    found: Counter[str] = Counter()
    for mask, count in enumerate(np.bincount(masks, minlength=1 << (hand - 1))):
        if count:
            runs, length = [], 1
            for place in range(hand - 1):
                if mask >> place & 1:
                    runs.append(length)
                    length = 1
                else:
                    length += 1
            runs.append(length)
            found["+".join(str(one) for one in sorted(runs, reverse=True))] += int(count)
    return found
