"""Lies: every field changed and every bit flipped, with digests and signatures made good; none is ever verified."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier.builder import (
    NEXT_SERVER_SEED,
    PINNED,
    RULES,
    START,
    Document,
    History,
    examples,
    seal,
    sign,
    statement_digest,
)
from verifier import Malformed, Verdict, verify
from verifier.canonical import decode, encode

EXAMPLES = examples()

# The check that must catch a change in each part of the file when nobody signs again; other parts are malformed.
# (Another nonce of the same batch is not that of the row: V10.)
CAUGHT_BY: dict[str, set[int]] = {
    "nonce": {4, 10},
    "epoch": {3},
    "activation": {3},
    "record": {3},
    "void": {3},
    "reveal": {3},
    "record_inclusion": {14},
    "void_inclusion": {14},
    "row": {10},
    "rules": {9},
    "keys": {3},
}


def failed(verdict: Verdict) -> list[int]:
    """Return the numbers of the checks that failed."""
    return [check.number for check in verdict.checks if check.status == "failed"]


def assert_caught(data: bytes, *, part: str, what: object) -> None:
    """Assert that a file with a change in one part is malformed, or refuted by (among others) the right check."""
    try:
        verdict = verify(data, PINNED)
    except Malformed:
        return
    assert verdict.status == "refuted", (what, verdict.headline)
    assert CAUGHT_BY[part] & set(failed(verdict)), (what, verdict.headline)
    assert verdict.exit_code == 1


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Walk over all values inside a document, containers included, each with its path."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for name in sorted(value):
            yield from leaves(value[name], (*path, name))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from leaves(element, (*path, index))


def other_values(value: Any) -> list[Any]:
    """Return values that differ from a value, near and far."""
    near: list[Any]
    if isinstance(value, bool):
        near = [not value, int(value)]
    elif isinstance(value, int):
        near = [value + 1, value - 1, -value - 1, str(value)]
    elif isinstance(value, str):
        last = {"0": "1", "a": "b"}.get(value[-1:], "0")
        near = [value[:-1] + last, value + "0", value[1:], value.upper()]
    elif isinstance(value, list):
        near = [value[:-1], [*value, value[-1] if value else 0], value[::-1]]
    elif isinstance(value, dict):
        near = [{**value, "more": 1}, {name: value[name] for name in list(value)[1:]}]
    else:
        near = [0, "", {}]
    return [changed for changed in (*near, None, [], {}, "") if encode(changed) != encode(value)]


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of a document with the value at a path replaced."""
    if not path:
        return value
    result = copy.copy(document)
    result[path[0]] = replaced(document[path[0]], path[1:], value)
    return result


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_field_changed_is_malformed_by_the_file_s_own_digest(kind: str) -> None:
    proof = EXAMPLES[kind]
    sealed = decode(seal(proof))
    for path, value in leaves(sealed):
        for changed in other_values(value)[:1]:
            with pytest.raises(Malformed):
                verify(encode(replaced(sealed, path, changed)), PINNED)


def change_and_judge(kind: str, *, each: int) -> int:
    """Change every field in some ways, with the file's digest made good; return how many files were tried."""
    proof = EXAMPLES[kind]
    tried = 0
    for path, value in leaves(proof):
        for changed in other_values(value)[:each]:
            assert_caught(seal(replaced(proof, path, changed)), part=path[0], what=(path, changed))
            tried += 1
    return tried


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_field_changed_with_the_digest_made_good_is_malformed_or_refuted_by_the_right_check(kind: str) -> None:
    assert change_and_judge(kind, each=1) > 70


@pytest.mark.slow
@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_field_changed_in_every_way_is_malformed_or_refuted_by_the_right_check(kind: str) -> None:
    assert change_and_judge(kind, each=10) > 400


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_field_left_out_or_doubled_is_malformed(kind: str) -> None:
    proof = EXAMPLES[kind]
    for path, value in leaves(proof):
        if not isinstance(value, dict):
            continue
        # A member of the rules' tables or outcome may be left out: then they are other rules, and V9 says so.
        for name in value:
            lie = replaced(proof, path, {member: value[member] for member in value if member != name})
            assert_caught(seal(lie), part=path[0], what=(path, name))
    first = b'{"activation":'
    assert seal(proof).startswith(first)
    with pytest.raises(Malformed, match="duplicate"):
        verify(first + b"null," + seal(proof)[1:], PINNED)


