"""Words that are refused: bulk takes the next word as the scalar path does, in streams that hit every edge."""

from __future__ import annotations

import struct
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rng.bulk import prepare_bulk
from rng.games import Rules, parse_rules
from rng.primitives import Words
from rng.schemes import Scheme
from tests.rng.bulk.scalar import CLIENT_SEED, SERVER_SEED, compare, fake_scheme
from tests.rng.games.builder import document

TOP = 2**64 - 1
# With these sizes a good part of all words near the top is refused: 2^64 mod n is large.
SIZES = [2**53 - 1, 2**53 - 111, 3 * 2**51 + 1, 2**52 + 1]

DRAWS: list[list[dict[str, Any]]] = [
    [{"name": "a", "primitive": "uniform", "n": SIZES[0]}],
    [{"name": "a", "primitive": "uniform", "n": SIZES[1], "times": 5}, {"name": "b", "primitive": "bits", "n": 7}],
    [
        {"name": "a", "primitive": "bits", "n": 64},
        {"name": "b", "primitive": "weighted", "weights": [2**52, 3, 2**51], "times": 3},
        {"name": "c", "primitive": "ratio", "edge": 100, "cap": 10**10},
    ],
    [{"name": "a", "primitive": "sample", "n": 2**32 - 1, "k": 4}, {"name": "b", "primitive": "permutation", "n": 11}],
    [{"name": "a", "primitive": "sample", "n": 2**31 + 1, "k": 30}, {"name": "b", "primitive": "uniform", "n": 3}],
    [{"name": "a", "primitive": "sample", "n": 9, "k": 0}],
]


def rules_of(draws: list[dict[str, Any]]) -> Rules:
    """Return rules that show their draws."""
    shown = {draw["name"]: draw["name"] for draw in draws}
    return parse_rules(document(draws=draws, outcome=shown, payout=None, claims={"return": None, "shapes": []}))


@st.composite
def schemes(draw: st.DrawFn) -> Scheme:
    """Draw a scheme of few different words, many of them refused, in blocks of any length."""
    words = draw(
        st.lists(
            st.sampled_from([TOP, TOP - 1, *(TOP - 2**64 % n + step for n in SIZES for step in (-1, 0, 1))])
            | st.integers(TOP - 2**32, TOP)
            | st.integers(0, TOP),
            min_size=1,
            max_size=12,
        )
    )
    size = draw(st.integers(1, 6))

    def block(nonce: int, index: int) -> bytes:
        # Every third word at least is a small one, which no size refuses: the stream comes to an end.
        places = range(index * size, (index + 1) * size)
        return struct.pack(
            f">{size}Q", *(place if place % 3 == 2 else words[(nonce + place) % len(words)] for place in places)
        )

    return fake_scheme(block)


@settings(max_examples=150)
@given(schemes(), st.sampled_from(DRAWS), st.integers(0, 50))
def test_rounds_with_refused_words_are_those_of_the_scalar_path(
    scheme: Scheme, draws: list[dict[str, Any]], first_nonce: int
) -> None:
    compare(rules_of(draws), {}, scheme=scheme, first_nonce=first_nonce, count=12)


def test_a_stream_that_refuses_in_every_second_round_leaves_the_others_alone() -> None:
    """So that the test above tests what it says: some words are refused, and some are not."""
    size = SIZES[0]
    refused = TOP - 2**64 % size + 1
    scheme = fake_scheme(lambda nonce, index: struct.pack(">2Q", refused if nonce % 2 and index == 0 else nonce, 77))
    rules = rules_of(DRAWS[0])
    player = prepare_bulk(scheme, SERVER_SEED, client_seed=CLIENT_SEED, rules=rules, parameters={})
    assert player.play(0, 6).draws["a"].tolist() == [0, 77, 2, 77, 4, 77]
    stream = Words(scheme.blocks(b"", client_seed=CLIENT_SEED, nonce=1))
    stream.next()
    compare(rules, {}, scheme=scheme, count=6)
