"""Bulk equals scalar for rules that nobody has thought of: random documents, and long, ragged or endless lists."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rng.bulk import prepare_bulk
from rng.bulk.draws import make_draws, replace_round, vectors
from rng.bulk.evaluator import Evaluator
from rng.bulk.values import NotVectorised
from rng.bulk.words import range_words
from rng.games import ExpressionError, ParameterError, Rules, RulesError, parse_rules, prepare_rules
from rng.games.rules import evaluate
from rng.rounds import prepare
from tests.properties.rules_documents import documents
from tests.rng.bulk.scalar import CLIENT_SEED, SCHEME, SERVER_SEED, compare
from tests.rng.games.builder import document

ROUNDS = 16
TOP = 2**53 - 1


def play_random(made: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Compare whole rounds of a random document, if it is one that can be played."""
    try:
        rules = parse_rules(made[0])
        prepare_rules(rules, made[1])
    except (RulesError, ParameterError):
        return
    compare(rules, made[1], count=ROUNDS)


@settings(max_examples=150)
@given(documents())
def test_a_random_document_is_played_alike(made: tuple[dict[str, Any], dict[str, Any]]) -> None:
    play_random(made)


@pytest.mark.slow
@settings(max_examples=4000)
@given(documents())
def test_a_random_document_is_played_alike_many_times(made: tuple[dict[str, Any], dict[str, Any]]) -> None:
    play_random(made)


def rounds_without_value(rules: Rules, parameters: dict[str, Any]) -> int:
    """Assert that arrays leave in doubt exactly those rounds in which some formula has no value; return how many."""
    player = prepare(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, rules=rules, parameters=parameters)
    bulk = prepare_bulk(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, rules=rules, parameters=parameters)
    drawn = [player.draw(nonce) for nonce in range(ROUNDS)]
    values = make_draws(bulk.prepared.draws, _words(rules))
    for row in np.flatnonzero(values.again).tolist():
        replace_round(values, row, drawn[row])
    assert [value.T.tolist() for value in values.values] == [list(column) for column in zip(*drawn, strict=True)]
    settled = Evaluator(bulk.prepared).settle(vectors(bulk.prepared.draws, values.values), ROUNDS)
    formulas = [*rules.outcome, *([] if rules.payout is None else [rules.payout])]
    wrong = []
    for one in drawn:
        try:
            found = [evaluate(bulk.prepared, one, formula) for formula in formulas]
            wrong.append(rules.payout is not None and found[-1] < 0)
        except ExpressionError:
            wrong.append(True)
    assert settled.doubtful.tolist() == wrong
    return sum(wrong)


def _words(rules: Rules) -> np.ndarray[Any, Any]:
    key = SCHEME.game_key(SERVER_SEED, rules_digest=rules.digest)
    return range_words(SCHEME, key, client_seed=CLIENT_SEED, first_nonce=0, count=ROUNDS, words=45)


def made(outcome: dict[str, Any], *, payout: Any = None, **changes: Any) -> Rules:
    """Return rules with draws of many kinds: a die, a long shuffle, coins and numbers near the bound."""
    draws = [
        {"name": "die", "primitive": "uniform", "n": 6},
        {"name": "order", "primitive": "permutation", "n": 40},
        {"name": "coins", "primitive": "bits", "n": 20},
        {"name": "vast", "primitive": "uniform", "n": TOP, "times": 3},
    ]
    claims = {"return": None if payout is None else [0, TOP], "shapes": []}
    return parse_rules(document(draws=draws, outcome=outcome, payout=payout, claims=claims, **changes))


first = {"at": ["vast", 0]}
ragged = {"slice": ["order", "die", {"add": [{"mul": [5, "die"]}, 3]}]}
maybe_empty = {"slice": ["order", 0, "die"]}

