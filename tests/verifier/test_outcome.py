"""Rounds computed again: draws, outcome and payout are those of the steps in rules.md, written out here by hand."""

from __future__ import annotations

import copy
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pytest

from tests.verifier.builder import CLIENT_SEED, RULES, SERVER_SEED, Document
from verifier import TooExpensive, compute_outcome
from verifier.canonical import Malformed, digest
from verifier.rounds import bind_draws, check_draws, outcome_of, parameters_scope, payout_of, plan_draws, row_bytes
from verifier.rules import check_rules

DRAWS: dict[str, Document] = {
    "uniform": {"primitive": "uniform", "n": 6},
    "bits": {"primitive": "bits", "n": 8},
    "sample": {"primitive": "sample", "n": 40, "k": 10},
    "permutation": {"primitive": "permutation", "n": 5},
    "weighted": {"primitive": "weighted", "weights": [1, 0, 3]},
    "ratio": {"primitive": "ratio", "edge": 100, "cap": 1_000_000},
}


def rules_of(*draws: Document, **parts: Any) -> Document:
    """Return rules without parameters that make some draws and show them."""
    named = [{"name": f"d{index}", **draw} for index, draw in enumerate(draws)]
    return {
        **copy.deepcopy(RULES),
        "parameters": [],
        "tables": {},
        "draws": named,
        "let": [],
        "outcome": {"shown": named[0]["name"]},
        "payout": None,
        "odds": [],
        "claims": {"return": None, "shapes": []},
        **parts,
    }


def play(document: Document, *, nonce: int = 0, trace: bool = False, **parameters: Any) -> dict[str, Any]:
    """Compute a round of the tests' seeds."""
    return compute_outcome(
        "hmac-sha256/v1",
        SERVER_SEED,
        client_seed=CLIENT_SEED,
        nonce=nonce,
        rules=check_rules(document),
        parameters=parameters,
        trace=trace,
    )


