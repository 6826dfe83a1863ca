"""The tests of outcomes catch the faults that games have had, and pass ideal outcomes and our own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from rng.bulk import prepare_bulk
from rng.games.loader import bundled_games
from rng.games.odds import payout_distribution
from rng.schemes import SCHEMES
from rng.seeds import ClientSeed, ServerSeed
from statistical_tests.finding import Finding
from statistical_tests.outcomes import battery
from statistical_tests.outcomes.duplicates import duplicates
from statistical_tests.outcomes.impossible import impossible
from statistical_tests.outcomes.returns import return_to_player_of_table

FAMILY_WISE = 1e-4
ROULETTE = np.full(37, 1 / 37)


def random(seed: int) -> np.random.Generator:
    """Give what faults are put into: Philox, which has none that these tests could see."""
    return np.random.Generator(np.random.Philox(seed))


def all_p_values(findings: Iterable[Finding]) -> list[float]:
    return [value for one in findings for value in one.p_values]


def caught(findings: list[Finding]) -> dict[str, float]:
    """Return the tests that refuse when all p-values of the battery together are held to 1e-4 (Bonferroni)."""
    columns = len(all_p_values(findings))
    return {
        one.name: min(one.p_values) for one in findings if one.p_values and min(one.p_values) * columns < FAMILY_WISE
    }


# --- faults that games have had ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_byte_modulo_37_is_caught_at_100_000(seed: int) -> None:
    """256 is 6 times 37 and 34 more: pockets 34, 35 and 36 come up one time in seven too seldom."""
    values = random(seed).integers(0, 256, 100_000) % 37
    assert caught(battery.run(values, probabilities=ROULETTE))["TotalDistribution"] < 1e-10


@pytest.mark.parametrize("seed", range(3))
def test_a_wheel_that_sticks_one_time_in_a_hundred_is_caught_at_10_000(seed: int) -> None:
    """One outcome in a hundred is the one before it again; each pocket still comes up as often as it should."""
    generator = random(seed)
    values = generator.integers(0, 37, 10_000)
    for place in np.flatnonzero(generator.random(10_000) < 0.01):
        if place:
            values[place] = values[place - 1]
    refused = caught(battery.run(values, probabilities=ROULETTE))
    assert {"WaldWolfowitzRuns", "Repeats"} <= set(refused)
    assert "TotalDistribution" not in refused


def naive_decks(seed: int, number: int, cards: int = 52) -> NDArray[np.int64]:
    """Swap each place with any place: 52^52 equally likely ways, which 52 factorial does not divide."""
    decks = np.tile(np.arange(cards), (number, 1))
    rows, others = np.arange(number), random(seed).integers(0, cards, (number, cards))
    for place in range(cards):
        kept = decks[:, place].copy()
        decks[:, place] = decks[rows, others[:, place]]
        decks[rows, others[:, place]] = kept
    return decks


def fisher_yates(seed: int, number: int, cards: int = 52, *, itself: bool = True) -> NDArray[np.int64]:
    """Swap each place with one not before it, or with one after it, which is Sattolo's algorithm."""
    generator = random(seed)
    decks = np.tile(np.arange(cards), (number, 1))
    rows = np.arange(number)
    for place in range(cards - 1):
        other = generator.integers(place if itself else place + 1, cards, number)
        kept = decks[:, place].copy()
        decks[:, place] = decks[rows, other]
        decks[rows, other] = kept
    return decks


@pytest.mark.parametrize("seed", range(3))
def test_the_naive_shuffle_is_caught_at_1_000_decks(seed: int) -> None:
    assert "CardPositions" in caught(battery.run_shuffles(naive_decks(seed, 1000)))


@pytest.mark.parametrize("seed", range(3))
def test_sattolos_shuffle_is_caught_at_200_decks(seed: int) -> None:
    refused = caught(battery.run_shuffles(fisher_yates(seed, 200, itself=False)))
    assert refused["FixedPoints"] < 1e-50
    assert refused["Cycles"] < 1e-50


