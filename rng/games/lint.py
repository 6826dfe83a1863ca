"""The linter: it holds a rules document to its claims, over its settings and from one end of the draws to the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rng.games.draws import Draw, maker
from rng.games.expression import ExpressionError, RulesError, point
from rng.games.operators import Value, show
from rng.games.parameters import ParameterError
from rng.games.rules import Prepared, Rules, evaluate, prepare_rules, settle
from rng.games.settings import choose_settings
from rng.primitives import Words

SETTINGS = 400
_SPREAD_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold one thing that is wrong with a document: its place (a JSON pointer) and what it is."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """Hold what the linter found.

    `notes` say what could not be checked, and why; `settings` were checked, out of `of` (`None`: beyond counting).
    """

    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    settings: int
    of: int | None


def lint(rules: Rules, *, limit: int = SETTINGS) -> Report:
    """Return what is wrong with rules whose form is right.

    Args:
        rules: the game's rules.
        limit: how many settings (combinations of parameters) to check at most.
    """
    findings = [*_unused(rules), *_shapes(rules)]
    notes: list[Finding] = []
    try:
        settings = choose_settings(rules, limit=limit)
    except ExpressionError as error:
        findings.append(Finding(error.path, error.message))
        return Report(tuple(findings), (), 0, None)
    if not settings.complete:
        notes.append(Finding("/parameters", f"{len(settings.chosen)} of {settings.of or 'very many'} settings checked"))
    seen: set[tuple[str, str]] = set()
    for parameters in settings.chosen:
        for finding in _rounds(rules, parameters):
            # One fault shows under many settings; the first is enough to mend it.
            if (finding.path, finding.message.split(" with ")[0]) not in seen:
                seen.add((finding.path, finding.message.split(" with ")[0]))
                findings.append(finding)
    return Report(tuple(findings), tuple(notes), len(settings.chosen), settings.of)


def _unused(rules: Rules) -> Iterator[Finding]:
    used: set[str] = set()
    formulas = [*rules.lets, *rules.outcome, *rules.odds, *((rules.payout,) if rules.payout else ())]
    formulas += [formula for parameter in rules.parameters for formula in parameter.bounds.values()]
    formulas += [formula for draw in rules.draws for formula in draw.arguments.values()]
    for formula in formulas:
        used |= formula.node.names
    used |= {entry["of"] for entry in rules.document["parameters"] if isinstance(entry.get("of"), str)}
    for part in ("parameters", "draws", "let"):
        for place, entry in enumerate(rules.document[part]):
            if entry["name"] not in used:
                yield Finding(point("", part, place), f"{entry['name']} is declared and never used")
    for table in rules.tables:
        if table not in used:
            yield Finding(point("/tables", table), f"{table} is declared and never used")


def _shapes(rules: Rules) -> Iterator[Finding]:
    for place, (table, shape) in enumerate(rules.claims.shapes):
        rows = list(_rows(rules.tables[table], point("/tables", table)))
        if not rows:
            yield Finding(point("/claims/shapes", place), f"the table {table} holds no list of integers")
        for path, row in rows:
            if not _has_shape(row, shape):
                yield Finding(path, f"{show(row)} is not {shape}, as the claims say")


def _rows(value: Value, path: str) -> Iterator[tuple[str, list[int]]]:
    if isinstance(value, list) and value and all(type(item) is int for item in value):
        yield path, value
    elif isinstance(value, (list, dict)):
        for key, item in enumerate(value) if isinstance(value, list) else value.items():
            yield from _rows(item, point(path, key))


def _has_shape(row: list[int], shape: str) -> bool:
    if shape == "rising":
        return row == sorted(row)
    if shape == "falling":
        return row == sorted(row, reverse=True)
    half = row[: (len(row) + 1) // 2]
    return row == row[::-1] and half == sorted(half, reverse=True)


def _rounds(rules: Rules, parameters: Mapping[str, Value]) -> Iterator[Finding]:
    """Play rounds at the ends of every draw and some between, and report what has no value."""
    try:
        prepared = prepare_rules(rules, parameters)
    except (ExpressionError, ParameterError) as error:
        path = error.path if isinstance(error, RulesError) else "/parameters"
        yield Finding(path, f"{error.message} with {show(dict(parameters))}")
        return
    for values in trial_draws(prepared):
        try:
            settle(prepared, values)
            for formula in rules.odds:
                evaluate(prepared, values, formula)
        except ExpressionError as error:
            yield Finding(error.path, f"{error.message} with {show(dict(parameters))} and draws {show(values)}")


def trial_draws(prepared: Prepared) -> Iterator[list[Value]]:
    """Yield values of the draws: all least, all greatest, and a deterministic spread."""
    yield [_end(draw, greatest=False) for draw in prepared.draws]
    yield [_end(draw, greatest=True) for draw in prepared.draws]
    makers = [maker(draw) for draw in prepared.draws]
    for number in range(_SPREAD_ROUNDS):
        words = Words(_Blocks(number))
        yield [make(words) for make in makers]


class _Blocks:
    """Blocks for trial draws: the same in every run, and no secret."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, index: int) -> bytes:
        return hashlib.sha256(f"{self._number}:{index}".encode()).digest()


def _end(draw: Draw, *, greatest: bool) -> Value:
    if draw.primitive in ("sample", "permutation"):
        n = draw.sizes[0]
        return list(range(n - 1, n - 1 - draw.width, -1)) if greatest else list(range(draw.width))
    if draw.primitive == "bits":
        return [int(greatest)] * draw.width
    if draw.primitive == "uniform":
        value = draw.sizes[0] - 1 if greatest else 0
    elif draw.primitive == "ratio":
        value = draw.sizes[1] if greatest else 100
    else:
        possible = [index for index, weight in enumerate(draw.weights) if weight]
        value = possible[-1] if greatest else possible[0]
    return value if draw.times is None else [value] * draw.times
