"""A rules document has exactly the form of rules.md, its parameters keep their bounds, and its rounds their width."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng import canonical
from rng.games import (
    ExpressionError,
    ParameterError,
    RulesError,
    check_parameters,
    parse_rules,
    prepare_rules,
    settle,
    width,
)
from rng.games.loader import check_schema

from .builder import document, game

FULL = document(
    name="full-game",
    parameters=[
        {"name": "size", "type": "integer", "min": 1, "max": "limit", "default": 3},
        {"name": "side", "type": "choice", "of": ["left", "right"], "default": "left"},
        {"name": "level", "type": "choice", "of": "levels", "default": "high"},
        {
            "name": "picks",
            "type": "set",
            "min": 1,
            "max": {"mul": [2, "size"]},
            "at_least": 1,
            "at_most": "size",
            "default": [2],
        },
    ],
    tables={"limit": 9, "levels": {"low": [1, 2], "high": [3, 2]}},
    draws=[
        {"name": "a", "primitive": "uniform", "n": "size", "times": 2},
        {"name": "b", "primitive": "bits", "n": "size"},
        {"name": "c", "primitive": "sample", "n": "limit", "k": {"len": ["picks"]}},
        {"name": "d", "primitive": "permutation", "n": "size"},
        {"name": "e", "primitive": "weighted", "weights": {"at": ["levels", "level"]}},
        {"name": "f", "primitive": "ratio", "edge": 100, "cap": 1000, "times": 1},
    ],
    let=[{"name": "twice", "is": {"mul": [2, "e"]}}],
    outcome={"e": "twice", "side": "side"},
    payout={"mul": [10000, "twice"]},
    odds=[{"name": "twice e, of course", "of": "twice"}],
    claims={"return": [0, 40000], "shapes": [{"table": "levels", "shape": "rising"}]},
)


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the full document with one place replaced, or removed for `...`."""
    result = copy.deepcopy(FULL)
    steps = [int(step) if step.isdecimal() else step for step in path.split("/")[1:]]
    inner: Any = result
    for step in steps[:-1]:
        inner = inner[step]
    if value is ...:
        del inner[steps[-1]]
    else:
        inner[steps[-1]] = value
    return result


