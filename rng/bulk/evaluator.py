"""Outcomes and payouts of many rounds at once: the expressions of a game over arrays (rules.md R5, R6 and R8).

Both branches of an `if` and every `let` entry that is named are evaluated for all rounds, and each value comes with the
rounds in which it has none. Those count only where the value is needed, so laziness and errors are those of the scalar
evaluator. Whatever is in doubt is left to that one: a round that has no value here is evaluated again, alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from rng.bulk.arguments import Outcome
from rng.bulk.operators import strict
from rng.bulk.values import (
    NOWHERE,
    Array,
    Cells,
    Lists,
    NotVectorised,
    Vector,
    afford,
    as_cells,
    as_lists,
    choose,
    constant,
    either,
    is_list,
    lift,
    stack,
    valid,
)
from rng.games.compiler import WORK_LIMIT
from rng.games.expression import ExpressionError, Node
from rng.games.operators import LIST_OPERATORS
from rng.games.rules import Prepared

_SHOWN_DEPTH = 4


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Hold what rounds came to: outcome by field, payout, and the rounds that have to be settled one by one."""

    outcome: Mapping[str, Vector]
    payout: Vector | None
    doubtful: Array


@dataclass(frozen=True, slots=True, eq=False)
class _Scope:
    """Hold where an expression stands.

    `sizes` are the lengths of the lists of the `map`s around it, the innermost first; `variables` their values, each
    with its rank.
    """

    sizes: tuple[int, ...]
    variables: Mapping[str, tuple[Vector, int]]

    @property
    def rank(self) -> int:
        return len(self.sizes)


_TOP = _Scope((), {})


class Evaluator:
    """Settle rounds of a game with its parameters; made once, used for any number of rounds."""

    def __init__(self, prepared: Prepared) -> None:
        """Evaluate what is the same in every round."""
        rules = prepared.rules
        self.prepared = prepared
        self.constants: dict[str, Outcome] = {name: (table, None) for name, table in rules.tables.items()}
        self.constants.update({name: (value, None) for name, value in prepared.parameters.items()})
        # By the scalar evaluator, in the frame of a round whose draws nobody looks at. All of them count as work.
        frame = list(prepared.frame)
        for entry in rules.lets:
            if entry.node.names <= self.constants.keys():
                try:
                    self.constants[entry.name] = entry.evaluate(frame), None
                except ExpressionError:
                    self.constants[entry.name] = NOWHERE, None
        self.work = frame[0]
        self.lets = {entry.name: entry.node for entry in rules.lets}

    def settle(self, values: Sequence[Vector], rounds: int) -> Settled:
        """Return outcomes and payouts.

        Args:
            values: the values of the draws in order, of rank 0.
            rounds: how many rounds these are, at least 1.

        Raises:
            NotVectorised: all these rounds have to be settled one by one.
            TooLarge: fewer rounds have to be settled at once.
        """
        try:
            return self._settle(values, rounds)
        except RecursionError:
            raise NotVectorised("expressions nest too deep for this stack") from None

    def _settle(self, values: Sequence[Vector], rounds: int) -> Settled:
        rules = self.prepared.rules
        run = _Run(self, dict(zip((draw.name for draw in self.prepared.draws), values, strict=True)), rounds)
        bad: Array | None = None
        outcome: dict[str, Vector] = {}
        for shown in rules.outcome:
            value, wrong = run.formula(shown.node)
            outcome[shown.name] = _shown(value, 0)
            run.spend(_work_of_shown(outcome[shown.name]), _TOP)
            bad = either(bad, wrong)
        payout = None
        if rules.payout is not None:
            payout, wrong = run.formula(rules.payout.node)
            payout, negative = _payout(payout)
            bad = either(either(bad, wrong), negative)
        doubtful = np.zeros(rounds, dtype=np.bool_) if bad is None else np.broadcast_to(bad, (rounds,))
        return Settled(outcome, payout, doubtful)


