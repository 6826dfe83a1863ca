"""The primitives of the verifier: bytes to integers."""

import itertools
import json
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors.make import PRIMITIVES, hashed_stream
from tests.verifier.published import VECTORS
from verifier import primitives
from verifier.primitives import Words, bits, permutation, ratio, sample, uniform, weighted

FILE: dict[str, Any] = json.loads((VECTORS / "primitives.json").read_text(encoding="utf-8"))
TOP = 2**64 - 1


def from_words(*numbers: int) -> Words:
    """Return a reader over the given words, with zero words to the end of the block and nothing after it."""
    data = b"".join(number.to_bytes(8, "big") for number in numbers)
    data += bytes(-len(data) % 32)
    return Words([data[start : start + 32] for start in range(0, len(data), 32)].__getitem__)


def from_hash(label: str) -> Words:
    """Return a reader over an endless stream of hashes."""
    return Words(lambda i: hashed_stream(f"{label}:{i}", 1))


def test_words_are_eight_bytes_each_most_significant_first_and_blocks_are_made_once() -> None:
    """Block i holds words 4i to 4i + 3, and is asked for when its first byte is needed."""
    asked: list[int] = []

    def block(index: int) -> bytes:
        asked.append(index)
        return bytes(range(32 * index, 32 * index + 32))

    words = Words(block)
    assert asked == []
    assert [words.next() for _ in range(4)] == [
        0x0001020304050607,
        0x08090A0B0C0D0E0F,
        0x1011121314151617,
        0x18191A1B1C1D1E1F,
    ]
    assert asked == [0]
    assert words.next() == 0x2021222324252627
    assert asked == [0, 1]
    assert words.taken == 5


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_block_of_another_length_is_refused(length: int) -> None:
    """A short block would shift every later word."""
    with pytest.raises(ValueError, match="block 0 of the stream must be 32 bytes"):
        Words(lambda _: bytes(length)).next()


@given(st.integers(1, 2**53), st.integers(0, TOP))
def test_uniform_keeps_a_word_exactly_when_its_row_of_remainders_is_whole(n: int, word: int) -> None:
    """The kept words are the first floor(2^64 / n) * n ones: so many whole rows of remainders."""
    words = from_words(word, 12345)
    kept = word < 2**64 // n * n
    assert uniform(words, n) == (word % n if kept else 12345 % n)
    assert (words.taken, words.rejected) == ((1, 0) if kept else (2, 1))


@given(st.integers(1, 2**53))
def test_uniform_keeps_the_last_word_that_counts_and_drops_the_next(n: int) -> None:
    """The edge itself, for every n: one word too many or too few would favour a result."""
    last = 2**64 // n * n - 1
    words = from_words(last, 0)
    assert (uniform(words, n), words.taken) == (n - 1, 1)
    if last < TOP:
        words = from_words(last + 1, 0)
        assert (uniform(words, n), words.taken) == (0, 2)


def test_uniform_goes_on_rejecting_over_the_end_of_a_block() -> None:
    """Five words in a row that do not count are all dropped."""
    words = from_words(TOP, TOP, TOP, TOP, TOP, 42)
    assert uniform(words, 10) == 2
    assert (words.taken, words.rejected) == (6, 5)


@given(st.integers(1, 64), st.integers(0, TOP))
def test_bits_are_the_top_of_the_word_in_binary(n: int, word: int) -> None:
    """As the standard library prints the word in base two."""
    assert bits(from_words(word), n) == [int(digit) for digit in f"{word:064b}"[:n]]


@given(st.integers(0, 60), st.data())
def test_a_sample_is_distinct_in_range_and_takes_one_uniform_a_step(n: int, data: st.DataObject) -> None:
    """And it is the beginning of the permutation from the same stream, since steps never look ahead."""
    k = data.draw(st.integers(0, n))
    label = data.draw(st.text(max_size=4))
    words = from_hash(label)
    drawn = sample(words, n, k)
    assert len(set(drawn)) == len(drawn) == k
    assert set(drawn) <= set(range(n))
    assert words.taken - words.rejected == k
    assert drawn == permutation(from_hash(label), n)[:k]


