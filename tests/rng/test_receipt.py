"""The builders of statements: exactly the fields of T2 to T5, every argument checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from nacl.signing import VerifyKey

from rng.milestones import activation_statement, epoch_statement, reveal_statement
from rng.receipt import batch_statement, receipt_statement, void_statement
from rng.seeds import ClientSeed
from rng.statement import Document, signed_bytes
from tests.rng.statements import ORIGIN, SIGNER, SLOT, TENANT, server_seed

HASH = "ab" * 32
COMMON: dict[str, Any] = {"origin": ORIGIN, "seed_id": HASH, "time": 5}
ROUND: dict[str, Any] = {
    **COMMON,
    "scheme": "hmac-sha256/v1",
    "client_seed": ClientSeed("player"),
    "client_seed_source": "player",
    "game": "dice",
    "rules_digest": HASH,
    "parameters": {},
    "previous": HASH,
}
Builder = Callable[..., Document]
BUILDERS: dict[str, tuple[Builder, dict[str, Any], str]] = {
    "epoch": (
        epoch_statement,
        {
            "origin": ORIGIN,
            "time": 5,
            "tenant": TENANT,
            "slot": SLOT,
            "sequence": 0,
            "previous_epoch": "",
            "scheme": "hmac-sha256/v1",
            "commitment": server_seed(0).commitment(),
            "next_commitment": server_seed(1).commitment(),
            "rules": {"dice": HASH},
            "reveal_by": 6,
            "max_rounds": 1,
        },
        "tenant slot sequence previous_epoch scheme beacon_mode beacon_chain beacon_delay commitment next_commitment"
        " rules not_before log_by reveal_by max_rounds",
    ),
    "activation": (
        activation_statement,
        {**COMMON, "client_seed": ClientSeed("player"), "client_seed_source": "player"},
        "seed_id client_seed_digest client_seed_source beacon_round previous",
    ),
    "receipt": (
        receipt_statement,
        {**ROUND, "nonce": 0, "draws": [{"name": "roll", "value": 1}], "outcome": {"roll": 1}, "payout": None},
        "seed_id scheme client_seed client_seed_source nonce game rules_digest parameters draws outcome payout beacon"
        " scheme_proof ticket previous",
    ),
    "batch": (
        batch_statement,
        {**ROUND, "first_nonce": 0, "count": 2, "draws_root": bytes(32)},
        "seed_id scheme client_seed client_seed_source first_nonce count game rules_digest parameters draws_root beacon"
        " previous",
    ),
    "void": (
        void_statement,
        {**COMMON, "nonce": 0, "voids": "", "reason": "table closed", "previous": HASH},
        "seed_id nonce voids reason previous",
    ),
    "reveal": (
        reveal_statement,
        {
            **COMMON,
            "server_seed": server_seed(0),
            "rounds": 0,
            "documents": 0,
            "receipts_root": bytes(32),
            "previous": HASH,
        },
        "seed_id server_seed rounds documents receipts_root previous",
    ),
}


@pytest.mark.parametrize("kind", BUILDERS)
def test_a_statement_has_exactly_the_fields_of_the_specification_and_a_valid_signature(kind: str) -> None:
    build, arguments, names = BUILDERS[kind]
    document = build(SIGNER, **arguments)
    assert set(document.statement) == {"type", "origin", "time", "key_id", "signature", *names.split()}
    assert document.kind == kind
    VerifyKey(SIGNER.public_key).verify(
        signed_bytes(document.statement), bytes.fromhex(document.statement["signature"])
    )


NOT_HEX = ["", "AB" * 32, "ab" * 31, "ab" * 32 + "\n", 7, None]
BAD_VALUES: list[Any] = [-1, True, "1", None, 1.5, [-1], [1, True], [[1]], 2**53]
BAD_DRAWS = [[{"name": "roll", "value": value}] for value in BAD_VALUES] + [[{"name": 1.5, "value": 1}]]
NOT_INTEGERS = [-1, 2**53, True, 1.0, "1", None, 10**5000]
WRONG: list[tuple[str, str, list[Any]]] = [
    ("epoch", "origin", ["", "a b", 'a"b', "é", "a" * 129, "a\n", None]),
    ("epoch", "time", NOT_INTEGERS),
    ("epoch", "tenant", ["", "A", "a_b", "a" * 65, "a\n", None]),
    ("epoch", "slot", ["", SLOT.upper(), SLOT + "00", None]),
    ("epoch", "sequence", [*NOT_INTEGERS, 1]),
    ("epoch", "previous_epoch", [HASH, 7]),
    ("epoch", "scheme", ["", "hmac-sha256", "HMAC/v1", "x/v0", "x/v1\n", None]),
    ("epoch", "next_commitment", [server_seed(0).commitment()]),
    ("epoch", "rules", [{}, {"Dice": HASH}, {"dice": "ab"}, {"dice": None}, {"": HASH}, {"1dice": HASH}]),
    ("epoch", "reveal_by", [*NOT_INTEGERS, 5, 0]),
    ("epoch", "max_rounds", [*NOT_INTEGERS, 0]),
    ("epoch", "log_by", [*NOT_INTEGERS, 4]),
    ("epoch", "beacon_mode", ["", "None", None]),
    ("epoch", "beacon_chain", [HASH]),
    ("epoch", "beacon_delay", [1, *NOT_INTEGERS]),
    ("epoch", "not_before", ["x", f"{HASH}:0:{HASH}"]),
    ("activation", "seed_id", NOT_HEX),
    ("activation", "client_seed_source", ["", "Player", None, ["player"]]),
    ("activation", "beacon_round", NOT_INTEGERS),
    ("receipt", "nonce", [*NOT_INTEGERS, 2**53 - 1]),
    ("receipt", "game", ["", "Dice", "-a", "a" * 65, None]),
    ("receipt", "rules_digest", NOT_HEX),
    (
        "receipt",
        "parameters",
        [{"x": 1.5}, {"é": 1}, {"x": 2**53}, {1: 1}, {"x": True}, {"x": ["a"]}, {"x": None}, {"x": {}}],
    ),
    (
        "receipt",
        "draws",
        [[], [{"name": "roll"}], [{"name": "roll", "value": 1, "more": 2}], *BAD_DRAWS],
    ),
    ("receipt", "outcome", [{}, {"x": float("nan")}, {"x": None}, {"x": {}}, {"x": [[[[[1]]]]]}, {"x": [1, None]}]),
    ("receipt", "payout", [value for value in NOT_INTEGERS if value is not None]),
    ("receipt", "beacon", ["x", None]),
    ("receipt", "scheme_proof", ["0", "zz", "AB", "00" * 257]),
    ("receipt", "ticket", ["00"]),
    ("receipt", "previous", NOT_HEX),
    ("batch", "first_nonce", [*NOT_INTEGERS, 2**53 - 2]),
    ("batch", "count", [*NOT_INTEGERS, 0, 1_000_001]),
    ("batch", "draws_root", [b"", bytes(31), "00" * 32, None]),
    ("void", "voids", ["00", HASH.upper()]),
    ("void", "reason", ["", "a" * 501, "a\nb", "\x7f", "\x85", "\ud800", None]),
    ("reveal", "rounds", NOT_INTEGERS),
    ("reveal", "documents", NOT_INTEGERS),
    ("reveal", "receipts_root", [b"", bytes(33), None]),
]


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    # Numbered, because one of the values is an integer that Python refuses to print.
    [
        pytest.param(kind, name, value, id=f"{kind}-{name}-{number}")
        for kind, name, values in WRONG
        for number, value in enumerate(values)
    ],
)
def test_an_argument_outside_its_range_is_refused(kind: str, name: str, value: Any) -> None:
    build, arguments, _ = BUILDERS[kind]
    with pytest.raises((TypeError, ValueError)):
        build(SIGNER, **(arguments | {name: value}))


@pytest.mark.parametrize(
    ("mode", "chain", "delay", "fits"),
    [
        ("none", "", 0, True),
        ("epoch", HASH, 1, True),
        ("round", HASH, 0, True),
        ("epoch", HASH, 0, False),
        ("epoch", "", 1, False),
        ("round", HASH, 1, False),
        ("round", "", 0, False),
    ],
)
def test_the_beacon_fields_of_an_epoch_go_with_its_mode(mode: str, chain: str, delay: int, fits: bool) -> None:
    build, arguments, _ = BUILDERS["epoch"]
    fields = {"beacon_mode": mode, "beacon_chain": chain, "beacon_delay": delay}
    if fits:
        assert fields.items() <= build(SIGNER, **arguments, **fields).statement.items()
    else:
        with pytest.raises((TypeError, ValueError)):
            build(SIGNER, **arguments, **fields)


def test_a_wrong_argument_shows_its_value_and_its_form() -> None:
    build, arguments, _ = BUILDERS["epoch"]
    with pytest.raises(ValueError, match="tenant is 1 to 64 characters of a-z, 0-9, -, not 'Acme'"):
        build(SIGNER, **(arguments | {"tenant": "Acme"}))
