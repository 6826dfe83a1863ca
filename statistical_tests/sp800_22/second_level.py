"""What the p-values of many streams say together: whether they are uniform, and whether enough of them pass."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import special, stats

from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding
from statistical_tests.multiplicity import holm
from statistical_tests.sp800_22.shared import Counts, Floats, chi_square_tail, require_mode

BINS = 10
LEAST_FOR_BINS = 50
"""Streams, so that each of the ten bins expects five (SP 800-22 4.2.2 asks for 55)."""
_REPEATED_OF = 20
_FEWEST_VALUES = 100
TAIL = float(stats.norm.sf(3.0))
"""Probability beyond three standard deviations to one side, 0.00135: what the standard's limits stand for."""


@dataclass(frozen=True, slots=True)
class Column:
    """Hold what the p-values of one column say, over all streams where the test was applicable.

    Attributes:
        name: the test.
        column: which of its p-values; empty where it has one alone.
        streams: of how many streams there are findings.
        applicable: to how many of them the test was applicable. All else counts these alone.
        bins: how many p-values are in [0, 0.1), [0.1, 0.2) … [0.9, 1].
        uniformity: p-value of chi-square over the bins, igamc(9/2, x/2); None below 50 p-values.
        kolmogorov: p-value of the largest distance between the p-values' distribution and the uniform one
            (Kolmogorov and Smirnov, exact for any number); None where there are none.
        passing: how many p-values are at least alpha.
        least: the fewest passing ones that are within the limits.
        most: the most passing ones that are.
        proportion: p-value of so few passing ones or fewer, under the binomial distribution; None as above.
        smallest: the smallest p-value; None as above.
        extreme: probability that the smallest of so many independent uniform numbers is so small; None as above.
        repeated: how many p-values equal an earlier one, or are 1, which only discrete ones are. Where they are many,
            the test's statistic takes few values (short streams, excursions, LongestRun), and uniformity is judged too
            strictly.
        too_small: as `kolmogorov`, of the side on which p-values are smaller than uniform ones. It holds for discrete
            p-values too, which are larger than uniform ones by construction; None as above.
    """

    name: str
    column: str
    streams: int
    applicable: int
    bins: tuple[int, ...]
    uniformity: float | None
    kolmogorov: float | None
    passing: int
    least: float
    most: float
    proportion: float | None
    smallest: float | None
    extreme: float | None
    repeated: int
    too_small: float | None = None

    @property
    def within(self) -> bool:
        """Say whether the passing ones are within the limits."""
        return self.least <= self.passing <= self.most

    def as_json(self) -> dict[str, Any]:
        """Return the column as JSON can hold it."""
        return {**asdict(self), "bins": list(self.bins)}


@dataclass(frozen=True, slots=True)
class Weighed:
    """Hold one second-level p-value, and what is left of it in view of all the others.

    Attributes:
        name: the test.
        column: which of its p-values.
        kind: `kolmogorov`, `too_small`, `proportion` or `extreme`: see `Column`.
        p_value: alone.
        adjusted: after Holm over all columns and kinds; refusing at most `level` keeps the family-wise error rate.
    """

    name: str
    column: str
    kind: str
    p_value: float
    adjusted: float

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def second_level(findings: Iterable[Finding], *, alpha: float = 0.01, mode: str = "corrected") -> list[Column]:
    """Sum up the findings of many streams, column by column, in the order in which columns first occur.

    Columns of a test that was applicable to no stream are there too, with zero p-values.

    `corrected`: the limits of passing streams are exact: fewer than `least` have a binomial probability below 0.00135,
    as have more than `most`. `nist-compat`: the standard's s (1 - alpha) -+ 3 sqrt(s alpha (1 - alpha)), which for 100
    streams at 0.01 calls 96 passing ones too few, although ideal bits have so few 1.8 % of the time (SP 800-22
    4.2.1); and the chi-square of bins with s / 10 cut to a whole number, as the C code has it.

    Args:
        findings: of `battery.run_streams`, or any others with the same columns in each stream.
        alpha: the level of one p-value, above 0 and below 1.
        mode: `corrected` or `nist-compat`.

    Raises:
        BadInput: alpha is out of range, no such mode, or something else than findings.
    """
    mode = require_mode(mode)
    level: object = alpha
    if not isinstance(level, float | np.floating) or not 0 < level < 1:
        raise BadInput(f"alpha is {alpha!r}: it is a number above 0 and below 1")
    p_values: dict[tuple[str, str], list[float]] = {}
    streams: dict[tuple[str, str], int] = {}
    for finding in findings:
        if not isinstance(finding, Finding):
            raise BadInput(f"findings are Finding values, not {type(finding).__name__}")
        for index, column in enumerate(finding.columns):
            key = (finding.name, column)
            streams[key] = streams.get(key, 0) + 1
            of_column = p_values.setdefault(key, [])
            if finding.applicable:
                of_column.append(finding.p_values[index])
    return [_column(key, streams[key], np.array(values), alpha, mode) for key, values in p_values.items()]


