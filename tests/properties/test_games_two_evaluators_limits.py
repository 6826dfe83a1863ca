"""At every limit of rules.md both evaluators say what the specification says: form, values and errors of their own.

Each case stands for a difference that a program may have from the specification, and that two programs may share.
"""

from __future__ import annotations

from typing import Any

import pytest

from .both_evaluators import EXPENSIVE, REFUSED, compare, written

DIE = {"name": "die", "primitive": "uniform", "n": 6}
TOP = 2**53 - 1


def document(**changes: Any) -> dict[str, Any]:
    """Return a small document with some fields replaced."""
    return {
        "type": "rules",
        "version": 1,
        "name": "small",
        "summary": "A die.",
        "parameters": [],
        "tables": {},
        "draws": [DIE],
        "let": [],
        "outcome": {"die": "die"},
        "payout": None,
        "odds": [],
        "claims": {"return": None, "shapes": []},
        **changes,
    }


def choice(of: Any, default: Any = "a") -> list[Any]:
    """Return the parameters of a game with one choice."""
    return [{"name": "p", "type": "choice", "of": of, "default": default}]


def bounded(low: Any, high: Any, default: Any = 1) -> list[Any]:
    """Return the parameters of a game with one integer."""
    return [{"name": "p", "type": "integer", "min": low, "max": high, "default": default}]


def nested(depth: int) -> Any:
    """Return an expression that nests so deep, in lists only."""
    return 1 if depth == 1 else [nested(depth - 1)]


def negated(times: int) -> Any:
    """Return an expression in which each operator takes two levels of JSON, an object and a list."""
    return True if times == 0 else {"not": [negated(times - 1)]}


def deep_table(depth: int) -> Any:
    """Return data that nests so deep."""
    return 1 if depth == 0 else [deep_table(depth - 1)]


def chain(links: int, last: Any) -> list[dict[str, Any]]:
    """Return `let` entries of which each but the first names the one before it, in a list."""
    entries: list[dict[str, Any]] = [{"name": "l0", "is": last}]
    entries += [{"name": f"l{place}", "is": [f"l{place - 1}"]} for place in range(1, links)]
    return entries


WELL_FORMED: dict[str, dict[str, Any]] = {
    "the small document": {},
    "a text of 1,000 characters": {"outcome": {"t": {"text": "é" * 1000}}},
    "a text of 1,000 characters in a table": {"tables": {"t": "é" * 1000}},
    "a choice of 1,000 characters": {"parameters": choice(["a", "é" * 1000])},
    "a summary of 500 characters": {"summary": "é" * 500},
    "a table six deep": {"tables": {"t": deep_table(6)}},
    "an expression 32 deep": {"outcome": {"t": {"len": [nested(31)]}}},
    "a document 63 deep": {"payout": negated(30), "claims": {"return": [0, 0], "shapes": []}},
    "a chain of 256": {"let": chain(128, "die"), "outcome": {"t": "l127"}},
    "a bound that needs a table": {"tables": {"t": 3}, "parameters": bounded("t", {"add": ["t", 1]}, 4)},
    "a map beside a map with the same variable": {
        "outcome": {"t": [{"map": [[1], "v", "v"]}, {"map": [{"map": [[2], "v", "v"]}, "v", "v"]}]}
    },
    "a choice out of a table, one key empty": {"tables": {"t": {"": 1, "a": 2}}, "parameters": choice("t")},
    "odds whose name has a space at each end": {"odds": [{"name": " ~ ", "of": "die"}]},
    "claims of nothing in particular": {"payout": 0, "claims": {"return": [0, TOP], "shapes": []}},
    "a shape claimed twice": {
        "tables": {"t": [1]},
        "claims": {"return": None, "shapes": [{"table": "t", "shape": "rising"}, {"table": "t", "shape": "rising"}]},
    },
}

