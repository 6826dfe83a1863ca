"""Rules documents from strangers: what has not the form of rules.md is malformed, at the right place."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier.builder import RULES, Document
from verifier import parameter_from_text, read_rules, with_defaults
from verifier.canonical import Malformed, digest, encode
from verifier.expression import Scope
from verifier.parameters import check_parameters
from verifier.rules import check_rules


def changed(change: Callable[[Document], object]) -> Document:
    """Return the example's rules after a change."""
    document = copy.deepcopy(RULES)
    change(document)
    return document


def test_the_digest_is_that_of_the_canonical_form_however_the_file_is_laid_out() -> None:
    pretty = json.dumps(RULES, indent=2, ensure_ascii=False).encode()
    assert read_rules(pretty).digest == read_rules(encode(RULES)).digest == digest(RULES)
    assert read_rules(pretty).name == "little-dice"


FAULTS: dict[str, tuple[Callable[[Document], object], str]] = {
    "unknown field": (lambda d: d.update(extra=1), "unknown field 'extra'"),
    "missing field": (lambda d: d.pop("odds"), "lacks the field 'odds'"),
    "another type": (lambda d: d.update(type="game"), r"\$\.type"),
    "another version": (lambda d: d.update(version=2), r"\$\.version"),
    "a version that is true": (lambda d: d.update(version=True), r"\$\.version"),
    "a name with capitals": (lambda d: d.update(name="Dice"), r"\$\.name"),
    "a name that begins with a digit": (lambda d: d.update(name="5x3"), r"\$\.name"),
    "a name too long": (lambda d: d.update(name="a" * 65), r"\$\.name"),
    "an empty summary": (lambda d: d.update(summary=""), r"\$\.summary"),
    "a summary with an escape sequence": (lambda d: d.update(summary="\x1b[2J"), r"\$\.summary"),
    "no draws": (lambda d: d.update(draws=[]), r"\$\.draws"),
    "an empty outcome": (lambda d: d.update(outcome={}), r"\$\.outcome"),
    "an outcome field with a bad name": (lambda d: d["outcome"].update({"Die": 1}), r"\$\.outcome"),
    "a name declared twice": (lambda d: d["let"].append({"name": "die", "is": 1}), "second time: 'die'"),
    "a table that is null": (lambda d: d["tables"].update(t=None), r"\$\.tables\.t: must not be null"),
    "a table too deep": (lambda d: d["tables"].update(t=[[[[[[[1]]]]]]]), "nested deeper than 6"),
    "a table with a long text": (lambda d: d["tables"].update(t="x" * 1001), "at most 1000"),
    "a let that uses a later one": (
        lambda d: d["let"].insert(0, {"name": "early", "is": "won"}),
        r"\$\.let\[0\]\.is: .*not visible",
    ),
    "a let with an extra field": (lambda d: d["let"][0].update(note="x"), r"\$\.let\[0\]"),
    "a draw that depends on a draw": (lambda d: d["draws"][1].update(n="die"), r"\$\.draws\[1\]\.n"),
    "an unknown primitive": (lambda d: d["draws"][0].update(primitive="gauss"), r"\$\.draws\[0\]\.primitive"),
    "a draw with a foreign argument": (lambda d: d["draws"][0].update(k=1), "unknown field 'k'"),
    "a draw without its argument": (lambda d: d["draws"][1].pop("k"), "lacks the field 'k'"),
    "a sample that is repeated": (lambda d: d["draws"][1].update(times=2), "cannot be repeated"),
    "a bound that uses a later parameter": (
        lambda d: d["parameters"].insert(
            0, {"name": "early", "type": "integer", "min": 0, "max": "target", "default": 0}
        ),
        r"\$\.parameters\[0\]\.max: .*not visible",
    ),
    "a bound that uses a draw": (lambda d: d["parameters"][0].update(max="die"), "not visible"),
    "a default out of range": (lambda d: d["parameters"][0].update(default=6), r"parameters\.target: must be 1 to 5"),
    "a default of another type": (lambda d: d["parameters"][0].update(default="3"), r"default: must be an integer"),
    "a default that is no choice": (lambda d: d["parameters"][1].update(default="beside"), "must be one of"),
    "choices that occur twice": (lambda d: d["parameters"][1].update(of=["over", "over"]), "occurs once"),
    "choices of a table that is a list": (lambda d: d["parameters"][1].update(of="suits"), "name a table"),
    "a parameter of unknown type": (lambda d: d["parameters"][0].update(type="float"), r"\.type"),
    "odds with one name twice": (lambda d: d["odds"].append({"name": "win", "of": 1}), "second time: 'win'"),
    "claims without return": (lambda d: d["claims"].pop("return"), "lacks the field 'return'"),
    "a return where the payout is null": (lambda d: d.update(payout=None), "null exactly where"),
    "no return where there is a payout": (lambda d: d["claims"].update({"return": None}), "null exactly where"),
    "a return whose ends are swapped": (lambda d: d["claims"].update({"return": [2, 1]}), r"claims\.return\[1\]"),
    "a shape of no table": (
        lambda d: d["claims"]["shapes"].append({"table": "none", "shape": "rising"}),
        "must name a table",
    ),
    "an unknown shape": (
        lambda d: d["claims"]["shapes"].append({"table": "suits", "shape": "round"}),
        r"shapes\[0\]\.shape",
    ),
    "a document too long": (lambda d: d["tables"].update(t=["x" * 900] * 300), "at most 262144 bytes"),
    "defaults that are too expensive to check": (
        lambda d: d["parameters"][0].update(
            max={"len": [{"map": [{"range": [65536]}, "x", {"sum": [{"range": [65536]}]}]}]}
        ),
        "more steps",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_form_is_named_at_its_place(fault: str) -> None:
    change, reason = FAULTS[fault]
    with pytest.raises(Malformed, match=reason):
        check_rules(changed(change))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b'{"a":1,"a":2}', "duplicate field 'a'"),
        (b"1.5", "no integer"),
        (b"NaN", "no integer"),
        (b"1e3", "no integer"),
        (b"-0", "minus zero"),
        (b"9007199254740992", "beyond 2\\^53"),
        (b"9" * 100_000, "beyond 2\\^53"),
        (b"[" * 100_000, "nested too deep"),
        (b"[" * 65 + b"]" * 65, "nested deeper"),
        (b'"\\ud800"', "surrogate"),
        (b"\xff", "not UTF-8"),
        (b'{"\xc3\xa9":1}', "printable ASCII"),
        (b"[]", "must be an object"),
        (b" " * 2_000_000, "bytes long"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_rules_file_that_programs_could_read_differently_is_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        read_rules(data)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_rules_or_malformed_and_nothing_else_happens(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_rules(data)


paths = st.lists(st.integers(0, 30), min_size=1, max_size=5)
leaves = st.none() | st.booleans() | st.integers(-5, 70_000) | st.sampled_from(["die", "won", "zzz", "", {}, [], [[1]]])


def operate(value: Any, path: list[int], leaf: Any) -> Any:
    """Replace something inside a value, wherever the path leads."""
    if not path or not isinstance(value, dict | list) or not value:
        return leaf
    if isinstance(value, dict):
        names = sorted(value)
        name = names[path[0] % len(names)]
        return {**value, name: operate(value[name], path[1:], leaf)}
    place = path[0] % len(value)
    return [*value[:place], operate(value[place], path[1:], leaf), *value[place + 1 :]]


@given(paths, leaves)
def test_surgery_on_rules_leaves_rules_or_something_malformed(path: list[int], leaf: Any) -> None:
    try:
        check_rules(operate(copy.deepcopy(RULES), path, leaf))
    except Malformed as error:
        assert error.path.startswith("$")


SET: Document = {
    "name": "picks",
    "type": "set",
    "min": 1,
    "max": 40,
    "at_least": 1,
    "at_most": "target",
    "default": [7],
}


@pytest.mark.parametrize(
    ("given_parameters", "reason"),
    [
        ({"target": 3, "side": "over"}, "lacks the field 'picks'"),
        ({"target": 3, "side": "over", "picks": [1], "extra": 1}, "unknown field 'extra'"),
        ({"target": 0, "side": "over", "picks": [1]}, "must be 1 to 5, not 0"),
        ({"target": True, "side": "over", "picks": [1]}, "must be an integer, not true"),
        ({"target": 3, "side": "beside", "picks": [1]}, "must be one of 'over', 'under', not 'beside'"),
        ({"target": 3, "side": 1, "picks": [1]}, "must be one of"),
        ({"target": 3, "side": "over", "picks": []}, "must have 1 to 3 elements, not 0"),
        ({"target": 3, "side": "over", "picks": [1, 2, 3, 4]}, "must have 1 to 3 elements, not 4"),
        ({"target": 3, "side": "over", "picks": [2, 1]}, "ascending"),
        ({"target": 3, "side": "over", "picks": [1, 1]}, "ascending"),
        ({"target": 3, "side": "over", "picks": [41]}, "must be 1 to 40, not 41"),
        ({"target": 3, "side": "over", "picks": 5}, "must be a list"),
    ],
)
def test_parameters_outside_of_what_the_rules_declare_are_refused(given_parameters: Document, reason: str) -> None:
    document = changed(lambda d: d["parameters"].append(SET))
    check_rules(document)
    with pytest.raises(Malformed, match=reason):
        check_parameters(document, given_parameters, scope=Scope())


@pytest.mark.parametrize("bound", [True, {"div": [1, 0]}, {"text": "5"}], ids=str)
def test_a_bound_without_a_value_is_named_with_its_parameter(bound: Any) -> None:
    with pytest.raises(Malformed, match=r"^\$\.parameters\.target: has no value for its bound max"):
        check_rules(changed(lambda d: d["parameters"][0].update(max=bound)))


def test_choices_may_be_the_members_of_a_table() -> None:
    document = changed(
        lambda d: (d["tables"].update(sides={"over": 1, "under": 2}), d["parameters"][1].update(of="sides"))
    )
    check_rules(document)
    check_parameters(document, {"target": 3, "side": "under"}, scope=Scope())
    with pytest.raises(Malformed, match="must be one of 'over', 'under'"):
        check_parameters(document, {"target": 3, "side": "suits"}, scope=Scope())


def test_defaults_fill_in_what_is_not_given_and_keep_what_is() -> None:
    assert with_defaults(RULES, {"target": 5}) == {"target": 5, "side": "over"}
    assert with_defaults(RULES, {"typo": 5}) == {"target": 3, "side": "over", "typo": 5}


def test_parameters_are_read_from_text_by_their_declared_type() -> None:
    document = changed(lambda d: d["parameters"].append(SET))
    assert parameter_from_text(document, "target", "4") == 4
    assert parameter_from_text(document, "side", "under") == "under"
    assert parameter_from_text(document, "picks", "7, 3,12") == [3, 7, 12]
    assert parameter_from_text(document, "picks", "") == []


@pytest.mark.parametrize(
    ("name", "typed"),
    [("target", "four"), ("target", "٤"), ("target", ""), ("target", "9" * 5000), ("picks", "1;2"), ("zzz", "1")],
)
def test_text_that_is_no_value_of_the_parameter_is_refused(name: str, typed: str) -> None:
    document = changed(lambda d: d["parameters"].append(SET))
    with pytest.raises(Malformed):
        parameter_from_text(document, name, typed)
