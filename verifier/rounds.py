"""Compute what a round must be: draws, outcome and payout, in the steps of ``spec/rules.md`` R8."""

from verifier import primitives
from verifier.canonical import MAX_INTEGER, Json, Malformed
from verifier.draws import PlannedDraw, planned_draws, weights_of
from verifier.expression import Scope, evaluate
from verifier.fields import integer, items, shown
from verifier.parameters import check_parameters
from verifier.primitives import Words
from verifier.rules import Rules

MAX_OUTCOME_DEPTH = 4


def plan_draws(rules: Rules, scope: Scope) -> list[PlannedDraw]:
    """Evaluate and check the arguments of all draws, before any is made.

    Args:
        rules: the game's rules.
        scope: with the parameters, from `verifier.parameters.check_parameters`.

    Raises:
        Malformed: an argument is out of range, or the round is wider than 65,536 integers.
        TooExpensive: the scope's steps are used up.

    Specification: rules.md R4.
    """
    return planned_draws(rules.document, scope)


def make_draws(plan: list[PlannedDraw], words: Words) -> list[Json]:
    """Make the draws of a round, in order, from one stream: the list of ``{"name", "value"}``.

    Args:
        plan: from `plan_draws`.
        words: the round's words.

    Specification: rules.md R4 and R8 step 3.
    """
    draws: list[Json] = []
    for planned in plan:
        value: Json
        if planned.times is None:
            value = _draw(planned, words)
        else:
            value = [_draw(planned, words) for _ in range(planned.times)]
        draws.append({"name": planned.name, "value": value})
    return draws


def check_draws(plan: list[PlannedDraw], stated: list[Json]) -> None:
    """Check that stated draws have the form that the rules give: names, numbers of integers, ranges.

    Args:
        plan: from `plan_draws`.
        stated: a list of ``{"name", "value"}`` from a record.

    Raises:
        Malformed: they have not; no server seed could give them.

    Specification: rules.md R8, last paragraph.
    """
    if len(stated) != len(plan):
        raise Malformed(f"must be {len(plan)} draws, not {len(stated)}", "draws")
    for planned, draw in zip(plan, stated, strict=True):
        if not isinstance(draw, dict) or draw.get("name") != planned.name:
            raise Malformed(f"must be the draw {planned.name!r} here", "draws")
        path, value = f"draws.{planned.name}", draw.get("value")
        low, high = _range(planned)
        if planned.times is None and planned.primitive not in ("bits", "sample", "permutation"):
            integer(value, path, low=low, high=high)
            continue
        elements = items(value, path, least=planned.width, most=planned.width)
        numbers = [integer(element, path, low=low, high=high) for element in elements]
        if planned.primitive in ("sample", "permutation") and len(set(numbers)) != len(numbers):
            raise Malformed("must be different integers: they are drawn without replacement", path)


def bind_draws(rules: Rules, draws: list[Json], scope: Scope) -> None:
    """Put the values of draws in the scope, and the ``let`` entries beside them, to be evaluated when needed.

    Args:
        rules: the game's rules.
        draws: a list of ``{"name", "value"}``.
        scope: with the parameters.
    """
    for draw in draws:
        if isinstance(draw, dict):
            scope.values[str(draw["name"])] = draw["value"]
    for entry in _entries(rules, "let"):
        scope.pending[str(entry["name"])] = entry["is"]


def outcome_of(rules: Rules, scope: Scope) -> dict[str, Json]:
    """Evaluate the shown outcome.

    Args:
        rules: the game's rules.
        scope: with parameters and draws, from `bind_draws`.

    Raises:
        Malformed: the rules give no outcome for these parameters and draws.
        TooExpensive: the scope's steps are used up.

    Specification: rules.md R5 and R8 step 4.
    """
    fields = rules.document["outcome"]
    outcome: dict[str, Json] = {}
    for field, expression in fields.items() if isinstance(fields, dict) else ():
        value = _evaluate(expression, scope, f"outcome.{field}")
        _check_shown(value, f"outcome.{field}", scope=scope, depth=0)
        outcome[field] = value
    return outcome


