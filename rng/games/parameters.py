"""Parameters of a game: what the caller chooses, and its bounds (rules.md R2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rng.games.compiler import Compiler, Formula, Frame
from rng.games.expression import ExpressionError, RulesError, Scope, check_name, parse_expression, point
from rng.games.operators import INTEGER_LIMIT, LIST_LIMIT, TEXT_LIMIT, Value, show

BOUNDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"integer": ("min", "max"), "choice": (), "set": ("min", "max", "at_least", "at_most")}
)


class ParameterError(ValueError):
    """Say which parameter of a round the caller has to mend, and how."""

    def __init__(self, parameter: str, message: str) -> None:
        """Keep the parameter's name and the message."""
        super().__init__(f"parameter {parameter}: {message}")
        self.parameter = parameter
        self.message = message


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """Hold a declared parameter: its kind (`integer`, `choice`, `set`), default, choices and evaluators of bounds."""

    name: str
    kind: str
    default: Value
    choices: tuple[str, ...]
    path: str
    bounds: Mapping[str, Formula] = field(repr=False)

    def limits(self, frame: Frame) -> dict[str, int]:
        """Return the bounds by name, for the parameters before this one that stand in the frame.

        Raises:
            ExpressionError: a bound has no value, or is no integer.
        """
        found = {}
        for name, bound in self.bounds.items():
            value = bound.evaluate(frame)
            if type(value) is not int:
                raise ExpressionError(point(self.path, name), f"a bound is an integer, this is {show(value)}")
            found[name] = value
        return found


def parse_parameter(
    document: object, *, compiler: Compiler, scope: Scope, tables: Mapping[str, Value], path: str
) -> Parameter:
    """Return a declared parameter, its form checked.

    Raises:
        RulesError: a field is missing, unknown or of the wrong form (rules.md R2).
    """
    kind = document.get("type") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(kind, str) or kind not in BOUNDS:
        raise RulesError(path, f"a parameter is an object with the type {', '.join(BOUNDS)}; this is {show(document)}")
    fields = {"name", "type", "default", *BOUNDS[kind], *(("of",) if kind == "choice" else ())}
    if set(document) != fields:
        raise RulesError(path, f"a parameter of type {kind} has exactly the fields {', '.join(sorted(fields))}")
    name = check_name(document["name"], point(path, "name"))
    choices = _choices(document["of"], tables, point(path, "of")) if kind == "choice" else ()
    bounds = {
        bound: compiler.compile(bound, parse_expression(document[bound], scope=scope, path=point(path, bound)))
        for bound in BOUNDS[kind]
    }
    return Parameter(name, kind, document["default"], choices, path, MappingProxyType(bounds))


def _choices(of: object, tables: Mapping[str, Value], path: str) -> tuple[str, ...]:
    if isinstance(of, str):
        table = tables.get(of)
        if not isinstance(table, dict) or not table:
            raise RulesError(path, f"needs the name of a table that is an object with members; this is {show(of)}")
        return tuple(table)
    if not isinstance(of, list) or not of or not all(isinstance(choice, str) for choice in of):
        raise RulesError(path, f"needs a list of texts or the name of a table; this is {show(of)}")
    if len(set(of)) != len(of) or len(of) > LIST_LIMIT:
        raise RulesError(path, f"needs distinct texts, {LIST_LIMIT} at most; this is {show(of)}")
    for place, choice in enumerate(of):
        if len(choice) > TEXT_LIMIT:
            raise RulesError(point(path, place), f"a text has at most {TEXT_LIMIT} characters, this has {len(choice)}")
    return tuple(of)


def check_value(parameter: Parameter, value: object, frame: Frame) -> Value:
    """Return the value of a parameter if it is allowed.

    Args:
        parameter: the declared parameter.
        value: what the caller gave.
        frame: the parameters before it, in their slots.

    Raises:
        ParameterError: the value is of the wrong type or out of bounds.
        ExpressionError: a bound has no value.
    """
    if parameter.kind == "choice":
        if isinstance(value, str) and value in parameter.choices:
            return value
        some = ", ".join(parameter.choices[:12]) + (", ..." if len(parameter.choices) > 12 else "")
        raise ParameterError(parameter.name, f"is one of {some}; was given {show(value)}")
    limits = parameter.limits(frame)
    low, high = limits["min"], limits["max"]
    if parameter.kind == "integer":
        if type(value) is int and low <= value <= high and abs(value) <= INTEGER_LIMIT:
            return value
        raise ParameterError(parameter.name, f"is an integer of {low} to {high}; was given {show(value)}")
    least, most = limits["at_least"], min(limits["at_most"], LIST_LIMIT)
    form = f"is a list of {least} to {most} distinct integers of {low} to {high} in ascending order"
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise ParameterError(parameter.name, f"{form}; was given {show(value)}")
    for place, item in enumerate(value):
        if type(item) is not int or not low <= item <= high or (place and item <= value[place - 1]):
            raise ParameterError(parameter.name, f"{form}; element {place} is {show(item)}")
    return list(value)
