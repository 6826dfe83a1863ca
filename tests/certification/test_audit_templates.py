"""Receipts proved by what they must be: what comes of an audit is the same as when each line is parsed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certification.audit import templates
from certification.audit.discrepancy import Discrepancy
from certification.audit.index import Index
from certification.audit.rules import load_shelf
from certification.audit.sample import Sample
from certification.audit.signatures import Signatures
from certification.audit.statements import StatementAuditor
from certification.audit.tables import Counts
from certification.audit.templates import Likely, Template, Templates, texts_of
from certification.history_statements import Line, parse_line
from rng.bulk import Column, Columns, play_range
from rng.canonical import CanonicalError, decode, encode
from rng.games import check_parameters
from rng.games.loader import bundled_games
from rng.schemes import SCHEMES
from rng.seeds import ClientSeed, ServerSeed
from tests.certification.histories import checks, lines_of, run, write_lines
from tests.verifier.builder import PINNED, RULES, History
from verifier import Policy

OTHER_RULES = {**RULES, "outcome": {**RULES["outcome"], "signature": {"text": 'é %s \\ "draws": \U0001f600'}}}
SHELF = load_shelf(documents=[RULES, OTHER_RULES])
MARKS = [f',"{name}":'.encode() for name in (*templates.OWN, "game", "origin", "parameters", "rules_digest", "ticket")]


class Unproved(Templates):
    """Take every line apart, as audits did before there were templates."""

    def likely(self, number: int, data: bytes) -> Likely | None:
        return None


def audited(
    lines: Sequence[bytes], kind: type[Templates], *, policy: Policy = PINNED, block: int = 1000
) -> tuple[list[Discrepancy], dict[str, Any]]:
    """Return what is wrong in lines, and everything that was counted or is kept of them."""
    index, counts, sample = Index(), Counts(), Sample(3)
    for number, data in enumerate(lines, start=1):
        index.look("h", number, data)
    auditor = StatementAuditor(SHELF, index, Signatures(policy), sample=sample, counts=counts)
    auditor._templates = kind()
    found: list[Discrepancy] = []
    numbered = list(enumerate(lines, start=1))
    for start in range(0, len(numbered), block):
        found += auditor.audit(numbered[start : start + block], file="h")
    kept = {seed: chain.as_json() for seed, chain in auditor.chains.items()}
    states = [asdict(counts), asdict(auditor.signed), auditor.voided, kept, sample.state()]
    return [*found, *index.finish()], {"states": json.loads(json.dumps(states))}


@cache
def honest() -> tuple[bytes, ...]:
    """Return two seeds in turns, with records of every kind between the receipts."""
    first, second = History(), History(rules=OTHER_RULES, epoch_fields={"slot": "1" * 32}, source="operator")
    for number in range(5):
        first.receipt()
        second.receipt()
        if number == 2:
            first.void_next()
            second.batch(3).receipt().void_drawn(0)
    one, two = lines_of(first), lines_of(second)
    return tuple(line for pair in zip(one, two, strict=False) for line in pair) + tuple(two[len(one) :])


def proved(lines: Sequence[bytes]) -> list[int]:
    """Return the numbers of the lines that were proved without being parsed."""
    found: list[int] = []

    class Told(Templates):
        def prove(self, lines: Sequence[Likely]) -> Iterator[tuple[Line, Template]]:
            for line, template in super().prove(lines):
                found.append(line.number)
                yield line, template

    audited(lines, Told)
    return found


def test_all_receipts_of_a_seed_but_the_first_are_proved_without_being_parsed() -> None:
    lines = honest()
    receipts = [number for number, data in enumerate(lines, start=1) if data.endswith(b'"type":"receipt"}')]
    first: dict[str, int] = {}
    for number in receipts:
        first.setdefault(json.loads(lines[number - 1])["seed_id"], number)
    assert len(first) == 2
    assert sorted(proved(lines)) == sorted(set(receipts) - set(first.values()))


@pytest.mark.parametrize("block", [1, 3, 1000])
@pytest.mark.parametrize("policy", [PINNED, Policy()], ids=["pinned", "no key"])
def test_an_honest_history_comes_out_as_when_each_line_is_parsed(policy: Policy, block: int) -> None:
    expected = audited(honest(), Unproved, policy=policy, block=block)
    assert audited(honest(), Templates, policy=policy, block=block) == expected
    assert expected[0] == []


def test_what_is_proved_holds_the_members_that_parsing_gives() -> None:
    lines = honest()
    seen: list[int] = []

    class Told(Templates):
        def prove(self, lines: Sequence[Likely]) -> Iterator[tuple[Line, Template]]:
            for line, template in super().prove(lines):
                parsed = parse_line(line.number, line.data)
                assert isinstance(parsed, Line)
                members = {name: parsed.body[name] for name in line.body}
                assert (line.body, line.signed, line.digest) == (members, parsed.signed, parsed.digest)
                assert parsed.body.keys() - line.body.keys() == {"draws", "outcome", "payout"}
                assert (line.seed_id, line.kind, line.first_nonce) == (parsed.seed_id, "receipt", parsed.first_nonce)
                seen.append(line.number)
                yield line, template

    audited(lines, Told)
    assert len(seen) > 5


VALUES = [
    b"null", b"0", b"-0", b"00", b"01", b"1", b"7", b"-1", b"1.0", b"1e0", b"9007199254740991", b"9007199254740992",
    b"1" * 5000, b"true", b"false", b"NaN", b"Infinity", b'""', b'"a"', b'"\\u0061"', b'"\xc3\xa9"', b'"\\ud800"',
    b'"\xff"', b"[]", b"{}", b"[[]]", b'{"a":1,"a":1}', b'{"b":1,"a":2}', b"[" * 70 + b"]" * 70,
    b'"' + b"A" * 64 + b'"', b'"' + b"0" * 64 + b'"', b'"' + b"0" * 128 + b'"', b'"' + b"F" * 128 + b'"',
    "٣".encode(), b" 1", b"1 ", b'1,"nonce":1', b'[],"draws":[]', b'"","x":"', b'1,"type":"receipt"}', b"",
    b"\n", b"\x00",
]  # fmt: skip
"""What may stand in place of a member's value, or of any bytes."""