EXPRESSIONS: dict[str, Any] = {
    "sorted": {"sort": ["order"]},
    "sorted ragged": {"sort": [ragged]},
    "sorted short": {"sort": [{"slice": ["order", 0, 9]}]},
    "sorted maybe empty": {"sort": [maybe_empty]},
    "sum ragged": {"sum": [ragged]},
    "length": {"len": [maybe_empty]},
    "in long": {"map": ["order", "place", {"in": ["place", ragged]}]},
    "in short": {"in": ["die", maybe_empty]},
    "in constants": {"map": ["order", "place", {"in": ["place", [1, 3, 39, 100, -5]]}]},
    "in vast": {"in": [first, [1, 2, 3, 4]]},
    "counts": {"counts": [{"map": [ragged, "place", {"mod": ["place", 7]}]}, 7]},
    "counts maybe empty": {"counts": [maybe_empty, 40]},
    "leading": {"leading": [{"map": ["coins", "coin", {"eq": ["coin", 0]}]}]},
    "leading ragged": {"leading": [{"map": [ragged, "place", {"lt": ["place", 30]}]}]},
    "count ragged": {"count": [{"map": [ragged, "place", {"gt": ["place", "die"]}]}]},
    "range": {"range": ["die"]},
    "triangle": {"map": [{"range": ["die"]}, "row", {"range": ["row"]}]},
    "grid": {"map": [{"range": ["die"]}, "row", {"map": [ragged, "place", {"mul": ["row", "place"]}]}]},
    "faults beyond the end": {"map": [{"range": ["die"]}, "row", {"at": [maybe_empty, "row"]}]},
    "to the end": {"slice": ["order", {"add": [34, "die"]}, 40]},
    "either list": {"if": [{"lt": ["die", 3]}, ragged, {"sort": ["order"]}]},
    "either constant": {"if": [{"lt": ["die", 3]}, [1, 2], []]},
    "either nested": {"if": [{"lt": ["die", 3]}, [[1], [2, 3]], [["die"]]]},
    "texts": {"map": [ragged, "place", {"if": [{"lt": ["place", 9]}, {"text": "é"}, {"text": "b"}]}]},
    "text of a table": {"at": ["names", "die"]},
    "text by text": {"at": ["object", {"at": ["names", {"min": ["die", 4]}]}]},
    "list of a table": {"at": ["lists", "die"]},
    "place in a list of a table": {"at": ["lists", "die", 0]},
    "places in lists of a table": {"map": [{"range": [6]}, "row", {"at": ["lists", "row", {"div": ["row", 2]}]}]},
    "object by number": {"at": ["numbers", {"mul": [10, "die"]}]},
    "slice of lists": {"slice": [[["die", 1], [2, "die"], [3, 4]], {"mod": ["die", 2]}, 2]},
    "element of elements": {"at": [[["die", 1], [2, "die"]], {"mod": ["die", 2]}, {"mod": [first, 2]}]},
    "equal texts": {"eq": [{"at": ["names", "die"]}, {"at": ["names", {"sub": [5, "die"]}]}]},
    "edges": {"sub": [{"div": [first, 3]}, {"mod": [{"sub": [0, first]}, 7]}]},
    "negative division": {"div": [{"sub": [3, "die"]}, 2]},
    "least": {"min": ["die", 3, {"at": ["order", 0]}]},
    "greatest": {"max": ["die", -1, {"at": ["order", "die"]}]},
    "several kinds": ["die", {"text": "a"}, True],
    "either kind": {"if": [{"lt": ["die", 3]}, 1, {"text": "a"}]},
    "list or not": {"if": [{"lt": ["die", 3]}, 1, [1]]},
}
FAULTS: dict[str, Any] = {
    "sum past the bound": {"add": [first, {"at": ["vast", 1]}]},
    "difference past the bound": {"sub": [{"sub": [0, first]}, {"at": ["vast", 1]}]},
    "product past 2^64": {"mul": [first, {"mul": ["die", {"at": ["vast", 1]}]}]},
    "product near the bound": {"mul": [{"div": [first, 2**26]}, 2**27]},
    "product that wraps around to 0": {"mul": [{"mul": ["die", 2**32]}, {"mul": ["die", 2**32]}]},
    "partial sum past the bound": {"sum": ["vast"]},
    "sum of a list that comes back": {"sum": [[first, {"at": ["vast", 1]}, {"sub": [0, {"at": ["vast", 1]}]}]]},
    "partial sum that comes back": {"add": [first, {"at": ["vast", 1]}, {"sub": [0, {"at": ["vast", 1]}]}]},
    "index outside": {"at": [[1, 2, 3], "die"]},
    "index below": {"at": ["order", {"sub": ["die", 2]}]},
    "index outside of a ragged list": {"at": [maybe_empty, 2]},
    "index outside of a list of a table": {"at": ["lists", "die", 1]},
    "key that is none": {"at": ["numbers", {"mul": [20, "die"]}]},
    "text that is no key": {"at": ["few", {"at": ["names", "die"]}]},
    "divisor": {"div": [7, {"sub": ["die", 2]}]},
    "divisor in a map": {"map": [{"range": [3]}, "place", {"mod": [7, {"sub": ["die", "place"]}]}]},
    "slice": {"slice": ["order", 3, "die"]},
    "range": {"range": [{"sub": ["die", 3]}]},
    "counts": {"counts": [["die", 1], 4]},
    "decided": {"or": [{"lt": ["die", 3]}, {"eq": [{"div": [1, {"sub": ["die", 3]}]}, 0]}]},
    "not decided": {"and": [{"lt": ["die", 3]}, {"eq": [{"div": [1, {"sub": ["die", 1]}]}, 0]}]},
    "no boolean": {"or": [{"lt": ["die", 3]}, 1]},
    "one branch": {"if": [{"lt": ["die", 3]}, "die", {"at": [[], 0]}]},
    "the other branch": {"if": [{"lt": ["die", 3]}, {"add": [1, True]}, "die"]},
    "map over no list": {"if": [{"lt": ["die", 3]}, {"map": ["die", "place", 1]}, [1]]},
    "no element has a value": {"map": [maybe_empty, "place", {"at": [[], "place"]}]},
}
TABLES: dict[str, Any] = {
    "names": ["a", "b", "c", "a", "b", "é"],
    "object": {"a": 1, "b": 2, "c": 3, "d": 4},
    "numbers": {"0": "zero", "10": "ten", "20": "twenty", "30": "x", "40": "y", "50": "z", "-1": "m", "07": "n"},
    "few": {"a": 1, "b": 2},
    "lists": [[1], [2, 3], [4, 5, 6], [7, 8], [9, 10, 11], [12, 13, 14]],
}


