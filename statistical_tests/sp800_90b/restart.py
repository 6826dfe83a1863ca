"""Restart tests: is a source, started again and again, as unpredictable as it is while it runs? (SP 800-90B 3.1.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from statistical_tests.arguments import whole_number
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_90b.assess import estimates, smallest
from statistical_tests.sp800_90b.estimate import Estimate
from statistical_tests.sp800_90b.samples import Samples, require_samples

NAME = "RestartSanity"
SECTION = "SP 800-90B 3.1.4.3"
RESTARTS = 1000
_SMALL = 1e-9  # below it, one less the probability of the contrary has few digits left

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Restarts:
    """Hold what samples of many restarts show.

    Args:
        sanity: how often the most common value of a row or column came, against what the first estimate allows.
        initial: the estimate before, H_I, bits a sample.
        rows: estimates of the samples, one restart after another.
        columns: estimates of the first samples of all restarts, then the second ones, and so on.
    """

    sanity: Finding
    initial: float
    rows: tuple[Estimate, ...]
    columns: tuple[Estimate, ...]

    @property
    def h_rows(self) -> float | None:
        """The smallest estimate of the rows, H_r; None if no estimator was applicable."""
        return smallest(self.rows)

    @property
    def h_columns(self) -> float | None:
        """The smallest estimate of the columns, H_c; None if no estimator was applicable."""
        return smallest(self.columns)

    @property
    def min_entropy(self) -> float | None:
        """The least of H_r, H_c and H_I, bits a sample. The standard refuses a source with H_r or H_c below H_I / 2."""
        if self.h_rows is None or self.h_columns is None:
            return None
        return min(self.h_rows, self.h_columns, self.initial)

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON can hold it."""
        return {
            "section": "SP 800-90B 3.1.4",
            "sanity": self.sanity.as_json(),
            "h_initial": self.initial,
            "h_rows": self.h_rows,
            "h_columns": self.h_columns,
            "min_entropy": self.min_entropy,
            "rows": [one.as_json() for one in self.rows],
            "columns": [one.as_json() for one in self.columns],
        }


def restart(
    samples: Samples, *, initial: float, restarts: int = RESTARTS, independent: bool = False, threads: int = 1
) -> Restarts:
    """Judge samples that were taken right after each of many restarts.

    Args:
        samples: those of the first restart, then those of the second, and so on, equally many of each.
        initial: the min-entropy that was estimated of the running source, H_I, bits a sample, 0 to the samples' width.
        restarts: how many there were; 1000, with 1000 samples each, in the standard.
        independent: as in `assess`.
        threads: how many estimators work at once.

    Raises:
        BadInput: an argument is out of range, or restarts have unequally many samples.
    """
    rows = _rows(samples, restarts)
    threads = whole_number(threads, "threads", least=1, most=1024)
    columns = Samples(np.ascontiguousarray(rows.T).reshape(-1), samples.width)
    sanity = restart_sanity(samples, initial=initial, restarts=restarts)
    of_rows, of_columns = estimates((samples, columns), independent=independent, threads=threads)
    return Restarts(sanity, float(initial), of_rows, of_columns)


def restart_sanity(samples: Samples, *, initial: float, restarts: int = RESTARTS) -> Finding:
    """Compare the most frequent value of any row or column with what min-entropy `initial` allows.

    In the worst case that the estimate allows, as many values as can have probability 2^-H and the others share the
    rest. A row's largest count then has a distribution that is computed here by multiplying power series, where NIST's
    program simulates five million rows. Of the rows, and of the columns, the p-value is 1 - (1 - t)^lines, t being the
    probability that one line has such a count or a larger; the smaller of the two, p, gives 1 - (1 - p)^2. With as many
    rows as columns this is 1 - (1 - t)^(rows + columns), and the standard refuses below 0.01.

    Args:
        samples: as in `restart`.
        initial: H_I, bits a sample.
        restarts: how many there were.

    Raises:
        BadInput: an argument is out of range, or restarts have unequally many samples.
    """
    rows = _rows(samples, restarts)
    given = cast("Any", initial)
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= samples.width:
        raise BadInput(f"initial is {given!r}: bits a sample are from 0 to {samples.width}")
    parameters = {"restarts": restarts, "samples": len(samples), "width": samples.width, "initial": float(initial)}
    if not rows.size:
        return not_applicable(NAME, SECTION, "0 samples, and one of each restart is needed", parameters=parameters)
    probability, kinds = 2.0**-initial, samples.kinds()
    found = {"row": _largest(rows), "column": _largest(rows.T)}
    each = []
    for count, (lines, number) in zip(found.values(), (rows.shape, rows.shape[::-1]), strict=True):
        tail = _tail(count, number, probability, kinds)
        each.append(-math.expm1(lines * math.log1p(-tail)) if tail < 1 else 1.0)
    p_value = min(each) * (2 - min(each))  # of the smaller of two
    statistic = {f"largest_of_a_{name}": count for name, count in found.items()} | {"kinds": kinds}
    return Finding(NAME, SECTION, parameters, statistic, (min(1.0, p_value),))


def _rows(samples: Samples, restarts: int) -> NDArray[np.uint8]:
    samples = require_samples(samples)
    restarts = whole_number(restarts, "restarts", least=1)
    if len(samples) % restarts:
        raise BadInput(f"{len(samples)} samples are not equally many for each of {restarts} restarts")
    return samples.values.reshape(restarts, -1)


def _largest(rows: NDArray[np.uint8]) -> int:
    """Return how often the most common value of any row is there."""
    return max(int(np.bincount(row).max()) for row in rows)


def _tail(count: int, number: int, probability: float, kinds: int) -> float:
    """Return the probability that some value comes `count` times or more among `number` samples.

    Counts of independent Poisson variables with these means, given that they sum to `number`, have the distribution of
    samples. So the probability that all are below `count` is a coefficient of the product of their series, cut off
    there.
    """
    likely = math.floor(1 / probability + 1e-9)
    others = max(kinds, math.ceil(1 / probability - 1e-9)) - likely
    rest = max(0.0, 1 - likely * probability) / others if others else 0.0
    bound = float(likely * stats.binom.sf(count - 1, number, probability))
    bound += float(others * stats.binom.sf(count - 1, number, rest))
    if bound < _SMALL:
        return bound  # the sum over values, which is above the truth by the square of that at most
    series = np.ones(1)
    for times, mean in ((likely, number * probability), (others, number * rest)):
        below = stats.poisson.pmf(np.arange(min(count, number + 1)), mean)
        series = _times(series, _power(below, times, number), number)
    inside = float(series[number]) if len(series) > number else 0.0
    return min(1.0, max(0.0, 1 - inside / float(stats.poisson.pmf(number, number))))


def _times(left: Floats, right: Floats, degree: int) -> Floats:
    product: Floats = np.convolve(left, right)[: degree + 1]
    return product


def _power(series: Floats, exponent: int, degree: int) -> Floats:
    power = np.ones(1)
    while exponent:
        if exponent & 1:
            power = _times(power, series, degree)
        series, exponent = _times(series, series, degree), exponent >> 1
    return power
