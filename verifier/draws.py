"""Evaluate and check the arguments of a round's draws, before any is made: ``spec/rules.md`` R4."""

from dataclasses import dataclass

from verifier import primitives
from verifier.canonical import MAX_INTEGER, Json, Malformed
from verifier.expression import Scope, evaluate
from verifier.fields import integer, items
from verifier.operators import MAX_ELEMENTS

MAX_WIDTH = 65_536

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "uniform": ("n",),
    "bits": ("n",),
    "sample": ("n", "k"),
    "permutation": ("n",),
    "weighted": ("weights",),
    "ratio": ("edge", "cap"),
}
"""Primitive to the arguments that a draw states."""

REPEATABLE = ("uniform", "weighted", "ratio")


@dataclass(frozen=True, slots=True)
class PlannedDraw:
    """Hold a draw whose arguments are evaluated; ``times`` is None where the rules do not repeat it."""

    name: str
    primitive: str
    arguments: dict[str, Json]
    times: int | None
    width: int


def planned_draws(document: dict[str, Json], scope: Scope) -> list[PlannedDraw]:
    """Evaluate and check the arguments of all draws, and add the width up.

    Args:
        document: a rules document whose form was checked.
        scope: with the parameters, from `verifier.parameters.check_parameters`.

    Raises:
        Malformed: an argument is out of range, or the round is wider than 65,536 integers.
        TooExpensive: the scope's steps are used up.

    Specification: rules.md R4.
    """
    plan = []
    draws = document["draws"]
    for draw in draws if isinstance(draws, list) else ():
        if not isinstance(draw, dict):
            continue
        name, primitive = str(draw["name"]), str(draw["primitive"])
        path = f"draws.{name}"
        arguments = {argument: evaluate(draw[argument], scope) for argument in ARGUMENTS[primitive]}
        width = _check_arguments(primitive, arguments, path)
        times = None
        if "times" in draw:
            times = width = integer(evaluate(draw["times"], scope), f"{path}.times", low=1, high=MAX_WIDTH)
        if primitive == "weighted":
            scope.spend((times or 1) * len(items(arguments["weights"], path, most=MAX_ELEMENTS)))
        plan.append(PlannedDraw(name=name, primitive=primitive, arguments=arguments, times=times, width=width))
    total = sum(planned.width for planned in plan)
    if total > MAX_WIDTH:
        raise Malformed(f"must be at most {MAX_WIDTH} integers together, not {total}", "draws")
    return plan


def weights_of(value: Json, path: str) -> list[int]:
    """Take the weights of a ``weighted`` draw: a list of integers from 0, at least one.

    Raises:
        Malformed: they are none.
    """
    return [integer(weight, path, low=0, high=MAX_INTEGER) for weight in items(value, path, least=1, most=MAX_ELEMENTS)]


def _check_arguments(primitive: str, arguments: dict[str, Json], path: str) -> int:
    """Check the arguments of a draw as primitives.md has their ranges, and return the draw's width."""
    if primitive == "uniform":
        integer(arguments["n"], f"{path}.n", low=1, high=MAX_INTEGER)
        return 1
    if primitive == "bits":
        return integer(arguments["n"], f"{path}.n", low=1, high=64)
    if primitive == "sample":
        n = integer(arguments["n"], f"{path}.n", low=0, high=primitives.MAX_SAMPLE)
        return integer(arguments["k"], f"{path}.k", low=0, high=n)
    if primitive == "permutation":
        return integer(arguments["n"], f"{path}.n", low=0, high=primitives.MAX_SAMPLE)
    if primitive == "weighted":
        total = sum(weights_of(arguments["weights"], f"{path}.weights"))
        if not 1 <= total <= primitives.MAX_UNIFORM:
            raise Malformed(f"must have a sum of 1 to 2^53, not {total}", f"{path}.weights")
        return 1
    integer(arguments["edge"], f"{path}.edge", low=0, high=9999)
    integer(arguments["cap"], f"{path}.cap", low=100, high=10**10)
    return 1
