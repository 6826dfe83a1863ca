"""Hold rounds in bulk against the scalar path, round by round."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from rng.bulk import Columns, prepare_bulk
from rng.games import ExpressionError, Rules
from rng.rounds import Round, prepare
from rng.schemes import SCHEMES, Scheme
from rng.seeds import ClientSeed, ServerSeed

SCHEME = SCHEMES["hmac-sha256/v1"]
SERVER_SEED = ServerSeed(bytes(range(32)))
CLIENT_SEED = ClientSeed("a client seed: été")


def same(columns: Columns, rounds: list[Round], rows: list[bytes]) -> None:
    """Assert that columns hold these rounds, by value and type, and these rows."""
    assert len(columns) == len(rounds)
    assert {name: draw.tolist() for name, draw in columns.draws.items()} == {
        draw["name"]: [one.draws[place]["value"] for one in rounds] for place, draw in enumerate(rounds[0].draws)
    }
    for field in rounds[0].outcome:
        # The text of a value keeps 1 and true apart, in lists too.
        assert repr(columns.outcome[field].to_list()) == repr([one.outcome[field] for one in rounds]), field
    assert list(columns.outcome) == list(rounds[0].outcome)
    payouts = None if columns.payout is None else columns.payout.tolist()
    assert payouts == (None if rounds[0].payout is None else [one.payout for one in rounds])
    assert [bytes(row) for row in columns.rows()] == rows


def compare(
    rules: Rules,
    parameters: Mapping[str, Any],
    *,
    first_nonce: int = 0,
    count: int,
    scheme: Scheme = SCHEME,
    server_seed: ServerSeed = SERVER_SEED,
    client_seed: ClientSeed = CLIENT_SEED,
    beacon: str = "",
) -> Columns | None:
    """Assert that a range of rounds is the same in bulk, and that both raise the same error where there is one.

    Returns:
        The rounds, or those before the first that the rules give no value for; None if that is the first one.
    """
    player = prepare(scheme, server_seed, client_seed=client_seed, rules=rules, parameters=parameters, beacon=beacon)
    bulk = prepare_bulk(scheme, server_seed, client_seed=client_seed, rules=rules, parameters=parameters, beacon=beacon)
    rounds: list[Round] = []
    for nonce in range(first_nonce, first_nonce + count):
        try:
            rounds.append(player.play(nonce))
        except ExpressionError as error:
            try:
                bulk.play(first_nonce, count)
            except ExpressionError as found:
                assert (found.path, found.message) == (error.path, f"nonce {nonce}: {error.message}")
            else:
                raise AssertionError(f"bulk gives rounds where nonce {nonce} has no value: {error}") from None
            break
    if not rounds:
        return None
    columns = bulk.play(first_nonce, len(rounds))
    assert columns.nonces.tolist() == list(range(first_nonce, first_nonce + len(rounds)))
    same(columns, rounds, [player.row(nonce) for nonce in columns.nonces.tolist()])
    return columns


def fake_scheme(blocks: Callable[[int, int], bytes]) -> Scheme:
    """Return a scheme whose block is a function of nonce and index, and nothing else."""

    def of_round(game_key: bytes, *, client_seed: ClientSeed, nonce: int) -> Callable[[int], bytes]:
        return lambda index: blocks(nonce, index)

    def block(game_key: bytes, *, client_seed: ClientSeed, nonce: int, index: int) -> bytes:
        return blocks(nonce, index)

    return dataclasses.replace(SCHEME, name="fake/v0", blocks=of_round, block=block)