@st.composite
def damaged(draw: st.DrawFn) -> list[bytes]:
    """Draw the honest lines, with one to three bits of surgery on their bytes."""
    lines = list(honest())
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        place = draw(st.integers(0, len(lines) - 1))
        line = lines[place]
        how = draw(st.sampled_from(["value", "value", "value", "byte", "insert", "cut", "swap", "line", "mark"]))
        if how == "value" and line.startswith(b"{"):
            lines[place] = _other_value(draw, line)
        elif how == "byte" and line:
            at = draw(st.integers(0, len(line) - 1))
            lines[place] = line[:at] + bytes([draw(st.integers(0, 255))]) + line[at + 1 :]
        elif how == "insert":
            at = draw(st.integers(0, len(line)))
            lines[place] = line[:at] + draw(st.sampled_from([*VALUES, *MARKS])) + line[at:]
        elif how == "cut":
            start = draw(st.integers(0, len(line)))
            lines[place] = line[:start] + line[draw(st.integers(start, min(len(line), start + 40))) :]
        elif how == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[place], lines[other] = lines[other], line
        elif how == "line":
            lines.insert(place, draw(st.sampled_from([line, b"", *lines])))
        else:
            lines[place] = _moved(draw, line, lines)
    return lines


def _other_value(draw: st.DrawFn, line: bytes) -> bytes:
    """Return a line with another text for the value of a member, canonical elsewhere."""
    try:
        body = decode(line)
    except CanonicalError:
        return line
    assert isinstance(body, dict)
    name = draw(st.sampled_from(sorted(body)))
    old = b'"%s":%s' % (name.encode(), encode(body[name]))
    new = draw(st.one_of(st.sampled_from(VALUES), st.integers(-1, 20).map(lambda one: b"%d" % one)))
    return line.replace(old, b'"%s":%s' % (name.encode(), new), 1)


