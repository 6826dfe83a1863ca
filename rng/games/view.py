"""Views: values that are a function of one atom of a draw, and the classes on which that function is constant."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any

from rng.games.expression import ExpressionError
from rng.games.operators import STRICT, OperatorError, Value
from rng.games.universe import Intractable, Region, Universe, join

TABULATED = 4_096
"""Size of a universe up to which every function of an atom is taken as a whole, by trying all its values."""

_ENUMERATED = 2**17
_RAISED = {"ge": 1, "gt": 1, "le": -1, "lt": -1}

_TRUE, _FALSE = ("boolean", True), ("boolean", False)


class Function:
    """A function from the raw value of an atom to a value of the language; made by `base` and the functions below.

    Functions with the same `key` are one object in their universe, so that what is found out about one atom serves all.
    `direction` is 1 where the function never falls, -1 where it never rises, 0 where neither is known. `coarse` is a
    monotone function with few values of which this one is a function, or `None`.
    """

    __slots__ = ("_classes", "apply", "coarse", "direction", "universe")

    def __init__(
        self, universe: Universe, apply: Callable[[int], Value], direction: int, coarse: Function | None
    ) -> None:
        self.universe = universe
        self.apply = apply
        self.direction = direction
        self.coarse = coarse
        self._classes: dict[Region, list[tuple[Value, Region]]] = {}

    def classes(self, region: Region) -> list[tuple[Value, Region]]:
        """Return the values that the function has in a region, each with the part where it has it."""
        found = self._classes.get(region)
        if found is None:
            found = self._classes[region] = self._partition(region)
        return found

    def _partition(self, region: Region) -> list[tuple[Value, Region]]:
        if region.size == 1:
            return [(self.apply(region.intervals[0][0]), region)]
        runs: Iterable[tuple[Value, int, int]]
        if self.coarse is not None:
            parts = self.coarse.classes(region)
            runs = (
                (self.apply(start), start, stop)
                for start, stop in sorted(interval for _, part in parts for interval in part.intervals)
            )
        elif self.direction and region.size > TABULATED:
            runs = self._runs(region)
        elif region.size <= _ENUMERATED:
            runs = ((self.apply(raw), raw, raw + 1) for start, stop in region.intervals for raw in range(start, stop))
        else:
            raise Intractable(
                f"a value of the draw {self.universe.name}, which has {region.size} values, is used in a way "
                "that only trying them all would tell"
            )
        values: dict[Any, Value] = {}
        intervals: dict[Any, list[tuple[int, int]]] = {}
        for value, start, stop in runs:
            key = freeze(value)
            values.setdefault(key, value)
            intervals.setdefault(key, []).append((start, stop))
        return [(value, self.universe.region(tuple(join(intervals[key])))) for key, value in values.items()]

    def _runs(self, region: Region) -> Iterable[tuple[Value, int, int]]:
        """Find where a monotone function changes its value, by doubling steps and halving them again."""
        count = 0
        for start, stop in region.intervals:
            low = start
            while low < stop:
                count += 1
                if count > _ENUMERATED:
                    raise Intractable(f"a value of the draw {self.universe.name} is needed one by one; it has too many")
                value, step, same = self.apply(low), 1, low
                while same + step < stop and self.apply(same + step) == value:
                    same, step = same + step, 2 * step
                while step:
                    if same + step < stop and self.apply(same + step) == value:
                        same += step
                    step //= 2
                yield value, low, same + 1
                low = same + 1


class Functions:
    """The functions on one universe, each kept once."""

    def __init__(self, universe: Universe) -> None:
        """Begin with the value of the draw itself, which never falls as the raw value rises."""
        self.universe = universe
        self._known: dict[Any, Function] = {}
        self.base = self.named("base", universe.read, direction=1)

    def named(
        self, key: object, apply: Callable[[int], Value], *, direction: int = 0, coarse: Function | None = None
    ) -> Function:
        """Return the function of that key, made from the other arguments where it is new."""
        found = self._known.get(key)
        if found is None:
            remembered: dict[int, Value] = {}

            def apply_once(raw: int) -> Value:
                if raw not in remembered:
                    remembered[raw] = apply(raw)
                return remembered[raw]

            function = apply_once if self.universe.size <= _ENUMERATED else apply
            found = self._known[key] = Function(self.universe, function, direction, coarse)
        return found

    def operation(self, name: str, args: list[Any], *, path: str) -> Function:
        """Return a strict operator applied to functions of one atom and to constants.

        Args:
            name: the operator.
            args: its arguments: functions, and values of the language.
            path: its place in the document, for the `ExpressionError` that applying the function may raise.
        """
        operator = STRICT[name].function
        # A list is recognised by its identity; the closure keeps it alive, so that no other can take its place.
        key = (name, *(arg if isinstance(arg, Function) else _constant_key(arg) for arg in args))
        if key in self._known:
            return self._known[key]

        def apply(raw: int) -> Value:
            try:
                return operator(*(arg.apply(raw) if isinstance(arg, Function) else arg for arg in args))
            except OperatorError as error:
                raise ExpressionError(path, f"{name} {error}") from None

        return self.named(key, apply, direction=_direction(name, args), coarse=self._coarse(name, args))

    def _coarse(self, name: str, args: list[Any]) -> Function | None:
        """Return where an integer lies among those it is compared with, for `eq` and `in` on a large universe."""
        if name not in ("eq", "in") or self.universe.size <= TABULATED:
            return None
        monotone = [arg for arg in args if isinstance(arg, Function) and arg.direction]
        constants = [arg for arg in args if not isinstance(arg, Function)]
        if len(monotone) != 1 or len(constants) != 1 or (name == "in" and args[0] is not monotone[0]):
            return None
        marks = sorted(constants[0]) if name == "in" else constants
        if not all(type(mark) is int for mark in marks):
            return None
        [inner] = monotone

        def place(raw: int) -> int:
            value = inner.apply(raw)
            below = bisect_left(marks, value)
            return 2 * below + int(below < len(marks) and marks[below] == value)

        return self.named(("place", inner, *marks), place, direction=inner.direction)


def _direction(name: str, args: list[Any]) -> int:
    places = [place for place, arg in enumerate(args) if isinstance(arg, Function)]
    others = [arg for arg in args if not isinstance(arg, Function)]
    if len(places) != 1 or any(type(other) is not int for other in others):
        return 0
    [place] = places
    direction: int = args[place].direction
    if name in ("add", "min", "max") or (name == "div" and place == 0):
        return direction
    if name == "sub":
        return direction if place == 0 else -direction
    if name == "not":
        return -direction
    if name == "mul":
        negative = sum(other < 0 for other in others)
        return -direction if negative % 2 else direction
    if name in _RAISED:
        return direction * _RAISED[name] * (1 if place == 0 else -1)
    return 0


def _constant_key(value: Value) -> object:
    return (type(value), id(value)) if isinstance(value, (list, dict)) else (type(value), value)


def freeze(value: Value) -> Any:
    """Return a key for a value: equal for equal values, and other for `true` than for 1."""
    if type(value) is bool:
        return _TRUE if value else _FALSE
    if type(value) is list:
        return tuple(freeze(item) for item in value)
    return ("object", id(value)) if type(value) is dict else value


def thaw(key: Any) -> Any:
    """Return the value of a key, a list as a tuple."""
    if key in (_TRUE, _FALSE):
        return key[1]
    return tuple(thaw(item) for item in key) if type(key) is tuple else key


class Atom:
    """One integer of a draw: what is known of it (`None`: nothing), and the group it was last asked in."""

    __slots__ = ("functions", "group", "region", "universe")

    def __init__(self, universe: Universe, functions: Functions) -> None:
        """Begin with nothing known."""
        self.universe = universe
        self.functions = functions
        self.region: Region | None = None
        self.group: frozenset[Atom] | None = None

    def left(self, alike: int = 1) -> Region:
        """Return the values left for this atom, and for as many others as are known to be alike."""
        if self.region is None:
            return self.universe.left(self.universe.full, 0)
        return self.universe.left(self.region, alike)

    def narrow(self, region: Region | None) -> None:
        """Set what is known, and keep the tally of the universe."""
        tally = self.universe.tally
        if self.region is not None:
            tally[self.region] -= 1
            if not tally[self.region]:
                del tally[self.region]
        if region is not None:
            tally[region] = tally.get(region, 0) + 1
        self.region = region


class View:
    """A value that is a function of one atom, not looked at yet."""

    __slots__ = ("atom", "function")

    def __init__(self, atom: Atom, function: Function) -> None:
        """Hold the atom and the function of its raw value."""
        self.atom = atom
        self.function = function
