"""Settings: the combinations of parameters of a game, all of them or a deterministic selection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import comb

from rng.games.compiler import Frame
from rng.games.operators import LIST_LIMIT, Value
from rng.games.parameters import Parameter, ParameterError, check_value
from rng.games.rules import Rules, check_parameters

_FEW = 5
_COUNTED = 20_000


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold settings to try; `of` says how many there are in all, `None` where that is beyond counting."""

    chosen: tuple[Mapping[str, Value], ...]
    of: int | None

    @property
    def complete(self) -> bool:
        """Return whether every setting is among the chosen."""
        return self.of == len(self.chosen)


def choose_settings(rules: Rules, *, limit: int) -> Settings:
    """Return all settings where there are at most `limit`, else corners and a spread; the defaults come first.

    Args:
        rules: the game's rules.
        limit: the most settings to return, at least 1.

    Raises:
        ExpressionError: a bound has no value for some of the parameters before it.
        ValueError: the limit is below 1.
    """
    if limit < 1:
        raise ValueError(f"the limit is at least 1, not {limit}")
    defaults = check_parameters(rules, {}, fill_defaults=True)
    every = list(_first(_walk(rules, 0, rules.compiler.frame(), {}, most=None), limit + 1))
    if len(every) <= limit:
        return Settings((defaults, *(setting for setting in every if setting != defaults)), len(every))
    # So many values of each parameter that all together come near the limit.
    most = max(_FEW, round(limit ** (1 / len(rules.parameters))))
    some = list(_first(_walk(rules, 0, rules.compiler.frame(), {}, most=most), 50 * limit))
    step = -(-len(some) // limit)
    chosen = [setting for setting in some[::step] if setting != defaults]
    return Settings((defaults, *chosen[: limit - 1]), _count(rules))


def _first(settings: Iterator[dict[str, Value]], limit: int) -> Iterator[dict[str, Value]]:
    for _, setting in zip(range(limit), settings, strict=False):
        yield setting


def _walk(
    rules: Rules, place: int, frame: Frame, chosen: dict[str, Value], *, most: int | None
) -> Iterator[dict[str, Value]]:
    if place == len(rules.parameters):
        yield dict(chosen)
        return
    parameter = rules.parameters[place]
    for value in _all(parameter, frame) if most is None else _few(parameter, frame, most):
        chosen[parameter.name] = frame[rules.compiler.slot(parameter.name)] = value
        yield from _walk(rules, place + 1, frame, chosen, most=most)


def _all(parameter: Parameter, frame: Frame) -> Iterator[Value]:
    if parameter.kind == "choice":
        yield from parameter.choices
        return
    limits = parameter.limits(frame)
    numbers = range(limits["min"], limits["max"] + 1)
    if parameter.kind == "integer":
        yield from numbers
        return
    for size in range(max(0, limits["at_least"]), min(limits["at_most"], LIST_LIMIT, len(numbers)) + 1):
        for members in combinations(numbers, size):
            yield list(members)


def _few(parameter: Parameter, frame: Frame, most: int) -> list[Value]:
    if parameter.kind == "choice":
        return [parameter.choices[place] for place in _spread(0, len(parameter.choices) - 1, max(most, 8 * _FEW))]
    limits = parameter.limits(frame)
    low, high = limits["min"], limits["max"]
    found: list[Value] = []
    if parameter.kind == "integer":
        found = list(_spread(low, high, most))
    else:
        greatest = min(limits["at_most"], LIST_LIMIT, high - low + 1)
        for size in _spread(max(0, limits["at_least"]), greatest, 2 * _FEW):
            found.append(list(range(low, low + size)))
            found.append(list(range(high - size + 1, high + 1)))
            found.append([low + (high - low) * place // max(1, size - 1) for place in range(size)])
    found.append(parameter.default)
    distinct: list[Value] = []
    for value in found:
        if value not in distinct and _allowed(parameter, value, frame):
            distinct.append(value)
    return distinct


def _allowed(parameter: Parameter, value: Value, frame: Frame) -> bool:
    try:
        check_value(parameter, value, frame)
    except ParameterError:
        return False
    return True


def _spread(low: int, high: int, most: int) -> list[int]:
    """Return up to `most` integers from low to high, both ends and both their neighbours among them."""
    if high - low < most:
        return list(range(low, high + 1))
    inner = [low + (high - low) * place // (most - 3) for place in range(1, most - 3)]
    return sorted({low, low + 1, *inner, high - 1, high})


def _count(rules: Rules) -> int | None:
    """Return how many settings there are, or `None` if going through all but the last parameter takes too long."""
    if not rules.parameters:
        return 1
    last = rules.parameters[-1]
    frame = rules.compiler.frame()
    total = 0
    for visited, _ in enumerate(_prefixes(rules, 0, frame)):
        if visited == _COUNTED:
            return None
        if last.kind == "choice":
            total += len(last.choices)
            continue
        limits = last.limits(frame)
        numbers = max(0, limits["max"] - limits["min"] + 1)
        if last.kind == "integer":
            total += numbers
        else:
            most = min(limits["at_most"], LIST_LIMIT, numbers)
            total += sum(comb(numbers, size) for size in range(max(0, limits["at_least"]), most + 1))
    return total


def _prefixes(rules: Rules, place: int, frame: Frame) -> Iterator[None]:
    if place == len(rules.parameters) - 1:
        yield None
        return
    parameter = rules.parameters[place]
    for value in _all(parameter, frame):
        frame[rules.compiler.slot(parameter.name)] = value
        yield from _prefixes(rules, place + 1, frame)
