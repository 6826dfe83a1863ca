"""Exact odds are the fractions that going through every draw gives, or closed forms where that takes too long."""

from __future__ import annotations

from fractions import Fraction
from math import comb, perm
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rng.games import ExpressionError, RulesError, prepare_rules
from rng.games.odds import (
    distribution,
    expected_payout,
    payout_distribution,
    published_odds,
    variance,
)
from rng.games.rules import evaluate
from rng.games.universe import Intractable

from .builder import brute_force, every_draw, game

SMALL_DRAWS: list[dict[str, Any]] = [
    {"name": "die", "primitive": "uniform", "n": 4},
    {"name": "dice", "primitive": "uniform", "n": 3, "times": 2},
    {"name": "hand", "primitive": "sample", "n": 4, "k": 3},
    {"name": "wheel", "primitive": "weighted", "weights": [1, 0, 2, 3]},
]
TABLES = {"colours": [0, 1, 1, 0], "names": {"0": 2, "1": 0, "2": 5, "3": 2}}


def integers(depth: int, variables: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Expressions that are integers, over the small draws and these variables."""
    leaves = st.sampled_from([0, 1, 2, 3, "die", "wheel", *variables]) | st.builds(
        lambda name, index: {"at": [name, index]}, st.sampled_from(["dice", "hand"]), st.integers(0, 1)
    )
    if not depth:
        return leaves
    inner, flag, items = integers(depth - 1, variables), flags(depth - 1, variables), lists(depth - 1, variables)
    two = st.tuples(inner, inner).map(list)
    return st.one_of(
        leaves,
        st.builds(lambda name, args: {name: args}, st.sampled_from(["add", "sub", "mul", "min", "max"]), two),
        st.builds(lambda name, arg, by: {name: [arg, by]}, st.sampled_from(["div", "mod"]), inner, st.integers(1, 4)),
        st.builds(lambda c, a, b: {"if": [c, a, b]}, flag, inner, inner),
        st.builds(lambda name, arg: {name: [arg]}, st.sampled_from(["sum", "len"]), items),
        st.builds(
            lambda name, arg: {name: [arg]}, st.sampled_from(["count", "leading"]), flag_lists(depth - 1, variables)
        ),
        st.builds(lambda arg: {"at": ["colours", {"mod": [arg, 4]}]}, inner),
        st.builds(lambda arg: {"at": ["names", {"mod": [arg, 4]}]}, inner),
        st.builds(
            lambda arg, index: {"at": [{"sort": [arg]}, index]}, st.sampled_from(["dice", "hand"]), st.integers(0, 1)
        ),
        st.builds(
            lambda arg, index: {"at": [{"counts": [arg, 4]}, index]},
            st.sampled_from(["dice", "hand"]),
            st.integers(0, 3),
        ),
    )


def flags(depth: int, variables: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Expressions that are booleans."""
    if not depth:
        return st.booleans() | st.sampled_from(["die", *variables]).map(lambda name: {"eq": [name, 1]})
    inner, flag = integers(depth - 1, variables), flags(depth - 1, variables)
    two = st.tuples(inner, inner).map(list)
    return st.one_of(
        st.builds(lambda name, args: {name: args}, st.sampled_from(["eq", "lt", "le", "gt", "ge"]), two),
        st.builds(lambda name, a, b: {name: [a, b]}, st.sampled_from(["and", "or"]), flag, flag),
        flag.map(lambda arg: {"not": [arg]}),
        st.builds(lambda a, items: {"in": [a, items]}, inner, lists(depth - 1, variables)),
    )


def lists(depth: int, variables: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Expressions that are lists of integers."""
    leaves = st.sampled_from(["dice", "hand", [0, 2]]) | st.builds(
        lambda stop: {"slice": ["hand", 0, stop]}, st.integers(0, 3)
    )
    if not depth:
        return leaves
    variable = f"v{len(variables)}"
    return st.one_of(
        leaves,
        st.lists(integers(depth - 1, variables), max_size=2),
        st.builds(
            lambda source, body: {"map": [source, variable, body]},
            lists(depth - 1, variables),
            integers(depth - 1, (*variables, variable)),
        ),
    )


def flag_lists(depth: int, variables: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Expressions that are lists of booleans."""
    variable = f"v{len(variables)}"
    return st.builds(
        lambda source, body: {"map": [source, variable, body]},
        lists(max(0, depth - 1), variables),
        flags(max(0, depth - 1), (*variables, variable)),
    )


def equals_brute_force(expression: Any, **changes: Any) -> bool:
    """Assert that exact odds and brute force agree; return whether every draw gives a value to compare."""
    rules = game(SMALL_DRAWS, tables=TABLES, odds=[{"name": "asked", "of": expression}], **changes)
    try:
        expected = brute_force(rules, {})
    except ExpressionError:
        # Odds look at less than a round does, so they may have an answer where a round has none.
        return False
    found = distribution(rules, {}, expression, budget=10**7)
    assert {(repr(value), value): chance for value, chance in found.items()} == expected
    return True


@settings(max_examples=40, deadline=None)
@given(integers(3, ()))
def test_the_distribution_of_any_integer_is_that_of_brute_force(expression: Any) -> None:
    assume(equals_brute_force(expression))


@settings(max_examples=40, deadline=None)
@given(flags(3, ()))
def test_the_distribution_of_any_boolean_is_that_of_brute_force(expression: Any) -> None:
    assume(equals_brute_force(expression))


@settings(max_examples=40, deadline=None)
@given(lists(3, ()))
def test_the_distribution_of_any_list_is_that_of_brute_force(expression: Any) -> None:
    assume(equals_brute_force(expression))


@settings(max_examples=40, deadline=None)
@given(integers(2, ()), integers(2, ()), st.sampled_from(["add", "sub", "eq", "list"]))
def test_let_entries_that_share_draws_are_taken_together(first: Any, second: Any, operator: str) -> None:
    both = ["one", "two"] if operator == "list" else {operator: ["one", "two"]}
    assume(equals_brute_force(both, let=[{"name": "one", "is": first}, {"name": "two", "is": second}]))


@settings(max_examples=40, deadline=None)
@given(integers(3, ()))
def test_the_expected_payout_and_its_variance_are_those_of_brute_force(expression: Any) -> None:
    payout = {
        "add": [{"mul": [3, {"max": [expression, 0]}]}, {"sum": [{"map": [[1, 2], "w0", {"mul": ["w0", "die"]}]}]}]
    }
    rules = game(SMALL_DRAWS, payout, tables=TABLES)
    prepared = prepare_rules(rules, {})
    assert rules.payout is not None
    try:
        cases = [(evaluate(prepared, values, rules.payout), chance) for values, chance in every_draw(prepared)]
    except ExpressionError:
        assume(False)
    mean = sum((value * chance for value, chance in cases), Fraction(0))
    assert expected_payout(rules, {}, budget=10**7) == mean
    assert variance(rules, {}, budget=10**7) == sum(
        ((value - mean) ** 2 * chance for value, chance in cases), Fraction(0)
    )
    assert sum(payout_distribution(rules, {}, budget=10**7).values()) == 1


def test_atoms_of_a_group_that_are_asked_for_alone_afterwards_are_taken_one_by_one() -> None:
    # The sum does not depend on the order of the hand, the first card does; together they must not be mixed up.
    expression = [
        {"sum": ["hand"]},
        {"at": ["hand", 0]},
        {"max": [{"at": ["dice", 0]}, {"at": ["dice", 1]}]},
        {"at": ["dice", 0]},
    ]
    assert equals_brute_force(expression)
    assert equals_brute_force({"add": [{"mul": [10, {"sum": [{"slice": ["hand", 0, 2]}]}]}, {"sum": ["hand"]}]})
    assert equals_brute_force({"leading": [{"map": ["hand", "x", {"lt": ["x", {"at": [{"sort": ["hand"]}, 1]}]}]}]})


@pytest.mark.parametrize("marked", [0, 1, 5, 10])
def test_hits_in_a_sample_are_hypergeometric(marked: int) -> None:
    rules = game([{"name": "balls", "primitive": "sample", "n": 40, "k": 10}])
    picks = list(range(3, 3 + marked))
    hits = {"count": [{"map": ["balls", "ball", {"in": ["ball", picks]}]}]}
    expected = {
        h: Fraction(comb(marked, h) * comb(40 - marked, 10 - h), comb(40, 10)) for h in range(min(marked, 10) + 1)
    }
    assert distribution(rules, {}, hits) == expected


def test_classes_that_nest_and_classes_that_cross_are_counted_exactly() -> None:
    rules = game([{"name": "cards", "primitive": "sample", "n": 52, "k": 4}])
    suit, rank = {"div": [{"at": ["cards", 0]}, 13]}, {"mod": [{"at": ["cards", 1]}, 13]}
    crossing = {"and": [{"eq": [suit, 2]}, {"eq": [rank, 5]}]}
    # The first card is of suit 2 and the second of rank 5: the card that is both may be either, not both.
    assert distribution(rules, {}, crossing)[True] == Fraction(12 * 4 + 1 * 3, 52 * 51)
    nested = {"and": [{"lt": [{"at": ["cards", 2]}, 10]}, {"eq": [{"at": ["cards", 3]}, 5]}]}
    assert distribution(rules, {}, nested)[True] == Fraction(9, 52 * 51)


@given(st.integers(0, 9999), st.integers(100, 10**10), st.integers(100, 10**10))
def test_a_ratio_reaches_a_target_as_often_as_its_formula_says(edge: int, cap: int, target: int) -> None:
    rules = game([{"name": "m", "primitive": "ratio", "edge": edge, "cap": cap}])
    found = distribution(rules, {}, {"ge": ["m", target]}).get(True, Fraction(0))
    # The multiplier reaches t > 100 where (10000 - edge) * 2^52 >= 100 t (2^52 - u).
    ways = 2**52 if target == 100 else 0 if target > cap else min(2**52, (10000 - edge) * 2**52 // (100 * target))
    assert found == Fraction(ways, 2**52)
    equal = distribution(rules, {}, {"in": ["m", [target]]}).get(True, Fraction(0))
    above = distribution(rules, {}, {"gt": ["m", target]}).get(True, Fraction(0))
    assert equal == found - above
    assert distribution(rules, {}, {"eq": ["m", target]}).get(True, Fraction(0)) == equal


def test_a_ratio_is_cut_where_the_formula_changes_by_one_hundredth() -> None:
    rules = game([{"name": "m", "primitive": "ratio", "edge": 100, "cap": 110}])
    found = distribution(rules, {}, "m")
    assert list(found) == list(range(100, 111))
    at_least = {m: (9900 * 2**52) // (100 * m) for m in range(101, 111)} | {111: 0}
    assert found == {
        100: 1 - Fraction(at_least[101], 2**52),
        **{m: Fraction(at_least[m] - at_least[m + 1], 2**52) for m in range(101, 110)},
        110: Fraction(at_least[110], 2**52),
    }


def test_a_comparison_of_a_draw_with_a_vast_range_costs_a_handful_of_cases() -> None:
    rules = game([{"name": "roll", "primitive": "uniform", "n": 2**53 - 1}])
    half = distribution(rules, {}, {"lt": [{"add": [{"mul": [3, {"div": ["roll", 4]}]}, 1]}, 3001]}, budget=10)
    assert half[True] == Fraction(4000, 2**53 - 1)
    assert distribution(rules, {}, {"in": ["roll", [3, 9]]}, budget=10)[True] == Fraction(2, 2**53 - 1)
    with pytest.raises(Intractable):
        distribution(rules, {}, {"mod": ["roll", 2]})


def test_a_prize_among_billions_and_thousands_of_winners_has_exact_odds() -> None:
    rules = game([{"name": "drawn", "primitive": "sample", "n": 2**32, "k": 5000}])
    assert distribution(rules, {}, {"in": [7, "drawn"]})[True] == Fraction(5000, 2**32)


def test_what_is_out_of_reach_is_said_to_be_and_not_approximated() -> None:
    rules = game(
        [{"name": "hand", "primitive": "sample", "n": 52, "k": 8}],
        odds=[{"name": "order", "of": "hand"}, {"name": "first", "of": {"lt": [{"at": ["hand", 0]}, 13]}}],
    )
    with pytest.raises(Intractable, match="1000 cases"):
        distribution(rules, {}, "hand", budget=1000)
    order, first = published_odds(rules, {}, budget=1000)
    assert order.distribution is None
    assert order.reason is not None and "1000" in order.reason
    assert first.distribution == {False: Fraction(3, 4), True: Fraction(1, 4)}


def test_a_return_is_exact_line_by_line_where_the_distribution_is_out_of_reach() -> None:
    draws = [{"name": f"reel_{n}", "primitive": "uniform", "n": 50} for n in range(12)]
    lines = [[f"reel_{n}", f"reel_{n + 1}"] for n in range(11)]
    payout = {"sum": [[{"if": [{"eq": [{"mod": [a, 10]}, {"mod": [b, 10]}]}, 90000, 0]} for a, b in lines]]}
    rules = game(draws, payout)
    assert expected_payout(rules, {}, budget=20_000) == 11 * 9000
    with pytest.raises(Intractable):
        payout_distribution(rules, {}, budget=20_000)


def test_an_error_in_some_draws_is_an_error_of_the_odds() -> None:
    rules = game([{"name": "die", "primitive": "uniform", "n": 6}])
    with pytest.raises(ExpressionError, match="divisor"):
        distribution(rules, {}, {"div": [6, "die"]})
    assert distribution(rules, {}, {"if": [{"gt": ["die", 0]}, {"div": [6, "die"]}, 0]})[6] == Fraction(1, 6)


def test_draws_of_weight_zero_do_not_occur() -> None:
    rules = game([{"name": "w", "primitive": "weighted", "weights": [0, 1, 0, 3, 0], "times": 2}])
    assert distribution(rules, {}, {"at": ["w", 0]}) == {1: Fraction(1, 4), 3: Fraction(3, 4)}
    assert distribution(rules, {}, {"div": [6, {"at": ["w", 1]}]}) == {2: Fraction(3, 4), 6: Fraction(1, 4)}
    assert distribution(rules, {}, {"sort": ["w"]})[1, 3] == Fraction(6, 16)


def test_values_of_two_types_are_kept_apart_or_refused() -> None:
    rules = game([{"name": "die", "primitive": "uniform", "n": 6}])
    with pytest.raises(ExpressionError, match="boolean in others"):
        distribution(rules, {}, {"if": [{"lt": ["die", 2]}, 1, True]})
    assert distribution(rules, {}, {"if": [{"lt": ["die", 2]}, 1, {"text": "1"}]}) == {
        1: Fraction(1, 3),
        "1": Fraction(2, 3),
    }


def test_an_expression_from_outside_is_checked_as_one_in_the_document() -> None:
    rules = game([{"name": "die", "primitive": "uniform", "n": 6}])
    with pytest.raises(RulesError, match="nothing is called"):
        distribution(rules, {}, "dice")
    with pytest.raises(ValueError, match="payout is null"):
        expected_payout(game([{"name": "die", "primitive": "uniform", "n": 6}], None), {})


# The number of ways, out of perm(416, 6), in which six cards from a shoe of eight decks end in each way, as published
# in the literature on punto banco and found again here from the rules of the bundled document.
BACCARAT_WAYS = {
    "banker": 2_292_252_566_437_888,
    "player": 2_230_518_282_592_256,
    "tie": 475_627_426_473_216,
}


def test_baccarat_has_the_published_combinations_of_eight_decks() -> None:
    from rng.games.loader import bundled_games

    rules = bundled_games()["baccarat"]
    found = distribution(rules, {"decks": 8, "bet": "banker"}, "winner")
    assert {winner: chance * perm(416, 6) for winner, chance in found.items()} == BACCARAT_WAYS
    assert sum(BACCARAT_WAYS.values()) == perm(416, 6)


EUROPEAN = [{"name": "pocket", "primitive": "uniform", "n": 37}]


def test_the_straight_bet_of_european_roulette_returns_36_of_37() -> None:
    rules = game(EUROPEAN, {"if": [{"eq": ["pocket", 17]}, 360000, 0]})
    assert expected_payout(rules, {}) == Fraction(360000, 37)
    assert variance(rules, {}) == Fraction(360000**2, 37) - Fraction(360000, 37) ** 2


def test_cases_that_cannot_occur_are_not_looked_at() -> None:
    # Two cards of one sample are never equal, so the difference is never zero.
    rules = game(SMALL_DRAWS)
    difference = {"sub": [{"at": ["hand", 0]}, {"at": ["hand", 1]}]}
    assert distribution(rules, {}, {"mod": [12, {"mul": [difference, difference]}]})[0] == Fraction(10, 12)
    assert equals_brute_force({"mod": [12, {"mul": [difference, difference]}]})
    ascending = {"sort": ["hand"]}
    gaps = {"mul": [{"sub": [{"at": [ascending, 1]}, {"at": [ascending, 0]}]}, 1]}
    assert equals_brute_force({"div": [12, gaps]})