@pytest.mark.parametrize("name", sorted(EXPRESSIONS))
def test_an_expression_over_long_and_ragged_lists_has_the_value_of_the_scalar_path(name: str) -> None:
    rules = made({"shown": EXPRESSIONS[name]}, tables=TABLES)
    columns = compare(rules, {}, count=200)
    assert columns is not None
    assert len(columns) == 200


@pytest.mark.parametrize("name", sorted({*EXPRESSIONS} - {"several kinds", "either kind", "list or not"}))
def test_such_an_expression_is_evaluated_by_arrays(name: str) -> None:
    """So that the test above tests what it says."""
    assert rounds_without_value(made({"shown": EXPRESSIONS[name]}, tables=TABLES), {}) == 0


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_exactly_the_rounds_without_value_are_in_doubt(name: str) -> None:
    """As an outcome, as a payout's condition, and behind a `let` entry that is needed in some rounds only."""
    fault = FAULTS[name]
    assert 0 < rounds_without_value(made({"shown": fault}, tables=TABLES), {}) < ROUNDS
    compare(made({"shown": fault}, tables=TABLES), {}, count=ROUNDS)
    lazily = {"if": [{"lt": ["die", 4]}, [fault], []]}
    if name != "no element has a value":
        rounds_without_value(made({"shown": {"len": [lazily]}}, tables=TABLES), {})
    lets = [{"name": "risky", "is": fault}]
    rules = made({"shown": {"if": [{"lt": ["die", 4]}, 1, {"len": [["risky"]]}]}}, tables=TABLES, let=lets)
    rounds_without_value(rules, {})
    compare(rules, {}, count=ROUNDS)


