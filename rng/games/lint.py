"""The linter: it holds a rules document to its claims, over its settings and from end to end of its draws."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from rng.games.draws import Draw, maker
from rng.games.enumeration import Enumeration
from rng.games.expression import ExpressionError, RulesError, point
from rng.games.odds import expectation, published_odds
from rng.games.operators import Value, show
from rng.games.rules import Prepared, Rules, check_parameters, evaluate, prepare_rules, settle
from rng.games.settings import choose_settings
from rng.games.universe import Intractable
from rng.primitives import Words

SETTINGS = 400
CASES = 300_000
_SPREAD_ROUNDS = 8
_WIDE = 1_000
_TRIAL_INTEGERS = 1_000_000


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


def lint(rules: Rules, *, limit: int = SETTINGS, cases: int = CASES) -> Report:
    """Return what is wrong with rules whose form is right.

    Args:
        rules: the game's rules.
        limit: how many settings (combinations of parameters) to check at most.
        cases: how many cases to tell apart at most for exact returns and odds, over all settings.
    """
    found: dict[tuple[str, str], Finding] = {}
    for finding in (*_unused(rules), *_shapes(rules)):
        found[finding.path, finding.message] = finding
    try:
        settings = choose_settings(rules, limit=limit)
    except ExpressionError as error:
        return Report((*found.values(), Finding(error.path, error.message)), (), 0, None)
    notes: list[Finding] = []
    if not settings.complete:
        of = "very many" if settings.of is None else settings.of
        notes.append(Finding("/parameters", f"{len(settings.chosen)} of {of} settings checked"))
    returns = _Returns(rules, cases)
    left, tried = _TRIAL_INTEGERS, 0
    for parameters in settings.chosen:
        try:
            prepared = prepare_rules(rules, parameters)
            if left > 0:
                tried += 1
                for values in trial_draws(prepared):
                    left -= prepared.width
                    _try_round(prepared, values)
            returns.check(prepared)
        except RulesError as error:
            # One fault shows under many settings; the first is enough to mend it.
            found.setdefault((error.path, ""), Finding(error.path, f"{error.message}; with {show(dict(parameters))}"))
    if tried < len(settings.chosen):
        notes.append(Finding("/draws", f"rounds were tried under {tried} of {len(settings.chosen)} settings"))
    notes.extend(returns.notes(len(settings.chosen)))
    notes.extend(_odds_notes(rules, cases))
    return Report(tuple(found.values()), tuple(notes), len(settings.chosen), settings.of)


class _Returns:
    """Hold the return under each setting against the claims, as long as the cases last."""

    def __init__(self, rules: Rules, cases: int) -> None:
        self._rules = rules
        self._left = cases
        self._checked = self._dearest = 0
        self._reason = ""

    def check(self, prepared: Prepared) -> None:
        """Check one setting; raise `RulesError` where the return lies outside the claims."""
        claims, payout = self._rules.claims, self._rules.payout
        if payout is None or claims.least_return is None or claims.most_return is None:
            return
        if self._left <= self._dearest:
            # Another setting would likely not come to its end.
            self._reason = self._reason or "more cases than are allowed"
            return
        enumeration = Enumeration(prepared, budget=self._left)
        try:
            expected = expectation(enumeration, payout.node)
        except Intractable as answer:
            self._reason = answer.reason
            return
        finally:
            self._left -= enumeration.spent
            self._dearest = max(self._dearest, enumeration.spent)
        self._checked += 1
        if not claims.least_return <= expected <= claims.most_return:
            shown = f"{float(expected):.4f} ({expected})"
            raise RulesError(
                "/claims/return", f"the return is {shown}, outside {claims.least_return} .. {claims.most_return}"
            )

    def notes(self, settings: int) -> Iterator[Finding]:
        """Say under how many settings the return was not checked."""
        if self._rules.payout is not None and self._checked < settings:
            why = f": {self._reason}" if self._reason else ""
            yield Finding("/claims/return", f"the return was checked under {self._checked} of {settings} settings{why}")


def _odds_notes(rules: Rules, cases: int) -> Iterator[Finding]:
    """Say which of the published odds are out of reach under the defaults."""
    defaults = check_parameters(rules, {}, fill_defaults=True)
    for place, odds in enumerate(published_odds(rules, defaults, budget=cases)):
        if odds.reason is not None:
            yield Finding(point("/odds", place), f"{odds.name}: no exact odds: {odds.reason}")


def _try_round(prepared: Prepared, values: list[Value]) -> None:
    """Evaluate everything that a round can be asked for, and raise `RulesError` where it has no value."""
    try:
        settle(prepared, values)
        for formula in prepared.rules.odds:
            evaluate(prepared, values, formula)
    except ExpressionError as error:
        raise RulesError(error.path, f"{error.message}; for the draws {show(values)}") from None


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


def trial_draws(prepared: Prepared) -> Iterator[list[Value]]:
    """Yield values of the draws: all least, all greatest, and a deterministic spread."""
    yield [_end(draw, greatest=False) for draw in prepared.draws]
    yield [_end(draw, greatest=True) for draw in prepared.draws]
    makers = [maker(draw) for draw in prepared.draws]
    for number in range(_SPREAD_ROUNDS if prepared.width <= _WIDE else 1):
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