COIN: Document = {
    **RULES,
    "name": "coin",
    "summary": "A coin.",
    "parameters": [],
    "tables": {},
    "draws": [{"name": "side", "primitive": "uniform", "n": 2}],
    "let": [],
    "outcome": {"heads": {"eq": ["side", 0]}},
    "payout": {"mul": ["side", 19800]},
    "odds": [],
}

COIN_PROOF = History(rules=COIN, parameters={}).receipt().proof(0)
CHUNKS = 24


def flip_and_judge(proof: Document, bits: range) -> int:
    """Flip bits of a sealed file one at a time, as it is and with its digest made good; return how many were tried."""
    data = seal(proof)
    body = decode(data)
    for bit in bits:
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(Malformed):
            verify(bytes(flipped), PINNED)
        try:
            lie = decode(bytes(flipped))
        except Malformed:
            continue
        if not isinstance(lie, dict) or not isinstance(body, dict):
            continue
        part = [name for name in body if name != "sha256" and lie.get(name, ...) != body[name]]
        if part:
            assert_caught(seal(lie), part=part[0], what=(bit, part))
    return len(bits)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_bit_of_a_whole_file_flipped_is_malformed_or_refuted(chunk: int) -> None:
    assert flip_and_judge(COIN_PROOF, range(chunk, 8 * len(seal(COIN_PROOF)), CHUNKS)) > 800


@pytest.mark.parametrize("kind", EXAMPLES)
def test_bits_all_over_a_file_of_every_kind_flipped_are_malformed_or_refuted(kind: str) -> None:
    # 151 is prime to 8, so that every place in a byte has its turn.
    assert flip_and_judge(EXAMPLES[kind], range(3, 8 * len(seal(EXAMPLES[kind])), 151)) > 150


def test_a_bit_of_the_newline_at_the_end_flipped_is_malformed() -> None:
    data = seal(COIN_PROOF)
    for bit in range(8):
        with pytest.raises(Malformed):
            verify(data + bytes([0x0A ^ (1 << bit)]), PINNED)


