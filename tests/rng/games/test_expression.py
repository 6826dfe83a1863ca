"""Expressions of the rules language mean what rules.md R5 says, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.games import ExpressionError, RulesError, parse_rules, prepare_rules, settle
from rng.games.operators import ARITY, INTEGER_LIMIT

from .builder import document, game, value_of

LIMIT = 2**53 - 1
T, F = True, False


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (7, 7),
        (-7, -7),
        (True, True),
        ([1, [True, {"text": "x"}]], [1, [True, "x"]]),
        ([], []),
        ({"text": "flip"}, "flip"),
        ({"add": [1, 2, 3]}, 6),
        ({"mul": [2, -3, 4]}, -24),
        ({"sub": [2, 5]}, -3),
        ({"div": [7, 2]}, 3),
        ({"div": [-7, 2]}, -4),
        ({"mod": [-7, 2]}, 1),
        ({"mod": [7, 4]}, 3),
        ({"min": [3, -1, 2]}, -1),
        ({"max": [3, -1, 2]}, 3),
        ({"eq": [2, 2]}, T),
        ({"eq": [{"text": "a"}, {"text": "b"}]}, F),
        ({"eq": [False, False]}, T),
        ({"lt": [1, 2]}, T),
        ({"lt": [2, 2]}, F),
        ({"le": [2, 2]}, T),
        ({"gt": [3, 2]}, T),
        ({"ge": [2, 3]}, F),
        ({"and": [True, True, False]}, F),
        ({"or": [False, False, True]}, T),
        ({"not": [True]}, F),
        ({"if": [True, 1, 2]}, 1),
        ({"if": [False, 1, 2]}, 2),
        ({"at": [[[5, 6], [7, 8]], 1, 0]}, 7),
        ({"at": ["table", {"text": "b"}, 1]}, 4),
        ({"at": ["table", 10]}, "ten"),
        ({"len": [[1, 2, 3]]}, 3),
        ({"sum": [[]]}, 0),
        ({"sum": [[1, 2, 3]]}, 6),
        ({"count": [[True, False, True]]}, 2),
        ({"in": [2, [1, 2]]}, T),
        ({"in": [{"text": "c"}, [{"text": "a"}]]}, F),
        ({"in": [2, []]}, F),
        ({"slice": [[1, 2, 3, 4], 1, 3]}, [2, 3]),
        ({"slice": [[1, 2], 2, 2]}, []),
        ({"sort": [[3, 1, 2, 1]]}, [1, 1, 2, 3]),
        ({"range": [3]}, [0, 1, 2]),
        ({"range": [0]}, []),
        ({"leading": [[True, True, False, True]]}, 2),
        ({"leading": [[True]]}, 1),
        ({"leading": [[]]}, 0),
        ({"counts": [[0, 2, 2], 4]}, [1, 0, 2, 0]),
        ({"counts": [[], 0]}, []),
        ({"map": [[1, 2], "x", {"mul": ["x", "x"]}]}, [1, 4]),
        (
            {"map": [{"range": [2]}, "x", {"map": [{"range": [2]}, "y", {"add": [{"mul": [10, "x"]}, "y"]}]}]},
            [[0, 1], [10, 11]],
        ),
        ({"add": [{"sum": [{"map": [[1], "x", "x"]}]}, {"sum": [{"map": [[2], "x", "x"]}]}]}, 3),
        ("flip", 4),
    ],
)
def test_an_expression_has_the_value_of_the_specification(expression: Any, value: Any) -> None:
    tables = {"table": {"a": [1, 2], "b": [3, 4], "10": "ten"}}
    found = value_of(expression, draw=4, tables=tables)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "expression",
    [
        {"add": [1, True]},
        {"add": [1, {"text": "1"}]},
        {"add": [LIMIT, 1]},
        {"add": [LIMIT, 1, -1]},  # the partial sum is out of bounds, though the whole is not
        {"mul": [LIMIT, 2]},
        {"mul": [2**30, 2**30, 0]},
        {"sub": [-LIMIT, 1]},
        {"sum": [[LIMIT, 1, -1]]},
        {"sum": [[1, True]]},
        {"div": [1, 0]},
        {"div": [1, -1]},
        {"mod": [1, 0]},
        {"min": [1, True]},
        {"eq": [1, True]},
        {"eq": [1, {"text": "1"}]},
        {"eq": [[1], [1]]},
        {"lt": [{"text": "a"}, {"text": "b"}]},
        {"lt": [False, True]},
        {"and": [1, True]},
        {"or": [False, 1]},
        {"not": [0]},
        {"if": [1, 1, 2]},
        {"at": [[1, 2], 2]},
        {"at": [[1, 2], -1]},
        {"at": [[1, 2], True]},
        {"at": [[1, 2], {"text": "0"}]},
        {"at": ["table", {"text": "c"}]},
        {"at": ["table", True]},
        {"at": [5, 0]},
        {"len": ["table"]},
        {"len": [{"text": "abc"}]},
        {"count": [[1]]},
        {"in": [1, [1, {"text": "1"}]]},
        {"in": [True, [True]]},
        {"in": [1, {"text": "1"}]},
        {"slice": [[1, 2], 1, 3]},
        {"slice": [[1, 2], 2, 1]},
        {"slice": [[1, 2], -1, 1]},
        {"sort": [[{"text": "a"}]]},
        {"range": [-1]},
        {"range": [65537]},
        {"leading": [[False, 1]]},
        {"counts": [[3], 3]},
        {"counts": [[-1], 3]},
        {"counts": [[], 65537]},
        {"map": [3, "x", "x"]},
    ],
)
def test_an_expression_without_a_value_is_an_error_that_names_its_place(expression: Any) -> None:
    tables = {"table": {"a": [1, 2], "b": [3, 4]}}
    with pytest.raises(ExpressionError) as caught:
        value_of(expression, tables=tables)
    assert caught.value.path.startswith("/odds/0/of/")
    assert caught.value.message


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        (LIMIT + 1, "/payout"),
        (1.5, "/payout"),
        ("nothing", "/payout"),
        ({"add": [1, "later"]}, "/payout/add/1"),
        ({}, "/payout"),
        ({"add": [1, 2], "sub": [1, 2]}, "/payout"),
        ({"pow": [1, 2]}, "/payout"),
        ({"add": 3}, "/payout/add"),
        ({"add": [1]}, "/payout/add"),
        ({"not": [True, True]}, "/payout/not"),
        ({"if": [True, 1]}, "/payout/if"),
        ({"text": 3}, "/payout/text"),
        ({"map": [[1], 3, 4]}, "/payout/map/1"),
        ({"map": [[1], "X", 4]}, "/payout/map/1"),
        ({"map": [[1], "flip", 4]}, "/payout/map/1"),
        ({"map": [[1], "x", {"map": [[1], "x", 1]}]}, "/payout/map/2/map/1"),
        ({"add": [{"sum": [{"map": [[1], "x", "x"]}]}, "x"]}, "/payout/add/1"),
        ({"if": [True, 1, {"at": ["gone", 0]}]}, "/payout/if/2/at/0"),
    ],
)
def test_a_malformed_expression_is_refused_even_where_it_would_never_be_evaluated(expression: Any, path: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse_rules(document(payout=expression))
    # What has no canonical form is refused before anybody looks for expressions.
    assert caught.value.path == ("" if expression in (1.5, LIMIT + 1) else path)


def nested(depth: int) -> Any:
    expression: Any = 1
    for _ in range(depth - 1):
        expression = {"add": [expression, 0]}
    return expression


def test_expressions_nest_thirty_two_deep_and_no_deeper() -> None:
    # In the payout, for there canonical JSON (64 containers deep) does not stop it first.
    draws = [{"name": "flip", "primitive": "uniform", "n": 2}]
    assert settle(prepare_rules(game(draws, nested(32)), {}), [0])[1] == 1
    lists: Any = 0
    for _ in range(32):
        lists = [lists]
    with pytest.raises(RulesError, match="nest at most 32 deep"):
        game(draws, {"len": [lists[0]]})


def chain(length: int) -> list[dict[str, Any]]:
    return [{"name": "l0", "is": {"add": ["flip", 0]}}] + [
        {"name": f"l{n}", "is": {"add": [f"l{n - 1}", 1]}} for n in range(1, length)
    ]


def test_let_entries_lead_to_one_another_two_hundred_and_fifty_six_deep_and_no_deeper() -> None:
    # Entry n is 2 + 2n deep; its name is one deeper than that.
    assert value_of("l126", let=chain(127)) == 126
    assert value_of({"add": ["l126", 0]}, let=chain(127)) == 126
    with pytest.raises(RulesError, match="256"):
        value_of({"add": [{"add": ["l126", 0]}, 0]}, let=chain(127))
    with pytest.raises(RulesError, match="256"):
        value_of(0, let=chain(129))


def test_what_a_condition_leaves_out_is_not_evaluated() -> None:
    broken = {"div": [1, "flip"]}
    assert value_of({"if": [True, 1, broken]}) == 1
    assert value_of({"and": [False, {"eq": [broken, 1]}]}) is False
    assert value_of({"or": [True, {"eq": [broken, 1]}]}) is True


def test_a_let_entry_that_is_not_needed_is_not_evaluated() -> None:
    let = [{"name": "broken", "is": {"div": [1, 0]}}, {"name": "fine", "is": {"if": [False, "broken", 3]}}]
    assert value_of("fine", let=let) == 3
    with pytest.raises(ExpressionError, match="divisor") as caught:
        value_of("broken", let=let)
    assert caught.value.path == "/let/0/is/div"


def test_a_let_entry_that_runs_inside_a_map_keeps_its_own_variable() -> None:
    let = [{"name": "ones", "is": {"map": [{"range": [3]}, "x", {"add": ["x", 1]}]}}]
    assert value_of({"map": [{"range": [2]}, "x", {"add": [{"sum": ["ones"]}, "x"]}]}, let=let) == [6, 7]


def test_a_round_that_asks_for_endless_work_is_stopped() -> None:
    million = {"map": [{"range": [1000]}, "x", {"map": [{"range": [1000]}, "y", 1]}]}
    with pytest.raises(ExpressionError, match="too expensive"):
        value_of({"len": [million]})
    long = {"map": [{"range": [65536]}, "x", {"in": ["x", {"range": [65536]}]}]}
    with pytest.raises(ExpressionError, match="too expensive"):
        value_of({"count": [long]})
    doubling: list[dict[str, Any]] = [{"name": "l0", "is": {"range": [30000]}}]
    doubling += [{"name": f"l{n}", "is": {"sort": [f"l{n - 1}"]}} for n in range(1, 30)]
    with pytest.raises(ExpressionError, match="too expensive"):
        value_of({"len": ["l29"]}, let=doubling)


def test_work_is_counted_anew_for_every_round() -> None:
    rules = game(
        [{"name": "flip", "primitive": "uniform", "n": 2}],
        {"sum": [{"map": [{"range": [65000]}, "x", {"add": ["flip", 0]}]}]},
    )
    prepared = prepare_rules(rules, {})
    for _ in range(5):
        assert settle(prepared, [1])[1] == 65000


def test_every_operator_of_the_table_is_there() -> None:
    assert set(ARITY) == set(
        "add mul sub div mod min max eq lt le gt ge and or not if at len sum count in slice sort range leading counts "
        "map".split()
    )


whole = st.integers(-INTEGER_LIMIT, INTEGER_LIMIT)


@given(whole, st.integers(1, INTEGER_LIMIT))
def test_div_and_mod_belong_together(a: int, b: int) -> None:
    quotient, rest = value_of({"div": [a, b]}), value_of({"mod": [a, b]})
    assert quotient * b + rest == a
    assert 0 <= rest < b


@given(st.lists(st.integers(0, 5), max_size=30))
def test_counts_and_sort_tell_the_same(items: list[int]) -> None:
    tally = value_of({"counts": [items, 6]})
    assert value_of({"sort": [items]}) == [value for value in range(6) for _ in range(tally[value])]
    assert sum(tally) == value_of({"len": [items]})


@given(st.lists(st.booleans(), max_size=20))
def test_leading_is_where_the_first_false_stands(flags: list[bool]) -> None:
    found = value_of({"leading": [flags]})
    assert all(flags[:found])
    assert found == len(flags) or flags[found] is False


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.floats(allow_nan=False),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*ARITY, "text", "x"]), inner, max_size=2)
        ),
        max_leaves=12,
    )
)
def test_any_json_in_the_place_of_an_expression_is_a_value_or_a_rules_error(expression: Any) -> None:
    try:
        value_of(expression)
    except RulesError as error:
        assert str(error)
