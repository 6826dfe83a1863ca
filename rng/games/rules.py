"""Rules of a game: what its document declares, and rounds prepared and settled under it (rules.md R8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from rng.games.compiler import Compiler, Formula, Frame, spend
from rng.games.draws import Draw, check_draw, check_width
from rng.games.expression import ExpressionError, Scope, point
from rng.games.operators import Value, show
from rng.games.parameters import Parameter, ParameterError, check_value

SHOWN_DEPTH_LIMIT = 4


@dataclass(frozen=True, slots=True, eq=False)
class DrawRule:
    """Hold a declared draw: its primitive, and its arguments (`times` among them) by name."""

    name: str
    primitive: str
    arguments: Mapping[str, Formula] = field(repr=False)
    path: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Hold what a document says of itself: the least and the most return in ten-thousandths, and shapes of tables."""

    least_return: int | None
    most_return: int | None
    shapes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """Hold a rules document whose form was checked; made by `document.parse_rules`, compared by `digest`."""

    name: str
    digest: str
    summary: str
    document: Mapping[str, Any] = field(repr=False)
    tables: Mapping[str, Value] = field(repr=False)
    parameters: tuple[Parameter, ...] = field(repr=False)
    draws: tuple[DrawRule, ...] = field(repr=False)
    lets: tuple[Formula, ...] = field(repr=False)
    outcome: tuple[Formula, ...] = field(repr=False)
    payout: Formula | None = field(repr=False)
    odds: tuple[Formula, ...] = field(repr=False)
    claims: Claims = field(repr=False)
    scope: Scope = field(repr=False)
    compiler: Compiler = field(repr=False)


def check_parameters(rules: Rules, given: Mapping[str, object], *, fill_defaults: bool) -> dict[str, Value]:
    """Return the parameters of a round, in the order of their declaration, if they are allowed.

    Args:
        rules: the game's rules.
        given: value by name.
        fill_defaults: whether a parameter that is not given takes its default; else every one must be given.

    Raises:
        ParameterError: a name is unknown or missing, or a value is not allowed (rules.md R2).
        ExpressionError: a bound has no value for the parameters before it.
    """
    return _check_parameters(rules, given, rules.compiler.frame(), fill_defaults=fill_defaults)


def _check_parameters(
    rules: Rules, given: Mapping[str, object], frame: Frame, *, fill_defaults: bool
) -> dict[str, Value]:
    known = [parameter.name for parameter in rules.parameters]
    for name in given:
        if name not in known:
            raise ParameterError(show(name), f"{rules.name} has no such parameter; it has {', '.join(known) or 'none'}")
    values: dict[str, Value] = {}
    for parameter in rules.parameters:
        if parameter.name not in given and not fill_defaults:
            raise ParameterError(parameter.name, f"is missing; {rules.name} needs {', '.join(known)}")
        value = check_value(parameter, given.get(parameter.name, parameter.default), frame)
        values[parameter.name] = frame[rules.compiler.slot(parameter.name)] = value
    return values


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Hold rules with parameters: the draws a round makes, its width, and the frame that a round begins with."""

    rules: Rules
    parameters: Mapping[str, Value]
    draws: tuple[Draw, ...]
    width: int
    frame: Frame = field(repr=False)


def prepare_rules(rules: Rules, parameters: Mapping[str, object]) -> Prepared:
    """Return the rules made ready for rounds with these parameters; it can be used for any number of rounds.

    Args:
        rules: the game's rules.
        parameters: every parameter by name.

    Raises:
        ParameterError: a parameter is missing, unknown or not allowed.
        ExpressionError: an argument of a draw has no value or is out of range, or the round is too wide.
    """
    frame = rules.compiler.frame()
    values = _check_parameters(rules, parameters, frame, fill_defaults=False)
    draws = tuple(
        check_draw(
            draw.name,
            draw.primitive,
            {name: argument.evaluate(frame) for name, argument in draw.arguments.items()},
            path=draw.path,
        )
        for draw in rules.draws
    )
    spend(frame, sum(len(draw.weights) * draw.width for draw in draws), "/draws")
    return Prepared(rules, MappingProxyType(values), draws, check_width(draws), frame)


def width(rules: Rules, parameters: Mapping[str, object]) -> int:
    """Return how many integers a round with these parameters draws.

    Raises:
        ParameterError, ExpressionError: as `prepare_rules`.
    """
    return prepare_rules(rules, parameters).width


def settle(prepared: Prepared, values: list[Value]) -> tuple[dict[str, Value], int | None]:
    """Return outcome and payout of a round.

    Args:
        prepared: rules and parameters.
        values: the values of the draws, in order.

    Returns:
        The shown outcome by field, and the payout in ten-thousandths of the stake (`None` where the engine settles).

    Raises:
        ExpressionError: the rules give no value here, or one that is no outcome or payout (rules.md R5, R6).
    """
    rules, frame = prepared.rules, _begin(prepared, values)
    outcome = {}
    for shown in rules.outcome:
        path = point("/outcome", shown.name)
        value = outcome[shown.name] = shown.evaluate(frame)
        _check_shown(value, path, 0, frame)
    if rules.payout is None:
        return outcome, None
    return outcome, check_payout(rules.payout.evaluate(frame))


def evaluate(prepared: Prepared, values: list[Value], formula: Formula) -> Value:
    """Return the value of one formula of the rules, such as a quantity of the odds, for these draws.

    Raises:
        ExpressionError: it has none.
    """
    return formula.evaluate(_begin(prepared, values))


def _begin(prepared: Prepared, values: list[Value]) -> Frame:
    frame = list(prepared.frame)
    for draw, value in zip(prepared.draws, values, strict=True):
        frame[prepared.rules.compiler.slot(draw.name)] = value
    return frame


def check_payout(value: Value) -> int:
    """Return the payout if it is one: an integer, never negative (rules.md R6).

    Raises:
        ExpressionError: it is not.
    """
    if type(value) is int and value >= 0:
        return value
    raise ExpressionError("/payout", f"is an integer of at least 0, this is {show(value)}")


def _check_shown(value: Value, path: str, depth: int, frame: Frame) -> None:
    """Check a value of the outcome and count its work: one step, and one for each 8 characters of a text (R9)."""
    # Counted on the way, since a list may hold another one so many times over that the way has no end.
    spend(frame, 1 + len(value) // 8 if type(value) is str else 1, path)
    if type(value) in (int, bool, str):
        return
    if type(value) is not list or depth == SHOWN_DEPTH_LIMIT:
        raise ExpressionError(
            path, f"is an integer, boolean, text or list nested at most 4 deep, this is {show(value)}"
        )
    for item in value:
        _check_shown(item, path, depth + 1, frame)
