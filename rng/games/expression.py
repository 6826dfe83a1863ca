"""Expressions of the rules language: their form, checked, as trees (rules.md R5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rng.games.operators import ARITY, DEPTH_LIMIT, DEPTH_THROUGH_LIMIT, INTEGER_LIMIT, LIST_LIMIT, TEXT_LIMIT, show

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")


class RulesError(ValueError):
    """Say what is wrong with a rules document, and where (`path` is a JSON pointer, RFC 6901)."""

    def __init__(self, path: str, message: str) -> None:
        """Keep the place and the message."""
        super().__init__(f"{path or '/'}: {message}")
        self.path = path
        self.message = message

    def __reduce__(self) -> tuple[type[RulesError], tuple[str, str]]:
        # By the arguments, so that the error passes from a worker process to whoever waits for it.
        return type(self), (self.path, self.message)


class ExpressionError(RulesError):
    """Say that an expression has no value for these parameters and draws: the document is malformed for them."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Hold one checked expression.

    `operator` is `literal` (of `value`), `name` (`value` is it), `list`, `map` (`value` is the variable, `args` are
    list and body) or an operator of the table. `path` is the place in the document, `names` are the free names, `depth`
    is the nesting counted through `let` entries, and `size` the number of expressions, the bodies of `map` aside.
    """

    operator: str
    value: Any
    args: tuple[Node, ...]
    path: str
    names: frozenset[str] = frozenset()
    depth: int = 1
    size: int = 1


@dataclass(frozen=True, slots=True)
class Scope:
    """Hold the names an expression may use, with the nesting behind each, and all names of the document.

    No `map` may declare a name of the document again.
    """

    visible: Mapping[str, int]
    declared: frozenset[str]


def point(path: str, *steps: object) -> str:
    """Return a longer JSON pointer (RFC 6901)."""
    return path + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in steps)


def check_name(name: object, path: str) -> str:
    """Return the name if it is one (rules.md R1), else raise `RulesError`."""
    if isinstance(name, str) and NAME.match(name):
        return name
    raise RulesError(path, f"a name is 1 to 32 of a-z, 0-9 and _, beginning with a letter; this is {show(name)}")


def parse_expression(expression: object, *, scope: Scope, path: str) -> Node:
    """Return the checked tree of an expression.

    Args:
        expression: the expression as JSON values.
        scope: the names it may use.
        path: its place in the document, as a JSON pointer.

    Raises:
        RulesError: an unknown name or operator, a wrong number of arguments, a name declared twice, a literal out of
            range, or nesting too deep (rules.md R5).
    """
    return _parse(expression, scope, frozenset(), path, 1)


def _parse(expression: object, scope: Scope, variables: frozenset[str], path: str, depth: int) -> Node:
    if depth > DEPTH_LIMIT:
        raise RulesError(path, f"expressions nest at most {DEPTH_LIMIT} deep")
    if isinstance(expression, bool):
        return Node("literal", expression, (), path)
    if isinstance(expression, int):
        if not -INTEGER_LIMIT <= expression <= INTEGER_LIMIT:
            raise RulesError(path, f"{show(expression)} lies outside -(2^53 - 1) .. 2^53 - 1")
        return Node("literal", expression, (), path)
    if isinstance(expression, str):
        if expression not in scope.visible and expression not in variables:
            raise RulesError(path, f'{_why_unknown(expression, scope)}; a text is written {{"text": ...}}')
        through = scope.visible.get(expression, 1)
        if through > DEPTH_THROUGH_LIMIT:
            raise RulesError(path, f"counted through let entries, this nests deeper than {DEPTH_THROUGH_LIMIT}")
        return Node("name", expression, (), path, frozenset({expression}), through)
    if isinstance(expression, list):
        if len(expression) > LIST_LIMIT:
            raise RulesError(path, f"a list has at most {LIST_LIMIT} elements, this one has {len(expression)}")
        items = [_parse(item, scope, variables, point(path, place), depth + 1) for place, item in enumerate(expression)]
        return _branch("list", items, path)
    if isinstance(expression, dict):
        return _parse_operator(expression, scope, variables, path, depth)
    raise RulesError(path, f"not an expression: {show(expression)}")


def _branch(operator: str, args: list[Node], path: str) -> Node:
    depth = 1 + max((arg.depth for arg in args), default=0)
    if depth > DEPTH_THROUGH_LIMIT:
        raise RulesError(path, f"counted through let entries, expressions nest at most {DEPTH_THROUGH_LIMIT} deep")
    names = frozenset[str]().union(*(arg.names for arg in args))
    return Node(operator, None, tuple(args), path, names, depth, 1 + sum(arg.size for arg in args))


def _why_unknown(name: str, scope: Scope) -> str:
    if name in scope.declared:
        return f"the name {show(name)} cannot be used here: it is declared later, or not for this place"
    return f"nothing is called {show(name)}"


def _parse_operator(
    expression: dict[str, object], scope: Scope, variables: frozenset[str], path: str, depth: int
) -> Node:
    if len(expression) != 1:
        raise RulesError(path, f"an operator is an object with exactly one member, this one has {len(expression)}")
    [(name, given)] = expression.items()
    here = point(path, name)
    if name == "text":
        if not isinstance(given, str):
            raise RulesError(here, f"a text is a string, this is {show(given)}")
        if len(given) > TEXT_LIMIT:
            raise RulesError(here, f"a text has at most {TEXT_LIMIT} characters, this has {len(given)}")
        return Node("literal", given, (), here)
    if name not in ARITY:
        raise RulesError(path, f"no operator is called {show(name)}; there are text, {', '.join(sorted(ARITY))}")
    if not isinstance(given, list):
        raise RulesError(here, f"{name} takes a list of arguments, this is {show(given)}")
    least, most = ARITY[name]
    if len(given) < least or (most is not None and len(given) > most):
        wanted = str(least) if most == least else f"{least} or more"
        raise RulesError(here, f"{name} takes {wanted} arguments, this has {len(given)}")
    if name == "map":
        return _parse_map(given, scope, variables, here, depth)
    args = [_parse(item, scope, variables, point(here, place), depth + 1) for place, item in enumerate(given)]
    return _branch(name, args, here)


def _parse_map(given: list[object], scope: Scope, variables: frozenset[str], path: str, depth: int) -> Node:
    variable = check_name(given[1], point(path, 1))
    if variable in scope.declared or variable in variables:
        raise RulesError(point(path, 1), f"the name {show(variable)} is declared already")
    source = _parse(given[0], scope, variables, point(path, 0), depth + 1)
    body = _parse(given[2], scope, variables | {variable}, point(path, 2), depth + 1)
    both = _branch("map", [source, body], path)
    names = source.names | (body.names - {variable})
    return Node("map", variable, both.args, path, names, both.depth, 1 + source.size)
