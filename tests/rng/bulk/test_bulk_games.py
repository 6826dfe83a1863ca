"""Bulk equals scalar for every bundled game: draws, outcome, payout, rows and root, whatever the inputs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rng.bulk import draws_root, prepare_bulk
from rng.games.loader import bundled_games
from rng.games.settings import choose_settings
from rng.merkle import root
from rng.rounds import prepare
from rng.seeds import MAX_NONCE, ClientSeed, ServerSeed
from tests.rng.bulk.scalar import CLIENT_SEED, SCHEME, SERVER_SEED, compare

GAMES = bundled_games()
SETTINGS = {name: choose_settings(rules, limit=24).chosen for name, rules in GAMES.items()}

digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
beacons = st.just("") | st.builds("{}:{}:{}".format, digests, st.integers(1, MAX_NONCE), digests)
client_seeds = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=64).map(ClientSeed)


@st.composite
def ranges(draw: st.DrawFn) -> tuple[int, int]:
    """Draw a range of nonces: small ones, those where a decimal grows by a digit, and the last ones there are."""
    count = draw(st.integers(1, 24))
    first = draw(st.integers(0, 20) | st.sampled_from([95, 99_990, 10**15 - 5]) | st.just(MAX_NONCE - count + 1))
    return first, count


@pytest.mark.parametrize("name", sorted(GAMES))
@settings(max_examples=12)
@given(data=st.data())
def test_bulk_equals_scalar_for_every_game(name: str, data: st.DataObject) -> None:
    """Any seeds, beacon, parameters and range."""
    first, count = data.draw(ranges())
    columns = compare(
        GAMES[name],
        data.draw(st.sampled_from(SETTINGS[name])),
        first_nonce=first,
        count=count,
        server_seed=ServerSeed(data.draw(st.binary(min_size=32, max_size=32))),
        client_seed=data.draw(client_seeds),
        beacon=data.draw(beacons),
    )
    assert columns is not None
    assert draws_root(columns) == root(bytes(row) for row in columns.rows())


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(GAMES))
def test_bulk_equals_scalar_for_every_setting_of_every_game(name: str) -> None:
    """Corners of the parameters and a spread between them, 40 rounds each."""
    for parameters in choose_settings(GAMES[name], limit=60).chosen:
        assert compare(GAMES[name], parameters, count=40) is not None


@pytest.mark.parametrize("name", sorted(GAMES))
def test_every_bundled_game_is_played_by_arrays(name: str) -> None:
    """And not by the scalar path in disguise: no column holds Python objects, under any setting."""
    for parameters in SETTINGS[name]:
        player = prepare_bulk(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, rules=GAMES[name], parameters=parameters)
        kinds = {field: column.kind for field, column in player.play(0, 3).outcome.items()}
        assert "value" not in kinds.values(), (parameters, kinds)


@pytest.mark.parametrize("name", ["dice", "keno", "baccarat"])
def test_chunks_are_joined_without_seam(name: str) -> None:
    """A range that is longer than the chunk has, round by round, what its rounds have alone."""
    rules, parameters = GAMES[name], SETTINGS[name][0]
    bulk = prepare_bulk(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, rules=rules, parameters=parameters)
    scalar = prepare(SCHEME, SERVER_SEED, client_seed=CLIENT_SEED, rules=rules, parameters=parameters)
    columns = bulk.play(1, bulk.chunk + 3)
    for row in (0, bulk.chunk - 1, bulk.chunk, bulk.chunk + 2):
        expected = scalar.play(1 + row)
        assert {field: column.to_list()[row] for field, column in columns.outcome.items()} == expected.outcome
        assert columns.payout is not None
        assert int(columns.payout[row]) == expected.payout
        assert bytes(columns.rows()[row]) == scalar.row(1 + row)