def test_a_shuffle_that_leaves_the_last_card_is_caught_at_200_decks() -> None:
    decks = fisher_yates(1, 200, 51)
    decks = np.concatenate([decks, np.full((200, 1), 51)], axis=1)
    assert {"CardPositions", "FirstCard"} <= set(caught(battery.run_shuffles(decks)))


def test_a_riffled_deck_is_caught_at_200_decks() -> None:
    """Three riffle shuffles leave long rising sequences."""
    generator, decks = random(2), []
    for _ in range(200):
        deck = np.arange(52)
        for _ in range(3):
            marks = generator.integers(0, 2, 52)
            riffled = np.empty(52, dtype=np.int64)
            riffled[np.argsort(marks, kind="stable")] = deck
            deck = riffled
        decks.append(deck)
    assert {"Neighbours", "Descents"} & set(caught(battery.run_shuffles(np.array(decks))))


@pytest.mark.slow
def test_a_32_bit_float_that_rounds_to_one_is_caught() -> None:
    """A 32-bit word above 2^32 - 129, divided by 2^32 in single precision, is 1.0: one in 33 million, and pocket 37."""
    generator, bad = random(4), 0
    for _ in range(32):
        words = generator.integers(0, 1 << 32, 1 << 23, dtype=np.uint32)
        unit = words.astype(np.float32) / np.float32(2**32)
        pockets = np.floor(unit * np.float32(37))
        found = impossible(pockets, probabilities=ROULETTE)
        bad += int(np.count_nonzero(pockets == 37))
        if found.p_values == (0.0,):
            assert found.statistic["impossible"] == np.count_nonzero(pockets == 37)
            assert battery.run(pockets[: 1 << 16], probabilities=ROULETTE)[0].name == "Impossible"
        else:
            assert not np.count_nonzero(pockets == 37)
    # 2^28 words: eight are expected, and with this seed some come.
    assert bad > 0


def test_one_such_float_among_ten_thousand_outcomes_is_enough() -> None:
    words = random(5).integers(0, 1 << 32, 10_000, dtype=np.uint32)
    words[7000] = 2**32 - 100
    pockets = np.floor(words.astype(np.float32) / np.float32(2**32) * np.float32(37))
    refused = caught(battery.run(pockets, probabilities=ROULETTE))
    assert refused == {"Impossible": 0.0}


def test_keno_that_draws_neighbours_too_often_is_caught() -> None:
    """One draw in ten takes its second number beside its first."""
    generator = random(6)
    draws = generator.permuted(np.tile(np.arange(80), (20_000, 1)), axis=1)[:, :20]
    for row in np.flatnonzero(generator.random(len(draws)) < 0.1):
        beside = (draws[row, 0] + 1) % 80
        if beside not in draws[row]:
            draws[row, 1] = beside
    refused = caught(battery.run_draws(draws, kinds=80))
    assert "DrawTotals" not in refused
    found = {one.name: min(one.p_values) for one in battery.run_draws(draws[:, :3], kinds=80)}
    assert found["DrawPairs"] < 1e-6
    assert found["DrawInterplay"] < 1e-6


def test_dice_thrown_together_that_copy_each_other_are_caught() -> None:
    generator = random(7)
    throws = generator.integers(0, 6, (10_000, 3))
    copied = generator.random(len(throws)) < 0.05
    throws[copied, 2] = throws[copied, 0]
    refused = caught(battery.run_draws(throws, kinds=6, replacement=True))
    assert set(refused) == {"InterplayCorrelation"}
    shifted = throws.copy()
    shifted[1:, 1] = np.where(generator.random(len(throws) - 1) < 0.05, throws[:-1, 0], throws[1:, 1])
    assert "InterplayBetweenDraws" in caught(battery.run_draws(shifted, kinds=6, replacement=True))


