"""Ranges of nonces: chunks, several processes, bounded memory, and clear errors at the edges."""

from __future__ import annotations

import pickle
import tracemalloc
from typing import Any

import numpy as np
import pytest

from rng.bulk import Columns, draws_root, join_columns, leaf_hashes, play_columns, play_range, pool, prepare_bulk
from rng.games import ExpressionError, ParameterError, check_parameters, parse_rules
from rng.games.loader import bundled_games
from rng.merkle import EMPTY_ROOT, leaf_hash, root
from rng.seeds import MAX_NONCE
from tests.rng.bulk.scalar import CLIENT_SEED, SCHEME, SERVER_SEED, fake_scheme
from tests.rng.games.builder import document

DICE = bundled_games()["dice"]
DEFAULTS = check_parameters(DICE, {}, fill_defaults=True)


def inputs(**changes: Any) -> dict[str, Any]:
    """Return the arguments of a range of dice, with some replaced."""
    return {"client_seed": CLIENT_SEED, "first_nonce": 0, "count": 10, "rules": DICE, "parameters": DEFAULTS, **changes}


def same(a: Columns, b: Columns) -> None:
    """Assert that two are equal."""
    assert a.nonces.tolist() == b.nonces.tolist()
    assert {name: draw.tolist() for name, draw in a.draws.items()} == {n: draw.tolist() for n, draw in b.draws.items()}
    assert {name: one.to_list() for name, one in a.outcome.items()} == {
        n: one.to_list() for n, one in b.outcome.items()
    }
    assert (a.payout is None) is (b.payout is None)
    assert a.payout is None or b.payout is None or a.payout.tolist() == b.payout.tolist()


