"""Known answers of coin, dice, limbo, crash, mines, raffle, bracket and plain integers."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rng.games_documents.bundled import claimed, outcome, published, return_to_player, show, stakes


def at_least(hundredths: int) -> Fraction:
    """Return how often a multiplier with an edge of 1 % reaches a target: the u with 99 * 2^52 >= t * (2^52 - u)."""
    return Fraction(99 * 2**52 // hundredths, 2**52)


@pytest.mark.parametrize(("call", "flip"), [("heads", 0), ("tails", 1)])
def test_the_side_that_was_called_pays_nearly_double(call: str, flip: int) -> None:
    assert show("coinflip", flip, call=call) == ({"side": call, "win": True}, 19_800)
    assert show("coinflip", 1 - flip, call=call)[1] == 0
    assert return_to_player("coinflip", call=call) == Fraction(99, 100)


@pytest.mark.parametrize(
    ("direction", "roll", "win"),
    [("under", 4999, True), ("under", 5000, False), ("over", 5001, True), ("over", 5000, False)],
)
def test_the_target_itself_never_wins_at_dice(direction: str, roll: int, win: bool) -> None:
    assert outcome("dice", roll, direction=direction, target=5000) == {"roll": roll, "win": win}


@given(ways=st.integers(1, 9_800))
def test_dice_pay_by_the_number_of_winning_faces_and_alike_in_both_directions(ways: int) -> None:
    least, most = claimed("dice")
    under = return_to_player("dice", direction="under", target=ways)
    assert under == return_to_player("dice", direction="over", target=9_999 - ways)
    assert under == Fraction(ways * (99_000_000 // ways), 10_000 * 10_000)
    assert least <= under <= most
    assert published("dice", "win", direction="under", target=ways)[True] == Fraction(ways, 10_000)


def test_every_win_at_dice_pays_more_than_the_stake() -> None:
    assert stakes("dice", 0, direction="under", target=9_800) == Fraction(10_102, 10_000)
    assert stakes("dice", 0, direction="under", target=1) == 9_900


@given(target=st.integers(101, 10**8))
def test_a_target_of_limbo_is_reached_as_often_as_its_edge_allows(target: int) -> None:
    least, most = claimed("limbo")
    expected = at_least(target) * Fraction(target, 100)
    assert return_to_player("limbo", target=target) == expected
    assert least <= expected <= most


def test_limbo_pays_the_target_and_not_the_multiplier() -> None:
    assert show("limbo", 731, target=250) == ({"multiplier": 731, "win": True}, 25_000)
    assert show("limbo", 250, target=250)[1] == 25_000
    assert show("limbo", 249, target=250) == ({"multiplier": 249, "win": False}, 0)


@pytest.mark.parametrize(
    ("odds", "target"),
    [("reaches 1.10", 110), ("reaches 2.00", 200), ("reaches 10.00", 1_000), ("reaches 10000.00", 1_000_000)],
)
def test_crash_reaches_a_multiplier_as_often_as_the_formula_says(odds: str, target: int) -> None:
    assert published("crash", odds)[True] == at_least(target)


def test_nearly_two_of_a_hundred_rounds_of_crash_end_at_once() -> None:
    """One of them is the edge; in the other the multiplier lies between 1.00 and 1.01."""
    assert published("crash", "ends at once, at 1.00")[True] == 1 - at_least(101)
    assert show("crash", 100) == ({"crash_point": 100}, None)


@pytest.mark.parametrize("mines", [1, 3, 12, 24])
def test_surviving_k_picks_among_mines_is_a_quotient_of_binomials(mines: int) -> None:
    safe = published("mines", "safe picks before the first mine", mines=mines)
    for picks in range(26):
        survives = sum(chance for count, chance in safe.items() if count >= picks)
        assert survives == Fraction(comb(25 - picks, mines), comb(25, mines)), picks


@given(mined=st.lists(st.integers(0, 24), min_size=1, max_size=24, unique=True))
def test_the_board_of_mines_shows_every_tile_once(mined: list[int]) -> None:
    shown, payout = show("mines", mined, mines=len(mined))
    assert shown["mines"] == sorted(mined)
    assert [len(row) for row in shown["board"]] == [5] * 5
    tiles = [tile for row in shown["board"] for tile in row]
    assert {place for place, tile in enumerate(tiles) if tile == "mine"} == set(mined)
    assert set(tiles) <= {"mine", "gem"}
    assert payout is None


@pytest.mark.parametrize(("entrants", "winners"), [(1, 1), (100, 3), (2**32, 1_000)])
def test_each_entrant_of_a_raffle_wins_as_often_as_there_are_prizes(entrants: int, winners: int) -> None:
    chances = published("raffle", "entrant 1 wins a prize", entrants=entrants, winners=winners)
    assert chances[True] == Fraction(winners, entrants)


def test_winners_of_a_raffle_are_numbered_from_one_in_the_order_of_prizes() -> None:
    assert outcome("raffle", [99, 0, 41]) == {"winners": [100, 1, 42]}


@given(order=st.integers(2, 200).flatmap(lambda entrants: st.permutations(range(entrants))))
def test_a_bracket_leaves_a_power_of_two_for_the_second_round(order: list[int]) -> None:
    shown, _ = show("bracket", order, entrants=len(order))
    names = [entrant + 1 for entrant in order]
    byes, matches = shown["byes"], shown["first_round"]
    assert shown["order"] == names
    assert byes + [name for match in matches for name in match] == names
    assert all(len(match) == 2 for match in matches)
    left = len(byes) + len(matches)
    assert left & (left - 1) == 0
    assert left < len(names) <= 2 * left


def test_five_entrants_play_one_match_before_the_second_round() -> None:
    shown = outcome("bracket", [4, 2, 0, 1, 3], entrants=5)
    assert shown == {"order": [5, 3, 1, 2, 4], "byes": [5, 3, 1], "first_round": [[2, 4]]}
    assert published("bracket", "entrant 1 has a bye", entrants=5)[True] == Fraction(3, 5)


def test_every_entrant_but_a_power_of_two_has_the_same_chance_of_a_bye() -> None:
    assert published("bracket", "entrant 1 has a bye", entrants=513)[True] == Fraction(511, 513)
    assert published("bracket", "entrant 1 has a bye", entrants=1_024) == {False: 1}


def test_integers_lie_between_low_and_high() -> None:
    assert outcome("integers", [0, 5, 5], low=-3, high=2, amount=3) == {"integers": [-3, 2, 2]}
    assert outcome("integers-unique", [5, 0], low=-3, high=2, amount=2) == {"integers": [2, -3]}


@pytest.mark.parametrize("name", ["integers", "integers-unique"])
def test_half_of_the_integers_lie_in_the_lower_half(name: str) -> None:
    lower = published(name, "first in the lower half of the range", low=-7, high=2**31)
    numbers = 2**31 + 8
    assert lower[True] == Fraction((numbers + 1) // 2, numbers)


def test_an_integer_is_drawn_without_repetition_as_often_as_there_are_draws() -> None:
    drawn = published("integers-unique", "the least of the range is drawn", low=1, high=49, amount=6)
    assert drawn[True] == Fraction(6, 49)
