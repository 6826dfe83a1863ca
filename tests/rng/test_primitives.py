"""Primitives: exactly unbiased, exactly as specified, and exactly as many words as they need."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng import primitives
from rng.primitives import Words, bits, permutation, ratio, sample, uniform, weighted

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "primitives.json").read_text("utf-8"))
WORD = st.integers(0, 2**64 - 1)
EDGES = st.integers(0, 9999)
CAPS = st.integers(100, 10**10)


def words_of(values: Iterable[int], *, a_block: int = 4) -> Words:
    """Words that read exactly these values, padded with zeros to whole blocks."""
    listed = list(values)
    data = b"".join(value.to_bytes(8, "big") for value in listed)
    data += bytes(-len(data) % (8 * a_block))

    def block(index: int) -> bytes:
        chunk = data[index * 8 * a_block : (index + 1) * 8 * a_block]
        assert chunk, "a primitive read past the words that the test gave it"
        return chunk

    return Words(block)


def drawn(words: Words, primitive: str, arguments: dict[str, Any]) -> Any:
    return getattr(primitives, primitive)(words, **arguments)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: f"{case['primitive']}: {case['why']}")
def test_a_primitive_meets_the_vectors_that_the_verifier_made(case: dict[str, Any]) -> None:
    stream = bytes.fromhex(case["stream"])
    words = Words(lambda index: stream[32 * index : 32 * index + 32])
    assert drawn(words, case["primitive"], case["arguments"]) == case["result"]
    assert words.taken == case["words_taken"]


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: f"{case['primitive']}: {case['arguments']}"[:80])
def test_the_arguments_that_the_verifier_refuses_are_refused(case: dict[str, Any]) -> None:
    words = words_of([0] * 8)
    with pytest.raises((ValueError, TypeError)):
        drawn(words, case["primitive"], case["arguments"])
    assert words.taken == 0


@given(st.lists(WORD, min_size=1, max_size=20), st.integers(1, 6))
def test_words_are_the_stream_eight_bytes_each_big_endian_and_never_reused(values: list[int], a_block: int) -> None:
    words = words_of(values, a_block=a_block)
    assert [words.next() for _ in values] == values
    assert (words.taken, words.rejected) == (len(values), 0)


def test_words_ask_for_a_block_only_when_they_need_it_and_in_order() -> None:
    asked: list[int] = []

    def block(index: int) -> bytes:
        asked.append(index)
        return bytes(16)

    words = Words(block)
    assert asked == []
    for _ in range(5):
        words.next()
    assert asked == [0, 1, 2]


@pytest.mark.parametrize("length", [0, 1, 7, 9, 31])
def test_a_block_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"block 0 has {length} bytes"):
        Words(lambda index: bytes(length)).next()


@given(st.integers(1, 2**53), WORD)
def test_uniform_counts_a_word_if_and_only_if_the_specification_does(n: int, word: int) -> None:
    words = words_of([word, 0])
    answer = uniform(words, n)
    if word <= 2**64 - 1 - 2**64 % n:
        assert (answer, words.taken, words.rejected) == (word % n, 1, 0)
    else:
        assert (answer, words.taken, words.rejected) == (0, 2, 1)


@given(st.integers(1, 2**53))
def test_uniform_is_exactly_unbiased_at_the_edge_of_rejection(n: int) -> None:
    """The counted words are 0 to a limit; they are a multiple of n in number, and the next word no longer counts."""
    counted = 2**64 - 2**64 % n
    assert counted % n == 0
    assert uniform(words_of([counted - 1]), n) == n - 1
    if counted < 2**64:
        words = words_of([counted, 2**64 - 1, 5 % n])
        assert uniform(words, n) == 5 % n
        assert words.rejected == 2


def test_uniform_rejects_across_a_block_border() -> None:
    words = words_of([2**64 - 1] * 6 + [7], a_block=2)
    assert uniform(words, 10) == 7
    assert (words.taken, words.rejected) == (7, 6)


def test_uniform_of_one_takes_a_word_too() -> None:
    words = words_of([2**64 - 1])
    assert uniform(words, 1) == 0
    assert words.taken == 1


@given(WORD, st.integers(1, 64))
def test_bits_are_the_most_significant_ones_first(word: int, n: int) -> None:
    words = words_of([word])
    assert "".join(map(str, bits(words, n))) == f"{word:064b}"[:n]
    assert words.taken == 1


@pytest.mark.parametrize(("n", "k"), [(1, 1), (2, 1), (4, 2), (5, 3), (5, 5), (6, 4)])
def test_every_ordered_sample_comes_from_exactly_one_sequence_of_draws(n: int, k: int) -> None:
    draws = itertools.product(*(range(n - place) for place in range(k)))
    found = Counter(tuple(sample(words_of(values), n, k)) for values in draws)
    assert found == Counter(itertools.permutations(range(n), k))


@given(st.integers(0, 60), st.data())
def test_sample_equals_a_shuffle_of_the_whole_list(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    values = data.draw(st.lists(WORD, min_size=4 * k, max_size=4 * k))
    plain = words_of(values)
    items = list(range(n))
    for place in range(k):
        other = place + uniform(plain, n - place)
        items[place], items[other] = items[other], items[place]
    words = words_of(values)
    assert sample(words, n, k) == items[:k]
    assert words.taken == plain.taken


def test_a_few_of_very_many_are_cheap_and_different() -> None:
    found = sample(words_of(range(2**63, 2**63 + 10_000)), 2**32, 10_000)
    assert len(set(found)) == 10_000
    assert all(0 <= value < 2**32 for value in found)


def test_sample_of_nothing_takes_no_word() -> None:
    for n in (0, 5, 2**32):
        words = words_of([0])
        assert sample(words, n, 0) == []
        assert words.taken == 0


@given(st.integers(0, 40), st.lists(WORD, min_size=200, max_size=200))
def test_a_permutation_is_a_sample_of_everything(n: int, values: list[int]) -> None:
    found = permutation(words_of(values), n)
    assert sorted(found) == list(range(n))
    assert found == sample(words_of(values), n, n)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8).filter(any))
def test_each_index_is_drawn_as_often_as_its_weight_says(weights: list[int]) -> None:
    found = Counter(weighted(words_of([value]), weights) for value in range(sum(weights)))
    assert found == Counter({index: weight for index, weight in enumerate(weights) if weight})


@given(st.integers(0, 2**52 - 1), EDGES, CAPS)
def test_ratio_is_the_floor_of_the_exact_fraction_between_its_bounds(u: int, edge: int, cap: int) -> None:
    exact = Fraction(10_000 - edge, 10_000) / (1 - Fraction(u, 2**52)) * 100
    words = words_of([u])
    assert ratio(words, edge=edge, cap=cap) == min(max(exact.numerator // exact.denominator, 100), cap)
    assert words.taken == 1


def test_ratio_takes_the_low_52_bits_of_a_word_and_rejects_none() -> None:
    words = words_of([2**64 - 1])
    assert ratio(words, edge=100, cap=10**10) == 10**10
    assert (words.taken, words.rejected) == (1, 0)


def test_ratio_is_not_what_doubles_make_of_it() -> None:
    """The usual formula in doubles floors to another hundredth where the exact quotient is an integer or near one."""
    differing = 0
    for hundredths in range(101, 2000):
        # The u whose exact multiplier has just passed this many hundredths, at an edge of 1 %.
        u = 2**52 - (9900 * 2**52 // (100 * hundredths))
        exact = ratio(words_of([u]), edge=100, cap=10**10)
        assert exact == 9900 * 2**52 // (100 * (2**52 - u))
        differing += exact != int(0.99 / (1 - u / 2**52) * 100)
    assert differing > 0


@given(EDGES, st.integers(100, 5000))
def test_the_chance_of_reaching_a_multiplier_is_its_fair_share_to_one_part_in_2_to_the_52(
    edge: int, target: int
) -> None:
    """Search for the first u that reaches the target: the share of u from there on is (1 - edge) / target."""
    low, high = 0, 2**52
    while low < high:
        middle = (low + high) // 2
        if ratio(words_of([middle]), edge=edge, cap=10**10) >= target:
            high = middle
        else:
            low = middle + 1
    chance = Fraction(2**52 - low, 2**52)
    fair = min(Fraction(10_000 - edge, 100 * target), Fraction(1)) if target > 100 else Fraction(1)
    assert fair - Fraction(1, 2**52) < chance <= fair


REFUSED: list[tuple[str, Callable[[Words], object]]] = [
    ("n must be 1 to", lambda words: uniform(words, 0)),
    ("n must be 1 to", lambda words: uniform(words, 2**53 + 1)),
    ("n must be 1 to .* 16610 bits", lambda words: uniform(words, 10**5000)),
    ("n must be 1 to 64", lambda words: bits(words, 0)),
    ("n must be 1 to 64", lambda words: bits(words, 65)),
    ("n must be 0 to", lambda words: sample(words, -1, 0)),
    ("n must be 0 to", lambda words: sample(words, 2**32 + 1, 1)),
    ("k must be 0 to 5, not 6", lambda words: sample(words, 5, 6)),
    ("k must be 0 to 5, not -1", lambda words: sample(words, 5, -1)),
    ("n must be 0 to", lambda words: permutation(words, -1)),
    ("sum of the weights", lambda words: weighted(words, [])),
    ("sum of the weights", lambda words: weighted(words, [0, 0])),
    ("sum of the weights", lambda words: weighted(words, [2**53, 1])),
    ("weight 1 must be 0 to", lambda words: weighted(words, [1, -1])),
    ("edge must be 0 to 9999, not 10000", lambda words: ratio(words, edge=10_000, cap=100)),
    ("edge must be 0 to 9999, not -1", lambda words: ratio(words, edge=-1, cap=100)),
    ("cap must be 100 to", lambda words: ratio(words, edge=0, cap=99)),
    ("cap must be 100 to", lambda words: ratio(words, edge=0, cap=10**10 + 1)),
]


@pytest.mark.parametrize(("reason", "draw"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_arguments_out_of_range_are_refused_before_a_word_is_taken(
    reason: str, draw: Callable[[Words], object]
) -> None:
    words = words_of([0])
    with pytest.raises(ValueError, match=reason):
        draw(words)
    assert words.taken == 0


@pytest.mark.parametrize("value", [True, 2.0, "2", None, Fraction(2)])
def test_arguments_that_are_no_int_are_refused_before_a_word_is_taken(value: Any) -> None:
    words = words_of([0])
    calls: list[Callable[[], object]] = [
        lambda: uniform(words, value),
        lambda: bits(words, value),
        lambda: sample(words, value, 1),
        lambda: sample(words, 5, value),
        lambda: permutation(words, value),
        lambda: weighted(words, [1, value]),
        lambda: ratio(words, edge=value, cap=1000),
        lambda: ratio(words, edge=0, cap=value),
    ]
    for call in calls:
        with pytest.raises(TypeError, match="must be an int"):
            call()
    assert words.taken == 0


@given(st.lists(WORD, min_size=60, max_size=60))
def test_the_draws_of_a_round_are_an_ordered_list(values: list[int]) -> None:
    """Each draw goes on where the one before it stopped."""
    words = words_of(values)
    found = [uniform(words, 37), bits(words, 3), sample(words, 52, 5), weighted(words, [1, 2, 3])]
    taken = words.taken
    again = words_of(values)
    expected: list[Any] = [uniform(again, 37)]
    expected += [bits(again, 3), sample(again, 52, 5), weighted(again, [1, 2, 3])]
    assert found == expected
    assert words.next() == values[taken]