MALFORMED: dict[str, dict[str, Any]] = {
    "a text of 1,001 characters": {"outcome": {"t": {"text": "a" * 1001}}},
    "a text of 1,001 characters that is never needed": {"let": [{"name": "t", "is": {"text": "a" * 1001}}]},
    "a text of 1,001 characters in a table": {"tables": {"t": "a" * 1001}},
    "a text of 1,001 characters deep in a table": {"tables": {"t": [{"k": ["a" * 1001]}]}},
    "a choice of 1,001 characters": {"parameters": choice(["a", "a" * 1001])},
    "a choice that occurs twice": {"parameters": choice(["a", "a"])},
    "no choice": {"parameters": choice([])},
    "a choice out of an empty table": {"tables": {"t": {}}, "parameters": choice("t")},
    "a choice out of a list in a table": {"tables": {"t": ["a"]}, "parameters": choice("t")},
    "a summary of 501 characters": {"summary": "a" * 501},
    "an empty summary": {"summary": ""},
    "a summary of two lines": {"summary": "One.\nTwo."},
    "a summary that speaks to a terminal": {"summary": "\x1b[2J"},
    "a summary with a control character beyond ASCII": {"summary": "a\x9fb"},
    "a table seven deep": {"tables": {"t": deep_table(7)}},
    "an expression 33 deep": {"outcome": {"t": {"len": [nested(32)]}}},
    "a chain of 257": {"let": chain(128, ["die"]), "outcome": {"t": "l127"}},
    "a document 64 deep": {"outcome": {"t": negated(31)}},
    "a parameter whose type is a list": {"parameters": [{"name": "p", "type": [], "default": 1}]},
    "a parameter whose type is an object": {"parameters": [{"name": "p", "type": {}, "default": 1}]},
    "a parameter whose type is null": {"parameters": [{"name": "p", "type": None, "default": 1}]},
    "a parameter without type": {"parameters": [{"name": "p", "default": 1}]},
    "a draw whose primitive is a list": {"draws": [{"name": "die", "primitive": [], "n": 6}]},
    "a shape that is a list": {
        "tables": {"t": [1]},
        "claims": {"return": None, "shapes": [{"table": "t", "shape": []}]},
    },
    "a shape of a table that is a list": {"claims": {"return": None, "shapes": [{"table": [], "shape": "rising"}]}},
    "a draw that cannot be made with the defaults": {
        "parameters": bounded(0, 5, 0),
        "draws": [{"name": "die", "primitive": "uniform", "n": "p"}],
    },
    "draws that are too wide with the defaults": {
        "parameters": bounded(0, 99999, 65536),
        "draws": [DIE, {"name": "more", "primitive": "uniform", "n": 2, "times": "p"}],
    },
    "a default out of its bounds": {"parameters": bounded(2, 5, 1)},
    "a default that is true": {"parameters": bounded(0, 5, True)},
    "a default whose bound has no value": {"parameters": bounded({"div": [1, 0]}, 5)},
    "a default whose bound is too expensive": {
        "parameters": bounded(0, {"sum": [{"map": [{"range": [65536]}, "a", {"len": [{"range": [65536]}]}]}]})
    },
    "a bound that names its own parameter": {"parameters": bounded("p", 5)},
    "a version that is true": {"version": True},
    "a null in a table": {"tables": {"t": [None]}},
    "a map variable that is declared later": {
        "outcome": {"t": {"map": [[1], "late", "late"]}},
        "let": [{"name": "early", "is": {"map": [[1], "late", "late"]}}, {"name": "late", "is": 1}],
    },
    "a map variable of a map around it": {"outcome": {"t": {"map": [[[1]], "v", {"map": ["v", "v", 1]}]}}},
    "a literal beyond the bound": {"outcome": {"t": 2**53}},
    "a draw in the argument of a draw": {"draws": [DIE, {"name": "more", "primitive": "uniform", "n": "die"}]},
    "claims the wrong way round": {"payout": 0, "claims": {"return": [2, 1], "shapes": []}},
    "claims that are true": {"payout": 0, "claims": {"return": [False, True], "shapes": []}},
    "odds whose name has a line end": {"odds": [{"name": "a\n", "of": "die"}]},
    "a name with a line end": {"let": [{"name": "a\n", "is": 1}]},
    "a game's name with a line end": {"name": "small\n"},
    "a times for bits": {"draws": [{"name": "die", "primitive": "bits", "n": 6, "times": 1}]},
}