class _Run:
    """Evaluate the expressions of some rounds: the `let` entries that were needed, and the most work of a round."""

    def __init__(self, evaluator: Evaluator, draws: dict[str, Vector], rounds: int) -> None:
        self.known: dict[str, Outcome] = {name: (value, None) for name, value in draws.items()}
        self.known.update(evaluator.constants)
        self.lets = evaluator.lets
        self.rounds = rounds
        self.work = evaluator.work

    def spend(self, steps: int, scope: _Scope) -> None:
        """Count work as the scalar evaluator does, or more: beyond its limit it decides itself."""
        self.work += steps * prod(scope.sizes)
        if self.work > WORK_LIMIT:
            raise NotVectorised("the work of a round may pass the limit")

    def formula(self, node: Node) -> Outcome:
        """Return the value of an outcome's field or the payout, and where it has none."""
        self.spend(node.size, _TOP)
        return self.evaluate(node, _TOP)

    def evaluate(self, node: Node, scope: _Scope) -> Outcome:
        """Return the value of an expression, and where it has none."""
        if node.operator == "literal":
            return node.value, None
        if node.operator == "name":
            return self._name(node.value, scope)
        if node.operator == "if":
            return self._if(node, scope)
        if node.operator in ("and", "or"):
            return self._until(node, scope, decides=node.operator == "or")
        if node.operator == "map":
            return self._map(node, scope)
        args: list[Vector] = []
        bad: Array | None = None
        for arg in node.args:
            value, wrong = self.evaluate(arg, scope)
            args.append(value)
            bad = either(bad, wrong)
        if node.operator == "list":
            if any(arg is NOWHERE for arg in args):
                return NOWHERE, None
            return (args if all(map(constant, args)) else stack(args, scope.rank)), bad
        counted = node.operator in LIST_OPERATORS
        if counted:
            self.spend(sum(map(_length, args)), scope)
        value, wrong = strict(node.operator, args, scope.rank)
        if counted:
            self.spend(_length(value), scope)
        return value, either(bad, wrong)

    def _name(self, name: str, scope: _Scope) -> Outcome:
        if name in scope.variables:
            value, rank = scope.variables[name]
            return lift(value, scope.rank - rank), None
        if name not in self.known:
            self.known[name] = self.formula(self.lets[name])
        value, bad = self.known[name]
        return lift(value, scope.rank), None if bad is None else bad.reshape((1,) * scope.rank + bad.shape)

    def _if(self, node: Node, scope: _Scope) -> Outcome:
        condition, bad = self.evaluate(node.args[0], scope)
        if type(condition) is bool:
            value, wrong = self.evaluate(node.args[1 if condition else 2], scope)
            return value, either(bad, wrong)
        if not _is_boolean(condition):
            return NOWHERE, None
        yes, wrong_yes = self.evaluate(node.args[1], scope)
        no, wrong_no = self.evaluate(node.args[2], scope)
        where = condition.data
        if yes is NOWHERE:
            return no, either(either(bad, wrong_no), where)
        if no is NOWHERE:
            return yes, either(either(bad, wrong_yes), ~where)
        if wrong_yes is not None:
            bad = either(bad, where & wrong_yes)
        if wrong_no is not None:
            bad = either(bad, ~where & wrong_no)
        return choose(where, yes, no, scope.rank), bad

    def _until(self, node: Node, scope: _Scope, *, decides: bool) -> Outcome:
        open_: Array | None = None  # where nothing decided yet; None: everywhere
        bad: Array | None = None
        for arg in node.args:
            flag, wrong = self.evaluate(arg, scope)
            if flag is NOWHERE or (type(flag) is not bool and not _is_boolean(flag)):
                if open_ is None:
                    return NOWHERE, None
                return Cells("boolean", open_ != decides), either(bad, open_)
            if wrong is not None:
                bad = either(bad, wrong if open_ is None else open_ & wrong)
            if type(flag) is bool:
                if flag is not decides:
                    continue
                return (decides if open_ is None else Cells("boolean", np.full_like(open_, decides))), bad
            going = ~flag.data if decides else flag.data
            open_ = going if open_ is None else open_ & going
        return (not decides if open_ is None else Cells("boolean", ~open_ if decides else open_)), bad

    def _map(self, node: Node, scope: _Scope) -> Outcome:
        source, bad = self.evaluate(node.args[0], scope)
        if source is NOWHERE:
            return NOWHERE, None
        if not is_list(source):
            if constant(source) or isinstance(source, Cells):
                return _no_list(source)
            raise NotVectorised("a map of something that is no list everywhere")
        lists = as_lists(source, scope.rank)
        if lists is None:
            return [], bad
        self.spend((2 + node.args[1].size) * lists.most, scope)
        afford(prod(scope.sizes) * lists.most * self.rounds)
        inner = _Scope((lists.most, *scope.sizes), {**scope.variables, node.value: (lists.items, scope.rank + 1)})
        value, wrong = self.evaluate(node.args[1], inner)
        inside = valid(lists)
        if value is NOWHERE:
            return (NOWHERE, None) if lists.lengths is None else ([], either(bad, np.greater(lists.lengths, 0)))
        if wrong is not None:
            bad = either(bad, np.any(wrong if inside is None else wrong & inside, axis=0))
        if constant(value):
            if lists.lengths is None:
                return [value] * lists.most, bad
            if type(value) is list:
                raise NotVectorised("lists of different lengths, of lists")
            value = as_cells(value, inner.rank)
        return Lists(lists.most, lists.lengths, value), bad


