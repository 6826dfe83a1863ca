"""A round is a pure function of its seeds, its nonce and its rules."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.games import ExpressionError, ParameterError, parse_rules
from rng.games.draws import maker
from rng.games.loader import bundled_games
from rng.games.rules import check_parameters, prepare_rules
from rng.primitives import Words
from rng.rounds import Round, play, prepare
from rng.schemes import scheme
from rng.seeds import ClientSeed, ServerSeed

from .builder import document, game

SCHEME = scheme("hmac-sha256/v1")
SERVER_SEED = ServerSeed(bytes(range(32)))
CLIENT_SEED = ClientSeed("lucky")


def test_a_coin_falls_as_two_hmacs_written_out_by_hand_say() -> None:
    rules = parse_rules(document())
    key = hmac.digest(bytes(range(32)), f"fairlot/hmac-sha256/v1:{rules.digest}:".encode(), hashlib.sha256)
    for nonce in range(8):
        block = hmac.digest(key, f"lucky:{nonce}:0".encode(), hashlib.sha256)
        side = int.from_bytes(block[:8], "big") % 2
        found = play(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, nonce=nonce, rules=rules, parameters={})
        assert found == Round([{"name": "flip", "value": side}], {"heads": side == 0}, 0 if side else 19800)


def test_draws_are_made_in_order_from_one_stream_and_rows_hold_them_flattened() -> None:
    rules = game(
        [
            {"name": "a", "primitive": "uniform", "n": 1000},
            {"name": "b", "primitive": "bits", "n": 3},
            {"name": "c", "primitive": "sample", "n": 10, "k": 2},
            {"name": "d", "primitive": "permutation", "n": 3},
            {"name": "e", "primitive": "weighted", "weights": [1, 2], "times": 2},
            {"name": "f", "primitive": "ratio", "edge": 100, "cap": 10**10},
        ],
        None,
    )
    player = prepare(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, rules=rules, parameters={}, beacon="")
    key = SCHEME.game_key(SERVER_SEED, rules_digest=rules.digest, beacon="")
    for nonce in (0, 1, 2**53 - 1):
        words = Words(SCHEME.blocks(key, client_seed=CLIENT_SEED, nonce=nonce))
        values = [maker(draw)(words) for draw in prepare_rules(rules, {}).draws]
        assert player.draw(nonce) == values
        assert player.draw(nonce) == player.draw(nonce)
        assert [draw["value"] for draw in player.play(nonce).draws] == values
        assert player.play(nonce).payout is None
        flat = [number for value in values for number in (value if isinstance(value, list) else [value])]
        row = player.row(nonce)
        assert len(row) == 8 * player.prepared.width
        assert [int.from_bytes(row[at : at + 8], "big") for at in range(0, len(row), 8)] == flat


def test_another_seed_nonce_beacon_or_rule_gives_another_stream() -> None:
    draws = [{"name": "a", "primitive": "uniform", "n": 2**53 - 1}]
    rules = game(draws)
    usual = prepare(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, rules=rules, parameters={})
    others = [
        prepare(SCHEME, ServerSeed(bytes(32)), client_seed=CLIENT_SEED, rules=rules, parameters={}).draw(0),
        prepare(SCHEME, SERVER_SEED, client_seed=ClientSeed("lucky "), rules=rules, parameters={}).draw(0),
        prepare(
            SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, rules=rules, parameters={}, beacon=f"{'a' * 64}:1:{'b' * 64}"
        ).draw(0),
        prepare(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, rules=game(draws, 1), parameters={}).draw(0),
        usual.draw(1),
        usual.draw(0),
    ]
    assert len({str(draw) for draw in others}) == len(others)


def test_every_parameter_has_to_be_given_and_allowed() -> None:
    rules = bundled_games()["dice"]
    with pytest.raises(ParameterError, match="missing"):
        prepare(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, rules=rules, parameters={})
    with pytest.raises(ParameterError, match="direction"):
        prepare(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, rules=rules, parameters={"direction": "up", "target": 50})


def test_a_round_without_a_value_is_an_error_not_an_outcome() -> None:
    rules = game([{"name": "a", "primitive": "uniform", "n": 2}], {"div": [1, 0]})
    with pytest.raises(ExpressionError):
        play(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, nonce=0, rules=rules, parameters={})


def test_a_player_shows_no_key() -> None:
    player = prepare(
        SCHEME,
        SERVER_SEED,
        client_seed=CLIENT_SEED,
        rules=game([{"name": "a", "primitive": "bits", "n": 1}]),
        parameters={},
    )
    key = SCHEME.game_key(SERVER_SEED, rules_digest=player.prepared.rules.digest, beacon="")
    assert key.hex() not in repr(player)
    assert repr(key) not in repr(player)


@given(st.sampled_from(sorted(bundled_games())), st.binary(min_size=32, max_size=32), st.integers(0, 2**53 - 1))
def test_every_bundled_game_has_an_outcome_for_any_seed_and_nonce(name: str, seed: bytes, nonce: int) -> None:
    rules = bundled_games()[name]
    parameters = check_parameters(rules, {}, fill_defaults=True)
    found = play(SCHEME, ServerSeed(seed), client_seed=CLIENT_SEED, nonce=nonce, rules=rules, parameters=parameters)
    assert set(found.outcome) == {formula.name for formula in rules.outcome}
    assert (found.payout is None) is (rules.payout is None)
    again = play(SCHEME, ServerSeed(seed), client_seed=CLIENT_SEED, nonce=nonce, rules=rules, parameters=parameters)
    assert found == again