def test_a_negative_payout_is_an_error_that_names_the_nonce() -> None:
    rules = made({"shown": "die"}, payout={"sub": ["die", 4]})
    assert 0 < rounds_without_value(rules, {}) < ROUNDS
    with pytest.raises(ExpressionError, match=r"/payout: nonce \d+: is an integer of at least 0, this is -\d"):
        prepare_bulk(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, rules=rules, parameters={}).play(0, ROUNDS)


def test_a_let_entry_that_is_never_needed_is_no_error() -> None:
    lets = [{"name": "broken", "is": {"at": [[], 0]}}, {"name": "broken_too", "is": {"at": [[], "die"]}}]
    rules = made({"shown": {"if": [{"lt": ["die", 9]}, "die", {"add": ["broken", "broken_too"]}]}}, let=lets)
    assert rounds_without_value(rules, {}) == 0


def test_rules_that_are_too_expensive_in_some_rounds_are_so_in_bulk() -> None:
    """The limit of work is the scalar path's, to the step."""
    endless = {"map": [{"range": [300]}, "row", {"map": [{"range": [{"mul": ["die", 250]}]}, "place", "row"]}]}
    rules = made({"shown": {"len": [endless]}})
    played = [compare(rules, {}, first_nonce=nonce, count=1) is not None for nonce in range(ROUNDS)]
    assert True in played
    assert False in played
    with pytest.raises(ExpressionError, match=r"nonce \d+: too expensive"):
        prepare_bulk(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, rules=rules, parameters={}).play(0, 100)


def test_lists_too_large_for_many_rounds_at_once_are_played_a_few_at_a_time() -> None:
    """65,536 elements a round: no array of some thousand rounds holds them."""
    rules = made({"shown": {"count": [{"map": [{"range": [65_536]}, "place", {"lt": ["place", first]}]}]}})
    columns = compare(rules, {}, count=70)
    assert columns is not None
    assert columns.outcome["shown"].kind == "integer"


def test_an_outcome_that_is_no_outcome_is_an_error_in_bulk() -> None:
    """An object, or lists nested too deep."""
    deep: Any = "die"
    for _ in range(5):
        deep = [deep]
    for outcome in ({"at": [["object", "few"], {"mod": ["die", 2]}]}, deep):
        rules = made({"shown": outcome}, tables=TABLES)
        assert compare(rules, {}, count=4) is None


def test_values_of_several_kinds_are_left_to_the_scalar_path() -> None:
    player = prepare_bulk(
        SCHEME,
        SERVER_SEED,
        client_seed=CLIENT_SEED,
        rules=made({"shown": EXPRESSIONS["several kinds"]}),
        parameters={},
    )
    assert player.play(0, 3).outcome["shown"].kind == "value"
    with pytest.raises(NotVectorised):
        rounds_without_value(made({"shown": EXPRESSIONS["either kind"]}), {})


@settings(max_examples=60)
@given(st.lists(st.sampled_from(sorted(EXPRESSIONS) + sorted(FAULTS)), min_size=1, max_size=4))
def test_expressions_beside_each_other_do_not_disturb_each_other(names: list[str]) -> None:
    every = EXPRESSIONS | FAULTS
    compare(made({f"o{place}": every[name] for place, name in enumerate(names)}, tables=TABLES), {}, count=ROUNDS)