def test_a_whole_document_is_read_and_its_digest_is_that_of_its_canonical_bytes() -> None:
    rules = parse_rules(FULL)
    assert rules.digest == canonical.digest(FULL)
    assert [parameter.name for parameter in rules.parameters] == ["size", "side", "level", "picks"]
    assert [draw.primitive for draw in rules.draws] == "uniform bits sample permutation weighted ratio".split()
    assert (rules.claims.least_return, rules.claims.most_return) == (0, 40000)
    assert "tables" not in repr(rules)
    check_schema(FULL, Path("full.json"))


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("/type", "rule", "/type"),
        ("/version", 2, "/version"),
        ("/version", True, "/version"),
        ("/name", "Full", "/name"),
        ("/name", "9full", "/name"),
        ("/name", "a" * 65, "/name"),
        ("/name", "full\n", "/name"),
        ("/summary", "", "/summary"),
        ("/summary", "x" * 501, "/summary"),
        ("/summary", ..., ""),
        ("/extra", 1, "/extra"),
        ("/parameters", {}, "/parameters"),
        ("/parameters/0", 3, "/parameters/0/name"),
        ("/parameters/0/name", "Size", "/parameters/0/name"),
        ("/parameters/0/name", "a" * 33, "/parameters/0/name"),
        ("/parameters/1/name", "size", "/parameters/1/name"),
        ("/parameters/0/name", "limit", "/parameters/0/name"),
        ("/parameters/0/type", "real", "/parameters/0"),
        ("/parameters/0/max", ..., "/parameters/0"),
        ("/parameters/0/step", 1, "/parameters/0"),
        ("/parameters/0/max", "picks", "/parameters/0/max"),
        ("/parameters/0/max", "e", "/parameters/0/max"),
        ("/parameters/0/default", 10, "/parameters"),
        ("/parameters/0/default", True, "/parameters"),
        ("/parameters/1/of", [], "/parameters/1/of"),
        ("/parameters/1/of", ["left", "left"], "/parameters/1/of"),
        ("/parameters/1/of", "limit", "/parameters/1/of"),
        ("/parameters/1/of", "nothing", "/parameters/1/of"),
        ("/parameters/1/default", "up", "/parameters"),
        ("/parameters/3/default", [2, 2], "/parameters"),
        ("/parameters/3/default", [], "/parameters"),
        ("/tables", [], "/tables"),
        ("/tables/Levels", 3, "/tables/Levels"),
        ("/tables/empty", None, "/tables/empty"),
        ("/tables/deep", [[[[[[[1]]]]]]], "/tables/deep/0/0/0/0/0/0"),
        ("/draws", [], "/draws"),
        ("/draws/0/primitive", "normal", "/draws/0/primitive"),
        ("/draws/0/n", ..., "/draws/0"),
        ("/draws/0/k", 1, "/draws/0/k"),
        ("/draws/1/times", 2, "/draws/1/times"),
        ("/draws/1/n", "a", "/draws/1/n"),
        ("/draws/1/n", "twice", "/draws/1/n"),
        ("/draws/1/n", 65, "/draws/1/n"),
        ("/draws/0/times", 0, "/draws/0/times"),
        ("/draws/2/k", 10, "/draws/2/k"),
        ("/draws/4/weights", [0, 0], "/draws/4/weights"),
        ("/draws/4/weights", [1, -1], "/draws/4/weights/1"),
        ("/draws/4/weights", [2**53 - 1, 2], "/draws/4/weights"),
        ("/draws/4/weights", 3, "/draws/4/weights"),
        ("/draws/5/edge", 10000, "/draws/5/edge"),
        ("/draws/5/cap", 99, "/draws/5/cap"),
        ("/draws/0/times", 65536, "/draws"),
        ("/let/0/is", ..., "/let/0"),
        ("/let/0/name", "e", "/let/0/name"),
        ("/let/0/is", "twice", "/let/0/is"),
        ("/outcome", {}, "/outcome"),
        ("/outcome/Bad", 1, "/outcome/Bad"),
        ("/payout", None, "/claims/return"),
        ("/odds/0/name", "", "/odds/0/name"),
        ("/odds/0/name", "n" * 65, "/odds/0/name"),
        ("/odds/0/name", "é", "/odds/0/name"),
        ("/odds/0/extra", 1, "/odds/0/extra"),
        ("/claims/return", None, "/claims/return"),
        ("/claims/return", [2, 1], "/claims/return"),
        ("/claims/return", [-1, 1], "/claims/return"),
        ("/claims/return", [1], "/claims/return"),
        ("/claims/shapes/0/table", "e", "/claims/shapes/0/table"),
        ("/claims/shapes/0/shape", "flat", "/claims/shapes/0/shape"),
    ],
)
def test_a_document_of_another_form_is_refused_and_the_error_names_the_place(path: str, value: Any, where: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse_rules(changed(path, value))
    assert caught.value.path == where


def test_two_odds_of_one_name_are_refused() -> None:
    with pytest.raises(RulesError, match="declared already"):
        parse_rules(changed("/odds", FULL["odds"] * 2))


def test_a_document_is_at_most_as_long_as_the_specification_says() -> None:
    texts = ["x" * 997] * 260  # a text, its quotes and a comma: 1,000 bytes
    room = 262_144 - len(canonical.encode(document(tables={"texts": [*texts, ""]})))
    assert 0 < room <= 2 * 997
    fill = ["x" * 900, "x" * (room - 903)]
    assert parse_rules(document(tables={"texts": [*texts, *fill]})).name == "coin"
    with pytest.raises(RulesError, match="262144 bytes"):
        parse_rules(document(tables={"texts": [*texts, *fill[:1], fill[1] + "x"]}))


def test_a_text_has_at_most_1000_characters() -> None:
    longest, longer = "é" * 1000, "é" * 1001
    assert parse_rules(document(tables={"text": longest}, outcome={"shown": {"text": longest}})).name == "coin"
    for change in ({"tables": {"text": longer}}, {"outcome": {"shown": {"text": longer}}}):
        with pytest.raises(RulesError, match="1000 characters"):
            parse_rules(document(**change))


def test_an_outcome_that_is_endlessly_long_to_show_is_too_expensive() -> None:
    words = {"map": [{"range": [60000]}, "x", {"text": "x" * 1000}]}
    with pytest.raises(ExpressionError, match="too expensive"):
        settle(prepare_rules(parse_rules(document(outcome={"shown": words})), {}), [0])


def test_weights_that_are_looked_at_too_often_are_too_expensive() -> None:
    draw = {"name": "flip", "primitive": "weighted", "weights": "weights", "times": 65536}
    with pytest.raises(RulesError, match="too expensive"):
        parse_rules(document(draws=[draw], tables={"weights": [1] * 17}, outcome={"shown": 0}, payout=0))


def test_a_table_list_has_at_most_65536_elements() -> None:
    assert len(parse_rules(document(tables={"long": [1] * 65536})).tables["long"]) == 65536
    with pytest.raises(RulesError, match="65536"):
        parse_rules(document(tables={"long": [1] * 65537}))


@pytest.mark.parametrize("thing", [None, 3, "rules", [], {"type": 1.5}, {1: 2}, {"name": "\ud800"}])
def test_what_is_no_document_is_refused(thing: Any) -> None:
    with pytest.raises(RulesError):
        parse_rules(thing)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*FULL, "name", "is", "n", "of"]), inner, max_size=4)
        ),
    ),
    st.sampled_from(sorted(FULL)),
)
def test_any_json_in_any_field_is_rules_or_a_rules_error(value: Any, field: str) -> None:
    try:
        parse_rules({**FULL, field: value})
    except RulesError as error:
        assert str(error)


