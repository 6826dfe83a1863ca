"""Rows with seeds, client seeds and nonces of their own: rounds of the scalar path, and errors that name the row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rng.bulk import ClientSeeds, commitments, play_rows, prepare_rows
from rng.games import ExpressionError, ParameterError, check_parameters, parse_rules
from rng.games.loader import bundled_games
from rng.rounds import prepare
from rng.seeds import MAX_NONCE, ClientSeed, ServerSeed
from tests.rng.bulk.scalar import SCHEME, fake_scheme, same
from tests.rng.games.builder import document

GAMES = bundled_games()
DICE = GAMES["dice"]
DEFAULTS = check_parameters(DICE, {}, fill_defaults=True)
SEED = bytes(range(32))

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=70).filter(
    lambda text: len(text.encode()) <= 256
)


@settings(max_examples=60)
@given(st.data())
def test_each_row_is_the_round_of_the_scalar_path(data: st.DataObject) -> None:
    """Seeds that change and seeds that stay, in any order."""
    rules = GAMES[data.draw(st.sampled_from(["dice", "baccarat", "plinko", "crash", "hilo"]))]
    parameters = check_parameters(rules, {}, fill_defaults=True)
    few = data.draw(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3))
    rows = data.draw(
        st.lists(
            st.tuples(st.sampled_from(few), texts, st.integers(0, 12) | st.integers(0, MAX_NONCE)),
            min_size=1,
            max_size=12,
        )
    )
    columns = play_rows(
        SCHEME,
        server_seeds=b"".join(seed for seed, _, _ in rows),
        client_seeds=[text for _, text, _ in rows],
        nonces=[nonce for _, _, nonce in rows],
        rules=rules,
        parameters=parameters,
    )
    players = [
        prepare(SCHEME, ServerSeed(seed), client_seed=ClientSeed(text), rules=rules, parameters=parameters)
        for seed, text, _ in rows
    ]
    rounds = [player.play(nonce) for player, (_, _, nonce) in zip(players, rows, strict=True)]
    same(columns, rounds, [player.row(nonce) for player, (_, _, nonce) in zip(players, rows, strict=True)])
    assert columns.nonces.tolist() == [nonce for _, _, nonce in rows]


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["a", "aa", "b"]), st.integers(520, 640)), min_size=1, max_size=3
    ),
    st.booleans(),
)
def test_runs_of_nonces_are_the_rounds_of_the_scalar_path(runs: list[tuple[int, str, int]], mixed: bool) -> None:
    """Long runs, of one client seed or with another one here and there."""
    seeds: list[bytes] = []
    clients: list[str] = []
    nonces: list[int] = []
    for number, (seed, client, length) in enumerate(runs):
        first = MAX_NONCE - length + 1 if number == 2 else 97 * number
        seeds += [bytes([seed]) * 32] * length
        clients += [client] * length
        nonces += range(first, first + length)
    if mixed:
        clients[len(clients) // 2 :: 7] = ["aa"] * len(clients[len(clients) // 2 :: 7])
    columns = play_rows(
        SCHEME, server_seeds=b"".join(seeds), client_seeds=clients, nonces=nonces, rules=DICE, parameters=DEFAULTS
    )
    players = {
        (seed, client): prepare(
            SCHEME, ServerSeed(seed), client_seed=ClientSeed(client), rules=DICE, parameters=DEFAULTS
        )
        for seed, client in set(zip(seeds, clients, strict=True))
    }
    expected = [
        players[seed, client].draw(nonce)[0] for seed, client, nonce in zip(seeds, clients, nonces, strict=True)
    ]
    assert columns.draws["roll"].tolist() == expected


def test_a_run_ends_where_a_nonce_is_left_out() -> None:
    """Of one server seed and one client seed, and long enough to be played as ranges."""
    nonces = [*range(600), *range(601, 1201), *range(5, 605)]
    columns = play_rows(
        SCHEME,
        server_seeds=SEED * len(nonces),
        client_seeds=["a"] * len(nonces),
        nonces=nonces,
        rules=DICE,
        parameters=DEFAULTS,
    )
    player = prepare(SCHEME, ServerSeed(SEED), client_seed=ClientSeed("a"), rules=DICE, parameters=DEFAULTS)
    assert columns.draws["roll"].tolist() == [player.draw(nonce)[0] for nonce in nonces]


def test_client_seeds_of_the_same_bytes_with_other_bounds_are_not_one() -> None:
    seeds = ClientSeeds.of(["aa", "a", "aaa", "b", "b", "b"])
    assert not seeds.is_one(0, 3)
    assert not seeds.is_one(2, 4)
    assert seeds.is_one(3, 6)
    assert seeds.is_one(2, 3)


def test_client_seeds_that_occur_often_are_gathered() -> None:
    seeds = ClientSeeds.gather(["a", b"\xc3\xa9", ClientSeed("ccc")], np.array([2, 0, 1, 1, 2]))
    assert [seeds.at(row).text for row in range(len(seeds))] == ["ccc", "a", "é", "é", "ccc"]
    assert len(ClientSeeds.gather(["a"], np.array([], dtype=np.int64))) == 0


@pytest.mark.parametrize(
    ("seeds", "codes", "error", "message"),
    [
        (["a", ""], np.array([0]), ValueError, "row 1: client seed must be 1 to 256 bytes"),
        (["a", "b"], np.array([0, 2]), ValueError, "row 1: code 2 is no place among 2 client seeds"),
        (["a", "b"], np.array([-1]), ValueError, "row 0: code -1 is no place"),
        (["a"], np.array([0.0]), TypeError, "codes of client seeds must be an int64 array"),
        (["a"], [0], TypeError, "codes of client seeds must be an int64 array"),
    ],
)
def test_codes_and_seeds_that_are_none_are_refused(
    seeds: list[str], codes: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        ClientSeeds.gather(seeds, codes)


def test_a_scheme_without_fast_functions_and_refused_words_are_played_alike() -> None:
    """Every other word at the top is refused by 2^53 - 1."""
    rules = parse_rules(
        document(
            draws=[{"name": "flip", "primitive": "uniform", "n": 2**53 - 1}],
            outcome={"shown": "flip"},
            payout=None,
            claims={"return": None, "shapes": []},
        )
    )
    scheme = fake_scheme(lambda nonce, index: (2**64 - 1 if index == 0 and nonce % 2 else nonce).to_bytes(8, "big"))
    columns = play_rows(
        scheme, server_seeds=SEED * 4, client_seeds=["a"] * 4, nonces=[3, 4, 5, 6], rules=rules, parameters={}
    )
    assert columns.draws["flip"].tolist() == [3, 4, 5, 6]


def test_more_rows_than_are_worked_on_at_once_are_joined() -> None:
    rules = GAMES["integers"]
    parameters = check_parameters(rules, {"amount": 10_000}, fill_defaults=True)
    player = prepare_rows(SCHEME, rules=rules, parameters=parameters)
    assert player.chunk < 20
    nonces = list(range(20))
    columns = player.play(SEED * 20, client_seeds=["a"] * 20, nonces=nonces)
    scalar = prepare(SCHEME, ServerSeed(SEED), client_seed=ClientSeed("a"), rules=rules, parameters=parameters)
    same(columns, [scalar.play(nonce) for nonce in nonces], [scalar.row(nonce) for nonce in nonces])


def arguments(**changes: Any) -> dict[str, Any]:
    """Return the arguments of three rows of dice, with some replaced."""
    return {
        "server_seeds": SEED * 3,
        "client_seeds": ["a", "b", "c"],
        "nonces": [0, 1, 2],
        "rules": DICE,
        "parameters": DEFAULTS,
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"server_seeds": SEED + b"x"},
            ValueError,
            "server seeds must be 32 bytes a row, and 33 bytes are no whole rows",
        ),
        ({"server_seeds": SEED * 2}, ValueError, "2 server seeds, 3 client seeds and 3 nonces"),
        ({"server_seeds": "00" * 96}, TypeError, "must be bytes or a uint8 array of shape .rows, 32., not str"),
        ({"server_seeds": np.zeros((3, 32))}, TypeError, "not float64"),
        ({"server_seeds": np.zeros((3, 31), dtype=np.uint8)}, ValueError, r"of shape \(rows, 32\), not \(3, 31\)"),
        ({"client_seeds": ["a", "b"]}, ValueError, "3 server seeds, 2 client seeds and 3 nonces"),
        ({"client_seeds": ["a", "b", ""]}, ValueError, "row 2: client seed must be 1 to 256 bytes"),
        ({"client_seeds": ["a", b"\xff", "c"]}, ValueError, "row 1: client seed is not UTF-8 at byte 0"),
        ({"client_seeds": ["a", "b\n", "c"]}, ValueError, "row 1: client seed has a control character at character 1"),
        ({"client_seeds": ["a", 7, "c"]}, TypeError, "row 1: a client seed is a ClientSeed, text or bytes, not int"),
        ({"nonces": [0, -1, 2]}, ValueError, "row 1: nonce must be 0 to 2.53 - 1, not -1"),
        ({"nonces": [0, 1, 2**53]}, ValueError, "row 2: nonce must be 0 to 2.53 - 1, not 9007199254740992"),
        ({"nonces": [0, 1, 10**500]}, ValueError, "row 2: nonce must be 0 to 2.53 - 1, not an integer of 1661 bits"),
        ({"nonces": [0, True, 2]}, TypeError, "row 1: nonce must be an int, not bool"),
        ({"nonces": np.array([0, 1, 2**53])}, ValueError, "row 2: nonce must be 0 to 2.53 - 1, not 9007199254740992"),
        ({"nonces": np.array([0.0, 1, 2])}, TypeError, "nonces must be int64 of one axis, not float64"),
        ({"nonces": np.zeros((3, 1), dtype=np.int64)}, TypeError, "int64 of one axis, not int64 of 2"),
        ({"server_seeds": b"", "client_seeds": [], "nonces": []}, ValueError, "there is no row"),
        ({"beacon": "x"}, ValueError, "beacon must be empty or"),
        ({"parameters": {}}, ParameterError, "is missing"),
    ],
)
def test_what_is_no_row_is_refused_with_its_number(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as raised:
        play_rows(SCHEME, **arguments(**changes))
    assert SEED.hex() not in str(raised.value)


def test_rules_without_a_value_name_the_nonce_of_the_first_such_row() -> None:
    rules = parse_rules(document(outcome={"shown": {"at": [[], "flip"]}}))
    with pytest.raises(ExpressionError, match="nonce 9: at index"):
        play_rows(SCHEME, **arguments(rules=rules, parameters={}, nonces=[9, 8, 7]))


def test_commitments_are_those_of_each_seed() -> None:
    seeds = [bytes([byte]) * 32 for byte in range(9)]
    found = commitments(b"".join(seeds))
    assert [bytes(row) for row in found] == [ServerSeed(seed).commitment().data for seed in seeds]
    assert commitments(b"").shape == (0, 32)


def test_a_row_player_shows_no_seed() -> None:
    player = prepare_rows(SCHEME, rules=DICE, parameters=DEFAULTS)
    columns = player.play(SEED * 2, client_seeds=["a", "b"], nonces=[0, 1])
    assert SEED.hex() not in repr(player) + repr(columns)


# Client seeds, one after another.

pieces = st.lists(
    st.binary(max_size=5)
    | st.text(st.characters(exclude_categories=[]), max_size=3).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | texts.map(str.encode)
    | st.sampled_from(
        [b"", b"a" * 256, b"a" * 257, b"\xc2", b"\x80", b"\xc2\x80", b"\xc2\xa0", b"\x7f", b"\x1f", b" "]
    ),
    max_size=6,
)


@settings(max_examples=300)
@given(pieces)
@example([b"a\xc3", b"\xa9b"])
@example([b"a\xc2", b"\x85b"])
@example([b"a", b"\xc2\x85b"])
@example([b"\xe2\x82", b"\xac"])
@example([b"\x80"])
def test_client_seeds_are_checked_as_one_by_one(parts: list[bytes]) -> None:
    """The first row that is no client seed is named, with the words that are said of it alone."""
    said = None
    for row, part in enumerate(parts):
        try:
            ClientSeed.from_bytes(part)
        except ValueError as error:
            said = f"row {row}: {error}"
            break
    offsets = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    if said is None:
        seeds = ClientSeeds(b"".join(parts), offsets)
        assert [seeds.at(row).data for row in range(len(seeds))] == parts
        return
    with pytest.raises(ValueError, match="row") as raised:
        ClientSeeds(b"".join(parts), offsets)
    assert str(raised.value) == said


@pytest.mark.parametrize("offsets", [[0, 2], [1, 3], [0, 2, 1, 3], [0, 4], [-1, 3]])
def test_offsets_that_do_not_fit_the_bytes_are_refused(offsets: list[int]) -> None:
    with pytest.raises(ValueError, match="must run from 0 to 3 without going back"):
        ClientSeeds(b"abc", np.array(offsets, dtype=np.int64))


@pytest.mark.parametrize("offsets", [[0, 3], np.array([0, 3.0]), np.array([], dtype=np.int64), np.zeros((1, 2), int)])
def test_offsets_that_are_no_array_of_integers_are_refused(offsets: Any) -> None:
    with pytest.raises(TypeError, match="offsets of client seeds must be an int64 array"):
        ClientSeeds(b"abc", offsets)