@pytest.mark.parametrize("case", WELL_FORMED)
def test_both_take_a_document_at_the_limit(case: str) -> None:
    changed = document(**WELL_FORMED[case])
    parameters = {entry["name"]: entry["default"] for entry in changed["parameters"]}
    assert compare(changed, parameters)["document"] != REFUSED


@pytest.mark.parametrize("case", MALFORMED)
def test_both_refuse_a_document_beyond_the_limit(case: str) -> None:
    assert compare(document(**MALFORMED[case]), {})["document"] in (REFUSED, EXPENSIVE)


NO_VALUE: dict[str, Any] = {
    "slice of no list, from below 0": {"slice": [5, -1, 0]},
    "slice of no list, from beyond to": {"slice": [True, 2, 1]},
    "slice of a text": {"slice": [{"text": "abc"}, -1, 2]},
    "slice from below 0 to no integer": {"slice": [[1], -1, {"text": "a"}]},
    "slice to beyond the end": {"slice": [[1], 0, 2]},
    "in with a boolean": {"in": [True, [True]]},
    "in with a later element of another type": {"in": [1, [1, True]]},
    "leading with no boolean behind the first false": {"leading": [[False, 0]]},
    "count with an integer": {"count": [[True, 1]]},
    "counts beyond n": {"counts": [[0, 2], 2]},
    "counts with n too large": {"counts": [[], 65537]},
    "counts with n that is a boolean": {"counts": [[], True]},
    "range below 0": {"range": [-1]},
    "range that is a boolean": {"range": [True]},
    "a partial sum beyond the bound": {"add": [TOP, 1, -1]},
    "a partial sum of a list beyond the bound": {"sum": [[TOP, 1, -1]]},
    "a partial product beyond the bound": {"mul": [TOP, 2, 0]},
    "sub beyond the bound": {"sub": [-TOP, 1]},
    "eq of an integer and a boolean": {"eq": [1, True]},
    "eq of two lists": {"eq": [[], []]},
    "at with a boolean in a list": {"at": [[1, 2], True]},
    "at with a boolean in an object": {"at": ["object", True]},
    "at with a negative index": {"at": [[1, 2], -1]},
    "at with a text in a list": {"at": [[1, 2], {"text": "0"}]},
    "at into a text": {"at": [{"text": "ab"}, 0]},
    "len of an object": {"len": ["object"]},
    "len of a text": {"len": [{"text": "ab"}]},
    "map over an object": {"map": ["object", "v", 1]},
    "if with an integer": {"if": [1, 2, 3]},
    "and whose second decides nothing": {"and": [True, 1]},
    "or whose first is no boolean": {"or": [0, True]},
    "div by 0": {"div": [1, 0]},
    "mod by a negative number": {"mod": [5, -3]},
    "sort of booleans": {"sort": [[True, False]]},
    "max of an integer and a boolean": {"max": [1, True]},
}

