"""By what law outcomes are judged: probabilities that are given, or those that follow exactly from a game's rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Literal

from cli.errors import CliError
from cli.output import harmless
from cli.rules import chosen_rules, given_parameters

MOST_KINDS: Final = 2**20

_PROBABILITY: Final = re.compile(r"[+-]?([0-9]+/[0-9]+|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?)")


@dataclass(frozen=True, slots=True)
class Law:
    """Hold how some of the numbers of each line are judged.

    Args:
        title: what they are; empty where there is only one law.
        width: how many numbers of a line, 0 for all.
        form: `column`: each number is an outcome of its own. `draws`: they are drawn together, with or without
            `replacement`. `shuffles`: they are a permutation of 0 to width - 1.
        probabilities: of each number, where numbers do not exclude one another.
        kinds: how many numbers there are, for draws; each is equally likely where no probabilities are given.
        replacement: whether a number can come twice in a draw.
        in_order: whether a draw's numbers stand in the order in which they were drawn.
        labels: how the outcomes are written where they are not 0, 1, 2 …
        missing: why these numbers cannot be judged; empty where they can.
    """

    title: str = ""
    width: int = 0
    form: Literal["column", "draws", "shuffles"] = "column"
    probabilities: Sequence[Fraction] = ()
    kinds: int = 0
    replacement: bool = False
    in_order: bool = True
    labels: Sequence[object] | None = None
    missing: str = ""


def parse_probabilities(text: str) -> tuple[Fraction, ...]:
    """Return probabilities that are written as ``18/37,18/37,1/37`` or ``0.25,0.75``, exactly as they are written.

    Raises:
        CliError: one is no number, is negative, or they do not sum to one.
    """
    found = []
    for place, part in enumerate(text.replace(",", " ").split(), 1):
        try:
            # Fraction alone would take digits of all scripts, and compute ten to the power of a billion.
            value = Fraction(part if _PROBABILITY.fullmatch(part) else "")
        except (ValueError, ZeroDivisionError):
            raise CliError(
                f"--probabilities: number {place} is {part[:40]!r}: write fractions or decimals, as 18/37 or 0.25"
            ) from None
        if value < 0:
            raise CliError(f"--probabilities: number {place} is {part[:40]}, and a probability is not negative")
        if value > 1:
            raise CliError(f"--probabilities: number {place} is {part[:40]}: a probability is at most 1")
        found.append(value)
    if not found:
        raise CliError("--probabilities is empty: each possible outcome has one")
    total = sum(found)
    # Decimals such as 0.333,0.333,0.333 are not thirds: whoever means thirds can write them.
    if total != 1:
        near = f"{total} = {float(total):.9g}" if total.denominator < 10**9 else f"{float(total):.12g}"
        raise CliError(f"--probabilities sum to {near}, and must sum to 1 exactly; fractions such as 1/3 are taken")
    return tuple(found)


def game_column(game: str | None, rules_file: str | None, params: tuple[str, ...], column: str) -> Law:
    """Return the exact law of an outcome of a game, or of one of the odds that its document publishes.

    Raises:
        CliError: there is no such outcome, or its law is out of reach.
    """
    from rng.games import ExpressionError, ParameterError, RulesError
    from rng.games.odds import distribution
    from rng.games.universe import Intractable

    rules, parameters = _prepared(game, rules_file, params)
    expressions: dict[str, Any] = dict(rules.document["outcome"])
    expressions |= {one["name"]: one["of"] for one in rules.document.get("odds", []) if one["name"] not in expressions}
    if column not in expressions:
        raise CliError(
            f"--column {column[:80]!r}: {rules.name} has no such outcome; there are {', '.join(sorted(expressions))}"
        )
    try:
        law: Mapping[Any, Fraction] = distribution(rules, parameters, expressions[column])
    except Intractable as answer:
        raise CliError(f"the law of {column!r} of {rules.name} is out of reach: {answer.reason}") from None
    except (ExpressionError, ParameterError, RulesError) as error:
        raise CliError(f"{harmless(rules.name)}: {error}") from None
    if not all(isinstance(value, str | int) for value in law):
        raise CliError(f"--column {column!r}: {rules.name} shows a list there; leave --column out and give the draws")
    return Law(column, probabilities=tuple(law.values()), labels=tuple(law))


def game_draws(game: str | None, rules_file: str | None, params: tuple[str, ...]) -> list[Law]:
    """Return the laws of the draws of a game, in the order in which `fairlot stream --as draws` writes them.

    Raises:
        CliError: there is no such game, or a parameter is not allowed.
    """
    from rng.games import ExpressionError, ParameterError, RulesError, prepare_rules

    rules, parameters = _prepared(game, rules_file, params)
    try:
        draws = prepare_rules(rules, parameters).draws
    except (ExpressionError, ParameterError, RulesError) as error:
        raise CliError(f"{harmless(rules.name)}: {error}") from None
    return [_of_draw(draw) for draw in draws]


def _of_draw(draw: Any) -> Law:
    title, width = draw.name, draw.width
    kinds = {"bits": 2, "weighted": len(draw.weights)}.get(draw.primitive) or draw.sizes[0]
    if draw.primitive == "ratio":
        return Law(title, width, missing="a ratio has 2^52 kinds; judge what follows from it with --column")
    if draw.primitive == "weighted":
        total = sum(draw.weights)
        chances = tuple(Fraction(weight, total) for weight in draw.weights)
        if width == 1:
            return Law(title, width, probabilities=chances)
        return Law(title, width, probabilities=chances, form="draws", kinds=kinds, replacement=True)
    if kinds > MOST_KINDS:
        return Law(title, width, missing=f"{kinds:,} kinds are more than the {MOST_KINDS:,} that are judged here")
    if draw.primitive == "permutation":
        return Law(title, width, form="shuffles")
    if draw.primitive == "sample":
        return Law(title, width, form="draws", kinds=kinds)
    if width == 1:
        return Law(title, width, probabilities=(Fraction(1, kinds),) * kinds)
    return Law(title, width, form="draws", kinds=kinds, replacement=True)


def _prepared(game: str | None, rules_file: str | None, params: tuple[str, ...]) -> tuple[Any, Any]:
    from rng.games import ExpressionError, ParameterError, RulesError, check_parameters, parse_rules

    document = chosen_rules(game, rules_file)
    given = given_parameters(document, params)
    try:
        rules = parse_rules(document.document)
        return rules, check_parameters(rules, given, fill_defaults=True)
    except (ExpressionError, ParameterError, RulesError) as error:
        raise CliError(f"{harmless(document.name)}: {error}") from None