def _moved(draw: st.DrawFn, line: bytes, lines: Sequence[bytes]) -> bytes:
    """Return a line with what stands between two marks taken from another one."""
    start, stop = draw(st.sampled_from(MARKS)), draw(st.sampled_from(MARKS))
    other = draw(st.sampled_from(lines))
    if start not in line or start not in other:
        return line
    here, there = line.index(start), other.index(start)
    end, far = line.find(stop, here + 1), other.find(stop, there + 1)
    return line[:here] + other[there : far if far >= 0 else None] + (line[end:] if end >= 0 else b"")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=damaged(), block=st.sampled_from([4, 1000]))
def test_a_damaged_history_comes_out_as_when_each_line_is_parsed(lines: list[bytes], block: int) -> None:
    assert audited(lines, Templates, block=block) == audited(lines, Unproved, block=block)


def test_every_single_byte_of_a_proved_receipt_counts() -> None:
    """A line with a byte or a value spelled otherwise is no longer proved, unless it is still the round's receipt."""
    history = History().receipt().receipt()
    lines = lines_of(history)
    learned, good = lines[2], lines[3]
    index = Index()
    for number, data in enumerate(lines, start=1):
        index.look("h", number, data)
    auditor = StatementAuditor(SHELF, index, Signatures(Policy()), sample=Sample(3), counts=Counts())
    auditor.audit([(3, learned)], file="h")
    store = auditor._templates
    random.seed(5)
    changed = [good[:at] + bytes([random.randrange(256)]) + good[at + 1 :] for at in range(len(good))]
    cut = [good[:at] + good[at + 1 :] for at in range(len(good))]
    body = decode(good)
    assert isinstance(body, dict)
    respelled: list[bytes] = []
    for name in templates.OWN:
        mark, old = b'"%s":' % name.encode(), encode(body[name])
        others = [*VALUES, b"0" + old, b"-" + old, b" " + old, old + b" ", old.upper(), old + b".0", old + b"e0"]
        respelled += [good.replace(mark + old, mark + new, 1) for new in others]
    still = 0
    for data in [good, *changed, *cut, *respelled]:
        one = store.likely(4, data)
        if one is None or not (now := list(store.prove([one]))):
            continue
        parsed = parse_line(4, data)
        assert isinstance(parsed, Line)
        assert now[0][0].digest == parsed.digest
        assert all(parsed.body[name] == body[name] for name in ("draws", "outcome", "payout", "nonce"))
        still += 1
    # Only digits of previous, signature and time can be others in the form of a receipt.
    assert 1 <= still < 64


@pytest.mark.parametrize("name", sorted(bundled_games()))
def test_the_text_of_a_round_is_the_canonical_text_of_its_values(name: str) -> None:
    rules = bundled_games()[name]
    parameters = check_parameters(rules, {}, fill_defaults=True)
    for columns in play_range(
        SCHEMES["hmac-sha256/v1"],
        ServerSeed(bytes(32)),
        client_seed=ClientSeed("text"),
        first_nonce=0,
        count=40,
        rules=rules,
        parameters=parameters,
        beacon="",
    ):
        texts = texts_of(columns)
        assert len(texts) == len(columns)
        for row, text in enumerate(texts):
            draws = [{"name": one, "value": data[row].tolist()} for one, data in columns.draws.items()]
            outcome = {field: column.to_list()[row] for field, column in columns.outcome.items()}
            paid = None if columns.payout is None else int(columns.payout[row])
            assert text.split(b"\n") == [encode(draws), encode(outcome), encode(paid)]


def _columns(**changes: Any) -> Columns:
    numbers = np.array([1, 2], dtype=np.int64)
    fields = {"nonces": numbers, "draws": {"roll": numbers}, "outcome": {}, "payout": None, **changes}
    return Columns(**fields)


BEYOND = np.array([1, 2**53], dtype=np.int64)


def test_names_and_texts_stand_in_a_rounds_text_as_they_are() -> None:
    texts = Column("text", np.array([1, 0]), ('"', "%s é"))
    columns = _columns(outcome={"b%": texts, "a": Column("boolean", np.array([True, False]))})
    assert texts_of(columns) == [
        b'[{"name":"roll","value":1}]\n{"a":true,"b%":"%s \xc3\xa9"}\nnull',
        b'[{"name":"roll","value":2}]\n{"a":false,"b%":"\\""}\nnull',
    ]
    assert texts_of(_columns(payout=np.array([0, 1])))[1] == b'[{"name":"roll","value":2}]\n{}\n1'