VALUE: dict[str, tuple[Any, Any]] = {
    "div of a negative number": ({"div": [-7, 2]}, -4),
    "mod of a negative number": ({"mod": [-7, 3]}, 2),
    "at with a negative integer in an object": ({"at": ["object", -5]}, 7),
    "at with an integer in an object": ({"at": ["object", 10, 0]}, True),
    "an empty slice at the end": ({"slice": [[1], 1, 1]}, []),
    "counts of nothing": ({"counts": [[], 0]}, []),
    "in an empty list": ({"in": [{"text": "a"}, []]}, False),
    "and that stops": ({"and": [False, 1]}, False),
    "or that stops": ({"or": [True, {"div": [1, 0]}]}, True),
    "if that leaves out": ({"if": [True, 1, {"div": [1, 0]}]}, 1),
    "the largest integer": ({"add": [TOP, 0]}, TOP),
    "the least integer": ({"sub": [0, TOP]}, -TOP),
    "leading of no false": ({"leading": [[True, True]]}, 2),
    "a map whose variable is not needed": ({"map": [[1, 2], "v", {"text": "a"}]}, ["a", "a"]),
    "range of 65,536": ({"len": [{"range": [65536]}]}, 65536),
}
OBJECT = {"object": {"-5": 7, "10": [True]}}


@pytest.mark.parametrize("case", NO_VALUE)
def test_both_find_no_value(case: str) -> None:
    changed = document(tables=OBJECT, outcome={"asked": NO_VALUE[case]})
    assert compare(changed, {})["outcome asked"] == REFUSED


@pytest.mark.parametrize("case", VALUE)
def test_both_find_the_value_of_the_specification(case: str) -> None:
    expression, value = VALUE[case]
    found = compare(document(tables=OBJECT, outcome={"asked": expression}), {})
    assert found["outcome asked"] == written(value)


@pytest.mark.parametrize("name", ["p", "version", "default"])
def test_an_integer_too_long_to_print_is_refused_like_any_other(name: str) -> None:
    """Python raises a plain ValueError for the digits, so no message may hold them."""
    vast = 1 << 20_000
    whole = document(parameters=bounded(0, 5))
    assert compare(whole, {"p": vast if name == "p" else 1})["document"] != REFUSED
    assert compare(whole, {"p": vast if name == "p" else -1})["plan"] == REFUSED
    changed = document(parameters=bounded(0, 5, vast)) if name == "default" else document(version=vast)
    assert compare(changed, {"p": 1})["document"] == REFUSED


WIDE_WEIGHTS = {"map": [{"range": [60000]}, "i", 1]}
MANY: dict[str, dict[str, Any]] = {
    "the length of a long list, often": {
        "let": [{"name": "long", "is": {"range": [65536]}}],
        "outcome": {"t": {"sum": [{"map": [{"range": [20000]}, "i", {"len": ["long"]}]}]}},
    },
    "a long list shown, often": {
        "let": [{"name": "long", "is": {"range": [60000]}}],
        "outcome": {"t": {"map": [{"range": [60000]}, "i", "long"]}},
    },
    "a long text shown, often": {
        "outcome": {"t": {"map": [{"range": [60000]}, "i", {"text": "a" * 1000}]}},
    },
    "many weights, looked at often": {
        "draws": [DIE, {"name": "w", "primitive": "weighted", "weights": WIDE_WEIGHTS, "times": 100}],
    },
}


@pytest.mark.parametrize("case", MANY)
def test_the_generator_plays_no_round_that_is_too_expensive_to_verify(case: str) -> None:
    """A short document can ask for millions of steps; the round is refused before they are made."""
    found = compare(document(**MANY[case]), {})
    assert EXPENSIVE in (found["document"], found.get("plan"), found.get("round"))


def test_an_error_does_not_write_out_a_value_that_holds_itself_many_times_over() -> None:
    """The value has 10^16 elements when it is written out, and 40 expressions."""
    lets: list[dict[str, Any]] = [{"name": "l0", "is": {"range": [10]}}]
    lets += [{"name": f"l{place}", "is": [f"l{place - 1}"] * 10} for place in range(1, 16)]
    for wrong in ({"add": ["l15", 1]}, {"eq": ["l15", 1]}, {"if": ["l15", 1, 2]}, {"at": [[1], "l15"]}, "l15"):
        changed = document(let=lets, outcome={"t": {"add": [{"len": [[wrong]]}, "l15"]}})
        assert compare(changed, {})["round"] == REFUSED