@given(kind=st.sampled_from(sorted(EXAMPLES)), cut=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_off_anywhere_is_malformed(kind: str, cut: float) -> None:
    data = seal(EXAMPLES[kind])
    with pytest.raises(Malformed):
        verify(data[: int(cut * len(data))], PINNED)


# What follows signs every lie again, under the operator's own pinned key: the contradiction must be found in what is
# said. First one statement alone is signed again, and the rest of the file is left as it was.

LIES: dict[tuple[str, str], tuple[Any, int]] = {
    ("epoch", "origin"): ("casino.example/other", 4),
    ("epoch", "time"): (START - 1, 4),
    ("epoch", "tenant"): ("another", 4),
    ("epoch", "slot"): ("ff" * 16, 4),
    ("epoch", "sequence"): (None, 4),
    ("epoch", "scheme"): ("sponge/v9", 4),
    ("epoch", "commitment"): ("11" * 32, 7),
    ("epoch", "next_commitment"): ("11" * 32, 4),
    ("epoch", "rules"): ({}, 9),
    ("epoch", "not_before"): (f"{'ab' * 32}:1:{'cd' * 32}", 4),
    ("epoch", "log_by"): (1, 4),
    ("epoch", "reveal_by"): (START + 10, 6),
    ("epoch", "max_rounds"): (1, 4),
    ("activation", "origin"): ("casino.example/other", 4),
    ("activation", "seed_id"): ("22" * 32, 4),
    ("activation", "time"): (START - 1, 5),
    ("activation", "client_seed_digest"): ("22" * 32, 8),
    ("activation", "client_seed_source"): ("operator", 8),
    ("activation", "beacon_round"): (3, 19),
    ("activation", "previous"): ("22" * 32, 5),
    ("record", "origin"): ("casino.example/other", 4),
    ("record", "seed_id"): ("33" * 32, 4),
    ("record", "time"): (START, 5),
    ("record", "scheme"): ("sponge/v9", 4),
    ("record", "client_seed"): ("mine", 8),
    ("record", "client_seed_source"): ("operator", 8),
    ("record", "nonce"): (1_000, 4),
    ("record", "first_nonce"): (1_000, 4),
    ("record", "count"): (6, 14),
    ("record", "draws_root"): ("33" * 32, 10),
    ("record", "game"): ("other-game", 9),
    ("record", "rules_digest"): ("33" * 32, 9),
    ("record", "parameters"): ({"target": 6, "side": "over"}, 9),
    ("record", "draws"): ([{"name": "die", "value": 7}, {"name": "cards", "value": [0, 1]}], 10),
    ("record", "outcome"): ({"die": 9, "won": True, "cards": []}, 11),
    ("record", "payout"): (10_000_000, 12),
    ("record", "beacon"): (f"{'ab' * 32}:1:{'cd' * 32}", 19),
    ("record", "scheme_proof"): ("00", 10),
    ("record", "ticket"): ("33" * 32, 14),
    ("record", "voids"): ("33" * 32, 4),
    ("record", "reason"): ("another reason", 14),
    ("record", "previous"): ("33" * 32, 14),
    ("void", "origin"): ("casino.example/other", 4),
    ("void", "seed_id"): ("44" * 32, 4),
    ("void", "time"): (START, 5),
    ("void", "nonce"): (1_000, 4),
    ("void", "voids"): ("44" * 32, 4),
    ("void", "reason"): ("another reason", 14),
    ("void", "previous"): ("44" * 32, 14),
    ("reveal", "origin"): ("casino.example/other", 4),
    ("reveal", "seed_id"): ("55" * 32, 4),
    ("reveal", "time"): (START + 5_000_000, 6),
    ("reveal", "server_seed"): (NEXT_SERVER_SEED.hex(), 7),
    ("reveal", "rounds"): (0, 13),
    ("reveal", "documents"): (100, 14),
    ("reveal", "receipts_root"): ("55" * 32, 14),
    ("reveal", "previous"): (None, 5),
}

FIRST_VOID = History().void_next().receipt().proof(0)

# A field may not be changed alone where the form ties it to another, or where it says which kind of thing this is.
TIED = {"type", "key_id", "signature", "previous_epoch", "beacon_mode", "beacon_chain", "beacon_delay"}


def signed_lies(kind: str) -> Iterator[tuple[str, str, bytes, int]]:
    """Give every lie in one field of one statement of an example, signed again: part, field, file, check."""
    # A later void shows nothing of the activation, so that an operator could sign a second one unseen; the first void
    # names the activation's digest.
    proof = FIRST_VOID if kind == "void_undrawn" else EXAMPLES[kind]
    for part in ("epoch", "activation", "record", "void", "reveal"):
        statement = proof[part]
        for field in statement or ():
            if field in TIED:
                continue
            lie, number = LIES[part, field]
            if proof["rules"] is None:
                # Nothing was drawn, so V8 and V9 have nothing to compare; the digests of the statements tell.
                number = {8: 5, 9: 4}.get(number, number)
            changed = {**statement, field: lie}
            if (part, field) == ("epoch", "sequence"):
                changed = {**statement, "sequence": 1, "previous_epoch": "66" * 32}
            if (part, field) == ("reveal", "previous"):
                is_last = statement["previous"] in (
                    statement_digest(proof["record"]),
                    statement_digest(proof["void"]) if proof["void"] else "",
                )
                changed["previous"] = "55" * 32 if is_last else statement_digest(proof["record"])
            yield part, field, seal({**proof, part: sign(changed)}), number


@pytest.mark.parametrize("kind", [kind for kind in EXAMPLES if kind != "receipt_before_reveal"])
def test_a_lie_in_one_statement_signed_again_is_refuted_by_the_right_check(kind: str) -> None:
    for part, field, data, number in signed_lies(kind):
        verdict = verify(data, PINNED)
        assert verdict.status == "refuted", (part, field, verdict.headline)
        assert number in failed(verdict), (part, field, number, verdict.headline)
        assert 3 not in failed(verdict), (part, field)


def test_a_lie_before_the_reveal_signed_again_is_refuted_where_the_file_contradicts_it_and_never_verified() -> None:
    refuted = 0
    for part, field, data, number in signed_lies("receipt_before_reveal"):
        verdict = verify(data, PINNED)
        assert verdict.status != "verified", (part, field)
        if number not in (7, 14):
            assert number in failed(verdict), (part, field, number, verdict.headline)
            refuted += 1
    assert refuted > 25


# Then the operator makes everything after the lie fit: chain, root and counts. Only what the lie contradicts is left,
# and exactly those checks fail.

OTHER_DRAWS = [{"name": "die", "value": 5}, {"name": "cards", "value": [1, 0]}]
OTHER_OUTCOME = {"die": 6, "won": True, "cards": ["spades", "hearts"]}
HONEST = History().compute(0)
HONEST_DRAWS, HONEST_OUTCOME, HONEST_PAYOUT = HONEST["draws"], HONEST["outcome"], HONEST["payout"]
# The die of nonce 0 shows 3 (counted from 0): over 2, and not over 3.
OTHER_PARAMETERS = {"target": 2, "side": "over"}
assert HONEST_DRAWS[0]["value"] == 3

CONSISTENT_LIES: dict[str, tuple[Callable[[], Document], list[int]]] = {
    "other draws, with the outcome and the payout that belong to them": (
        lambda: History().receipt(draws=OTHER_DRAWS, outcome=OTHER_OUTCOME, payout=19800).proof(0),
        [10],
    ),
    "draws that the rules cannot make": (
        lambda: History().receipt(draws=[{"name": "die", "value": 6}, HONEST_DRAWS[1]]).proof(0),
        [10],
    ),
    "cards that are one and the same": (
        lambda: History().receipt(draws=[HONEST_DRAWS[0], {"name": "cards", "value": [1, 1]}]).proof(0),
        [10],
    ),
    "another outcome": (
        lambda: History().receipt(outcome={**HONEST_OUTCOME, "won": not HONEST_OUTCOME["won"]}).proof(0),
        [11],
    ),
    "an outcome that says 1 for true": (
        lambda: History().receipt(outcome={**HONEST_OUTCOME, "won": int(HONEST_OUTCOME["won"])}).proof(0),
        [11],
    ),
    "an outcome with a field more": (lambda: History().receipt(outcome={**HONEST_OUTCOME, "bonus": 1}).proof(0), [11]),
    "an outcome with a field less": (lambda: History().receipt(outcome={"die": HONEST_OUTCOME["die"]}).proof(0), [11]),
    "another payout": (lambda: History().receipt(payout=HONEST_PAYOUT + 1).proof(0), [12]),
    "no payout": (lambda: History().receipt(payout=None).proof(0), [12]),
    "another client seed than the one activated": (
        lambda: (
            History(activation_fields={"client_seed_digest": hashlib.sha256(b"mine").hexdigest()}).receipt().proof(0)
        ),
        [8],
    ),
    "another source than the one activated": (
        lambda: History(activation_fields={"client_seed_source": "operator"}).receipt().proof(0),
        [8],
    ),
    "another server seed than the one committed to": (
        lambda: History(epoch_fields={"commitment": hashlib.sha256(NEXT_SERVER_SEED).hexdigest()}).receipt().proof(0),
        [7],
    ),
    "rules that were not in force": (lambda: History(epoch_fields={"rules": {}}).receipt().proof(0), [9]),
    "rules in force under another name": (
        lambda: (
            History(epoch_fields={"rules": {"another": History().receipt().record_of(0)["rules_digest"]}})
            .receipt()
            .proof(0)
        ),
        [9],
    ),
    "parameters that the rules do not allow": (
        lambda: History().receipt(parameters={"target": 9, "side": "over"}).proof(0),
        [9],
    ),
    "a parameter that the rules do not know": (
        lambda: History().receipt(parameters={"target": 3, "side": "over", "luck": 1}).proof(0),
        [9],
    ),
    "other parameters than those that were played, under which the same draws win": (
        lambda: History().receipt(parameters=OTHER_PARAMETERS).proof(0),
        [11, 12],
    ),
    "a proof of a scheme that has none": (lambda: History().receipt(scheme_proof="00").proof(0), [10]),
    "another scheme than the epoch's": (lambda: History().receipt(scheme="sponge/v9").proof(0), [4]),
    "a receipt of another origin": (lambda: History().receipt(origin="casino.example/other").proof(0), [2, 4]),
    "a receipt of another seed": (lambda: History().receipt(seed_id="77" * 32).proof(0), [4]),
    "a first receipt that follows something else": (lambda: History().receipt(previous="77" * 32).proof(0), [5]),
    "a receipt before the activation": (lambda: History().receipt(time=START + 1).proof(0), [5]),
    "a receipt past the deadline": (
        lambda: History(epoch_fields={"reveal_by": START + 1500}).receipt().proof(0, time=START + 1500),
        [5, 6],
    ),
    "a reveal past the deadline": (lambda: History().receipt().proof(0, time=START + 1_000_001), [6]),
    "a reveal before the receipt": (lambda: History().receipt().proof(0, time=START + 1_999), [5]),
    "a reveal that counts no rounds": (lambda: History().receipt().proof(0, rounds=0), [13]),
    "a reveal that counts a round more": (lambda: History().receipt().proof(0, rounds=2), [13]),
    "a reveal that counts more rounds than were allowed": (
        lambda: History(epoch_fields={"max_rounds": 1}).receipt().receipt().proof(0),
        [13],
    ),
    "a reveal of another root": (lambda: History().receipt().proof(0, receipts_root="77" * 32), [14]),
    "a reveal that follows something else": (lambda: History().receipt().proof(0, previous="77" * 32), [5]),
    "a batch of other draws": (lambda: History().batch(5, draws_root="77" * 32).proof(2), [10]),
    "a batch that is longer than its rows": (lambda: History().batch(5, count=50).proof(2, rounds=50), [10]),
    "a batch that begins one later than its rows": (
        lambda: History().receipt().batch(5, first_nonce=2).proof(3, rounds=7),
        [10],
    ),
    "a void of another record": (lambda: History().receipt().void_drawn(0, voids="77" * 32).proof(0), [4]),
    "a void before its record": (lambda: History().receipt().void_drawn(0, time=START + 1_500).proof(0), [5]),
    "a void that follows something else": (lambda: History().receipt().void_drawn(0, previous="77" * 32).proof(0), [5]),
}


@pytest.mark.parametrize("lie", CONSISTENT_LIES)
def test_a_lie_that_everything_else_was_made_to_fit_fails_exactly_the_checks_it_contradicts(lie: str) -> None:
    make, numbers = CONSISTENT_LIES[lie]
    verdict = verify(seal(make()), PINNED)
    assert failed(verdict) == numbers
    assert verdict.status == "refuted"


def operate(value: Any, path: list[int], graft: Any) -> Any:
    """Replace something inside a value, wherever the path leads."""
    if not path or not isinstance(value, dict | list) or not value:
        return graft
    if isinstance(value, dict):
        names = sorted(value)
        name = names[path[0] % len(names)]
        return {**value, name: operate(value[name], path[1:], graft)}
    place = path[0] % len(value)
    return [*value[:place], operate(value[place], path[1:], graft), *value[place + 1 :]]


grafts = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=70)
    | st.text("0123456789abcdef", min_size=64, max_size=64)
    | st.sampled_from([part for proof in EXAMPLES.values() for part in proof.values()]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "index", "path"]), inner),
    max_leaves=4,
)


