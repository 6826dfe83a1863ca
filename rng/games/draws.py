"""Draws of a game: which primitive with which arguments, their range and width, and how they are made (rules.md R4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rng import primitives
from rng.games.expression import ExpressionError, point
from rng.games.operators import LIST_LIMIT, Value, show

ARGUMENTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "uniform": ("n",),
        "bits": ("n",),
        "sample": ("n", "k"),
        "permutation": ("n",),
        "weighted": ("weights",),
        "ratio": ("edge", "cap"),
    }
)
REPEATABLE = frozenset({"uniform", "weighted", "ratio"})
WIDTH_LIMIT = 65_536

Maker = Callable[[primitives.Words], Value]


@dataclass(frozen=True, slots=True)
class Draw:
    """Hold one draw with its arguments, checked.

    `sizes` are the integer arguments in the order of the table above, `weights` those of `weighted`, and `times` how
    often it is repeated (`None`: once, and the value is no list).
    """

    name: str
    primitive: str
    sizes: tuple[int, ...]
    weights: tuple[int, ...]
    times: int | None

    @property
    def width(self) -> int:
        """Return how many integers the draw gives."""
        if self.primitive == "sample":
            return self.sizes[1]
        if self.primitive in ("bits", "permutation"):
            return self.sizes[0]
        return 1 if self.times is None else self.times

    @property
    def is_list(self) -> bool:
        """Return whether its value is a list."""
        return self.primitive not in REPEATABLE or self.times is not None


def check_draw(name: str, primitive: str, arguments: Mapping[str, Value], *, path: str) -> Draw:
    """Return the draw, its arguments checked against the ranges of the primitive.

    Args:
        name: the draw's name.
        primitive: one of the six.
        arguments: its evaluated arguments by name, with `times` where it is declared.
        path: the place in the document.

    Raises:
        ExpressionError: an argument is no integer (no list of integers) or out of its range.
    """
    times = _whole(arguments["times"], 1, LIST_LIMIT, point(path, "times")) if "times" in arguments else None
    if primitive == "weighted":
        return Draw(name, primitive, (), _weights(arguments["weights"], point(path, "weights")), times)
    if primitive == "ratio":
        edge = _whole(arguments["edge"], 0, primitives.MAX_EDGE - 1, point(path, "edge"))
        cap = _whole(arguments["cap"], primitives.MIN_CAP, primitives.MAX_CAP, point(path, "cap"))
        return Draw(name, primitive, (edge, cap), (), times)
    if primitive == "uniform":
        return Draw(name, primitive, (_whole(arguments["n"], 1, primitives.MAX_UNIFORM, point(path, "n")),), (), times)
    if primitive == "bits":
        return Draw(name, primitive, (_whole(arguments["n"], 1, primitives.WORD_BITS, point(path, "n")),), (), None)
    n = _whole(arguments["n"], 0, primitives.MAX_SAMPLE, point(path, "n"))
    if primitive == "permutation":
        return Draw(name, primitive, (n,), (), None)
    return Draw(name, primitive, (n, _whole(arguments["k"], 0, n, point(path, "k"))), (), None)


def check_width(draws: Sequence[Draw]) -> int:
    """Return the width of a round, the number of its integers.

    Raises:
        ExpressionError: it is more than 65,536 (rules.md R4).
    """
    width = sum(draw.width for draw in draws)
    if width > WIDTH_LIMIT:
        raise ExpressionError("/draws", f"a round draws at most {WIDTH_LIMIT} integers, this one draws {width}")
    return width


def maker(draw: Draw) -> Maker:
    """Return the function from words to the value of the draw."""
    once = _once(draw)
    times = draw.times
    if times is None:
        return once
    return lambda words: [once(words) for _ in range(times)]


def _once(draw: Draw) -> Maker:
    if draw.primitive == "weighted":
        weights = draw.weights
        return lambda words: primitives.weighted(words, weights)
    if draw.primitive == "ratio":
        edge, cap = draw.sizes
        return lambda words: primitives.ratio(words, edge=edge, cap=cap)
    if draw.primitive == "sample":
        n, k = draw.sizes
        return lambda words: primitives.sample(words, n, k)
    [n] = draw.sizes
    if draw.primitive == "uniform":
        return lambda words: primitives.uniform(words, n)
    if draw.primitive == "bits":
        return lambda words: primitives.bits(words, n)
    return lambda words: primitives.permutation(words, n)


def _whole(value: Value, low: int, high: int, path: str) -> int:
    if type(value) is int and low <= value <= high:
        return value
    raise ExpressionError(path, f"needs an integer of {low} to {high}, was given {show(value)}")


def _weights(value: Value, path: str) -> tuple[int, ...]:
    if type(value) is not list:
        raise ExpressionError(path, f"needs a list of integers, was given {show(value)}")
    weights = tuple(_whole(weight, 0, primitives.MAX_UNIFORM, point(path, place)) for place, weight in enumerate(value))
    if not 1 <= sum(weights) <= primitives.MAX_UNIFORM:
        raise ExpressionError(path, f"the sum of the weights is 1 to 2^53, these have {sum(weights)}")
    return weights