@pytest.mark.parametrize("chunk", [1, 7, 100, None])
def test_chunks_of_any_size_are_the_whole_range(chunk: int | None) -> None:
    whole = play_columns(SCHEME, SERVER_SEED, **inputs(first_nonce=95, count=101))
    parts = list(play_range(SCHEME, SERVER_SEED, **inputs(first_nonce=95, count=101, chunk=chunk)))
    assert [len(part) for part in parts[:-1]] == [chunk] * (len(parts) - 1)
    assert sum(map(len, parts)) == 101
    same(join_columns(parts), whole)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"count": 0}, ValueError, "count must be at least 1, not 0: a range without rounds has no columns"),
        ({"count": -3}, ValueError, "at least 1, not -3"),
        ({"count": True}, TypeError, "count must be an int, not bool"),
        ({"first_nonce": -1}, ValueError, "nonce must be 0 to 2.53 - 1, not -1"),
        ({"first_nonce": 1.0}, TypeError, "nonce must be an int, not float"),
        ({"first_nonce": MAX_NONCE + 1}, ValueError, "nonce must be 0 to 2.53 - 1"),
        ({"first_nonce": MAX_NONCE, "count": 2}, ValueError, "first nonce 9007199254740991 and count 2 go past nonce"),
        ({"count": 10**400}, ValueError, "go past nonce"),
        ({"beacon": "x"}, ValueError, "beacon must be empty or"),
        ({"parameters": {}}, ParameterError, "direction: is missing"),
        ({"parameters": {**DEFAULTS, "target": 0}}, ParameterError, "target: is an integer of 1 to 9800"),
    ],
)
def test_a_range_that_is_none_is_refused_before_anything_is_played(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    for play in (play_columns, play_range):
        with pytest.raises(error, match=message):
            play(SCHEME, SERVER_SEED, **inputs(**changes))
    with pytest.raises(error, match=message):
        pool.play_range(SCHEME, SERVER_SEED, **inputs(**changes), processes=1)


@pytest.mark.parametrize(
    ("chunk", "error", "message"),
    [
        (0, ValueError, "chunk must be 1 to 2.20 rounds, not 0"),
        (2**20 + 1, ValueError, "2.20"),
        (1.5, TypeError, "int"),
    ],
)
def test_a_chunk_that_is_none_is_refused(chunk: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        play_range(SCHEME, SERVER_SEED, **inputs(chunk=chunk))
    with pytest.raises(error, match=message):
        pool.play_range(SCHEME, SERVER_SEED, **inputs(chunk=chunk), processes=1)


def test_the_last_nonce_of_all_is_played() -> None:
    assert play_columns(SCHEME, SERVER_SEED, **inputs(first_nonce=MAX_NONCE, count=1)).nonces.tolist() == [MAX_NONCE]


def test_rules_without_a_value_name_the_first_nonce_and_spoil_no_chunk_before() -> None:
    """The thirteenth round is the first one that shows a die of 7."""
    rules = parse_rules(
        document(
            draws=[{"name": "flip", "primitive": "uniform", "n": 8}],
            outcome={"shown": {"at": [[0, 1, 2, 3, 4, 5, 6], "flip"]}},
            payout=None,
            claims={"return": None, "shapes": []},
        )
    )
    scheme = fake_scheme(lambda nonce, index: (7 if nonce in (13, 15) else nonce % 7).to_bytes(8, "big"))
    found = play_range(scheme, SERVER_SEED, **inputs(rules=rules, parameters={}, count=20, chunk=5))
    assert [next(found).outcome["shown"].to_list() for _ in range(2)] == [[0, 1, 2, 3, 4], [5, 6, 0, 1, 2]]
    with pytest.raises(ExpressionError, match="/outcome/shown/at: nonce 13: at index 7 is outside a list of 7"):
        next(found)


def test_memory_does_not_grow_with_the_range() -> None:
    """A range of a million dice takes what one of a hundred thousand takes."""

    def peak(count: int) -> int:
        tracemalloc.start()
        total = sum(int(part.draws["roll"].sum()) for part in play_range(SCHEME, SERVER_SEED, **inputs(count=count)))
        assert 0 < total < 10_000 * count
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(20_000)  # what is kept for good is made now
    small, large = peak(100_000), peak(400_000)
    assert large < 1.5 * small
    assert large < 32 * 2**20


def test_several_processes_give_the_chunks_of_one_in_order() -> None:
    """Among them the last one, which is shorter; texts and lists pass between processes too."""
    rules = bundled_games()["baccarat"]
    parameters = check_parameters(rules, {"bet": "tie"}, fill_defaults=True)
    arguments = inputs(rules=rules, parameters=parameters, first_nonce=5, count=1000)
    parts = list(pool.play_range(SCHEME, SERVER_SEED, **arguments, chunk=150, processes=2))
    assert [len(part) for part in parts] == [150] * 6 + [100]
    same(join_columns(parts), play_columns(SCHEME, SERVER_SEED, **arguments))


def sum_of_rolls(columns: Columns) -> int:
    """Return a summary that is made in the worker process."""
    return int(columns.draws["roll"].sum())


def test_several_processes_summarise_what_they_play() -> None:
    sums = list(pool.map_range(sum_of_rolls, SCHEME, SERVER_SEED, **inputs(count=50), chunk=20, processes=2))
    rolls = play_columns(SCHEME, SERVER_SEED, **inputs(count=50)).draws["roll"]
    assert sums == [int(rolls[:20].sum()), int(rolls[20:40].sum()), int(rolls[40:].sum())]


def test_several_processes_say_what_one_says_of_rules_without_a_value() -> None:
    rules = parse_rules(document(outcome={"shown": {"at": [[5], "flip"]}}))
    with pytest.raises(ExpressionError, match=r"nonce \d+: at index 1 is outside a list of 1"):
        list(pool.play_range(SCHEME, SERVER_SEED, **inputs(rules=rules, parameters={}, count=64), processes=1))


def test_a_pool_takes_schemes_that_its_workers_find_and_a_number_of_processes() -> None:
    with pytest.raises(ValueError, match="'fake/v0' is not one that worker processes find"):
        pool.play_range(fake_scheme(lambda nonce, index: bytes(8)), SERVER_SEED, **inputs(), processes=1)
    for processes in (0, -1, 1025, True, 1.0):
        with pytest.raises(ValueError, match="processes must be an int from 1 to 1024"):
            pool.play_range(SCHEME, SERVER_SEED, **inputs(), processes=processes)  # type: ignore[arg-type]


def test_the_server_seed_and_the_game_key_are_shown_nowhere() -> None:
    player = prepare_bulk(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, rules=DICE, parameters=DEFAULTS)
    key = SCHEME.game_key(SERVER_SEED, rules_digest=DICE.digest)
    for text in (repr(player), str(player), repr(player.play(0, 3))):
        for secret in (SERVER_SEED.data, key):
            assert secret.hex() not in text
            assert repr(secret)[2:-1] not in text


def test_leaves_and_root_are_those_of_a_batch_receipt() -> None:
    columns = play_columns(SCHEME, SERVER_SEED, **inputs(count=37))
    rows = [bytes(row) for row in columns.rows()]
    assert leaf_hashes(columns) == b"".join(map(leaf_hash, rows))
    assert draws_root(columns) == root(rows) != EMPTY_ROOT


def test_rounds_that_draw_nothing_have_empty_rows() -> None:
    """A sample of none: 37 rows without a byte, each of them a leaf."""
    draws = [{"name": "flip", "primitive": "sample", "n": 5, "k": 0}]
    rules = parse_rules(
        document(draws=draws, outcome={"shown": "flip"}, payout=1, claims={"return": [1, 1], "shapes": []})
    )
    columns = play_columns(SCHEME, SERVER_SEED, **inputs(rules=rules, parameters={}, count=37))
    assert columns.draws["flip"].shape == (37, 0)
    assert columns.outcome["shown"].to_list() == [[]] * 37
    assert columns.rows().shape == (37, 0)
    assert draws_root(columns) == root([b""] * 37)


def test_columns_pass_between_processes() -> None:
    columns = play_columns(SCHEME, SERVER_SEED, **inputs(count=5))
    same(pickle.loads(pickle.dumps(columns)), columns)
    assert columns.nonces.dtype == np.int64
