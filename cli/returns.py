"""Write the return to player of a game for a table: exact where that takes no time, else the range that it claims."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

from verifier import Rules
from verifier.canonical import Json

_QUICK: Final = 20_000
"""Cases that are worth enumerating for one cell of a table; `fairlot games NAME` has no such limit."""


def decimal_text(value: Fraction, *, digits: int = 12) -> str:
    """Write a fraction as a decimal number, rounded to so many digits; only the fraction is exact."""
    rounded = Context(prec=digits).divide(Decimal(value.numerator), Decimal(value.denominator))
    text = format(rounded, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent_text(value: Fraction, *, digits: int = 9) -> str:
    """Write a fraction as per cent, rounded to so many digits."""
    return f"{decimal_text(value * 100, digits=digits)} %"


def return_text(rules: Rules) -> str:
    """Return the return to player with every default taken, or the claimed range over all settings, or why neither."""
    from rng.games import check_parameters, parse_rules
    from rng.games.odds import expected_payout
    from rng.games.universe import Intractable

    game = parse_rules(rules.document)
    if game.payout is None:
        return "the engine settles"
    try:
        back = expected_payout(game, check_parameters(game, {}, fill_defaults=True), budget=_QUICK)
    except Intractable:
        least, most = _claimed(rules.document["claims"])
        return f"{percent_text(least)} to {percent_text(most)} (fairlot games {rules.name} has it exactly)"
    exact = f" = {back / 10_000}" if back.denominator < 10**6 else ", rounded"
    return f"{percent_text(back / 10_000, digits=6)}{exact}"


def _claimed(claims: Json) -> tuple[Fraction, Fraction]:
    claimed = claims["return"] if isinstance(claims, dict) else None
    least, most = claimed if isinstance(claimed, list) else (0, 0)
    return Fraction(str(least)) / 10_000, Fraction(str(most)) / 10_000