def family(columns: Sequence[Column]) -> list[Weighed]:
    """Weigh all columns as one family: Holm over the three exact p-values of each, the smallest adjusted one first.

    The p-values of tests of the same bits depend on one another, and Holm's rule holds under any dependence. The three
    together see a distribution that is off, too few passes, and a single stream that is far out.

    Of a column where more than one p-value in twenty repeats another or is 1, the distance is taken on one side alone,
    for no discrete p-value is uniform and enough ideal streams would show it. Of one with fewer than 100 different
    values it is left out: there a step of the statistic, however it is rounded, is as large as what is looked for.

    Args:
        columns: of `second_level`.
    """
    found = [
        (column.name, column.column, kind, value)
        for column in columns
        for kind in (*_distance(column), "proportion", "extreme")
        if (value := getattr(column, kind)) is not None
    ]
    if not found:
        return []
    adjusted = holm([value for *_, value in found]).tolist()
    weighed = [Weighed(*one, after) for one, after in zip(found, adjusted, strict=True)]
    return sorted(weighed, key=lambda one: (one.adjusted, one.p_value))


def _distance(column: Column) -> tuple[str, ...]:
    """Name the distance from uniformity that holds for a column's p-values, if one does."""
    if column.repeated * _REPEATED_OF <= column.applicable:
        return ("kolmogorov",)
    return ("too_small",) if column.applicable - column.repeated >= _FEWEST_VALUES else ()


def binomial_limits(count: int, chance: float, *, tail: float = TAIL) -> tuple[int, int]:
    """Return the least and the most successes of `count` trials whose tails have the probability `tail` or more.

    Args:
        count: of trials, 0 or more.
        chance: of one success.
        tail: to one side. Fewer successes than the least have a probability below it, and so have more than the most.
    """
    return int(stats.binom.ppf(tail, count, chance)), int(stats.binom.isf(tail, count, chance))


def kolmogorov(values: Floats) -> float:
    """Return the exact p-value of the two-sided distance of values from the uniform distribution on [0, 1].

    Conservative for p-values of discrete tests only where these are uniform in the limit.

    Args:
        values: shape [values], one at least.
    """
    ordered = np.sort(values)
    count = len(ordered)
    places = np.arange(1, count + 1)
    distance = max(float((places / count - ordered).max()), float((ordered - (places - 1) / count).max()))
    return float(min(1.0, max(0.0, stats.kstwo.sf(distance, count))))


def _too_small(values: Floats) -> float:
    """Return the exact p-value of how far values lie below uniform ones at most."""
    count = len(values)
    distance = float((np.arange(1, count + 1) / count - np.sort(values)).max())
    return float(min(1.0, max(0.0, stats.ksone.sf(max(distance, 0.0), count))))


def _column(key: tuple[str, str], streams: int, values: Floats, alpha: float, mode: str) -> Column:
    count = len(values)
    bins = np.bincount(np.minimum((values * BINS).astype(np.int64), BINS - 1), minlength=BINS)
    passing = int(np.count_nonzero(values >= alpha))
    least: float
    most: float
    if mode == "corrected":
        least, most = binomial_limits(count, 1.0 - alpha)
    else:
        spread = 3.0 * math.sqrt(count * alpha * (1.0 - alpha))
        least, most = count * (1.0 - alpha) - spread, count * (1.0 - alpha) + spread
    smallest = float(values.min()) if count else None
    return Column(
        name=key[0],
        column=key[1],
        streams=streams,
        applicable=count,
        bins=tuple(bins.tolist()),
        uniformity=_uniformity(bins, mode),
        kolmogorov=kolmogorov(values) if count else None,
        passing=passing,
        least=least,
        most=most,
        proportion=float(special.bdtr(passing, count, 1.0 - alpha)) if count else None,
        smallest=smallest,
        extreme=None if smallest is None else _smallest_of(smallest, count),
        repeated=count - len(np.unique(values[values < 1.0])),
        too_small=_too_small(values) if count else None,
    )


def _uniformity(bins: Counts, mode: str) -> float | None:
    count = int(bins.sum())
    if mode == "corrected":
        if count < LEAST_FOR_BINS:
            return None
        expected = count / BINS
    else:
        if count < BINS:
            return None
        expected = float(count // BINS)
    return chi_square_tail(float(((bins - expected) ** 2 / expected).sum()), BINS - 1)


def _smallest_of(value: float, count: int) -> float:
    """Return the probability that one of `count` independent uniform numbers is at most `value`."""
    return 1.0 if value >= 1.0 else -math.expm1(count * math.log1p(-value))
