"""Small rules documents for tests, and brute force over all their draws."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations, product
from typing import Any

from rng.games import Rules, parse_rules, prepare_rules
from rng.games.draws import Draw
from rng.games.rules import Prepared, evaluate


def document(**changes: Any) -> dict[str, Any]:
    """Return the document of a coin that pays 1.98 for heads, with some fields replaced."""
    return {
        "type": "rules",
        "version": 1,
        "name": "coin",
        "summary": "Heads pays.",
        "parameters": [],
        "tables": {},
        "draws": [{"name": "flip", "primitive": "uniform", "n": 2}],
        "let": [],
        "outcome": {"heads": {"eq": ["flip", 0]}},
        "payout": {"if": [{"eq": ["flip", 0]}, 19800, 0]},
        "odds": [],
        "claims": {"return": [9900, 9900], "shapes": []},
        **changes,
    }


def game(draws: list[dict[str, Any]], payout: Any = 0, **changes: Any) -> Rules:
    """Return rules that make these draws and pay this, whatever it returns."""
    claims = {"return": None if payout is None else [0, 2**53 - 1], "shapes": []}
    return parse_rules(document(draws=draws, outcome={"shown": 0}, payout=payout, claims=claims, **changes))


def value_of(expression: Any, *, draw: int = 0, **changes: Any) -> Any:
    """Return the value of an expression in a document with the draw `flip` of a die with 10 faces, showing `draw`."""
    draws = [{"name": "flip", "primitive": "uniform", "n": 10}]
    rules = game(draws, odds=[{"name": "asked", "of": expression}], **changes)
    return evaluate(prepare_rules(rules, {}), [draw], rules.odds[0])


def every_draw(prepared: Prepared) -> Iterator[tuple[list[Any], Fraction]]:
    """Yield every list of values the draws can take, with its probability."""
    for combination in product(*(list(_values(draw)) for draw in prepared.draws)):
        chance = Fraction(1)
        for _, part in combination:
            chance *= part
        yield [value for value, _ in combination], chance


def _values(draw: Draw) -> Iterator[tuple[Any, Fraction]]:
    if draw.primitive in ("sample", "permutation"):
        orders = list(permutations(range(draw.sizes[0]), draw.width))
        for order in orders:
            yield list(order), Fraction(1, len(orders))
        return
    if draw.primitive == "weighted":
        total = sum(draw.weights)
        single = [(index, Fraction(weight, total)) for index, weight in enumerate(draw.weights) if weight]
    else:
        size = 2 if draw.primitive == "bits" else draw.sizes[0]
        single = [(value, Fraction(1, size)) for value in range(size)]
    if not draw.is_list:
        yield from single
        return
    for several in product(single, repeat=draw.width):
        chance = Fraction(1)
        for _, part in several:
            chance *= part
        yield [value for value, _ in several], chance


def plain(value: Any) -> Any:
    """Return a value with tuples for lists, so that it can be counted."""
    return tuple(plain(item) for item in value) if isinstance(value, list) else value


def brute_force(rules: Rules, parameters: dict[str, Any]) -> dict[tuple[str, Any], Fraction]:
    """Return the distribution of the first quantity of the odds, by evaluating it for every draw; by type and value."""
    prepared = prepare_rules(rules, parameters)
    found: dict[tuple[str, Any], Fraction] = {}
    for values, chance in every_draw(prepared):
        value = plain(evaluate(prepared, values, rules.odds[0]))
        key = (repr(value), value)
        found[key] = found.get(key, Fraction(0)) + chance
    return found