@given(st.integers(0, 200), st.data())
def test_the_sparse_list_draws_what_the_written_down_list_draws(n: int, data: st.DataObject) -> None:
    """The short cut for long lists, made to work on short ones."""
    k = data.draw(st.integers(0, n))
    label = data.draw(st.text(max_size=4))
    dense = sample(from_hash(label), n, k)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(primitives, "DENSE_SAMPLE", -1)
        assert sample(from_hash(label), n, k) == dense


def test_every_order_of_four_comes_from_exactly_one_row_of_draws() -> None:
    """All 4 * 3 * 2 * 1 rows of the uniform draws give all 24 orders, each once: no order is favoured."""
    orders = Counter(
        tuple(permutation(from_words(*row), 4)) for row in itertools.product(range(4), range(3), range(2), range(1))
    )
    assert orders == Counter(itertools.permutations(range(4)))


def test_the_largest_sample_is_cheap_when_few_are_drawn() -> None:
    """The list of 2^32 places is not written down."""
    words = from_words(2**32 - 1, 2**32 - 2, 2**32 - 3)
    # Word 1 picks place 1 + (2^32 - 2), the last, which holds the 0 that was swapped into it.
    assert sample(words, 2**32, 3) == [2**32 - 1, 0, 1]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=6).filter(any))
def test_weighted_gives_each_index_exactly_its_weight(weights: list[int]) -> None:
    """Over all u, each index is drawn as many times as its weight says; a weight of zero is never drawn."""
    drawn = Counter(weighted(from_words(u), weights) for u in range(sum(weights)))
    assert drawn == Counter({index: weight for index, weight in enumerate(weights) if weight})


@given(st.integers(0, 2**52 - 1), st.integers(0, 9999), st.integers(100, 10**10))
def test_ratio_is_the_exact_quotient_within_its_bounds(u: int, edge: int, cap: int) -> None:
    """Computed again in fractions: (1 - edge) / (1 - u / 2^52), cut to hundredths."""
    exact = (1 - Fraction(edge, 10_000)) / (1 - Fraction(u, 2**52))
    hundredths = (exact * 100).__floor__()
    assert ratio(from_words(u), edge=edge, cap=cap) == min(max(hundredths, 100), cap)


@given(st.integers(101, 10**9))
def test_ratio_reaches_a_multiplier_at_exactly_its_share_of_the_draws(hundredths: int) -> None:
    """The first u that reaches m is the ceiling of 2^52 (1 - (1 - edge) / m); the one before does not."""
    first = 2**52 - 9900 * 2**52 // (100 * hundredths)
    assert ratio(from_words(first), edge=100, cap=10**10) >= hundredths
    assert ratio(from_words(first - 1), edge=100, cap=10**10) < hundredths


@pytest.mark.parametrize("case", FILE["refused"], ids=lambda case: f"{case['primitive']} {case['arguments']}")
def test_arguments_out_of_range_are_refused_before_a_word_is_taken(case: dict[str, Any]) -> None:
    """A refused draw leaves the stream where it was."""
    words = from_words(1)
    with pytest.raises(ValueError, match="must be"):
        PRIMITIVES[case["primitive"]](words, **case["arguments"])
    assert words.taken == 0


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("uniform", {"n": True}),
        ("uniform", {"n": 2.0}),
        ("bits", {"n": "8"}),
        ("sample", {"n": 5, "k": None}),
        ("sample", {"n": 5.0, "k": 1}),
        ("permutation", {"n": True}),
        ("weighted", {"weights": [1, True]}),
        ("weighted", {"weights": [1, 1.5]}),
        ("ratio", {"edge": True, "cap": 1000}),
        ("ratio", {"edge": 1, "cap": 1e3}),
    ],
)
def test_arguments_that_are_no_integers_are_refused(name: str, arguments: dict[str, Any]) -> None:
    """Also booleans, which Python would count with."""
    words = from_words(1)
    with pytest.raises(TypeError, match="must be an integer"):
        PRIMITIVES[name](words, **arguments)
    assert words.taken == 0


def test_the_vector_file_holds_every_primitive_a_rejection_and_a_second_block() -> None:
    """What the file must exercise in another evaluator."""
    assert {case["primitive"] for case in FILE["cases"]} == set(PRIMITIVES)
    assert {case["primitive"] for case in FILE["refused"]} == set(PRIMITIVES)
    assert any(case["words_taken"] > 4 for case in FILE["cases"])
    assert any(case["words_taken"] > 1 for case in FILE["cases"] if case["primitive"] == "uniform")
