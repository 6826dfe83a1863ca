"""Play and weigh bundled games by name, for the tests beside this file."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rng.games import check_parameters, prepare_rules, settle
from rng.games.loader import bundled_games
from rng.games.odds import Distribution, distribution, expected_payout
from rng.games.rules import Rules


def game(name: str) -> Rules:
    return bundled_games()[name]


def table(name: str, key: str) -> Any:
    return game(name).document["tables"][key]


def claimed(name: str) -> tuple[Fraction, Fraction]:
    """Return the least and the most return that a game claims, as fractions of the stake."""
    claims = game(name).claims
    assert claims.least_return is not None
    assert claims.most_return is not None
    return Fraction(claims.least_return, 10_000), Fraction(claims.most_return, 10_000)


def show(name: str, *draws: Any, **parameters: Any) -> tuple[dict[str, Any], int | None]:
    """Return outcome and payout for draws that are given, with defaults for the parameters that are not."""
    rules = game(name)
    prepared = prepare_rules(rules, check_parameters(rules, parameters, fill_defaults=True))
    return settle(prepared, list(draws))


def outcome(name: str, *draws: Any, **parameters: Any) -> dict[str, Any]:
    return show(name, *draws, **parameters)[0]


def stakes(name: str, *draws: Any, **parameters: Any) -> Fraction:
    """Return what these draws pay, in stakes."""
    payout = show(name, *draws, **parameters)[1]
    assert payout is not None
    return Fraction(payout, 10_000)


def return_to_player(name: str, **parameters: Any) -> Fraction:
    """Return the exact return, as a fraction of the stake."""
    rules = game(name)
    return expected_payout(rules, check_parameters(rules, parameters, fill_defaults=True)) / 10_000


def published(name: str, odds: str, **parameters: Any) -> Distribution:
    """Return the exact distribution of a quantity that the document publishes."""
    rules = game(name)
    [expression] = [entry["of"] for entry in rules.document["odds"] if entry["name"] == odds]
    return distribution(rules, check_parameters(rules, parameters, fill_defaults=True), expression)
