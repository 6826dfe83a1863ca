"""The maximum-of-t test classes the largest word of each group with exact probabilities."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from fractions import Fraction

import numpy as np
import pytest

from statistical_tests.bit_tests import maximum_of_t as module
from statistical_tests.bit_tests.maximum_of_t import maximum_of_t
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput


def test_the_statistic_is_that_of_a_plain_walk_with_fractions(monkeypatch: pytest.MonkeyPatch) -> None:
    data = np.random.Generator(np.random.PCG64(8)).bytes(6_003)
    largest = [max(data[i : i + 3]) for i in range(0, 6_001, 3)]
    # Four classes of words of 8 bits: cuts where (v / 256)^3 is nearest to 1/4, 1/2, 3/4.
    cuts = [round(256 * (k / 4) ** (1 / 3)) for k in (1, 2, 3)]
    observed = [0] * 4
    for value in largest:
        observed[bisect_right(cuts, value)] += 1
    edges = [Fraction(one, 256) ** 3 for one in (0, *cuts, 256)]
    expected = [float((b - a) * len(largest)) for a, b in itertools.pairwise(edges)]
    wanted = sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True))
    found = maximum_of_t(Bits.from_bytes(data), word_bits=8, group=3, classes=4)
    assert found.statistic["groups"] == 2_001
    assert found.statistic["chi_square"] == pytest.approx(wanted, rel=1e-9)
    monkeypatch.setattr(module, "_CHUNK", 50)
    assert maximum_of_t(Bits.from_bytes(data), word_bits=8, group=3, classes=4) == found


def test_words_of_which_each_group_has_a_large_one_are_seen() -> None:
    words = np.random.Generator(np.random.PCG64(9)).integers(0, 1 << 16, size=8 * 2_000, dtype=np.uint16)
    words[::8] |= np.uint16(0xF000)
    assert maximum_of_t(Bits.from_bytes(words.astype(">u2").tobytes())).p_values[0] < 1e-100


def test_too_few_bits_are_not_applicable_and_wrong_arguments_are_refused() -> None:
    assert "320 are needed" in maximum_of_t(Bits.from_bytes(bytes(100))).reason
    for arguments in ({"word_bits": 7}, {"group": 1}, {"classes": 1}, {"classes": 1025}):
        with pytest.raises(BadInput, match=next(iter(arguments))):
            maximum_of_t(Bits.from_bytes(bytes(100)), **arguments)
