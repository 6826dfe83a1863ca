"""Enumeration: what an expression can come to, over all draws, looking at no more of them than its value depends on.

An expression is evaluated as in `compiler.py`, but a draw is a list of views that nobody has looked at. Only where a
value is needed (the condition of an `if`, an index, the end) is one chosen, from as few classes as tell the cases
apart. All evaluators here are generators: each value they yield stands for one case of what is known in `Choices` then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rng.games.choices import BUDGET, Choices, GroupSplitError
from rng.games.compiler import UNSET
from rng.games.dependence import UNKNOWN, Cell, Dependence, Items, Scope
from rng.games.expression import ExpressionError, Node
from rng.games.operators import STRICT, OperatorError, Value, show
from rng.games.rules import Prepared
from rng.games.universe import Universe
from rng.games.view import Atom, Functions, View

_ORDERLESS = frozenset({"add", "mul", "min", "max", "eq"})
_ORDERLESS_LISTS = frozenset({"sum", "count", "sort", "counts"})


class Enumeration:
    """Evaluate expressions of prepared rules over all draws; it has the state of one walk and is used by one thread."""

    def __init__(self, prepared: Prepared, *, budget: int = BUDGET) -> None:
        """Make the universes of all draws; `budget` is how many alternatives may be tried."""
        self._universes = [Universe(draw) for draw in prepared.draws]
        self._choices = Choices(self._universes, budget=budget)
        self._atoms: list[Atom] = []
        self._draws: dict[str, Any] = {}
        for draw, universe in zip(prepared.draws, self._universes, strict=True):
            functions = Functions(universe)
            atoms = [Atom(universe, functions) for _ in range(draw.width)]
            views = [View(atom, functions.base) for atom in atoms]
            self._atoms += atoms
            self._draws[draw.name] = Items(list(views)) if draw.is_list else views[0]
        self.known = Dependence(prepared, self._draws)
        self._lets: dict[str, Any] = {}

    def refill(self) -> None:
        """Take the whole budget again, for another expression; call it after a walk that came to its end."""
        self._choices.refill()

    @property
    def spent(self) -> int:
        """Return how many alternatives were tried so far."""
        return self._choices.spent

    def cases(self, node: Node, scope: Scope | None = None) -> Iterator[tuple[Value, int, int]]:
        """Yield the values of an expression, each with numerator and denominator of its probability.

        Args:
            node: the expression.
            scope: the variables of the `map`s around it.

        Raises:
            Intractable: there are too many cases.
            ExpressionError: the expression has no value in some case.
            GroupSplitError: begin again, after `restart`.
        """
        for value in self._force(self._evaluate(node, scope or {}), node.path):
            self._choices.spend()
            numerator, denominator = self._choices.probability()
            yield value, numerator, denominator

    def restart(self, split: GroupSplitError) -> None:
        """Begin again after a walk that ended with that error."""
        self._choices.restart(split.group)
        self._lets.clear()
        for atom in self._atoms:
            atom.region = atom.group = None

    def _evaluate(self, node: Node, scope: Scope) -> Iterator[Any]:
        """Go through the cases of an expression as far as it has to be looked at: values, views and lists of such."""
        operator = node.operator
        if operator == "literal":
            yield node.value
            return
        if operator == "name":
            yield from self._name(node, scope)
            return
        simple = self.known.simple(node, scope)
        if simple is not UNSET:
            yield simple
        elif operator == "list":
            yield Items([self.known.cell(arg, scope) for arg in node.args])
        elif operator == "map":
            yield from self._map(node, scope)
        elif operator == "if":
            for decision in self._flag(node, node.args[0], scope):
                yield from self._evaluate(node.args[1 if decision else 2], scope)
        elif operator in ("and", "or"):
            yield from self._until(node, node.args, scope)
        else:
            for args in self._each([self.known.cell(arg, scope) for arg in node.args], self._look, Cell):
                yield from self._operate(node, operator, args)

    def _name(self, node: Node, scope: Scope) -> Iterator[Any]:
        name = node.value
        if name in scope:
            yield from self._look(scope[name])
        elif name in self._draws:
            yield self._draws[name]
        elif name in self._lets:
            yield self._lets[name]
        elif (let := self.known.let(name)) is None or not self.known.reach(let)[0]:
            yield self.known.constant(node, scope)
        else:
            for value in self._evaluate(let, {}):
                self._lets[name] = value
                yield value
                del self._lets[name]

    def _look(self, value: Any) -> Iterator[Any]:
        """Go through the cases of a cell, and leave it evaluated while each is looked at."""
        if not isinstance(value, Cell):
            yield value
        elif value.value is not UNSET:
            yield value.value
        else:
            for found in self._evaluate(value.node, value.scope):
                value.value = found
                yield found
                value.value = UNSET

    def _force(self, values: Iterator[Any], path: str) -> Iterator[Value]:
        """Go through the cases until everything in them is known."""
        for value in values:
            yield from self._known_value(value, path)

    def _known_value(self, value: Any, path: str) -> Iterator[Value]:
        if isinstance(value, View):
            yield from self._choices.one(value)
        elif isinstance(value, Cell):
            yield from self._force(self._look(value), path)
        elif isinstance(value, Items):
            yield from self._each(value.items, lambda item: self._known_value(item, path), UNKNOWN)
        else:
            yield value

    def _each(
        self, items: list[Any], go: Callable[[Any], Iterator[Any]], unknown: type | tuple[type, ...]
    ) -> Iterator[list[Any]]:
        """Go through the cases of all unknown items, the last fastest. It is a loop, for lists can be long."""
        values = list(items)
        open_places = [place for place, item in enumerate(items) if isinstance(item, unknown)]
        if not open_places:
            yield values
            return
        walks: list[Iterator[Any]] = []
        while True:
            while len(walks) < len(open_places):
                walk = go(items[open_places[len(walks)]])
                walks.append(walk)
                if not self._step(values, open_places, walks):
                    return
            yield list(values)
            if not walks or not self._step(values, open_places, walks):
                return

    @staticmethod
    def _step(values: list[Any], places: list[int], walks: list[Iterator[Any]]) -> bool:
        """Move the last walk on, and those before it where it is at its end; return whether there is a case."""
        while walks:
            for value in walks[-1]:
                values[places[len(walks) - 1]] = value
                return True
            walks.pop()
        return False

    def _flag(self, node: Node, condition: Node, scope: Scope) -> Iterator[bool]:
        for flag in self._force(self._evaluate(condition, scope), condition.path):
            if type(flag) is not bool:
                raise ExpressionError(node.path, f"{node.operator} needs a boolean, was given {show(flag)}")
            yield flag

    def _until(self, node: Node, args: tuple[Node, ...], scope: Scope) -> Iterator[bool]:
        decides = node.operator == "or"
        for flag in self._flag(node, args[0], scope):
            if flag is decides or len(args) == 1:
                yield flag
            else:
                yield from self._until(node, args[1:], scope)

    def _map(self, node: Node, scope: Scope) -> Iterator[Any]:
        source, body = node.args
        for value in self._evaluate(source, scope):
            for items in self._lists(node, value):
                yield Items([self.known.cell(body, {**scope, node.value: item}) for item in items])

    def _lists(self, node: Node, value: Any) -> Iterator[list[Any]]:
        """Go through the cases of a list down to its elements, which stay as they are."""
        if isinstance(value, Items):
            yield value.items
            return
        for known in self._known_value(value, node.path):
            if type(known) is not list:
                raise ExpressionError(node.path, f"{node.operator} needs a list, was given {show(known)}")
            yield known

    def _operate(self, node: Node, operator: str, args: list[Any]) -> Iterator[Any]:
        """Apply a strict operator to arguments that are values, views or lists of such."""
        if isinstance(args[0], Items) and operator == "at":
            for key in self._known_value(args[1], node.path):
                item = self._strict(node, operator, [args[0].items, key])
                for found in self._look(item):
                    if len(args) == 2:
                        yield found
                    else:
                        yield from self._operate(node, operator, [found, *args[2:]])
        elif isinstance(args[0], Items) and operator == "len":
            yield len(args[0].items)
        elif isinstance(args[0], Items) and operator == "slice":
            for bounds in self._each(args[1:], lambda bound: self._known_value(bound, node.path), UNKNOWN):
                yield Items(self._strict(node, operator, [args[0].items, *bounds]))
        elif isinstance(args[0], Items) and operator == "leading":
            yield from self._leading(node, args[0].items, 0)
        elif isinstance(args[0], Items) and operator in _ORDERLESS_LISTS:
            for items in self._each(args[0].items, self._look, Cell):
                for values in self._alike(node, items):
                    for others in self._each(args[1:], lambda other: self._known_value(other, node.path), UNKNOWN):
                        yield self._strict(node, operator, [values, *others])
        elif operator == "in" and isinstance(args[1], Items):
            yield from self._contains(node, args[0], args[1].items)
        else:
            yield from self._generic(node, operator, args)

    def _generic(self, node: Node, operator: str, args: list[Any]) -> Iterator[Any]:
        views = [arg for arg in args if isinstance(arg, View)]
        for place, arg in enumerate(args):
            if isinstance(arg, Items):
                for known in self._known_value(arg, node.path):
                    yield from self._generic(node, operator, [*args[:place], known, *args[place + 1 :]])
                return
        if not views:
            yield self._strict(node, operator, args)
        elif all(view.atom is views[0].atom for view in views):
            functions = [arg.function if isinstance(arg, View) else arg for arg in args]
            yield View(views[0].atom, views[0].atom.functions.operation(operator, functions, path=node.path))
        elif operator in _ORDERLESS and self._choices.can_group(views):
            constants = [arg for arg in args if not isinstance(arg, View)]
            for values in self._choices.group(views):
                yield self._strict(node, operator, [*values, *constants])
        else:
            place = next(place for place, arg in enumerate(args) if isinstance(arg, View))
            for known in self._known_value(args[place], node.path):
                yield from self._generic(node, operator, [*args[:place], known, *args[place + 1 :]])

    def _alike(self, node: Node, items: list[Any]) -> Iterator[list[Value]]:
        """Go through the values of a list whose order does not count."""
        views = [item for item in items if isinstance(item, View)]
        if views and not any(isinstance(item, Items) for item in items) and self._choices.can_group(views):
            constants = [item for item in items if not isinstance(item, View)]
            for values in self._choices.group(views):
                yield [*constants, *values]
        else:
            yield from self._each(items, lambda item: self._known_value(item, node.path), UNKNOWN)

    def _leading(self, node: Node, items: list[Any], start: int) -> Iterator[int]:
        if start == len(items):
            yield start
            return
        for flag in self._known_value(items[start], node.path):
            if type(flag) is not bool:
                raise ExpressionError(node.path, f"leading needs a list of booleans, one element is {show(flag)}")
            if flag:
                yield from self._leading(node, items, start + 1)
            else:
                yield start

    def _contains(self, node: Node, wanted: Any, items: list[Any]) -> Iterator[bool]:
        """Look for a value, and stop where it is found."""
        views = [item for item in items if isinstance(item, View)]
        if not isinstance(wanted, (View, Items)) and len(views) == len(items) and self._choices.can_group(views):
            equal = [
                View(view.atom, view.atom.functions.operation("eq", [view.function, wanted], path=node.path))
                for view in views
            ]
            for flags in self._choices.group(equal):
                yield True in flags
            return
        yield from self._contains_from(node, wanted, items)

    def _contains_from(self, node: Node, wanted: Any, items: list[Any]) -> Iterator[bool]:
        if not items:
            yield False
            return
        for item in self._look(items[0]):
            for equal in self._generic(node, "eq", [wanted, item]):
                for flag in self._known_value(equal, node.path):
                    if flag:
                        yield True
                    else:
                        yield from self._contains_from(node, wanted, items[1:])

    def _strict(self, node: Node, operator: str, args: list[Any]) -> Any:
        try:
            return STRICT[operator].function(*args)
        except OperatorError as error:
            raise ExpressionError(node.path, f"{operator} {error}") from None
