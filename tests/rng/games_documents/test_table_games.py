"""Known answers of roulette, sic bo, wheel, plinko, keno, lotteries and the other games with a table of payouts."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rng.games_documents.bundled import claimed, outcome, published, return_to_player, show, stakes, table

EUROPEAN, AMERICAN = "roulette-european", "roulette-american"
RED = {1, 3, 5, 7, 9, 12, 14, 16, 18, 19, 21, 23, 25, 27, 30, 32, 34, 36}
OUTSIDE: dict[str, set[int]] = {
    "red": RED,
    "black": set(range(1, 37)) - RED,
    "odd": set(range(1, 37, 2)),
    "even": set(range(2, 37, 2)),
    "low": set(range(1, 19)),
    "high": set(range(19, 37)),
    **{f"dozen-{n}": {number for number in range(1, 37) if (number + 11) // 12 == n} for n in (1, 2, 3)},
    **{f"column-{n}": {number for number in range(1, 37) if (number - n) % 3 == 0} for n in (1, 2, 3)},
}


def pockets_of(bet: str) -> set[str]:
    """Return the pockets that a bet's name stands for."""
    if bet in OUTSIDE:
        return {str(number) for number in OUTSIDE[bet]}
    if bet == "first-four":
        return {"0", "1", "2", "3"}
    if bet == "top-line":
        return {"0", "00", "1", "2", "3"}
    return set(bet.split("-")[1:])


def inside_bets(*, american: bool) -> set[frozenset[str]]:
    """Return what chips can cover on the layout of three columns and twelve rows, with the zeros above it."""

    def block(row: int, column: int, height: int, width: int) -> frozenset[str]:
        return frozenset(str(3 * r + c + 1) for r in range(row, row + height) for c in range(column, column + width))

    sizes = [(1, 1), (1, 2), (2, 1), (1, 3), (2, 2), (2, 3)]
    chips = {block(r, c, h, w) for h, w in sizes for r in range(13 - h) for c in range(4 - w)}
    if american:
        above = ["0", "00", "0 00", "0 1", "0 2", "00 2", "00 3", "0 1 2", "0 00 2", "00 2 3", "0 00 1 2 3"]
    else:
        above = ["0", "0 1", "0 2", "0 3", "0 1 2", "0 2 3", "0 1 2 3"]
    return chips | {frozenset(chip.split()) for chip in above}


@pytest.mark.parametrize("name", [EUROPEAN, AMERICAN])
def test_every_roulette_bet_wins_exactly_on_the_pockets_that_it_names(name: str) -> None:
    labels = [outcome(name, pocket)["pocket"] for pocket in range(37 if name == EUROPEAN else 38)]
    for bet in table(name, "bets"):
        won = {label for pocket, label in enumerate(labels) if outcome(name, pocket, bet=bet)["win"]}
        paid = {label for pocket, label in enumerate(labels) if stakes(name, pocket, bet=bet)}
        assert won == paid == pockets_of(bet), bet


@pytest.mark.parametrize(("name", "count"), [(EUROPEAN, 157), (AMERICAN, 161)])
def test_a_roulette_table_has_every_bet_of_the_layout_once(name: str, count: int) -> None:
    inside = [frozenset(pockets_of(bet)) for bet in table(name, "bets") if bet not in OUTSIDE]
    assert set(inside) == inside_bets(american=name == AMERICAN)
    assert len(inside) == len(set(inside)) == count - 12


def test_every_bet_of_european_roulette_returns_36_of_37() -> None:
    for bet in table(EUROPEAN, "bets"):
        assert return_to_player(EUROPEAN, bet=bet) == Fraction(36, 37), bet


def test_every_bet_of_american_roulette_returns_36_of_38_but_the_top_line() -> None:
    for bet in table(AMERICAN, "bets"):
        assert return_to_player(AMERICAN, bet=bet) == Fraction(35 if bet == "top-line" else 36, 38), bet


@pytest.mark.parametrize("name", [EUROPEAN, AMERICAN])
def test_zeros_are_green_and_the_other_pockets_red_or_black(name: str) -> None:
    for pocket in range(37 if name == EUROPEAN else 38):
        shown = outcome(name, pocket)
        colour = "green" if pocket in (0, 37) else "red" if pocket in RED else "black"
        assert shown["colour"] == colour
        assert shown["pocket"] == ("00" if pocket == 37 else str(pocket))


