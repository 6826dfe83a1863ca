"""Primitives in bulk take the words and give the numbers of the scalar ones, and refuse the same words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rng import primitives as scalar
from rng.bulk import primitives as bulk

TOP = 2**64 - 1


def edges(n: int) -> list[int]:
    """Return words at the edges: where n refuses, and where remainders begin again."""
    limit = TOP - 2**64 % n
    near = [0, 1, n - 1, n, n + 1, limit - n, limit - 1, limit, limit + 1, limit + 2, TOP - 1, TOP, 2**63, 2**63 - 1]
    return [word for word in near if 0 <= word <= TOP]


def of(words: Sequence[Any]) -> Any:
    """Return words as an array."""
    return np.array(words, dtype=np.uint64)


def one(word: int, draw: Callable[[scalar.Words], Any]) -> Any:
    """Return what the scalar primitive makes of one word; None if it refuses it."""
    stream = scalar.Words(lambda index: (word if index == 0 else 0).to_bytes(8, "big"))
    value = draw(stream)
    return None if stream.rejected else value


sizes = st.integers(1, 2**53) | st.integers(0, 53).map(lambda bits: 2**bits) | st.integers(1, 100)


@given(sizes, st.lists(st.integers(0, TOP), max_size=20))
@example(2**53, [])
@example(2**53 - 1, [])
@example(1, [])
@example(2**53 - 111, [])
def test_uniform_numbers_and_refusals_are_those_of_the_scalar_path(n: int, more: list[int]) -> None:
    words = edges(n) + more
    drawn, refused = bulk.uniform(of(words), n)
    wrong = [False] * len(words) if refused is None else refused.tolist()
    expected = [one(word, lambda stream: scalar.uniform(stream, n)) for word in words]
    assert wrong == [value is None for value in expected]
    assert [value for value, no in zip(drawn.tolist(), wrong, strict=True) if not no] == [
        value for value in expected if value is not None
    ]


@given(st.integers(1, 64), st.lists(st.integers(0, TOP), min_size=1, max_size=20))
def test_bits_are_those_of_the_scalar_path(n: int, words: list[int]) -> None:
    assert bulk.bits(of(words), n).T.tolist() == [one(word, lambda stream: scalar.bits(stream, n)) for word in words]


@given(
    st.lists(st.integers(0, 5) | st.integers(0, 2**50), min_size=1, max_size=8).filter(any),
    st.lists(st.integers(0, TOP), max_size=20),
)
@example([0, 2**53, 0], [])
@example([2**53 - 1, 0, 1], [])
def test_weighted_indices_are_those_of_the_scalar_path(weights: list[int], more: list[int]) -> None:
    total, words = sum(weights), [*more]
    # The first and the last number of each index.
    for end in np.cumsum(np.array(weights, dtype=object)).tolist():
        words += [word for word in (end - 1, end, TOP - 2**64 % total - total + end) if 0 <= word <= TOP]
    drawn, refused = bulk.weighted(of(words), weights)
    expected = [one(word, lambda stream: scalar.weighted(stream, weights)) for word in words]
    wrong = [False] * len(words) if refused is None else refused.tolist()
    assert wrong == [value is None for value in expected]
    assert [a for a, no in zip(drawn.tolist(), wrong, strict=True) if not no] == [a for a in expected if a is not None]


def steps(edge: int, cap: int, multiplier: int) -> list[int]:
    """Return the draws around the one at which the curve reaches a multiplier."""
    # (10000 - edge) * 2^52 // (100 * (2^52 - u)) >= m  <=>  100 * m * (2^52 - u) <= (10000 - edge) * 2^52
    least = 2**52 - (10_000 - edge) * 2**52 // (100 * multiplier)
    return [u for u in range(least - 3, least + 4) if 0 <= u < 2**52]


@given(
    st.integers(0, 9999),
    st.integers(100, 10**10) | st.sampled_from([100, 101, 10**10, 10**10 - 1]),
    st.lists(st.integers(100, 10**10 + 2), max_size=8),
    st.lists(st.integers(0, 2**52 - 1), max_size=20),
)
@example(0, 10**10, [100, 101, 10**10 - 1, 10**10], [2**52 - 1, 2**52 - 2, 0])
@example(9999, 10**10, [100, 101], [2**52 - 1, 2**52 - 2, 0])
@example(100, 10**8, [10**8 - 1, 10**8, 10**8 + 1], [2**52 - 2**k for k in range(52)])
def test_the_crash_curve_is_exact_at_every_step(edge: int, cap: int, marks: list[int], more: list[int]) -> None:
    """At and around the draws where the multiplier changes, which doubles put on the wrong side."""
    draws = [*more, 0, 2**52 - 1, *(u for mark in [*marks, 100, cap] for u in steps(edge, cap, mark))]
    expected = [one(u, lambda stream: scalar.ratio(stream, edge=edge, cap=cap)) for u in draws]
    assert bulk.ratio(of(draws), edge=edge, cap=cap).tolist() == expected
    # The bits above the 52 do not count.
    assert bulk.ratio(of([u | 0xFFF << 52 for u in draws]), edge=edge, cap=cap).tolist() == expected


def test_doubles_alone_would_be_wrong_on_the_crash_curve() -> None:
    """So that the test above tests what it says: among its draws are some where the quotient of doubles is another."""
    draws = of([u for mark in range(100, 4000) for u in steps(100, 10**10, mark)])
    quotient = np.floor(9900 * 2.0**52 / (100.0 * (2**52 - draws.astype(np.float64)))).astype(np.int64)
    exact = bulk.ratio(draws, edge=100, cap=10**10)
    assert (np.maximum(quotient, 100) != exact).any()


@given(st.data())
def test_samples_are_those_of_the_scalar_path(data: st.DataObject) -> None:
    """Few and many, out of few and many: both ways of finding what stands at a place."""
    n = data.draw(st.integers(0, 12) | st.integers(0, 300) | st.sampled_from([2**32, 2**16]))
    most = min(n, 40 if n <= bulk.MOST_PLACES else 8)
    k = data.draw(st.integers(0, most) | st.just(most))
    assert bulk.can_sample(n, k)
    rounds = data.draw(st.integers(1, 5))
    words = [[data.draw(st.integers(0, TOP)) for _ in range(k)] for _ in range(rounds)]
    drawn, refused = bulk.sample(of(words).reshape(rounds, k).T, n, k)
    for row in range(rounds):
        taken = iter([*words[row], *[0] * k])
        stream = scalar.Words(lambda index, taken=taken: next(taken).to_bytes(8, "big"))  # type: ignore[misc]
        expected = scalar.sample(stream, n, k)
        assert (refused is not None and bool(refused[:, row].any())) is bool(stream.rejected)
        if not stream.rejected:
            assert drawn[:, row].tolist() == expected


@pytest.mark.parametrize(("n", "k"), [(5, 5), (52, 52), (100, 8), (100, 9), (2**16, 20), (2**32, 8), (0, 0), (7, 0)])
def test_samples_of_many_rounds_are_those_of_each_round(n: int, k: int) -> None:
    """More rounds than are worked on at once."""
    rounds = 700
    words = np.arange(k * rounds, dtype=np.uint64).reshape(k, rounds) * np.uint64(0x9E3779B97F4A7C15)
    drawn, refused = bulk.sample(words, n, k)
    assert refused is None or not refused.any()
    for row in (0, 1, 15, 16, 63, 64, rounds - 1):
        column = words[:, row].tolist()
        stream = scalar.Words(lambda index, column=column: column[index].to_bytes(8, "big"))  # type: ignore[misc]
        assert drawn[:, row].tolist() == scalar.sample(stream, n, k)


def test_samples_of_many_out_of_very_many_are_left_to_the_scalar_path() -> None:
    assert not bulk.can_sample(2**16 + 1, 9)
    assert not bulk.can_sample(2**32, 65_536)
