"""Many p-values at once: what each is worth beside the others, and what replicates say together.

A discrete p-value (of a count, say) is at most uniform: P(p <= a) <= a, with equality at few points only. All functions
here stay valid for such values and become conservative: they refuse less often than the level allows, never more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from statistical_tests import arguments
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding

Floats = NDArray[np.float64]


def bonferroni(p_values: ArrayLike) -> Floats:
    """Return p-values adjusted by Bonferroni's inequality: each times their number, at most 1.

    The family-wise error rate holds under any dependence. `holm` holds under the same conditions and is never weaker.

    Args:
        p_values: shape [tests], each in [0, 1].

    Raises:
        BadInput: there are none, or one is not a number from 0 to 1.
    """
    values = arguments.p_values(p_values)
    return np.minimum(values * len(values), 1.0)


def sidak(p_values: ArrayLike) -> Floats:
    """Return p-values adjusted after Šidák: 1 - (1 - p)^m.

    The family-wise error rate is exact for independent uniform p-values, and holds for positively dependent ones (such
    as two-sided p-values of normal statistics). Under any other dependence take `bonferroni` or `holm`.

    Args:
        p_values: shape [tests], each in [0, 1].

    Raises:
        BadInput: there are none, or one is not a number from 0 to 1.
    """
    values = arguments.p_values(p_values)
    with np.errstate(divide="ignore"):  # log1p(-1) is minus infinity, and the adjusted value 1
        adjusted: Floats = -np.expm1(len(values) * np.log1p(-values))
    return adjusted


def holm(p_values: ArrayLike) -> Floats:
    """Return p-values adjusted by Holm's step-down rule, in the order given.

    Refusing what is at most `level` holds the family-wise error rate at `level` under any dependence.
    S. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6 (1979).

    Args:
        p_values: shape [tests], each in [0, 1].

    Raises:
        BadInput: there are none, or one is not a number from 0 to 1.
    """
    values = arguments.p_values(p_values)
    order = np.argsort(values, kind="stable")
    steps = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """Return p-values adjusted by the step-up rule of Benjamini and Hochberg, in the order given.

    Refusing what is at most `level` holds the false discovery rate (the expected share of wrong refusals among the
    refusals) at `level` for independent or positively dependent p-values. It does not hold the family-wise error rate:
    it is for looking for faults, not for a verdict. J. R. Statist. Soc. B 57 (1995).

    Args:
        p_values: shape [tests], each in [0, 1].

    Raises:
        BadInput: there are none, or one is not a number from 0 to 1.
    """
    return _step_up(arguments.p_values(p_values), 1.0)


def benjamini_yekutieli(p_values: ArrayLike) -> Floats:
    """Return p-values adjusted as by `benjamini_hochberg`, times 1 + 1/2 + ... + 1/m.

    The false discovery rate then holds under any dependence, such as that between tests of the same bits.
    Ann. Statist. 29 (2001).

    Args:
        p_values: shape [tests], each in [0, 1].

    Raises:
        BadInput: there are none, or one is not a number from 0 to 1.
    """
    values = arguments.p_values(p_values)
    return _step_up(values, float(np.sum(1.0 / np.arange(1, len(values) + 1))))


def _step_up(values: Floats, factor: float) -> Floats:
    order = np.argsort(values, kind="stable")
    steps = values[order] * (factor * len(values) / np.arange(1, len(values) + 1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return adjusted


ADJUSTMENTS: dict[str, Callable[[ArrayLike], Floats]] = {
    "holm": holm,
    "bonferroni": bonferroni,
    "sidak": sidak,
    "benjamini-hochberg": benjamini_hochberg,
    "benjamini-yekutieli": benjamini_yekutieli,
}


def bonferroni_level(level: float, tests: int) -> float:
    """Return the level of each of `tests` tests at which the family keeps `level` under any dependence.

    Raises:
        BadInput: the level is not between 0 and 1, or there is no test.
    """
    return arguments.level(level) / arguments.whole_number(tests, "tests", least=1)


def sidak_level(level: float, tests: int) -> float:
    """Return the level of each of `tests` independent tests at which the family has `level`: 1 - (1 - level)^(1/m).

    Raises:
        BadInput: the level is not between 0 and 1, or there is no test.
    """
    return float(-np.expm1(np.log1p(-arguments.level(level)) / arguments.whole_number(tests, "tests", least=1)))


# --- replicates -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Combined:
    """Hold what p-values of independent replicates say together.

    Args:
        method: ``fisher`` or ``stouffer``.
        statistic: minus twice the sum of logarithms, or the standard normal deviate (large where p-values are small).
        p_value: the probability of so large a statistic where each p-value is uniform.
        replicates: how many p-values there were.
    """

    method: str
    statistic: float
    p_value: float
    replicates: int


def fisher(p_values: ArrayLike) -> Combined:
    """Combine p-values of independent replicates after Fisher: -2 sum(log p) is chi-square with 2m degrees of freedom.

    Strong where one replicate is very bad. A p-value of 0 gives 0; a p-value of 1 adds nothing, so that discrete
    p-values only make it conservative.

    Args:
        p_values: shape [replicates], each in [0, 1], independent of one another.

    Raises:
        BadInput: there are none, or one is not a number from 0 to 1.
    """
    values = arguments.p_values(p_values)
    with np.errstate(divide="ignore"):
        statistic = abs(-2.0 * float(np.sum(np.log(values))))  # abs turns the -0.0 of ones alone into 0.0
    return Combined("fisher", statistic, _chi_square_tail(statistic, 2 * len(values)), len(values))


def stouffer(p_values: ArrayLike, *, weights: ArrayLike | None = None) -> Combined:
    """Combine p-values of independent replicates after Stouffer: sum(w z) / sqrt(sum(w^2)) is standard normal.

    Strong where all replicates lean a little. A p-value of exactly 0 gives 0. Without one, a p-value of exactly 1
    (which discrete statistics reach) gives 1 whatever the others are: where that can happen, take `fisher`.

    Args:
        p_values: shape [replicates], each in [0, 1], independent of one another.
        weights: a positive number for each, such as the square root of its sample size; alike where not given.

    Raises:
        BadInput: there are none, one is not a number from 0 to 1, or weights do not fit.
    """
    values = arguments.p_values(p_values)
    factors = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    if factors.shape != values.shape:
        raise BadInput(f"{len(values)} p-values take as many weights, and their shape is {list(factors.shape)}")
    wrong = np.flatnonzero(~(np.isfinite(factors) & (factors > 0)))
    if wrong.size:
        raise BadInput(f"weights[{int(wrong[0])}] is {factors[wrong[0]]}: a weight is a positive number")
    if (values == 0).any():
        return Combined("stouffer", float("inf"), 0.0, len(values))
    # The largest weight is divided out first, so that squares of any weights stay in range.
    factors = factors / factors.max()
    deviate = float(np.sum(-special.ndtri(values) * factors) / np.sqrt(np.sum(factors**2)))
    return Combined("stouffer", deviate, float(special.ndtr(-deviate)), len(values))


def _chi_square_tail(statistic: float, degrees: int) -> float:
    return float(special.gammaincc(degrees / 2, statistic / 2))


COMBINATIONS: dict[str, Callable[[ArrayLike], Combined]] = {"fisher": fisher, "stouffer": stouffer}


# --- findings ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Weighed:
    """Hold one p-value of a finding beside what it is worth in its family.

    Args:
        name: the test.
        column: what the p-value is of.
        stream: the number of the stream, where there are several; None for replicates put together.
        p_value: as the test found it, or as replicates combine.
        adjusted: the same after the family's rule; at most `level` means refused at that level.
        replicates: how many p-values went into `p_value`.
    """

    name: str
    column: str
    stream: int | None
    p_value: float
    adjusted: float
    replicates: int = 1

    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON can hold them."""
        return {name: getattr(self, name) for name in self.__slots__}


