"""Every bundled game: both evaluators give the same round, and refuse the same parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rng.games.loader
from verifier.expression import Scope, evaluate
from verifier.parameters import check_parameters
from verifier.rules import check_rules, read_rules

from .both_evaluators import EXPENSIVE, REFUSED, Inputs, compare

DOCUMENTS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(rng.games.loader.__file__).parent / "documents").glob("*.json"))
}
GAMES = sorted(DOCUMENTS)

digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
inputs = st.builds(
    Inputs,
    server_seed=st.binary(min_size=32, max_size=32),
    client_seed=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=64),
    nonce=st.integers(0, 20) | st.integers(0, 2**53 - 1),
    beacon=st.just("") | st.builds("{}:{}:{}".format, digests, st.integers(1, 2**53 - 1), digests),
)

# A round may draw thousands of integers; examples with so many are rare, so that the others are many.
sizes = st.integers(0, 40)


def within(low: int, high: int) -> st.SearchStrategy[int]:
    """Draw an integer between bounds, mostly near the lower one, sometimes one of both."""
    near = sizes.map(lambda offset: min(high, low + offset))
    return st.one_of(near, near, near, st.integers(low, min(high, low + 1000)), st.sampled_from([low, high]))


@st.composite
def parameters_of(draw: st.DrawFn, document: dict[str, Any]) -> dict[str, Any]:
    """Draw parameters that the document allows, from its own declarations."""
    chosen: dict[str, Any] = {}
    scope = Scope()
    scope.values.update(document["tables"])
    for declared in document["parameters"]:
        if declared["type"] == "choice":
            of = declared["of"]
            value: Any = draw(st.sampled_from(sorted(document["tables"][of]) if isinstance(of, str) else of))
        else:
            bounds = {
                bound: evaluate(declared[bound], scope)
                for bound in ("min", "max", "at_least", "at_most")
                if bound in declared
            }
            low, high = bounds["min"], bounds["max"]
            assert isinstance(low, int)
            assert isinstance(high, int)
            if declared["type"] == "integer":
                value = draw(within(low, high))
            else:
                least, most = bounds["at_least"], bounds["at_most"]
                assert isinstance(least, int)
                assert isinstance(most, int)
                members = st.integers(low, high)
                value = sorted(draw(st.lists(members, min_size=least, max_size=most, unique=True)))
        chosen[declared["name"]] = scope.values[declared["name"]] = value
    return chosen


WRONG: list[Any] = [
    None,
    True,
    False,
    -1,
    0,
    1.5,
    "",
    "1",
    [],
    {},
    [None],
    [True, 2],
    [[1]],
    2**53,
    -(2**53),
    1 << 20_000,
    "é" * 80,
]


@st.composite
def damaged(draw: st.DrawFn, document: dict[str, Any]) -> dict[str, Any]:
    """Draw parameters of which one was changed, added or left out; some of them are still allowed."""
    chosen = draw(parameters_of(document))
    names = list(chosen)
    what = draw(st.sampled_from(["add", "drop", "replace", "shift", "shift"] if names else ["add"]))
    if what == "add":
        chosen[draw(st.sampled_from(["more", "", "\n", *document["tables"]]))] = draw(st.sampled_from(WRONG))
        return chosen
    name = draw(st.sampled_from(names))
    value = chosen[name]
    if what == "drop":
        del chosen[name]
    elif what == "replace":
        chosen[name] = draw(st.sampled_from(WRONG))
    elif isinstance(value, int):
        declared = next(entry for entry in document["parameters"] if entry["name"] == name)
        scope = Scope()
        scope.values.update({**document["tables"], **chosen})
        edges = [evaluate(declared[bound], scope) for bound in ("min", "max")]
        chosen[name] = draw(st.sampled_from([e + by for e in edges if isinstance(e, int) for by in (-1, 1)]))
    elif isinstance(value, str):
        chosen[name] = draw(st.sampled_from([value + " ", value.upper(), value[:-1], value + "\0"]))
    elif value:
        chosen[name] = draw(
            st.sampled_from(
                [value[::-1], [*value, value[-1]], [*value[:-1], value[-1] + 10**6], [-1, *value], value[1:]]
            )
        )
    return chosen


def same_round(name: str, data: st.DataObject) -> None:
    """Hold the evaluators against each other for allowed parameters, which both must play."""
    document = DOCUMENTS[name]
    found = compare(document, data.draw(parameters_of(document)), data.draw(inputs))
    # A `let` entry that these parameters do not need may have no value for them.
    said = [value for step, value in found.items() if not step.startswith("let ")]
    assert REFUSED not in said
    assert EXPENSIVE not in said


def same_refusal(name: str, data: st.DataObject) -> None:
    """Hold them against each other for parameters that are mostly not allowed."""
    compare(DOCUMENTS[name], data.draw(damaged(DOCUMENTS[name])))


@pytest.mark.parametrize("name", GAMES)
@settings(max_examples=15)
@given(st.data())
def test_both_play_the_same_round(name: str, data: st.DataObject) -> None:
    """Draws, let entries, outcome, odds, payout, digest and the bytes of the row."""
    same_round(name, data)


@pytest.mark.slow
@pytest.mark.parametrize("name", GAMES)
@settings(max_examples=120)
@given(st.data())
def test_both_play_the_same_round_many_times(name: str, data: st.DataObject) -> None:
    same_round(name, data)


@pytest.mark.parametrize("name", GAMES)
@settings(max_examples=25)
@given(st.data())
def test_both_refuse_the_same_parameters(name: str, data: st.DataObject) -> None:
    """Each with an error of its own kind: whoever calls can tell a bad parameter from a fault of the program."""
    same_refusal(name, data)


@pytest.mark.slow
@pytest.mark.parametrize("name", GAMES)
@settings(max_examples=120)
@given(st.data())
def test_both_refuse_the_same_parameters_many_times(name: str, data: st.DataObject) -> None:
    same_refusal(name, data)


@pytest.mark.parametrize("name", GAMES)
def test_both_read_the_same_rules_from_the_file(name: str) -> None:
    """Name and digest, from the file as it is laid out for people."""
    path = rng.games.loader.BUNDLED / f"{name}.json"
    made, checked = rng.games.loader.load_file(path), read_rules(path.read_bytes())
    assert (made.name, made.digest) == (checked.name, checked.digest)


def test_damaged_parameters_are_mostly_refused_and_allowed_ones_never() -> None:
    """So that the tests above test what they say."""
    refused = []

    @settings(max_examples=200, database=None)
    @given(st.sampled_from(GAMES), st.data())
    def count(name: str, data: st.DataObject) -> None:
        rules = check_rules(DOCUMENTS[name])
        check_parameters(rules.document, data.draw(parameters_of(DOCUMENTS[name])), scope=Scope())
        try:
            check_parameters(rules.document, data.draw(damaged(DOCUMENTS[name])), scope=Scope())
        except ValueError:
            refused.append(True)
        else:
            refused.append(False)

    count()
    assert 2 * sum(refused) > len(refused)