def payout_of(rules: Rules, scope: Scope) -> int | None:
    """Evaluate the payout, in ten-thousandths of the stake, or None where the rules have none.

    Args:
        rules: the game's rules.
        scope: with parameters and draws, from `bind_draws`.

    Raises:
        Malformed: the rules give no payout for these parameters and draws, or a negative one.
        TooExpensive: the scope's steps are used up.

    Specification: rules.md R6 and R8 step 5.
    """
    if rules.document["payout"] is None:
        return None
    return integer(_evaluate(rules.document["payout"], scope, "payout"), "payout", low=0, high=MAX_INTEGER)


def row_bytes(draws: list[Json]) -> bytes:
    """Return the row of a round in a batch: its draws flattened, each integer in 8 bytes, big-endian.

    Args:
        draws: a list of ``{"name", "value"}`` that `check_draws` has passed.

    Specification: statements.md T4.
    """
    integers: list[Json] = []
    for draw in draws:
        value = draw["value"] if isinstance(draw, dict) else None
        integers.extend(value if isinstance(value, list) else [value])
    return b"".join(integer(number, "draws").to_bytes(8, "big") for number in integers)


def parameters_scope(rules: Rules, parameters: Json) -> Scope:
    """Return a scope that holds a round's parameters, after checking them.

    Raises:
        Malformed, TooExpensive: as `verifier.parameters.check_parameters`.
    """
    scope = Scope()
    check_parameters(rules.document, parameters, scope=scope)
    return scope


def _draw(planned: PlannedDraw, words: Words) -> Json:
    primitive, arguments = planned.primitive, planned.arguments
    if primitive == "weighted":
        return primitives.weighted(words, weights_of(arguments["weights"], "draws"))
    # `_check_arguments` has seen to the ranges; here they are integers, and the primitives check them once more.
    numbers = {argument: integer(value, "draws") for argument, value in arguments.items()}
    if primitive == "uniform":
        return primitives.uniform(words, numbers["n"])
    if primitive == "bits":
        return [*primitives.bits(words, numbers["n"])]
    if primitive == "sample":
        return [*primitives.sample(words, numbers["n"], numbers["k"])]
    if primitive == "permutation":
        return [*primitives.permutation(words, numbers["n"])]
    return primitives.ratio(words, edge=numbers["edge"], cap=numbers["cap"])


def _range(planned: PlannedDraw) -> tuple[int, int]:
    """Return the least and the greatest integer that a draw can give."""
    arguments = planned.arguments
    if planned.primitive == "bits":
        return 0, 1
    if planned.primitive == "weighted":
        return 0, len(weights_of(arguments["weights"], "draws")) - 1
    if planned.primitive == "ratio":
        return 100, integer(arguments["cap"], "draws", low=100, high=10**10)
    return 0, integer(arguments["n"], "draws", low=0, high=MAX_INTEGER) - 1


def _evaluate(expression: Json, scope: Scope, path: str) -> Json:
    try:
        return evaluate(expression, scope)
    except Malformed as error:
        raise Malformed(error.reason, path) from None


def _check_shown(value: Json, path: str, *, scope: Scope, depth: int) -> None:
    # A list may hold the same long text many times over, and whoever prints the outcome pays for each of them.
    scope.spend(1 + len(value) // 8 if isinstance(value, str) else 1)
    if isinstance(value, bool | int | str):
        return
    if not isinstance(value, list):
        raise Malformed(f"must be an integer, a boolean, a text or a list of these, not {shown(value)}", path)
    if depth == MAX_OUTCOME_DEPTH:
        raise Malformed(f"is nested deeper than {MAX_OUTCOME_DEPTH} lists", path)
    for element in value:
        _check_shown(element, path, scope=scope, depth=depth + 1)


def _entries(rules: Rules, part: str) -> list[dict[str, Json]]:
    entries = rules.document[part]
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