@pytest.mark.parametrize(
    "changes",
    [
        {"draws": {"roll": BEYOND}},
        {"draws": {"roll": BEYOND.reshape(2, 1)}},
        {"outcome": {"roll": Column("integer", -BEYOND)}},
        {"outcome": {"rolls": Column("integer", BEYOND.reshape(2, 1), (), (None,))}},
        {"outcome": {"any": Column("value", np.array([1, 2**53], dtype=object))}},
        {"payout": BEYOND},
        {"payout": np.array([0, -1], dtype=np.int64)},
    ],
    ids=repr,
)
def test_what_no_receipt_can_state_has_no_text(changes: dict[str, Any]) -> None:
    with pytest.raises(CanonicalError):
        texts_of(_columns(**changes))


def test_a_fault_of_the_proof_does_not_pass_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Line] = templates._line

    def faulty(one: Likely) -> Line:
        data = one.data.replace(b'"value":', b'"value": ')
        return real(one._replace(data=data))

    monkeypatch.setattr(templates, "_line", faulty)
    path = write_lines(tmp_path / "h.jsonl", lines_of(History().receipt().receipt()))
    monkeypatch.setattr("certification.audit.sample._THRESHOLD", np.uint64(2**64 - 1))
    summary, found = run(path, rules=[RULES], policy=Policy())
    assert {(4, "evaluators", "undecided"), (4, "form", "malformed")} <= set(checks(found))
    assert summary.exit_code != 0


@pytest.mark.parametrize(
    "lie",
    [
        {"ticket": 'a","time":1,"b":"'},
        {"client_seed": ',"draws":[],"game":'},
        {"parameters": {"payout": 1, "previous": "0" * 64, "rules_digest": 1}},
        {"parameters": {"draws": [], "game": 1, "nonce": 1}},
        {"outcome": {"a": 1, "game": 1, "parameters": {}, "payout": 1, "previous": "0" * 64}},
        {"outcome": {"origin": 1, "outcome": {}}},
        {"draws": [{"name": "a", "value": 1, "game": 1, "nonce": 7}]},
        {"previous": "previous"},
        {"scheme_proof": '\\,"signature":"'},
    ],
    ids=repr,
)
def test_a_receipt_that_imitates_the_marks_of_one_comes_out_as_when_it_is_parsed(lie: dict[str, Any]) -> None:
    lines = lines_of(History().receipt(**lie).receipt(**lie).receipt().receipt(**lie))
    expected = audited(lines, Unproved)
    assert audited(lines, Templates) == expected
    assert audited(lines, Templates, block=1) == audited(lines, Unproved, block=1)


@pytest.mark.parametrize(
    ("lie", "kept"),
    [
        ({}, 1),
        ({"parameters": {"a": 1, "payout": 1, "previous": "0" * 64, "z": 1}}, 0),
        ({"draws": [{"a": 1, "game": 1, "nonce": 7}]}, 0),
        ({"outcome": {"a": 1, "parameters": {}, "payout": 1}}, 0),
    ],
    ids=repr,
)
def test_a_line_that_is_taken_apart_at_other_places_than_its_members_makes_no_template(
    lie: dict[str, Any], kept: int
) -> None:
    store = Templates()
    line = parse_line(3, lines_of(History().receipt(**lie))[2])
    assert isinstance(line, Line)
    group: Any = None
    store.learn(line, Template({}, group, bytes(32), ClientSeed("a"), None))
    assert len(store._kept) == kept


def test_texts_that_are_too_long_are_not_kept() -> None:
    """What is kept is bounded in bytes too: a text that is not compared with anything may be as long as a line."""
    history = History()
    for _ in range(2):
        history.receipt(origin="x" * templates.LONGEST)
    alone = lines_of(history)
    assert proved(alone) == []
    assert audited(alone, Templates) == audited(alone, Unproved)


def test_templates_that_are_too_many_make_room_and_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "MOST", 1)
    assert audited(honest(), Templates) == audited(honest(), Unproved)
    alone = lines_of(History().receipt().receipt().receipt())
    assert proved(alone) == [4, 5]