def test_outcomes_that_go_up_and_down_are_caught_by_their_order() -> None:
    """A generator that adds a random half turn: each number is even, and small steps are too frequent."""
    generator = random(8)
    values = np.cumsum(generator.integers(0, 51, 20_000)) % 100
    refused = caught(battery.run(values, probabilities=np.full(100, 0.01)))
    assert {"Overlaps", "RunsUp", "TurningPoints"} <= set(refused)


def test_outcomes_that_are_dealt_from_a_bag_are_too_even() -> None:
    """Each block of 37 spins holds each pocket once: totals fit too well, and collections are short."""
    values = np.concatenate([random(9 + block).permutation(37) for block in range(300)])
    found = {one.name: one for one in battery.run(values, probabilities=ROULETTE)}
    assert found["TotalDistribution"].p_values[1] < 1e-20
    assert found["CouponCollector"].p_values[0] < 1e-20


def test_seeds_of_32_bits_are_caught_by_their_duplicates() -> None:
    """A hundred thousand seeds that are called 256 bits, and come from a clock of 32 bits."""
    clock = random(10).integers(0, 1 << 32, 200_000, dtype=np.uint64)
    assert duplicates(clock, space=1 << 256).p_values[0] < 1e-100
    assert min(duplicates(clock, space=1 << 32).p_values) > 1e-3


# --- what is fair passes ----------------------------------------------------------------------------------------------


def assert_stated_rate(p_values: list[list[float]]) -> None:
    """Hold batteries of fair data to their family-wise rate: as many below a level as a binomial law allows."""
    adjusted = np.array([min(1.0, min(values) * len(values)) for values in p_values])
    for level in (0.2, 0.05, 0.01):
        assert np.count_nonzero(adjusted < level) <= stats.binom.ppf(1 - 1e-4, len(adjusted), level), level
    assert adjusted.min() > FAMILY_WISE


@pytest.mark.slow
def test_ideal_outcomes_pass_at_the_stated_rate() -> None:
    samples = [random(seed).integers(0, 37, 20_000) for seed in range(100)]
    assert_stated_rate([all_p_values(battery.run(one, probabilities=ROULETTE)) for one in samples])


@pytest.mark.slow
def test_ideal_decks_and_draws_pass_at_the_stated_rate() -> None:
    assert_stated_rate([all_p_values(battery.run_shuffles(fisher_yates(seed, 1000))) for seed in range(60)])
    assert_stated_rate(
        [all_p_values(battery.run_draws(fisher_yates(seed, 1000, 49)[:, :6], kinds=49)) for seed in range(60)]
    )


def own_rounds(game: str, parameters: dict[str, Any], count: int, seed: int) -> Any:
    """Play rounds of a bundled game with our own generator."""
    player = prepare_bulk(
        SCHEMES["hmac-sha256/v1"],
        ServerSeed(seed.to_bytes(32, "big")),
        client_seed=ClientSeed("outcomes"),
        rules=bundled_games()[game],
        parameters=parameters,
    )
    return player.play(0, count)


@pytest.mark.slow
def test_our_own_roulette_passes_at_the_stated_rate() -> None:
    found = []
    for seed in range(40):
        (pockets,) = own_rounds("roulette-european", {"bet": "red"}, 20_000, seed).draws.values()
        found.append(all_p_values(battery.run(np.asarray(pockets), probabilities=ROULETTE)))
    assert_stated_rate(found)


@pytest.mark.slow
def test_our_own_decks_and_returns_pass() -> None:
    (cards,) = own_rounds("blackjack", {"decks": 1, "cards": 52}, 5000, 1).draws.values()
    decks = np.asarray(cards)
    assert decks.shape[0] == 5000
    assert caught(battery.run_shuffles(decks)) == {}
    rules, parameters = bundled_games()["roulette-european"], {"bet": "dozen-1"}
    law = payout_distribution(rules, parameters)
    paid = own_rounds("roulette-european", parameters, 200_000, 2).payout
    found = return_to_player_of_table(paid, amounts=list(law), probabilities=list(law.values()))
    assert found.p_values[0] > 1e-3
