"""The poker test, in both forms: probabilities are fractions, and hands are told apart rightly."""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from statistical_tests.bit_tests.poker import FORMS, hand_probabilities, poker
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput


def _name(hand: tuple[int, ...], form: str) -> str:
    if form == "distinct":
        return str(len(set(hand)))
    return "+".join(str(one) for one in sorted(Counter(hand).values(), reverse=True))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("kinds", "hand"), [(2, 3), (4, 5), (8, 4), (2, 8)])
def test_the_probabilities_are_those_of_all_hands_counted(kinds: int, hand: int, form: str) -> None:
    counted = Counter(_name(one, form) for one in itertools.product(range(kinds), repeat=hand))
    assert hand_probabilities(kinds, hand, form) == {
        name: Fraction(count, kinds**hand) for name, count in counted.items()
    }


@pytest.mark.parametrize("form", FORMS)
def test_hands_are_counted_as_one_counts_cards(form: str) -> None:
    data = np.random.Generator(np.random.PCG64(6)).bytes(5_000)
    nibbles = [half for byte in data for half in (byte >> 4, byte & 15)]
    counted = Counter(_name(tuple(nibbles[i : i + 5]), form) for i in range(0, len(nibbles) - 4, 5))
    finding = poker(Bits.from_bytes(data), form=form)
    kinds = tuple(hand_probabilities(16, 5, form))
    assert finding.statistic["kinds"] == kinds
    assert finding.statistic["counts"] == tuple(counted[kind] for kind in kinds)
    assert finding.statistic["hands"] == 2_000


def test_a_deck_without_pairs_is_seen_by_both_forms() -> None:
    hands = np.tile(np.arange(16, dtype=np.uint8), 500)
    bits = Bits.from_bytes((hands[0::2] << 4 | hands[1::2]).tobytes())
    for form in FORMS:
        assert poker(bits, form=form).p_values[0] < 1e-100


def test_too_few_bits_are_not_applicable_and_wrong_arguments_are_refused() -> None:
    assert not poker(Bits.from_bytes(b"ab")).applicable
    with pytest.raises(BadInput, match="form is 'royal'"):
        poker(Bits.from_bytes(b"ab"), form="royal")
    for arguments in ({"word_bits": 9}, {"hand": 1}, {"hand": 13}):
        with pytest.raises(BadInput, match=next(iter(arguments))):
            poker(Bits.from_bytes(b"ab"), **arguments)  # type: ignore[arg-type]  # numbers only
