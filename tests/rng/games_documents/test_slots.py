"""Known answers of the slot machines, from their strips by loops that know nothing of the rules language."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod

from hypothesis import given
from hypothesis import strategies as st

from tests.rng.games_documents.bundled import claimed, published, return_to_player, show, table

STRIPS3: list[list[str]] = table("slots-3x3", "strips")
STRIPS5: list[list[str]] = table("slots-5x3", "strips")
LINES5: list[list[int]] = table("slots-5x3", "lines")


def window(strips: list[list[str]], stops: tuple[int, ...]) -> list[list[str]]:
    """Return the board, row by row: each reel shows the symbol at its stop and the two after it."""
    return [[strip[(stop + row) % len(strip)] for strip, stop in zip(strips, stops, strict=True)] for row in range(3)]


def test_slots_3x3_pay_three_equal_symbols_on_rows_and_diagonals_at_every_stop() -> None:
    pays, weights = table("slots-3x3", "pays"), table("slots-3x3", "weights")
    expected = 0
    for stops in product(range(16), repeat=3):
        board = window(STRIPS3, stops)
        lines = [*board, [board[i][i] for i in range(3)], [board[2 - i][i] for i in range(3)]]
        wins = [pays[line[0]] if len(set(line)) == 1 else 0 for line in lines]
        shown, payout = show("slots-3x3", *stops)
        assert shown == {"board": board, "line_pays": wins}
        assert payout == sum(wins)
        expected += sum(wins) * prod(weights[reel][stop] for reel, stop in enumerate(stops))
    total = prod(map(sum, weights))
    assert return_to_player("slots-3x3") == Fraction(expected, total * 10_000)


def test_the_lines_of_slots_5x3_are_ten_different_ways_across() -> None:
    assert len({tuple(line) for line in LINES5}) == len(LINES5) == 10
    assert all(len(line) == 5 and set(line) <= {0, 1, 2} for line in LINES5)


def test_wilds_stay_off_the_first_reel_and_no_window_repeats_a_symbol() -> None:
    assert "wild" not in STRIPS5[0]
    assert all("wild" in strip for strip in STRIPS5[1:])
    for strip in STRIPS5:
        assert all(len({strip[stop], strip[stop - 1], strip[stop - 2]}) == 3 for stop in range(len(strip)))


def line_pays(symbols: list[str]) -> int:
    run = 1
    while run < 5 and symbols[run] in (symbols[0], "wild"):
        run += 1
    return int(table("slots-5x3", "pays")[symbols[0]][run])


@given(stops=st.tuples(*(st.integers(0, len(strip) - 1) for strip in STRIPS5)))
def test_slots_5x3_pay_runs_from_the_left_and_scatters_anywhere(stops: tuple[int, ...]) -> None:
    board = window(STRIPS5, stops)
    wins = [line_pays([board[row][reel] for reel, row in enumerate(line)]) for line in LINES5]
    scatters = sum(row.count("scatter") for row in board)
    shown, payout = show("slots-5x3", *stops)
    assert shown == {"board": board, "line_pays": wins, "scatters": scatters}
    assert payout == sum(wins) + table("slots-5x3", "scatter_pays")[scatters]


def test_the_return_of_slots_5x3_is_ten_times_one_line_and_the_scatters() -> None:
    """Every line sees each reel at one even position, so that one line stands for all, wherever it runs."""
    one_line = Fraction(0)
    for symbol, pays in table("slots-5x3", "pays").items():
        match = [Fraction(strip.count(symbol) + strip.count("wild"), len(strip)) for strip in STRIPS5]
        for run in range(1, 6):
            chance = prod(match[:run]) * (1 - match[run] if run < 5 else 1)
            one_line += chance * pays[run]
    seen = Fraction(3, 30)
    scatters = published("slots-5x3", "scatters")
    binomial = {0: 1, 1: 5, 2: 10, 3: 10, 4: 5, 5: 1}
    assert scatters == {count: ways * seen**count * (1 - seen) ** (5 - count) for count, ways in binomial.items()}
    from_scatters = sum(table("slots-5x3", "scatter_pays")[count] * chance for count, chance in scatters.items())
    expected = (10 * one_line + from_scatters) / 10_000
    assert return_to_player("slots-5x3") == expected
    assert claimed("slots-5x3")[0] <= expected <= claimed("slots-5x3")[1]