def _no_list(source: Vector) -> Outcome:
    if isinstance(source, Cells) and source.kind == "constant" and any(type(entry) is list for entry in source.table):
        raise NotVectorised("lists and objects stand beside each other")
    return NOWHERE, None


def _is_boolean(value: Vector) -> bool:
    return isinstance(value, Cells) and value.kind == "boolean"


def _length(value: Vector) -> int:
    """Return how long a list may be, 0 for what is none."""
    if isinstance(value, Lists):
        return value.most
    if isinstance(value, Cells) and value.kind == "constant":
        return max((len(entry) for entry in value.table if type(entry) is list), default=0)
    return len(value) if type(value) is list else 0


def _payout(value: Vector) -> tuple[Vector, Array | None]:
    """Return a payout if it is one, and where it is negative (rules.md R6)."""
    if type(value) is int and value >= 0:
        return value, None
    if isinstance(value, Cells) and value.kind == "integer":
        return value, value.data < 0 if value.low < 0 else None
    raise NotVectorised("the payout is no integer of at least 0")


def _shown(value: Vector, depth: int) -> Vector:
    """Return a value of the outcome in the form of integers, booleans, texts and lists of them (rules.md R5)."""
    if isinstance(value, Cells) and is_list(value):
        value = as_lists(value, value.data.ndim - 1) or []
    elif type(value) is list and value and not depth:
        # A list that is the same in every round becomes an array too, if it can.
        try:
            return _shown(as_lists(value, 0), 0)
        except NotVectorised:
            pass
    if isinstance(value, Lists) and depth < _SHOWN_DEPTH:
        items = _shown(value.items, depth + 1)
        if constant(items):
            raise NotVectorised("lists of empty lists")
        return Lists(value.most, value.lengths, items)
    if type(value) is list and depth < _SHOWN_DEPTH:
        return [_shown(item, depth + 1) for item in value]
    if type(value) in (int, bool, str) or (isinstance(value, Cells) and (value.kind != "constant" or value.is_text)):
        return value
    raise NotVectorised("an outcome has no value, is nested too deep or is an object")


def _work_of_shown(value: Vector) -> int:
    """Return the steps that showing a value takes at most (rules.md R9)."""
    if isinstance(value, Lists):
        return 1 + value.most * _work_of_shown(value.items)
    if type(value) is list:
        return 1 + sum(map(_work_of_shown, value))
    texts: Sequence[Any] = value.table if isinstance(value, Cells) else [value] if type(value) is str else []
    return 1 + max((len(text) // 8 for text in texts), default=0)
