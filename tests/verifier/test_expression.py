"""The rules language: every operator gives what its line in rules.md says, and every bound holds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.canonical import Malformed
from verifier.expression import Scope, TooExpensive, check_expression, evaluate

TABLE = {"names": ["a", "b"], "by_number": {"1": 10, "-2": 20}, "deep": [[1, [2, 3]]]}
LARGEST = 2**53 - 1


def value_of(expression: Any, **names: Any) -> Any:
    """Check the form of an expression and evaluate it, with names bound to values."""
    check_expression(expression, "$", visible=dict.fromkeys(names, 0), declared=frozenset(names))
    scope = Scope()
    scope.values.update(names)
    return evaluate(expression, scope)


def text(content: str) -> dict[str, str]:
    return {"text": content}


KNOWN_ANSWERS: list[tuple[Any, Any]] = [
    (7, 7),
    (-7, -7),
    (True, True),
    ([], []),
    ([1, {"add": [1, 1]}, [True]], [1, 2, [True]]),
    (text("hello"), "hello"),
    ({"add": [1, 2, 3]}, 6),
    ({"mul": [2, 3, -4]}, -24),
    ({"sub": [2, 5]}, -3),
    ({"div": [7, 2]}, 3),
    ({"div": [-7, 2]}, -4),
    ({"mod": [7, 2]}, 1),
    ({"mod": [-7, 2]}, 1),
    ({"min": [3, 1, 2]}, 1),
    ({"max": [3, 1, 2]}, 3),
    ({"eq": [1, 1]}, True),
    ({"eq": [text("a"), text("b")]}, False),
    ({"eq": [True, False]}, False),
    ({"lt": [1, 2]}, True),
    ({"lt": [2, 2]}, False),
    ({"le": [2, 2]}, True),
    ({"gt": [2, 2]}, False),
    ({"gt": [3, 2]}, True),
    ({"ge": [2, 2]}, True),
    ({"and": [True, True]}, True),
    ({"and": [False, {"div": [1, 0]}]}, False),
    ({"or": [False, False]}, False),
    ({"or": [True, {"div": [1, 0]}]}, True),
    ({"not": [False]}, True),
    ({"if": [True, 1, {"div": [1, 0]}]}, 1),
    ({"if": [False, {"div": [1, 0]}, 2]}, 2),
    ({"at": [[5, 6], 1]}, 6),
    ({"at": ["table", text("names"), 1]}, "b"),
    ({"at": ["table", text("by_number"), 1]}, 10),
    ({"at": ["table", text("by_number"), -2]}, 20),
    ({"at": ["table", text("deep"), 0, 1, 0]}, 2),
    ({"len": [[1, 2, 3]]}, 3),
    ({"sum": [[]]}, 0),
    ({"sum": [[1, -2, 4]]}, 3),
    ({"count": [[True, False, True]]}, 2),
    ({"in": [2, [1, 2]]}, True),
    ({"in": [text("c"), [text("a")]]}, False),
    ({"in": [1, []]}, False),
    ({"slice": [[1, 2, 3], 1, 3]}, [2, 3]),
    ({"slice": [[1, 2, 3], 3, 3]}, []),
    ({"sort": [[3, -1, 2, 2]]}, [-1, 2, 2, 3]),
    ({"range": [0]}, []),
    ({"range": [3]}, [0, 1, 2]),
    ({"leading": [[True, True, False, True]]}, 2),
    ({"leading": [[]]}, 0),
    ({"counts": [[0, 2, 2], 4]}, [1, 0, 2, 0]),
    ({"counts": [[], 0]}, []),
    ({"map": [[1, 2], "x", {"mul": ["x", "x"]}]}, [1, 4]),
    ({"map": [[1, 2], "x", {"map": [[10, 20], "y", {"add": ["x", "y"]}]}]}, [[11, 21], [12, 22]]),
    ({"add": [{"sum": [{"map": [[1], "x", "x"]}]}, {"sum": [{"map": [[2], "x", "x"]}]}]}, 3),
    ({"div": [LARGEST, 1]}, LARGEST),
]


@pytest.mark.parametrize(("expression", "answer"), KNOWN_ANSWERS, ids=lambda value: str(value)[:50])
def test_an_expression_has_the_value_that_the_specification_gives(expression: Any, answer: Any) -> None:
    found = value_of(expression, table=TABLE)
    assert found == answer
    assert type(found) is type(answer)


NO_VALUE: list[tuple[Any, str]] = [
    ({"add": [1, True]}, "takes integers"),
    ({"add": [LARGEST, 1]}, "beyond 2^53 - 1"),
    ({"add": [LARGEST, 1, -1]}, "beyond 2^53 - 1"),
    ({"sub": [{"sub": [0, LARGEST]}, 1]}, "beyond 2^53 - 1"),
    ({"mul": [2**27, 2**27, 0]}, "beyond 2^53 - 1"),
    ({"sum": [[LARGEST, 1, -1]]}, "beyond 2^53 - 1"),
    ({"div": [1, 0]}, "divisor"),
    ({"mod": [1, -1]}, "divisor"),
    ({"eq": [1, True]}, "two integers, two texts or two booleans"),
    ({"eq": [0, False]}, "two integers, two texts or two booleans"),
    ({"eq": [[1], [1]]}, "two integers, two texts or two booleans"),
    ({"lt": [text("a"), text("b")]}, "takes integers"),
    ({"and": [1, True]}, "takes booleans"),
    ({"or": [False, 0]}, "takes booleans"),
    ({"not": [0]}, "takes a boolean"),
    ({"if": [1, 2, 3]}, "takes booleans"),
    ({"at": [[5, 6], 2]}, "takes 0 to 1"),
    ({"at": [[5, 6], -1]}, "takes 0 to 1"),
    ({"at": [[5, 6], True]}, "takes an integer"),
    ({"at": [[5, 6], text("0")]}, "takes an integer"),
    ({"at": ["table", text("nothing")]}, "no member"),
    ({"at": ["table", True]}, "takes a text or an integer"),
    ({"at": [5, 0]}, "a list or an object"),
    ({"len": ["table"]}, "takes a list"),
    ({"len": [text("abc")]}, "takes a list"),
    ({"sum": [[True]]}, "takes integers"),
    ({"count": [[1]]}, "takes booleans"),
    ({"in": [1, [1, text("a")]]}, "list of the type"),
    ({"in": [True, [True]]}, "an integer or a text"),
    ({"in": [1, [True]]}, "list of the type"),
    ({"slice": [[1, 2], 1, 3]}, "0 <= from"),
    ({"slice": [[1, 2], -1, 1]}, "0 <= from"),
    ({"slice": [[1, 2], 2, 1]}, "0 <= from"),
    ({"sort": [[text("a")]]}, "takes integers"),
    ({"range": [-1]}, "range takes"),
    ({"range": [65537]}, "range takes"),
    ({"leading": [[False, 1]]}, "takes booleans"),
    ({"counts": [[1], 1]}, "from 0 to 0"),
    ({"counts": [[-1], 1]}, "from 0 to 0"),
    ({"counts": [[], 65537]}, "n from 0"),
    ({"counts": [[], -1]}, "n from 0"),
    ({"map": [3, "x", "x"]}, "takes a list"),
    ({"map": ["table", "x", "x"]}, "takes a list"),
]


@pytest.mark.parametrize(("expression", "reason"), NO_VALUE, ids=lambda value: str(value)[:50])
def test_an_expression_without_a_value_is_malformed_and_says_why(expression: Any, reason: str) -> None:
    with pytest.raises(Malformed, match=re.escape(reason)):
        value_of(expression, table=TABLE)


WRONG_FORM: list[tuple[Any, str]] = [
    (None, "no expression"),
    ("nobody", "not visible"),
    ({}, "exactly one operator"),
    ({"add": [1, 2], "sub": [1, 2]}, "exactly one operator"),
    ({"power": [1, 2]}, "unknown operator"),
    ({"text": 1}, "must be a text"),
    ({"text": "a" * 1001}, "at most 1000"),
    ({"add": 1}, "list of arguments"),
    ({"add": [1]}, "number of arguments"),
    ({"sub": [1, 2, 3]}, "number of arguments"),
    ({"not": []}, "number of arguments"),
    ({"if": [True, 1]}, "number of arguments"),
    ({"at": [[1]]}, "number of arguments"),
    ({"if": [True, 1, "nobody"]}, "not visible"),
    ({"map": [[1], "table", 1]}, "declared already"),
    ({"map": [[1], "later", 1]}, "declared already"),
    ({"map": [[1], "x", {"map": [[1], "x", 1]}]}, "declared already"),
    ({"map": [[1], {"text": "x"}, 1]}, "a letter first"),
    ({"map": [[1], "X", 1]}, "a letter first"),
    ({"add": [{"sum": [{"map": [[1], "x", "x"]}]}, "x"]}, "not visible"),
    ([0] * 65_537, "more than 65536"),
]


@pytest.mark.parametrize(("expression", "reason"), WRONG_FORM, ids=lambda value: str(value)[:50])
def test_a_wrong_form_is_malformed_even_where_it_would_not_be_evaluated(expression: Any, reason: str) -> None:
    with pytest.raises(Malformed, match=re.escape(reason)):
        check_expression(
            {"if": [False, expression, 0]}, "$", visible={"table": 0}, declared=frozenset({"table", "later"})
        )


def nested(depth: int) -> Any:
    """Return an expression that nests so deep, counted as the specification counts."""
    expression: Any = True
    for _ in range(depth - 1):
        expression = {"not": [expression]}
    return expression


def test_expressions_nest_thirty_two_deep_and_no_deeper() -> None:
    assert value_of(nested(32)) is False
    with pytest.raises(Malformed, match="deeper than 32"):
        value_of(nested(33))


def test_depth_counts_through_let_entries_so_that_a_long_chain_cannot_exhaust_the_stack() -> None:
    visible = {"x": 255}
    assert check_expression("x", "$", visible=visible, declared=frozenset({"x"})) == 256
    with pytest.raises(Malformed, match="deeper than 256"):
        check_expression({"not": ["x"]}, "$", visible=visible, declared=frozenset({"x"}))


def test_the_deepest_chain_that_is_allowed_can_be_evaluated() -> None:
    scope = Scope()
    scope.values["e0"] = 0
    for link in range(1, 128):
        scope.pending[f"e{link}"] = {"add": [f"e{link - 1}", 1]}
    assert evaluate("e127", scope) == 127


def test_a_let_entry_that_is_not_needed_is_not_evaluated_and_one_that_is_only_once() -> None:
    scope = Scope()
    scope.pending.update({"bad": {"div": [1, 0]}, "good": {"range": [1000]}})
    assert evaluate({"if": [True, 1, "bad"]}, scope) == 1
    evaluate("good", scope)
    left = scope.steps_left
    evaluate("good", scope)
    assert left - scope.steps_left == 1


def test_a_let_entry_first_needed_inside_a_map_may_use_the_same_variable_for_its_own() -> None:
    scope = Scope()
    scope.pending["a"] = {"map": [{"range": [3]}, "row", "row"]}
    assert evaluate({"map": [{"range": [3]}, "row", {"add": [{"at": ["a", 0]}, "row"]}]}, scope) == [0, 1, 2]
    assert evaluate({"map": [[5], "row", {"add": [{"sum": ["a"]}, "row"]}]}, scope) == [8]


@pytest.mark.parametrize(
    "expression",
    [
        {"map": [{"range": [65536]}, "x", {"map": [{"range": [65536]}, "y", "y"]}]},
        {"map": [{"range": [65536]}, "x", {"in": ["x", {"range": [65536]}]}]},
        {"map": [{"range": [65536]}, "x", {"sort": [{"range": [65536]}]}]},
        {"map": [{"range": [65536]}, "x", {"counts": [[], 65536]}]},
        {"map": [{"range": [65536]}, "x", {"slice": [{"range": [65536]}, 0, 65536]}]},
    ],
    ids=["map", "in", "sort", "counts", "slice"],
)
def test_a_short_expression_that_asks_for_billions_of_steps_is_too_expensive(expression: Any) -> None:
    with pytest.raises(TooExpensive, match="more steps"):
        value_of(expression)


def test_an_error_does_not_write_out_a_list_that_holds_itself_many_times_over() -> None:
    scope = Scope()
    scope.values["x0"] = [1, 2]
    for level in range(1, 100):
        scope.pending[f"x{level}"] = [f"x{level - 1}", f"x{level - 1}"]
    with pytest.raises(Malformed, match="a list of 2 elements"):
        evaluate({"not": ["x99"]}, scope)


integers = st.integers(-LARGEST, LARGEST)


@given(integers, st.integers(1, LARGEST))
def test_division_and_remainder_put_together_give_the_number(a: int, b: int) -> None:
    quotient, remainder = value_of({"div": [a, b]}), value_of({"mod": [a, b]})
    assert quotient * b + remainder == a
    assert 0 <= remainder < b


@given(st.lists(st.integers(0, 9), max_size=30))
def test_counts_and_sort_say_the_same_of_a_list(numbers: list[int]) -> None:
    counts = value_of({"counts": [numbers, 10]})
    assert value_of({"sort": [numbers]}) == [digit for digit in range(10) for _ in range(counts[digit])]


json_values = st.recursive(
    st.none() | st.booleans() | integers | st.sampled_from(["x", "table", "é", ""]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["add", "at", "map", "if", "text", "counts", "in", "slice", "and", "sum", "zzz"]),
            inner | st.lists(inner, max_size=4),
            max_size=2,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_an_expression_or_malformed_and_nothing_else_happens(expression: Any) -> None:
    try:
        value_of(expression, table=TABLE, number=3)
    except Malformed as error:
        assert error.reason