def sic_bo_pays(bet: str, dice: tuple[int, ...]) -> int:
    """Return what a bet pays back, in stakes, from the name of the bet and the rules printed on the cloth."""
    triple, total = len(set(dice)) == 1, sum(dice)
    kind, *numbers = bet.split("-")
    faces = [int(number) for number in numbers if number.isdigit()]
    even_money = {"small": total <= 10, "big": total >= 11, "odd": total % 2 == 1, "even": total % 2 == 0}
    if bet in even_money:
        return 2 if even_money[bet] and not triple else 0
    if bet == "any-triple":
        return 32 if triple else 0
    if kind == "single":
        return (0, 2, 3, 4)[dice.count(faces[0])]
    if kind == "double":
        return 12 if dice.count(faces[0]) >= 2 else 0
    if kind == "triple":
        return 191 if dice.count(faces[0]) == 3 else 0
    if kind == "pair":
        return 7 if set(faces) <= set(dice) else 0
    to_one = {4: 63, 5: 31, 6: 18, 7: 12, 8: 8, 9: 7, 10: 6}
    return 1 + to_one[min(faces[0], 21 - faces[0])] if total == faces[0] else 0


def test_every_bet_of_sic_bo_pays_what_the_cloth_says_on_all_216_throws() -> None:
    bets = table("sic-bo", "bets")
    assert len(bets) == 4 + 14 + 6 + 15 + 6 + 6 + 1
    for bet in bets:
        total = 0
        for throw in product(range(6), repeat=3):
            dice = tuple(die + 1 for die in throw)
            expected = sic_bo_pays(bet, dice)
            shown, payout = show("sic-bo", list(throw), bet=bet)
            assert payout == 10_000 * expected, (bet, dice)
            assert shown == {
                "dice": list(dice),
                "total": sum(dice),
                "triple": len(set(dice)) == 1,
                "win": expected > 0,
            }
            total += expected
        assert return_to_player("sic-bo", bet=bet) == Fraction(total, 216)


def test_small_and_big_return_105_of_108_because_triples_lose() -> None:
    assert return_to_player("sic-bo", bet="small") == return_to_player("sic-bo", bet="big") == Fraction(105, 108)


@pytest.mark.parametrize("segments", ["10", "20", "30", "40", "50"])
@pytest.mark.parametrize("risk", ["low", "medium", "high"])
def test_the_segments_of_a_wheel_average_99_percent(segments: str, risk: str) -> None:
    count = int(segments)
    pays = [stakes("wheel", segment, segments=segments, risk=risk) for segment in range(count)]
    assert sum(pays) == Fraction(99 * count, 100)
    assert outcome("wheel", 3, segments=segments, risk=risk) == {"segment": 3, "pays": pays[3] * 10_000}


def test_the_one_winning_segment_of_a_high_wheel_of_50_pays_49_and_a_half() -> None:
    assert published("wheel", "pays", segments="50", risk="high") == {0: Fraction(49, 50), 495_000: Fraction(1, 50)}


@pytest.mark.parametrize("risk", ["low", "medium", "high"])
@pytest.mark.parametrize("rows", range(8, 17))
def test_the_return_of_plinko_follows_from_binomials(rows: int, risk: str) -> None:
    pays = [stakes("plinko", [1] * slot + [0] * (rows - slot), rows=rows, risk=risk) for slot in range(rows + 1)]
    expected = sum(comb(rows, slot) * figure for slot, figure in enumerate(pays)) / 2**rows
    assert return_to_player("plinko", rows=rows, risk=risk) == expected
    assert pays == pays[::-1]
    assert Fraction(9896, 10_000) <= expected <= Fraction(99, 100)


def test_another_figure_in_one_slot_of_plinko_would_leave_the_claim() -> None:
    """The known misprint: 27 where 26 belongs, two slots from the edge of sixteen rows at high risk."""
    right = return_to_player("plinko", rows=16, risk="high")
    assert stakes("plinko", [0] * 14 + [1] * 2, rows=16, risk="high") == 26
    assert right + Fraction(2 * comb(16, 2), 2**16) > claimed("plinko")[1] >= right


def test_a_ball_shows_its_path_and_the_slot_counts_its_steps_to_the_right() -> None:
    shown = outcome("plinko", [1, 0, 0, 1, 1, 0, 1, 0], rows=8)
    assert shown == {"path": ["right", "left", "left", "right", "right", "left", "right", "left"], "slot": 4}


@pytest.mark.parametrize("risk", ["low", "medium", "high"])
@pytest.mark.parametrize("picked", range(1, 11))
def test_the_return_of_keno_is_hypergeometric(picked: int, risk: str) -> None:
    expected = Fraction(0)
    for hits in range(picked + 1):
        balls = [*range(hits), *range(39, 29 + hits, -1)]
        pays = stakes("keno", balls, picks=list(range(1, picked + 1)), risk=risk)
        expected += Fraction(comb(picked, hits) * comb(40 - picked, 10 - hits), comb(40, 10)) * pays
    assert return_to_player("keno", picks=list(range(1, picked + 1)), risk=risk) == expected
    assert Fraction(9895, 10_000) <= expected <= Fraction(99, 100)


@given(
    picks=st.sets(st.integers(1, 40), min_size=1, max_size=10),
    balls=st.lists(st.integers(0, 39), min_size=10, max_size=10, unique=True),
)
def test_the_hits_of_keno_are_the_picks_among_the_drawn_numbers(picks: set[int], balls: list[int]) -> None:
    shown = outcome("keno", balls, picks=sorted(picks))
    assert shown == {"numbers": [ball + 1 for ball in balls], "hits": len(picks & {ball + 1 for ball in balls})}


