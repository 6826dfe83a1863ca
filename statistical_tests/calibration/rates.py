"""What p-values did on ideal data: uniformity by column, and real rates of refusal with exact bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from statistical_tests import arguments
from statistical_tests.calibration.plan import Plan

LEVELS = (0.01, 0.001, 0.0001)
CONFIDENCE = 0.99
_BINS = 10


@dataclass(frozen=True, slots=True)
class Rate:
    """Hold how often p-values were at most `level`, with exact bounds after Clopper and Pearson.

    Args:
        level: the level that the p-values promise.
        refused: how many were at most the level.
        of: how many there were, independent of one another.
        low: lower bound of the real rate, `CONFIDENCE` two-sided.
        high: upper bound of it.
    """

    level: float
    refused: int
    of: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """The share that was refused."""
        return self.refused / self.of


@dataclass(frozen=True, slots=True)
class Column:
    """Hold what one column of p-values did over all streams in which its test was applicable.

    Args:
        battery: key of `BATTERIES`.
        name: the test.
        section: where it is described.
        occurrence: 0 for the first finding of that name in a battery, 1 for the second …
        column: what the p-value is of.
        parameters: of the first stream's finding, as JSON.
        streams: how many streams gave a p-value.
        distinct: how many different p-values there were; far fewer than streams where the statistic is discrete.
        uniform: p-value of Kolmogorov and Smirnov, two-sided; small for discrete ones too.
        too_small: the same of the side on which p-values are smaller than uniform ones; valid for discrete ones.
        bins: p-value of chi-square over ten equal bins.
        rates: one for each of `LEVELS`.
    """

    battery: str
    name: str
    section: str
    occurrence: int
    column: str
    parameters: str
    streams: int
    distinct: int
    uniform: float
    too_small: float
    bins: float
    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Hold what all columns of one test did together.

    Args:
        columns: how many there are.
        streams: how many streams gave any p-value.
        pooled: at each of `LEVELS` the share refused of the p-values of all columns. Columns of one stream depend on
            one another, so there are no exact bounds of it.
        family: at each of `LEVELS` how often the least p-value times the columns (Bonferroni) was at most the level.
    """

    battery: str
    name: str
    section: str
    occurrence: int
    parameters: str
    columns: int
    streams: int
    pooled: tuple[float, ...]
    family: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Hold what the batteries' tests did on ideal data.

    Args:
        plan: what was run.
        columns: in the batteries' order.
        summaries: one a test, in the same order.
        inapplicable: for each test that was never applicable, the reason it gave first.
    """

    plan: Plan
    columns: tuple[Column, ...]
    summaries: tuple[Summary, ...]
    inapplicable: tuple[tuple[str, str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        return {
            "plan": _fields(self.plan),
            "confidence": CONFIDENCE,
            "columns": [_fields(one) for one in self.columns],
            "summaries": [_fields(one) for one in self.summaries],
            "inapplicable": [list(one) for one in self.inapplicable],
        }


def clopper_pearson(hits: int, of: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return exact bounds of a probability after `hits` in `of` independent trials, each missed by half the rest.

    Args:
        hits: from 0 to `of`.
        of: 1 or more.
        confidence: two-sided, in (0, 1).

    Raises:
        BadInput: an argument is not in its range.
    """
    of = arguments.whole_number(of, "of", least=1)
    hits = arguments.whole_number(hits, "hits", least=0, most=of)
    half = (1 - arguments.level(confidence, "confidence")) / 2
    low = float(special.betaincinv(hits, of - hits + 1, half)) if hits else 0.0
    high = float(special.betainccinv(hits + 1, of - hits, half)) if hits < of else 1.0
    return low, high


def column_of(test: tuple[str, str, int], column: str, about: tuple[str, str], values: NDArray[np.float64]) -> Column:
    """Return what a column did.

    Args:
        test: battery, name and occurrence.
        column: its name.
        about: section and parameters of the test.
        values: its p-values, shape [streams].
    """
    observed = np.bincount(np.minimum((values * _BINS).astype(np.int64), _BINS - 1), minlength=_BINS)
    battery, name, occurrence = test
    return Column(
        battery,
        name,
        about[0],
        occurrence,
        column,
        about[1],
        len(values),
        len(np.unique(values)),
        float(stats.kstest(values, "uniform").pvalue),
        float(stats.kstest(values, "uniform", alternative="greater").pvalue),
        float(stats.chisquare(observed).pvalue),
        rates_of(values),
    )


def rates_of(values: NDArray[np.float64]) -> tuple[Rate, ...]:
    """Return how often p-values, shape [streams], were at most each of `LEVELS`."""
    refused = [int(np.count_nonzero(values <= level)) for level in LEVELS]
    return tuple(
        Rate(level, hits, len(values), *clopper_pearson(hits, len(values)))
        for level, hits in zip(LEVELS, refused, strict=True)
    )


def _fields(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_fields(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _fields(getattr(value, name)) for name in value.__dataclass_fields__}
    return value
