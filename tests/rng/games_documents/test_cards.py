"""Known answers of the card games: published counts of baccarat and poker hands, and hands dealt one by one."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.games.odds import distribution
from tests.rng.games_documents.bundled import (
    claimed,
    game,
    outcome,
    published,
    return_to_player,
    show,
    stakes,
    table,
)

DECK: list[str] = table("baccarat", "deck")
HANDS = 2_598_960


def cards(text: str) -> list[int]:
    return [DECK.index(name) for name in text.split()]


def points(card: int) -> int:
    rank = card % 13 + 1
    return 0 if rank >= 10 else rank


def punto_banco(shoe: list[int]) -> tuple[list[int], list[int]]:
    """Deal a hand as the rules of punto banco are told at the table: the player acts on two cards, then the banker."""
    player, banker, rest = [shoe[0], shoe[2]], [shoe[1], shoe[3]], shoe[4:]

    def total(hand: list[int]) -> int:
        return sum(map(points, hand)) % 10

    if max(total(player), total(banker)) >= 8:
        return player, banker
    if total(player) >= 6:
        if total(banker) <= 5:
            banker.append(rest[0])
        return player, banker
    player.append(rest[0])
    third = points(rest[0])
    score = total(banker)
    stands_on = {3: {8}, 4: {0, 1, 8, 9}, 5: {0, 1, 2, 3, 8, 9}, 6: {0, 1, 2, 3, 4, 5, 8, 9}}
    if score <= 2 or (score <= 6 and third not in stands_on[score]):
        banker.append(rest[1])
    return player, banker


@given(shoe=st.lists(st.integers(0, 415), min_size=6, max_size=6, unique=True))
def test_baccarat_deals_and_scores_as_the_table_does(shoe: list[int]) -> None:
    player, banker = punto_banco(shoe)
    totals = [sum(map(points, hand)) % 10 for hand in (player, banker)]
    winner = "tie" if totals[0] == totals[1] else "player" if totals[0] > totals[1] else "banker"
    pairs = [hand[0] % 13 == hand[1] % 13 for hand in (player, banker)]
    assert outcome("baccarat", shoe) == {
        "player": [DECK[card % 52] for card in player],
        "banker": [DECK[card % 52] for card in banker],
        "player_total": totals[0],
        "banker_total": totals[1],
        "winner": winner,
        "player_pair": pairs[0],
        "banker_pair": pairs[1],
    }
    pays = {
        "player": {"player": Fraction(2), "tie": Fraction(1)}.get(winner, Fraction(0)),
        "banker": {"banker": Fraction(39, 20), "tie": Fraction(1)}.get(winner, Fraction(0)),
        "tie": Fraction(9 * (winner == "tie")),
        "player-pair": Fraction(12 * pairs[0]),
        "banker-pair": Fraction(12 * pairs[1]),
        "either-pair": Fraction(6 * any(pairs)),
    }
    assert {bet: stakes("baccarat", shoe, bet=bet) for bet in pays} == pays


@cache
def winner_of(values: tuple[int, ...]) -> str | None:
    """Return who wins with cards of these values, `None` while the hand still needs a card."""
    if len(values) < 4:
        return None
    # Cards of the right value stand for all, and tens for the cards that are not dealt yet.
    player, banker = punto_banco([*((value - 1) % 10 for value in values), 9, 9][:6])
    if len(player) + len(banker) > len(values):
        return None
    scores = [sum(map(points, hand)) % 10 for hand in (player, banker)]
    return "tie" if scores[0] == scores[1] else "player" if scores[0] > scores[1] else "banker"


def baccarat_returns(decks: int | None) -> dict[str, Fraction]:
    """Return what each bet returns, by counting shoes by value on paths of at most six cards; `None`: endless decks."""
    taken = 0 if decks is None else 1
    left = [(decks or 1) * count for count in (16, 4, 4, 4, 4, 4, 4, 4, 4, 4)]
    size = sum(left)
    paths = {(winner, length): 0 for winner in ("player", "banker", "tie") for length in (4, 5, 6)}

    def go(dealt: tuple[int, ...], weight: int) -> None:
        winner = winner_of(dealt)
        if winner is not None:
            paths[winner, len(dealt)] += weight
            return
        for value in range(10):
            here = left[value]
            left[value] -= taken
            if here:
                go((*dealt, value), weight * here)
            left[value] += taken

    go((), 1)
    ways = dict.fromkeys(("player", "banker", "tie"), Fraction(0))
    for (winner, length), weight in paths.items():
        ways[winner] += Fraction(weight, prod(size - taken * place for place in range(length)))
    assert sum(ways.values()) == 1
    one = Fraction(1, 13) if decks is None else Fraction(4 * decks - 1, 52 * decks - 1)
    if decks is None:
        both = one**2
    else:
        rank, rest = 4 * decks, 52 * decks - 2
        same_rank = Fraction((rank - 2) * (rank - 3), rest * (rest - 1))
        other_rank = Fraction((52 * decks - rank) * (rank - 1), rest * (rest - 1))
        both = one * (same_rank + other_rank)
    return {
        "player": 2 * ways["player"] + ways["tie"],
        "banker": Fraction(39, 20) * ways["banker"] + ways["tie"],
        "tie": 9 * ways["tie"],
        "player-pair": 12 * one,
        "banker-pair": 12 * one,
        "either-pair": 6 * (2 * one - both),
    }


@pytest.mark.slow
def test_baccarat_of_eight_decks_has_the_published_counts() -> None:
    shoes = 4_998_398_275_503_360
    winner = distribution(game("baccarat"), {"decks": 8, "bet": "banker"}, "winner")
    assert winner == {
        "banker": Fraction(2_292_252_566_437_888, shoes),
        "player": Fraction(2_230_518_282_592_256, shoes),
        "tie": Fraction(475_627_426_473_216, shoes),
    }
    assert return_to_player("baccarat", decks=8, bet="player") == 2 * winner["player"] + winner["tie"]


@pytest.mark.slow
@pytest.mark.parametrize("decks", [1, 2, 3, 4, 5, 6, 7, 8, None])
def test_every_bet_of_baccarat_returns_what_an_independent_count_says(decks: int | None) -> None:
    name, given_decks = ("baccarat-infinite", {}) if decks is None else ("baccarat", {"decks": decks})
    counted = baccarat_returns(decks)
    bets = counted if decks in (1, None) else [bet for bet in counted if bet.endswith("pair")]
    for bet in bets:
        assert return_to_player(name, bet=bet, **given_decks) == counted[bet], bet
    least, most = claimed(name)
    assert all(least <= value <= most for value in counted.values())


@pytest.mark.parametrize(
    ("hand", "dealt"),
    [
        ("10♥ J♥ Q♥ K♥ A♥", "royal flush"),
        ("5♣ 9♣ 7♣ 6♣ 8♣", "straight flush"),
        ("A♦ 2♦ 3♦ 4♦ 5♦", "straight flush"),
        ("9♠ 9♥ 9♦ 9♣ K♠", "four of a kind"),
        ("2♠ 2♥ K♦ K♣ K♠", "full house"),
        ("2♠ 9♠ J♠ 4♠ K♠", "flush"),
        ("10♥ J♠ Q♥ K♥ A♥", "straight"),
        ("5♥ A♠ 3♥ 2♥ 4♥", "straight"),
        ("J♥ Q♠ K♥ A♥ 2♥", "no pair"),
        ("7♠ 7♥ 7♦ 2♣ K♠", "three of a kind"),
        ("7♠ 7♥ 2♦ 2♣ K♠", "two pairs"),
        ("J♠ J♥ 3♦ 2♣ K♠", "jacks or better"),
        ("A♠ 8♥ A♦ 2♣ K♠", "jacks or better"),
        ("10♠ 10♥ 3♦ 2♣ K♠", "one pair"),
    ],
)
def test_video_poker_names_the_hand_that_was_dealt(hand: str, dealt: str) -> None:
    behind = [card for card in range(52) if card not in cards(hand)][:5]
    shown = outcome("video-poker", [*cards(hand), *behind])
    assert shown["dealt"] == dealt
    assert shown["hand"] == hand.split()
    assert shown["replacements"] == [DECK[card] for card in behind]


def test_five_equal_cards_exist_where_decks_are_endless() -> None:
    assert outcome("video-poker-infinite", [5] * 10)["dealt"] == "five of a kind"
    assert outcome("video-poker-infinite", [0, 2, 4, 0, 0, *[1] * 5])["dealt"] == "flush"


def test_the_ranks_dealt_at_video_poker_have_the_counts_of_poker() -> None:
    ways = {
        "four of a kind": 624,
        "full house": 3_744,
        "three of a kind": 54_912,
        "two pairs": 123_552,
        "one pair": 1_098_240,
        "no pair": 1_302_540 + 10_200 + 5_108 + 40,
    }
    assert sum(ways.values()) == HANDS
    assert published("video-poker", "dealt, by ranks alone") == {
        name: Fraction(count, HANDS) for name, count in ways.items()
    }


@pytest.mark.parametrize(
    ("odds", "ways"),
    [
        ("dealt a pair of jacks or better", 337_920),
        ("dealt five of one suit", 5_148),
        ("dealt five in sequence", 10_240),
        pytest.param("dealt a straight flush or a royal flush", 40, marks=pytest.mark.slow),
        pytest.param("dealt a royal flush", 4, marks=pytest.mark.slow),
    ],
)
def test_hands_of_video_poker_are_as_rare_as_in_poker(odds: str, ways: int) -> None:
    assert published("video-poker", odds)[True] == Fraction(ways, HANDS)


@pytest.mark.parametrize("decks", [1, 2, 6, 8])
def test_a_natural_at_blackjack_is_an_ace_with_a_ten(decks: int) -> None:
    size = 52 * decks
    natural = Fraction(2 * 4 * decks * 16 * decks, size * (size - 1))
    both = natural * Fraction(2 * (4 * decks - 1) * (16 * decks - 1), (size - 2) * (size - 3))
    assert published("blackjack", "player natural", decks=decks)[True] == natural
    assert published("blackjack", "dealer natural", decks=decks)[True] == natural
    assert published("blackjack", "both natural", decks=decks)[True] == both
    assert published("blackjack-infinite", "both natural")[True] == Fraction(2 * 4 * 16, 52 * 52) ** 2


def test_the_up_card_of_the_dealer_is_a_ten_in_four_cases_of_thirteen() -> None:
    up_card = published("blackjack", "dealer up-card, ace 11")
    assert up_card == {value: Fraction(4 if value == 10 else 1, 13) for value in range(2, 12)}


def test_blackjack_deals_to_player_and_dealer_in_turn() -> None:
    shown, payout = show("blackjack", cards("A♠ 9♥ K♦ 7♣ 2♠ 3♠"), decks=1, cards=6)
    assert shown == {"player": ["A♠", "K♦"], "dealer": ["9♥", "7♣"], "pile": ["2♠", "3♠"]}
    assert payout is None
    assert outcome("blackjack", cards("A♠ 9♥ K♦ 7♣"), decks=1, cards=4)["pile"] == []


@pytest.mark.parametrize("decks", [1, 3, 8])
def test_the_next_card_of_hilo_is_of_the_same_rank_by_the_cards_left(decks: int) -> None:
    next_card = published("hilo", "second card, against the first", decks=decks)
    same = Fraction(4 * decks - 1, 52 * decks - 1)
    assert next_card == {"higher": (1 - same) / 2, "lower": (1 - same) / 2, "same": same}
    assert published("hilo-infinite", "second card, against the first")["same"] == Fraction(1, 13)


def test_a_whole_shoe_can_be_turned_at_hilo() -> None:
    assert outcome("hilo", list(range(52)), cards=52) == {"cards": DECK}
