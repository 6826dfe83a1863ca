"""Exact odds: the distribution of what a game shows and pays, as fractions, from its rules alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from rng.games.choices import BUDGET, GroupSplitError
from rng.games.dependence import Scope
from rng.games.enumeration import Enumeration
from rng.games.expression import ExpressionError, Node, parse_expression
from rng.games.operators import Value, show
from rng.games.rules import Rules, check_payout, prepare_rules
from rng.games.universe import Intractable
from rng.games.view import freeze, thaw

Distribution = dict[Any, Fraction]
"""Probability by value, the values in ascending order where they are all of one type; a list is a tuple here."""

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Odds:
    """Hold a published quantity: its exact distribution, or the reason why that is out of reach."""

    name: str
    distribution: Distribution | None
    reason: str | None


def distribution(
    rules: Rules, parameters: Mapping[str, object], expression: object, *, budget: int = BUDGET
) -> Distribution:
    """Return the exact distribution of an expression over all draws.

    Args:
        rules: the game's rules.
        parameters: every parameter by name.
        expression: an expression of the rules language (rules.md R5); it may use every name of the document.
        budget: how many cases may be tried.

    Returns:
        Probability by value. The probabilities sum to one, exactly.

    Raises:
        Intractable: there are more cases than the budget, or the values are asked for in a way that no exact count
            follows; nothing is approximated.
        RulesError, ParameterError, ExpressionError: the expression is malformed, a parameter is not allowed, or some
            draws give no value.
    """
    node = parse_expression(expression, scope=rules.scope, path="/expression")
    return _distribution(Enumeration(prepare_rules(rules, parameters), budget=budget), node)


def published_odds(rules: Rules, parameters: Mapping[str, object], *, budget: int = BUDGET) -> tuple[Odds, ...]:
    """Return the distributions of the quantities that the document publishes (`odds`), in its order.

    Arguments and errors are those of `distribution`; what is intractable has a reason in place of a distribution.
    """
    prepared = prepare_rules(rules, parameters)
    published = []
    enumeration = Enumeration(prepared, budget=budget)
    for formula in rules.odds:
        try:
            published.append(Odds(formula.name, _distribution(enumeration, formula.node), None))
            enumeration.refill()
        except Intractable as answer:
            published.append(Odds(formula.name, None, answer.reason))
            # A walk that was broken off leaves its state behind.
            enumeration = Enumeration(prepared, budget=budget)
    return tuple(published)


def payout_distribution(rules: Rules, parameters: Mapping[str, object], *, budget: int = BUDGET) -> Distribution:
    """Return the exact distribution of the payout, in ten-thousandths of the stake.

    Arguments and errors are those of `distribution`.

    Raises:
        ValueError: the rules pay nothing themselves (their payout is `null`).
    """
    payout = _payout(rules)
    found = _distribution(Enumeration(prepare_rules(rules, parameters), budget=budget), payout)
    for value in found:
        check_payout(value)
    return found


def expected_payout(rules: Rules, parameters: Mapping[str, object], *, budget: int = BUDGET) -> Fraction:
    """Return the exact expected payout, the return to player, in ten-thousandths of the stake.

    The expectation of a sum is the sum of the expectations, whatever the terms have to do with each other: so a slot
    machine has an exact return line by line where the distribution of its payout is out of reach.

    Arguments and errors are those of `payout_distribution`.
    """
    payout = _payout(rules)
    return expectation(Enumeration(prepare_rules(rules, parameters), budget=budget), payout)


def variance(rules: Rules, parameters: Mapping[str, object], *, budget: int = BUDGET) -> Fraction:
    """Return the exact variance of the payout, in ten-thousandths of the stake squared.

    Arguments and errors are those of `payout_distribution`.
    """
    payouts = payout_distribution(rules, parameters, budget=budget)
    mean = sum((value * chance for value, chance in payouts.items()), Fraction(0))
    return sum(((value - mean) ** 2 * chance for value, chance in payouts.items()), Fraction(0))


def expectation(enumeration: Enumeration, node: Node) -> Fraction:
    """Return the exact expectation of an integer expression of the rules.

    Raises:
        Intractable, ExpressionError: as `distribution`.
    """
    return _guarded(lambda: _expectation(enumeration, node, {}))


def _payout(rules: Rules) -> Node:
    if rules.payout is None:
        raise ValueError(f"the rules of {rules.name} pay nothing themselves: their payout is null")
    return rules.payout.node


def _guarded(walk: Callable[[], _Result]) -> _Result:
    try:
        return walk()
    except RecursionError:
        raise Intractable("it looks at too many draws one after the other") from None


def _distribution(enumeration: Enumeration, node: Node) -> Distribution:
    weights = _guarded(lambda: _walk(enumeration, node, {}))
    found = {key: chance for key, chance in weights.items() if chance}
    if sum(found.values()) != 1:
        raise AssertionError(f"the probabilities of {node.path} sum to {sum(found.values())}, not to one")
    values = {thaw(key): chance for key, chance in found.items()}
    if len(values) < len(found):
        raise ExpressionError(node.path, "is an integer in some cases and a boolean in others; it has no distribution")
    if len({type(value) for value in values}) == 1:
        values = dict(sorted(values.items()))
    return values


def _walk(enumeration: Enumeration, node: Node, scope: Scope) -> dict[Any, Fraction]:
    """Return the probability of each value, by its key."""
    while True:
        # Cases with one denominator are added up as integers; there are few denominators.
        weights: dict[Any, dict[int, int]] = {}
        try:
            for value, numerator, denominator in enumeration.cases(node, scope):
                if type(value) is dict:
                    raise ExpressionError(node.path, f"an object has no distribution; this is {show(value)}")
                mine = weights.setdefault(freeze(value), {})
                mine[denominator] = mine.get(denominator, 0) + numerator
        except GroupSplitError as split:
            enumeration.restart(split)
            continue
        return {key: sum(Fraction(n, d) for d, n in mine.items()) or Fraction(0) for key, mine in weights.items()}


def _expectation(enumeration: Enumeration, node: Node, scope: Scope) -> Fraction:
    """Return the expectation of an integer expression, term by term as far as it is a sum."""
    if enumeration.known.is_constant(node, scope):
        return Fraction(_whole(enumeration.known.constant(node, scope), node))
    if node.operator == "name" and (let := enumeration.known.let(node.value)) is not None:
        return _expectation(enumeration, let, {})
    if node.operator == "add":
        return sum((_expectation(enumeration, arg, scope) for arg in node.args), Fraction(0))
    if node.operator == "sub":
        return _expectation(enumeration, node.args[0], scope) - _expectation(enumeration, node.args[1], scope)
    if node.operator == "mul":
        unknown = [arg for arg in node.args if not enumeration.known.is_constant(arg, scope)]
        if len(unknown) == 1:
            product = _expectation(enumeration, unknown[0], scope)
            for arg in node.args:
                if arg is not unknown[0]:
                    product *= _whole(enumeration.known.constant(arg, scope), arg)
            return product
    if node.operator == "if" and enumeration.known.is_constant(node.args[0], scope):
        return _expectation(enumeration, _branch(enumeration, node, scope), scope)
    if node.operator == "sum" and (terms := _terms(enumeration, node.args[0], scope)) is not None:
        return sum((_expectation(enumeration, term, bound) for term, bound in terms), Fraction(0))
    return sum(
        (_whole(thaw(key), node) * chance for key, chance in _walk(enumeration, node, scope).items()), Fraction(0)
    )


def _terms(enumeration: Enumeration, node: Node, scope: Scope) -> list[tuple[Node, Scope]] | None:
    """Return the elements of a list as expressions with their scopes, where its length depends on no draw."""
    if node.operator == "list":
        return [(arg, scope) for arg in node.args]
    if node.operator == "name" and (let := enumeration.known.let(node.value)) is not None:
        return _terms(enumeration, let, {})
    if node.operator == "if" and enumeration.known.is_constant(node.args[0], scope):
        return _terms(enumeration, _branch(enumeration, node, scope), scope)
    if node.operator == "map" and enumeration.known.is_constant(node.args[0], scope):
        source, body = node.args
        items = enumeration.known.constant(source, scope)
        if type(items) is list:
            return [(body, {**scope, node.value: item}) for item in items]
    return None


def _branch(enumeration: Enumeration, node: Node, scope: Scope) -> Node:
    condition = enumeration.known.constant(node.args[0], scope)
    if type(condition) is not bool:
        raise ExpressionError(node.path, f"if needs a boolean first, was given {show(condition)}")
    return node.args[1 if condition else 2]


def _whole(value: Value, node: Node) -> int:
    if type(value) is int:
        return value
    raise ExpressionError(node.path, f"an expected payout needs integers, this is {show(value)}")
