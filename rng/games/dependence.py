"""Dependence: which draws an expression looks at, and what it comes to where it looks at one atom or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rng.games.compiler import UNSET, Compiler, Evaluator
from rng.games.expression import ExpressionError, Node
from rng.games.operators import Value
from rng.games.rules import Prepared
from rng.games.view import TABULATED, Atom, Function, View

Scope = Mapping[str, Any]
"""The variables of the `map`s around an expression: values, views, cells and lists of which not all is known."""


class Items:
    """A list of which not every element is known: values, views, cells and further lists."""

    __slots__ = ("items",)

    def __init__(self, items: list[Any]) -> None:
        self.items = items


class Cell:
    """An expression that is not evaluated before somebody needs it."""

    __slots__ = ("node", "scope", "value")

    def __init__(self, node: Node, scope: Scope) -> None:
        self.node = node
        self.scope = scope
        self.value = UNSET


UNKNOWN = (View, Cell, Items)


class Dependence:
    """Answer what the expressions of prepared rules depend on; it remembers every answer."""

    def __init__(self, prepared: Prepared, draws: Mapping[str, View | Items]) -> None:
        """Compile the rules again, for parts of their expressions are to be evaluated alone.

        Args:
            prepared: rules and parameters.
            draws: what stands for each draw.
        """
        rules = prepared.rules
        self._draws = draws
        self._nodes = {let.name: let.node for let in rules.lets}
        names = (*prepared.parameters, *draws, *self._nodes)
        self._declared = set(names) | set(rules.tables)
        self._compiler = Compiler(rules.tables, names)
        self._reached: dict[int, tuple[frozenset[str], frozenset[str]]] = {}
        self._compiled: dict[int, tuple[Evaluator, tuple[str, ...], tuple[int, ...]]] = {}
        self._simple: dict[int, Any] = {}
        lets = [self._compiler.define(let.name, let.node) for let in rules.lets]
        self._frame = self._compiler.frame()
        for name, value in prepared.parameters.items():
            self._frame[self._compiler.slot(name)] = value
        for let in lets:
            if not self.reach(let.node)[0]:
                try:
                    let.evaluate(self._frame)
                except ExpressionError:
                    # Nobody may ever need it; whoever does meets the error again.
                    self._frame[self._compiler.slot(let.name)] = UNSET
        self._frame[0] = 0

    def let(self, name: str) -> Node | None:
        """Return the expression of a `let` entry, `None` if the name is none."""
        return self._nodes.get(name)

    def reach(self, node: Node) -> tuple[frozenset[str], frozenset[str]]:
        """Return the draws that an expression may look at, and the variables of the `map`s around it that it uses."""
        found = self._reached.get(id(node))
        if found is None:
            draws = {name for name in node.names if name in self._draws}
            for name in node.names & self._nodes.keys():
                draws |= self.reach(self._nodes[name])[0]
            found = self._reached[id(node)] = (frozenset(draws), node.names - self._declared)
        return found

    def is_constant(self, node: Node, scope: Scope) -> bool:
        """Return whether an expression depends on no draw."""
        draws, variables = self.reach(node)
        return not draws and not any(isinstance(scope[name], UNKNOWN) for name in variables)

    def constant(self, node: Node, scope: Scope) -> Value:
        """Return the value of an expression that depends on no draw."""
        if self.reach(node)[1]:
            return self._run(node, scope, {})
        if id(node) not in self._simple:
            self._simple[id(node)] = self._run(node, {}, {})
        return self._simple[id(node)]

    def simple(self, node: Node, scope: Scope) -> Any:
        """Return the value of an expression without draws, the view of one that depends on one atom, else `UNSET`."""
        draws, variables = self.reach(node)
        if not variables and id(node) in self._simple:
            return self._simple[id(node)]
        unknown: list[Any] = [self._draws[name] for name in draws]
        unknown += [value for name in variables if isinstance(value := scope[name], UNKNOWN)]
        if not unknown:
            return self.constant(node, scope)
        found: Any = UNSET
        if isinstance(unknown[0], View):
            atom = unknown[0].atom
            if atom.universe.size <= TABULATED and all(isinstance(it, View) and it.atom is atom for it in unknown):
                found = View(atom, self._whole(node, scope, atom))
        if not variables:
            self._simple[id(node)] = found
        return found

    def cell(self, node: Node, scope: Scope) -> Any:
        """Return an expression for later: what is simple at once, anything else as a cell."""
        if node.operator == "literal":
            return node.value
        if node.operator == "name" and node.value in scope:
            return scope[node.value]
        simple = self.simple(node, scope)
        return Cell(node, scope) if simple is UNSET else simple

    def _whole(self, node: Node, scope: Scope, atom: Atom) -> Function:
        """Return an expression that depends on one atom as a function of it."""
        draws, variables = self.reach(node)
        views = {name: view.function for name in sorted(draws) if isinstance(view := self._draws[name], View)}
        views |= {name: view.function for name in sorted(variables) if isinstance(view := scope[name], View)}
        others = {name: scope[name] for name in sorted(variables) if name not in views}

        def apply(raw: int) -> Value:
            values = {name: function.apply(raw) for name, function in views.items()}
            return self._run(node, {**others, **values}, {name: values[name] for name in draws})

        # A list is recognised by its identity; the closure keeps it alive, so that no other can take its place.
        bound = ((name, type(value), _identity(value)) for name, value in others.items())
        return atom.functions.named((id(node), *views.items(), *bound), apply)

    def _run(self, node: Node, scope: Scope, draws: Mapping[str, Value]) -> Value:
        """Evaluate an expression where all that it looks at is known."""
        if id(node) not in self._compiled:
            variables = tuple(self.reach(node)[1])
            evaluate, slots = self._compiler.compile_open(node, variables)
            self._frame += self._compiler.frame()[len(self._frame) :]
            self._compiled[id(node)] = (evaluate, variables, slots)
        evaluate, variables, slots = self._compiled[id(node)]
        frame = self._frame.copy()
        for name, slot in zip(variables, slots, strict=True):
            frame[slot] = scope[name]
        for name, value in draws.items():
            frame[self._compiler.slot(name)] = value
        return evaluate(frame)


def _identity(value: Value) -> object:
    return id(value) if isinstance(value, (list, dict)) else value
