"""Rules documents made by chance, and bundled ones damaged by chance: both evaluators take and play them alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rng.games.loader
import verifier.operators
from rng.games import RulesError, parse_rules
from rng.games.loader import LoadError, check_schema, read_document
from verifier.canonical import Malformed
from verifier.parameters import with_defaults
from verifier.rules import read_rules

from .both_evaluators import EXPENSIVE, REFUSED, compare
from .damaged_documents import damaged, places
from .rules_documents import documents
from .test_games_two_evaluators import DOCUMENTS

# Surgery goes through documents whose text is short: a change is found more often where there is less to change.
SMALL = {name: document for name, document in DOCUMENTS.items() if len(places(document)) < 400}
OTHERS = list(SMALL.values())


def defaults(document: Any) -> Any:
    """Return the defaults of a document that may be damaged, as far as they can be found."""
    try:
        return with_defaults(document, {})
    except (KeyError, TypeError):
        return {}


def same_damage(data: st.DataObject) -> None:
    """Damage a document, and hold the evaluators against each other."""
    changed = data.draw(damaged(SMALL[data.draw(st.sampled_from(sorted(SMALL)))], OTHERS))
    compare(changed, defaults(changed))


@settings(max_examples=100)
@given(documents())
def test_both_evaluate_a_random_document_alike(made: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Form, parameters, draws, and each expression by itself."""
    compare(*made)


@pytest.mark.slow
@settings(max_examples=1500)
@given(documents())
def test_both_evaluate_a_random_document_alike_many_times(made: tuple[dict[str, Any], dict[str, Any]]) -> None:
    compare(*made)


@settings(max_examples=200)
@given(st.data())
def test_both_take_or_refuse_a_damaged_document_alike(data: st.DataObject) -> None:
    """And play it alike where they take it."""
    same_damage(data)


@pytest.mark.slow
@settings(max_examples=4000)
@given(st.data())
def test_both_take_or_refuse_a_damaged_document_alike_many_times(data: st.DataObject) -> None:
    same_damage(data)


@settings(max_examples=60)
@given(documents(), st.data())
def test_both_take_or_refuse_a_damaged_random_document_alike(
    made: tuple[dict[str, Any], dict[str, Any]], data: st.DataObject
) -> None:
    changed = data.draw(damaged(made[0], [made[0], *OTHERS[:3]]))
    compare(changed, defaults(changed))


def test_random_documents_mostly_evaluate_and_use_every_operator() -> None:
    """So that the tests above test what they say."""
    documents_with, values, used = [0, 0], [0, 0], set[str]()

    @settings(max_examples=100, database=None, derandomize=True)
    @given(documents())
    def count(made: tuple[dict[str, Any], dict[str, Any]]) -> None:
        found = compare(*made)
        documents_with[found["document"] not in (REFUSED, EXPENSIVE)] += 1
        for step, value in found.items():
            if step.startswith(("let", "odds", "outcome")):
                values[value not in (REFUSED, EXPENSIVE)] += 1
        used.update(key for _, key in places(made[0]) if isinstance(key, str))

    count()
    assert documents_with[True] > documents_with[False]
    assert values[True] > 2 * values[False] > 0
    assert used >= set(verifier.operators.OPERATORS) | {"text"}


def fits_the_schema(document: Any) -> bool:
    """Say whether the generator's JSON Schema takes a document."""
    try:
        check_schema(document, Path("document.json"))
    except LoadError:
        return False
    return True


@settings(max_examples=100)
@given(st.sampled_from(sorted(SMALL)), st.data())
def test_the_schema_takes_what_the_evaluators_take(name: str, data: st.DataObject) -> None:
    """It is a net with wider meshes: an operator's document that is well formed passes through."""
    changed = data.draw(damaged(SMALL[name], OTHERS))
    taken = compare(changed, defaults(changed))["document"] not in (REFUSED, EXPENSIVE)
    assert fits_the_schema(changed) or not taken


@settings(max_examples=40)
@given(documents())
def test_the_schema_takes_random_documents_that_the_evaluators_take(
    made: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    taken = compare(*made)["document"] not in (REFUSED, EXPENSIVE)
    assert fits_the_schema(made[0]) or not taken


# Files.

LAYOUTS = [b" ", b"\n", b"-", b"0", b"-0", b",", b'"', b"\xff", b"\xef\xbb\xbf", b"1e2", b"1.0", b"NaN", b"\\ud800"]


def read_by_generator(path: Path) -> str:
    """Return the digest of the rules in a file, or that it was refused."""
    try:
        return parse_rules(read_document(path)).digest
    except (LoadError, RulesError):
        return REFUSED


def read_by_verifier(path: Path) -> str:
    """Return the digest of the rules in a file, or that it was refused."""
    try:
        return read_rules(path.read_bytes()).digest
    except Malformed:
        return REFUSED


@settings(max_examples=150)
@given(st.sampled_from(sorted(SMALL)), st.data())
def test_both_read_a_file_alike_whatever_bytes_are_in_it(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    """Bytes changed, put in or taken out."""
    content = (rng.games.loader.BUNDLED / f"{name}.json").read_bytes()
    start = data.draw(st.integers(0, len(content)))
    stop = data.draw(st.sampled_from([start, start + 1, start + 2]))
    content = content[:start] + data.draw(st.sampled_from(LAYOUTS) | st.binary(max_size=2)) + content[stop:]
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    path.write_bytes(content)
    assert read_by_generator(path) == read_by_verifier(path)


@pytest.mark.parametrize(
    "data",
    [
        b"-0",
        b'1, "t": 1',
        b"9007199254740992",
        b"9" * 5000,
        b"1.0",
        b"1e3",
        b"Infinity",
        b"01",
        b'"\\ud800"',
        b'"\n"',
        b"[" * 100_000 + b"]" * 100_000,
        b"[1,]",
        b"\xef\xbb\xbf1",
        b'{"a": 1, "a": 1}',
        b'{"\\u00e9": 1}',
    ],
    ids=lambda data: repr(data[:20]),
)
def test_a_file_that_programs_could_read_differently_is_refused_by_both(tmp_path: Path, data: bytes) -> None:
    """Each stands in a table, where any data may stand."""
    content = (rng.games.loader.BUNDLED / "coinflip.json").read_bytes()
    path = tmp_path / "coinflip.json"
    for put, refused in ((b"1", False), (data, True)):
        path.write_bytes(content.replace(b'"tables": {', b'"tables": {"t": ' + put + b", ", 1))
        assert read_by_generator(path) == read_by_verifier(path)
        assert (read_by_generator(path) == REFUSED) is refused
