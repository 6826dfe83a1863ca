"""Every bundled document is of one idiom, lints clean, and returns what it claims."""

from __future__ import annotations

from fractions import Fraction

import pytest

from rng import canonical
from rng.games import check_parameters
from rng.games.lint import lint
from rng.games.loader import BUNDLED, bundled_games, load_file
from rng.games.odds import expected_payout, published_odds
from rng.games.settings import choose_settings
from tests.rng.games_documents.bundled import claimed, game, outcome, table

NAMES = sorted(path.stem for path in BUNDLED.glob("*.json"))
PAYING = [name for name in NAMES if bundled_games()[name].payout is not None]
CARDS = ["baccarat", "blackjack", "hilo", "video-poker"]
SUITS = "♠♥♦♣"


def test_the_games_of_the_house_are_all_there() -> None:
    expected = (
        "coinflip dice limbo crash roulette-european roulette-american wheel plinko mines keno diamonds slots-3x3 "
        "slots-5x3 hilo hilo-infinite blackjack blackjack-infinite baccarat baccarat-infinite video-poker "
        "video-poker-infinite sic-bo lottery lottery-two-drums raffle lootbox bracket integers integers-unique"
    )
    assert sorted(expected.split()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_document_fits_the_schema_and_stays_small(name: str) -> None:
    rules = load_file(BUNDLED / f"{name}.json")
    assert rules.name == name
    assert len(canonical.encode(dict(rules.document))) < 16_384


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_made_for_reading(name: str) -> None:
    """Two spaces, no line (but the summary) wider than a screen, one newline at the end."""
    text = (BUNDLED / f"{name}.json").read_text(encoding="utf-8")
    assert text.startswith('{\n  "type": "rules",\n  "version": 1,\n')
    assert text.endswith("}\n")
    assert all(len(line) <= 120 or line.startswith('  "summary"') for line in text.splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_document_lints_clean(name: str) -> None:
    assert lint(game(name), limit=8).findings == ()


@pytest.mark.parametrize("name", NAMES)
def test_what_a_document_publishes_can_be_counted_exactly(name: str) -> None:
    rules = game(name)
    published = published_odds(rules, check_parameters(rules, {}, fill_defaults=True))
    assert len(published) >= 1
    for odds in published:
        assert odds.distribution is not None, odds.reason
        assert sum(odds.distribution.values()) == 1


@pytest.mark.parametrize("name", [name for name in PAYING if not name.startswith("baccarat")])
def test_the_return_lies_in_the_claim_for_many_settings(name: str) -> None:
    """Baccarat, whose enumeration takes seconds for each setting, has a test of its own beside the card games."""
    least, most = claimed(name)
    for parameters in choose_settings(game(name), limit=200).chosen:
        assert least <= expected_payout(game(name), parameters) / 10_000 <= most, parameters


@pytest.mark.parametrize("name", PAYING)
def test_no_game_promises_more_than_it_takes(name: str) -> None:
    least, most = claimed(name)
    assert 0 < least <= most < 1


@pytest.mark.parametrize("name", ["coinflip", "wheel", "lootbox"])
def test_some_games_return_exactly_what_they_say_and_no_more(name: str) -> None:
    least, most = claimed(name)
    assert least == most == (Fraction(9, 10) if name == "lootbox" else Fraction(99, 100))


@pytest.mark.parametrize("name", [*CARDS, *(f"{name}-infinite" for name in CARDS)])
def test_all_card_games_name_the_52_cards_alike(name: str) -> None:
    ranks = ["A", *map(str, range(2, 11)), "J", "Q", "K"]
    assert table(name, "deck") == [rank + suit for suit in SUITS for rank in ranks]


def test_a_card_of_a_later_deck_of_the_shoe_has_the_name_of_its_twin() -> None:
    assert outcome("hilo", [0, 52, 104], decks=3, cards=3) == {"cards": ["A♠", "A♠", "A♠"]}
    assert outcome("hilo", [12, 13, 415], decks=8, cards=3) == {"cards": ["K♠", "A♥", "K♣"]}