@given(kind=st.sampled_from(sorted(EXAMPLES)), path=st.lists(st.integers(0, 99), min_size=1, max_size=4), graft=grafts)
def test_surgery_on_a_proof_is_malformed_or_refuted_and_nothing_else_happens(
    kind: str, path: list[int], graft: Any
) -> None:
    proof = EXAMPLES[kind]
    lie = operate(proof, path, graft)
    if encode(lie) == encode(proof):
        return
    try:
        verdict = verify(seal(lie), PINNED)
    except Malformed:
        return
    assert verdict.status == "refuted", (path, graft, verdict.headline)


@given(st.binary(max_size=200))
def test_any_bytes_are_malformed_and_nothing_else_happens(data: bytes) -> None:
    with pytest.raises(Malformed):
        verify(data, PINNED)


@given(st.sampled_from(sorted(EXAMPLES)), st.sampled_from(sorted(EXAMPLES)), st.data())
def test_parts_of_two_honest_files_put_together_are_never_verified_as_a_third(
    a: str, b: str, data: st.DataObject
) -> None:
    first, second = EXAMPLES[a], EXAMPLES[b]
    parts = data.draw(st.sets(st.sampled_from(sorted(first))))
    mixed = {**first, **{part: second[part] for part in parts}}
    if encode(mixed) in (encode(first), encode(second)):
        return
    try:
        verdict = verify(seal(mixed), PINNED)
    except Malformed:
        return
    if verdict.status == "verified":
        # Whole records of one history fit its other files; then the result is an honest file of that history.
        assert mixed["epoch"] == first["epoch"]
        assert verdict.round["nonce"] in (first["nonce"], second["nonce"])