def words_by_hand(document: Document, *, nonce: int, count: int) -> list[int]:
    """Return a round's first words with the standard library's HMAC and the lines of the design alone."""
    key = hmac.digest(SERVER_SEED, f"fairlot/hmac-sha256/v1:{digest(document)}:".encode(), "sha256")
    stream = b"".join(
        hmac.digest(key, f"{CLIENT_SEED}:{nonce}:{block}".encode(), "sha256") for block in range(count // 4 + 1)
    )
    return [int.from_bytes(stream[8 * word : 8 * word + 8], "big") for word in range(count)]


def test_a_round_worked_out_by_hand_is_the_round_that_is_computed() -> None:
    die_word, first_word, second_word = words_by_hand(RULES, nonce=5, count=3)
    die = die_word % 6
    order = [0, 1, 2, 3, 4]
    for place, word in ((0, first_word), (1, second_word)):
        other = place + word % (5 - place)
        order[place], order[other] = order[other], order[place]
    suits = RULES["tables"]["suits"]
    found = play(RULES, nonce=5, target=3, side="over")
    assert found["draws"] == [{"name": "die", "value": die}, {"name": "cards", "value": order[:2]}]
    assert found["outcome"] == {"die": die + 1, "won": die > 3, "cards": [suits[card] for card in order[:2]]}
    assert found["payout"] == (19800 if die > 3 else 0)
    assert found["rules_digest"] == digest(RULES)
    assert found["commitment"] == hashlib.sha256(SERVER_SEED).hexdigest()
    assert "trace" not in found


def test_a_trace_shows_the_game_key_the_blocks_and_who_took_which_word() -> None:
    found = play(RULES, nonce=5, trace=True, target=3, side="over")["trace"]
    by_hand = words_by_hand(RULES, nonce=5, count=3)
    assert [draw["name"] for draw in found["draws"]] == ["die", "cards"]
    words = [word for draw in found["draws"] for word in draw["words"]]
    assert [int(word["word"], 16) for word in words] == by_hand
    assert [word["index"] for word in words] == [0, 1, 2]
    assert not any(word["rejected"] for word in words)
    assert len(found["blocks"]) == 1
    assert bytes.fromhex(found["blocks"][0])[:8] == by_hand[0].to_bytes(8, "big")


def test_a_trace_marks_exactly_the_words_that_were_rejected() -> None:
    # 2^64 mod (2^52 + 1) is nearly 2^52, so that one word in 4096 is rejected.
    document = rules_of({"primitive": "uniform", "n": 2**52 + 1, "times": 65_536}, outcome={"one": {"at": ["d0", 0]}})
    found = play(document, trace=True)["trace"]["draws"][0]["words"]
    limit = 2**64 - 1 - (2**64 % (2**52 + 1))
    assert [word["rejected"] for word in found] == [int(word["word"], 16) > limit for word in found]
    assert sum(not word["rejected"] for word in found) == 65_536
    assert any(word["rejected"] for word in found)


@pytest.mark.parametrize("primitive", DRAWS)
def test_every_primitive_makes_draws_that_have_the_form_of_its_rules(primitive: str) -> None:
    document = rules_of(DRAWS[primitive])
    draws = play(document)["draws"]
    plan = plan_draws(check_rules(document), parameters_scope(check_rules(document), {}))
    check_draws(plan, draws)
    assert len(row_bytes(draws)) == 8 * sum(planned.width for planned in plan)


def test_a_row_holds_each_integer_in_eight_bytes_in_order() -> None:
    row = row_bytes([{"name": "a", "value": 258}, {"name": "b", "value": [0, 2**53 - 1]}])
    assert row.hex() == "0000000000000102" + "0000000000000000" + "001fffffffffffff"


@pytest.mark.parametrize(
    ("draw", "lie"),
    [
        ("uniform", 6),
        ("uniform", [1]),
        ("bits", [0] * 7),
        ("bits", [2] + [0] * 7),
        ("sample", [0] * 10),
        ("sample", list(range(9))),
        ("sample", list(range(31, 41))),
        ("permutation", [0, 1, 2, 3, 3]),
        ("weighted", 3),
        ("ratio", 99),
        ("ratio", 1_000_001),
    ],
)
def test_draws_that_no_server_seed_could_give_are_refused(draw: str, lie: Any) -> None:
    rules = check_rules(rules_of(DRAWS[draw]))
    plan = plan_draws(rules, parameters_scope(rules, {}))
    with pytest.raises(Malformed, match=r"draws\.d0"):
        check_draws(plan, [{"name": "d0", "value": lie}])


def test_draws_of_other_names_or_another_number_are_refused() -> None:
    rules = check_rules(rules_of(DRAWS["uniform"]))
    plan = plan_draws(rules, parameters_scope(rules, {}))
    lies: list[list[Any]] = [[{"name": "d1", "value": 1}], [], [{"name": "d0", "value": 1}, {"name": "d1", "value": 1}]]
    for lie in lies:
        with pytest.raises(Malformed, match="draw"):
            check_draws(plan, lie)


@pytest.mark.parametrize(
    ("draws", "reason"),
    [
        ([{"primitive": "uniform", "n": 0}], r"draws\.d0\.n"),
        ([{"primitive": "uniform", "n": True}], r"draws\.d0\.n"),
        ([{"primitive": "bits", "n": 65}], r"draws\.d0\.n"),
        ([{"primitive": "sample", "n": 3, "k": 4}], r"draws\.d0\.k"),
        ([{"primitive": "sample", "n": 2**32 + 1, "k": 1}], r"draws\.d0\.n"),
        ([{"primitive": "permutation", "n": 65_537}], "at most 65536 integers"),
        ([{"primitive": "weighted", "weights": []}], r"draws\.d0\.weights"),
        ([{"primitive": "weighted", "weights": [0, 0]}], "sum of 1"),
        ([{"primitive": "weighted", "weights": [-1, 2]}], r"draws\.d0\.weights"),
        ([{"primitive": "weighted", "weights": [2**53 - 1, 2]}], "sum of 1"),
        ([{"primitive": "ratio", "edge": 10_000, "cap": 100}], r"draws\.d0\.edge"),
        ([{"primitive": "ratio", "edge": 0, "cap": 99}], r"draws\.d0\.cap"),
        ([{"primitive": "uniform", "n": 2, "times": 0}], r"draws\.d0\.times"),
        ([{"primitive": "uniform", "n": 2, "times": 65_537}], r"draws\.d0\.times"),
        ([{"primitive": "uniform", "n": 2, "times": 65_536}, {"primitive": "uniform", "n": 2}], "at most 65536"),
    ],
)
def test_arguments_out_of_range_are_refused_before_a_word_is_taken(draws: list[Document], reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        play(rules_of(*draws))


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"outcome": {"x": {"at": [[1], 1]}}}, r"outcome\.x"),
        ({"outcome": {"x": [[[[[1]]]]]}}, "nested deeper than 4"),
        ({"outcome": {"x": "t"}, "tables": {"t": {"a": 1}}}, "an object of 1 members"),
        ({"payout": -1, "claims": {"return": [0, 0], "shapes": []}}, "payout: must be 0"),
        ({"payout": True, "claims": {"return": [0, 0], "shapes": []}}, "payout: must be an integer"),
    ],
)
def test_rules_that_give_no_outcome_or_no_payout_say_where(parts: Document, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        play(rules_of(DRAWS["uniform"], **parts))


def test_an_outcome_that_would_fill_the_memory_is_too_expensive() -> None:
    huge = {"map": [{"range": [65536]}, "x", "big"]}
    with pytest.raises(TooExpensive):
        play(rules_of(DRAWS["uniform"], let=[{"name": "big", "is": {"range": [65536]}}], outcome={"x": huge}))


def test_weights_without_end_are_too_expensive_before_they_are_drawn() -> None:
    weights = {"map": [{"range": [65536]}, "x", 1]}
    document = rules_of({"primitive": "weighted", "weights": weights, "times": "often"})
    document["parameters"] = [{"name": "often", "type": "integer", "min": 1, "max": 65_536, "default": 1}]
    rules = check_rules(document)
    with pytest.raises(TooExpensive):
        plan_draws(rules, parameters_scope(rules, {"often": 65_536}))


def test_the_widest_round_that_is_allowed_can_be_played() -> None:
    document = rules_of({"primitive": "permutation", "n": 65_536}, outcome={"first": {"at": ["d0", 0]}})
    assert sorted(play(document)["draws"][0]["value"]) == list(range(65_536))


BAD_ARGUMENTS: list[tuple[Callable[[], object], type[Exception]]] = [
    (lambda: _compute(scheme="md5/v0"), ValueError),
    (lambda: _compute(server_seed=b"short"), ValueError),
    (lambda: _compute(client_seed=""), Malformed),
    (lambda: _compute(client_seed="a\nb"), Malformed),
    (lambda: _compute(client_seed="\ud800"), Malformed),
    (lambda: _compute(nonce=-1), Malformed),
    (lambda: _compute(nonce=2**53), Malformed),
    (lambda: _compute(beacon="undefined"), Malformed),
    (lambda: _compute(parameters={}), Malformed),
]


def _compute(**changes: Any) -> object:
    arguments = {
        "scheme": "hmac-sha256/v1",
        "server_seed": SERVER_SEED,
        "client_seed": CLIENT_SEED,
        "nonce": 0,
        "rules": check_rules(RULES),
        "parameters": {"target": 3, "side": "over"},
        "beacon": "",
        **changes,
    }
    return compute_outcome(arguments.pop("scheme"), arguments.pop("server_seed"), **arguments)


@pytest.mark.parametrize(("call", "error"), BAD_ARGUMENTS)
def test_every_argument_is_checked(call: Callable[[], object], error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        call()
    assert SERVER_SEED.hex() not in str(caught.value)


def test_outcome_and_payout_depend_on_the_draws_alone() -> None:
    rules = check_rules(RULES)
    for die in range(6):
        scope = parameters_scope(rules, {"target": 2, "side": "under"})
        bind_draws(rules, [{"name": "die", "value": die}, {"name": "cards", "value": [4, 0]}], scope)
        assert outcome_of(rules, scope) == {"die": die + 1, "won": die < 2, "cards": ["moons", "hearts"]}
        assert payout_of(rules, scope) == (19800 if die < 2 else 0)