GIVEN = {"size": 4, "side": "right", "level": "low", "picks": [1, 8]}


def test_parameters_are_returned_in_their_order_with_defaults_where_asked_for() -> None:
    rules = parse_rules(FULL)
    assert check_parameters(rules, GIVEN, fill_defaults=False) == GIVEN
    assert list(check_parameters(rules, {"picks": [6], "side": "right"}, fill_defaults=True).items()) == [
        ("size", 3),
        ("side", "right"),
        ("level", "high"),
        ("picks", [6]),
    ]


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"size": 0}, "size"),
        ({"size": 10}, "size"),
        ({"size": True}, "size"),
        ({"size": 4.0}, "size"),
        ({"size": "4"}, "size"),
        ({"size": None}, "size"),
        ({"side": "up"}, "side"),
        ({"side": 1}, "side"),
        ({"level": "mid"}, "level"),
        ({"picks": [9]}, "picks"),
        ({"picks": [0]}, "picks"),
        ({"picks": []}, "picks"),
        ({"picks": [2, 1]}, "picks"),
        ({"picks": [1, 1]}, "picks"),
        ({"picks": [1, 2, 3, 4, 5]}, "picks"),
        ({"picks": [True]}, "picks"),
        ({"picks": 3}, "picks"),
        ({"size": 1}, "picks"),
        ({"color": 1}, "'color'"),
    ],
)
def test_a_parameter_that_is_not_allowed_is_refused_by_name(change: dict[str, Any], parameter: str) -> None:
    with pytest.raises(ParameterError) as caught:
        check_parameters(parse_rules(FULL), {**GIVEN, **change}, fill_defaults=False)
    assert caught.value.parameter == parameter


def test_a_parameter_that_is_missing_is_refused_unless_defaults_are_filled_in() -> None:
    with pytest.raises(ParameterError, match="missing"):
        check_parameters(parse_rules(FULL), {"size": 4}, fill_defaults=False)


def test_a_bound_without_a_value_is_an_error_of_the_rules_not_of_the_caller() -> None:
    rules = game(
        [{"name": "flip", "primitive": "uniform", "n": 2}],
        parameters=[
            {"name": "a", "type": "integer", "min": 0, "max": 5, "default": 1},
            {"name": "b", "type": "integer", "min": 0, "max": {"div": [10, "a"]}, "default": 1},
        ],
    )
    with pytest.raises(ExpressionError) as caught:
        check_parameters(rules, {"a": 0}, fill_defaults=True)
    assert caught.value.path == "/parameters/1/max/div"


def test_the_width_of_a_round_follows_from_its_parameters() -> None:
    rules = parse_rules(FULL)
    assert width(rules, GIVEN) == 2 + 4 + 2 + 4 + 1 + 1
    assert width(rules, {**GIVEN, "picks": [1]}) == 13


@pytest.mark.parametrize("value", [-1, True, {"text": "much"}, [1]])
def test_a_payout_is_an_integer_and_never_negative(value: Any) -> None:
    prepared = prepare_rules(game([{"name": "flip", "primitive": "uniform", "n": 2}], value), {})
    with pytest.raises(ExpressionError) as caught:
        settle(prepared, [0])
    assert caught.value.path == "/payout"


@pytest.mark.parametrize(("shown", "allowed"), [([[[[1]]]], True), ([[[[[1]]]]], False), ("table", False)])
def test_an_outcome_is_made_of_lists_at_most_four_deep(shown: Any, allowed: bool) -> None:
    rules = parse_rules(document(outcome={"shown": shown}, tables={"table": {"a": 1}}))
    prepared = prepare_rules(rules, {})
    if allowed:
        assert settle(prepared, [0])[0] == {"shown": shown}
    else:
        with pytest.raises(ExpressionError) as caught:
            settle(prepared, [0])
        assert caught.value.path.startswith("/outcome/shown")