def test_which_numbers_are_picked_does_not_change_the_odds_of_keno() -> None:
    low = published("keno", "hits", picks=[1, 2, 3])
    assert low == published("keno", "hits", picks=[7, 29, 40])
    assert low[3] == Fraction(comb(37, 7), comb(40, 10))


def test_the_lottery_has_the_published_chances_of_six_of_49() -> None:
    hits = published("lottery", "hits")
    assert hits == {count: Fraction(comb(6, count) * comb(43, 6 - count), 13_983_816) for count in range(7)}
    pays = table("lottery", "pays")
    expected = Fraction(0)
    for count in range(7):
        with_bonus = comb(6, count) * comb(42, 5 - count) if count < 6 else 0
        without = comb(6, count) * comb(42, 6 - count)
        expected += Fraction(without * pays[count][0] + with_bonus * pays[count][1], 13_983_816 * 10_000)
    assert return_to_player("lottery") == return_to_player("lottery", picks=[1, 2, 3, 4, 5, 49]) == expected


def test_a_bonus_ball_counts_beside_five_hits() -> None:
    picks = [1, 2, 3, 4, 5, 6]
    shown, payout = show("lottery", [0, 1, 2, 3, 4, 47, 5], picks=picks)
    assert shown == {"numbers": [1, 2, 3, 4, 5, 48], "bonus": 6, "hits": 5, "bonus_hit": True}
    assert payout == table("lottery", "pays")[5][1]
    assert show("lottery", [0, 1, 2, 3, 4, 47, 6], picks=picks)[1] == table("lottery", "pays")[5][0]


def test_the_lottery_of_two_drums_multiplies_their_chances() -> None:
    pays = table("lottery-two-drums", "pays")
    ways = comb(50, 5) * comb(12, 2)
    assert ways == 139_838_160
    expected = sum(
        comb(5, hits) * comb(45, 5 - hits) * comb(2, bonus) * comb(10, 2 - bonus) * pays[hits][bonus]
        for hits in range(6)
        for bonus in range(3)
    )
    assert return_to_player("lottery-two-drums") == Fraction(expected, ways * 10_000)
    assert published("lottery-two-drums", "jackpot")[True] == Fraction(1, ways)
    shown = outcome("lottery-two-drums", [0, 1, 2, 48, 49], [0, 11], picks=[1, 2, 3, 4, 5], bonus_picks=[11, 12])
    assert shown == {"numbers": [1, 2, 3, 49, 50], "bonus": [1, 12], "hits": 3, "bonus_hits": 1}


def test_the_patterns_of_five_gems_are_counted_among_16807() -> None:
    ways = {
        "five of a kind": 7,
        "four of a kind": 7 * 5 * 6,
        "full house": 7 * 6 * comb(5, 2),
        "three of a kind": 7 * comb(5, 3) * 6 * 5,
        "two pairs": comb(7, 2) * 5 * comb(5, 1) * comb(4, 2),
        "one pair": 7 * comb(5, 2) * 6 * 5 * 4,
        "none": 7 * 6 * 5 * 4 * 3,
    }
    assert sum(ways.values()) == 7**5
    assert published("diamonds", "pattern") == {name: Fraction(count, 7**5) for name, count in ways.items()}
    pays = {entry["name"]: entry["pays"] for entry in table("diamonds", "patterns").values()}
    assert return_to_player("diamonds") == Fraction(sum(ways[name] * pays[name] for name in ways), 7**5 * 10_000)


def test_a_full_house_of_gems_is_shown_by_its_colours() -> None:
    shown = outcome("diamonds", [0, 6, 0, 6, 0])
    assert shown == {"gems": ["red", "purple", "red", "purple", "red"], "pattern": "full house"}


@pytest.mark.parametrize("box", ["wooden", "iron", "royal"])
def test_every_box_holds_ten_thousand_weights_and_returns_nine_tenths(box: str) -> None:
    items = table("lootbox", "boxes")[box]
    assert sum(item["weight"] for item in items) == 10_000
    assert sum(item["weight"] * item["value"] for item in items) == 9 * 10_000 * 1_000
    chances = published("lootbox", "item", box=box)
    assert chances == {item["item"]: Fraction(item["weight"], 10_000) for item in items}
    for place, item in enumerate(items):
        shown, payout = show("lootbox", place, box=box)
        assert (shown["item"], shown["rarity"], payout) == (item["item"], item["rarity"], item["value"])


def test_rarer_tiers_of_a_box_are_worth_more() -> None:
    tiers = ["common", "uncommon", "rare", "epic", "legendary", "mythic"]
    for items in table("lootbox", "boxes").values():
        for one, other in combinations(items, 2):
            assert tiers.index(one["rarity"]) <= tiers.index(other["rarity"])
            assert one["value"] < other["value"]