def weigh(findings: Iterable[Finding], *, method: str = "holm") -> list[Weighed]:
    """Adjust all p-values of findings as one family, in their order.

    Args:
        findings: of any tests and streams; those that are not applicable have no p-values and no part in it.
        method: a key of `ADJUSTMENTS`.

    Raises:
        BadInput: there is no such method.
    """
    adjust = _choice(ADJUSTMENTS, method)
    rows = [
        (one.name, column, one.stream, p_value)
        for one in findings
        for column, p_value in zip(one.columns, one.p_values, strict=False)
    ]
    if not rows:
        return []
    adjusted = adjust([row[3] for row in rows])
    return [Weighed(*row, float(value)) for row, value in zip(rows, adjusted, strict=True)]


def weigh_replicates(
    findings: Iterable[Finding], *, combination: str = "fisher", method: str = "holm"
) -> list[Weighed]:
    """Combine each column across streams, then adjust the combined p-values as one family.

    A column is told apart by the test's name, its parameters and its own name, in the order in which they come first.

    Args:
        findings: of streams that are independent of one another.
        combination: a key of `COMBINATIONS`.
        method: a key of `ADJUSTMENTS`.

    Raises:
        BadInput: there is no such combination or method.
    """
    combine, adjust = _choice(COMBINATIONS, combination), _choice(ADJUSTMENTS, method)
    columns: dict[tuple[str, str, str], list[float]] = {}
    for one in findings:
        parameters = repr(sorted(one.parameters.items()))
        for column, p_value in zip(one.columns, one.p_values, strict=False):
            columns.setdefault((one.name, parameters, column), []).append(p_value)
    if not columns:
        return []
    combined = [combine(values) for values in columns.values()]
    adjusted = adjust([one.p_value for one in combined])
    return [
        Weighed(name, column, None, one.p_value, float(value), one.replicates)
        for (name, _, column), one, value in zip(columns, combined, adjusted, strict=True)
    ]


def _choice(table: dict[str, Any], name: str) -> Any:
    if name not in table:
        raise BadInput(f"{name!r} is none of {', '.join(table)}")
    return table[name]
