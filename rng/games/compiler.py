"""Closures that evaluate expressions of the rules language (rules.md R5), and count their work (R9)."""

from __future__ import annotations

import operator as python_operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rng.games.expression import ExpressionError, Node
from rng.games.operators import LIST_OPERATORS, STRICT, OperatorError, Value, boolean, show

Frame = list[Any]
"""The values of one evaluation: the work done so far, then a slot for each name and each `map`."""

Evaluator = Callable[[Frame], Value]

UNSET: Any = object()
"""What stands in the slot of a `let` entry until it is needed."""

WORK_LIMIT = 2**20
"""Steps that a round may need. The count here errs upwards: both branches of an `if` are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """Hold a named expression: a `let` entry, an outcome field, an argument, a quantity of the odds, the payout."""

    name: str
    node: Node = field(repr=False)
    evaluate: Evaluator = field(repr=False)


class Compiler:
    """Turn trees into closures over a frame of slots.

    Names have fixed slots; a `let` entry's slot is filled when it is needed first. Every `map` has a slot of its own,
    for a `let` entry may run in the middle of another entry's `map`.
    """

    def __init__(self, constants: Mapping[str, Value], names: tuple[str, ...]) -> None:
        """Begin with the tables, which are constant, and the names that have a slot in the frame, in order."""
        self._constants = constants
        self._slots = {name: index for index, name in enumerate(names, start=1)}
        self._lets: dict[str, Evaluator] = {}
        self._size = 1 + len(names)

    def slot(self, name: str) -> int:
        """Return the slot of a name."""
        return self._slots[name]

    def frame(self) -> Frame:
        """Return an empty frame that is large enough for everything compiled so far."""
        frame: Frame = [UNSET] * self._size
        frame[0] = 0
        return frame

    def define(self, name: str, node: Node) -> Formula:
        """Compile a `let` entry, so that the name can be used in what is compiled after it."""
        self._lets[name] = self.compile(name, node).evaluate
        return Formula(name, node, self._name(name, {}))

    def compile(self, name: str, node: Node) -> Formula:
        """Return the tree with the closure that evaluates it; that raises `ExpressionError`."""
        inner = self._compile(node, {})
        size, path = node.size, node.path

        def evaluate(frame: Frame) -> Value:
            spend(frame, size, path)
            return inner(frame)

        return Formula(name, node, evaluate)

    def compile_open(self, node: Node, variables: tuple[str, ...]) -> tuple[Evaluator, tuple[int, ...]]:
        """Return the closure of a part of a tree, and the slots where it finds the variables from around it."""
        slots = tuple(range(self._size, self._size + len(variables)))
        self._size += len(variables)
        return self._compile(node, dict(zip(variables, slots, strict=True))), slots

    def _compile(self, node: Node, variables: Mapping[str, int]) -> Evaluator:
        if node.operator == "literal":
            value = node.value
            return lambda frame: value
        if node.operator == "name":
            return self._name(node.value, variables)
        if node.operator == "map":
            return self._map(node, variables)
        args = tuple(self._compile(arg, variables) for arg in node.args)
        if node.operator == "list":
            return lambda frame: [arg(frame) for arg in args]
        if node.operator == "if":
            return _if(node, *args)
        if node.operator in ("and", "or"):
            return _until(node, args, decides=node.operator == "or")
        return _strict(node, args)

    def _name(self, name: str, variables: Mapping[str, int]) -> Evaluator:
        if name in self._constants:
            value = self._constants[name]
            return lambda frame: value
        if name not in self._lets:
            return python_operator.itemgetter(variables[name] if name in variables else self._slots[name])
        body, slot = self._lets[name], self._slots[name]

        def let(frame: Frame) -> Value:
            value = frame[slot]
            if value is UNSET:
                value = frame[slot] = body(frame)
            return value

        return let

    def _map(self, node: Node, variables: Mapping[str, int]) -> Evaluator:
        slot = self._size
        self._size += 1
        source = self._compile(node.args[0], variables)
        body = self._compile(node.args[1], {**variables, node.value: slot})
        path, each = node.path, 2 + node.args[1].size

        def run(frame: Frame) -> Value:
            items = source(frame)
            if type(items) is not list:
                raise ExpressionError(path, f"map needs a list, was given {show(items)}")
            spend(frame, each * len(items), path)
            results = []
            for item in items:
                frame[slot] = item
                results.append(body(frame))
            return results

        return run


def spend(frame: Frame, steps: int, path: str) -> None:
    """Count work, and raise `ExpressionError` beyond the limit of a round (rules.md R9)."""
    frame[0] += steps
    if frame[0] > WORK_LIMIT:
        raise ExpressionError(path, f"too expensive: the round needs more than {WORK_LIMIT} steps")


def _if(node: Node, condition: Evaluator, yes: Evaluator, no: Evaluator) -> Evaluator:
    path = node.path

    def run(frame: Frame) -> Value:
        decision = condition(frame)
        if decision is True:
            return yes(frame)
        if decision is False:
            return no(frame)
        raise ExpressionError(path, f"if needs a boolean first, was given {show(decision)}")

    return run


def _until(node: Node, args: tuple[Evaluator, ...], *, decides: bool) -> Evaluator:
    path = node.path

    def run(frame: Frame) -> Value:
        for arg in args:
            flag = arg(frame)
            try:
                boolean(flag)
            except OperatorError as fault:
                raise ExpressionError(path, f"{node.operator} {fault}") from None
            if flag is decides:
                return decides
        return not decides

    return run


def _strict(node: Node, args: tuple[Evaluator, ...]) -> Evaluator:
    function, path, name = STRICT[node.operator].function, node.path, node.operator
    if name in LIST_OPERATORS:
        return _list_operator(node, args)
    if len(args) == 1:
        [only] = args

        def one(frame: Frame) -> Value:
            value = only(frame)
            try:
                return function(value)
            except OperatorError as fault:
                raise ExpressionError(path, f"{name} {fault}") from None

        return one
    if len(args) == 2:
        first, second = args

        def two(frame: Frame) -> Value:
            a, b = first(frame), second(frame)
            try:
                return function(a, b)
            except OperatorError as fault:
                raise ExpressionError(path, f"{name} {fault}") from None

        return two

    def more(frame: Frame) -> Value:
        values = [arg(frame) for arg in args]
        try:
            return function(*values)
        except OperatorError as fault:
            raise ExpressionError(path, f"{name} {fault}") from None

    return more


def _list_operator(node: Node, args: tuple[Evaluator, ...]) -> Evaluator:
    function, path, name = STRICT[node.operator].function, node.path, node.operator

    def run(frame: Frame) -> Value:
        values = [arg(frame) for arg in args]
        # Counted before the work is done, so that a hostile document cannot make it happen.
        spend(frame, sum(len(value) for value in values if type(value) is list), path)
        try:
            result = function(*values)
        except OperatorError as fault:
            raise ExpressionError(path, f"{name} {fault}") from None
        if type(result) is list:
            spend(frame, len(result), path)
        return result

    return run
