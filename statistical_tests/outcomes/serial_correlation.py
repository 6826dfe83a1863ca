"""Serial correlation: whether an outcome tells something of the next ones (GLI-19 3.2.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statistical_tests import arguments
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.outcomes.goodness import chi_square_tails
from statistical_tests.outcomes.laws import square_tails
from statistical_tests.outcomes.sample import chunks, numbers, sample

_NAME, _SECTION = "SerialCorrelation", "GLI-19 3.2.2; TAOCP 3.3.2 K"
_LJUNG_BOX, _LJUNG_BOX_SECTION = "LjungBox", "Ljung and Box 1978"
_CHUNK = 1 << 16
_OUTCOMES_A_LAG = 10


def serial_correlation(values: ArrayLike, *, probabilities: Any, lags: int = 20) -> Finding:
    """Compare the correlation of outcomes 1 to `lags` places apart with that of independent outcomes.

    Each outcome counts by its place in the distribution, the probability of less plus half its own: bounded, so that
    a rare large number does not decide alone. Mean and variance are those of the probabilities and not estimated, so
    the correlation at each lag has mean zero and variance exactly 1 / (n - lag), and lags are uncorrelated. The sum
    of their squares, and the square at lag 1, are judged by the multiples of chi-square laws that have their exact
    means and variances, third and fourth moments of the scores included: a coin that falls on one side nine times in
    ten needs that. Columns: all lags together, and lag 1 alone, two-sided.

    Args:
        values: outcomes 0 to kinds - 1, shape [outcomes]; their order as numbers counts.
        probabilities: one for each kind, floats or fractions; the sum is one.
        lags: the largest distance, 1 to 1,000.

    Raises:
        BadInput: the outcomes, probabilities or lags are not such.
    """
    expected = arguments.probabilities(probabilities)
    arguments.whole_number(lags, "lags", least=1, most=1000)
    outcomes = sample(values, kinds=len(expected))
    parameters = {"outcomes": len(outcomes), "kinds": len(expected), "lags": lags}
    columns = (f"lags 1 to {lags}", "lag 1")
    reason = _too_few(len(outcomes), lags)
    if np.count_nonzero(expected) < 2:
        reason = "only one outcome is possible"
    if reason:
        return not_applicable(_NAME, _SECTION, reason, parameters=parameters, columns=columns)
    scores = np.cumsum(expected) - expected / 2
    scores -= expected @ scores
    scores /= np.sqrt(expected @ scores**2)
    sums = lagged_sums(lambda start, stop: scores[outcomes[start:stop]], len(outcomes), lags)
    distances = np.arange(1, lags + 1)
    normal = sums / np.sqrt(len(outcomes) - distances)
    statistic = float(normal @ normal)
    moments = float(expected @ scores**3), float(expected @ scores**4)
    together = square_tails(statistic, mean=lags, variance=sum_variance(len(outcomes), lags, *moments))
    first = square_tails(float(normal[0] ** 2), mean=1.0, variance=sum_variance(len(outcomes), 1, *moments))
    return Finding(
        _NAME,
        _SECTION,
        parameters,
        {"sum_of_squares": statistic, "correlations": [float(one) for one in sums / (len(outcomes) - distances)]},
        (together.more, first.more),
        columns,
    )


def sum_variance(outcomes: int, lags: int, third: float, fourth: float) -> float:
    """Return the exact variance of the sum over lags d of (sum of x_i x_(i+d))^2 / (n - d).

    The x are independent with mean 0, variance 1 and these third and fourth moments. In E S_a^2 S_b^2 only those
    products count in which no x stands alone: the same pair twice, which share an x (fourth moment) or not; four
    pairs around a rectangle i, i + a, i + b, i + a + b; and two short ones beside a long one of twice their length
    (third moment).

    Args:
        outcomes: their number n, more than `lags`.
        lags: the largest distance.
        third, fourth: the moments of x.
    """
    n, total = outcomes, 0.0
    for a in range(1, lags + 1):
        m = n - a
        same = fourth**2 * m + 3 * (m * (m - 1.0) + 2 * max(n - 2 * a, 0) * (fourth - 1))
        total += same / m**2 - 1
        for b in range(a + 1, lags + 1):
            around = max(n - a - b, 0)
            shared = (2 * (n - b) + 2 * around) * (fourth - 1) + 4 * around
            if b == 2 * a:
                shared += 2 * (n - b) * third**2
            total += 2 * shared / (m * (n - b))
    return total


def ljung_box(values: ArrayLike, *, lags: int = 20) -> Finding:
    """Compute Ljung and Box's Q = n (n + 2) sum of r_d^2 / (n - d), of numbers whose distribution is not known.

    Its law is chi-square with `lags` degrees of freedom as the sample grows, if the numbers have a finite fourth
    moment; for heavy tails, such as payouts with a jackpot, take ranks.

    Args:
        values: finite numbers, shape [outcomes].
        lags: the largest distance, 1 to 1,000.

    Raises:
        BadInput: a number is not finite, or lags are not such.
    """
    arguments.whole_number(lags, "lags", least=1, most=1000)
    array = numbers(values, dimensions=1, name="values")
    total = 0.0
    for part in chunks(len(array)):
        if not np.isfinite(array[part]).all():
            place = part.start + int(np.argmin(np.isfinite(array[part])))
            raise BadInput(f"values[{place}] is {array[place]}: serial correlation is of finite numbers")
        total += float(array[part].sum(dtype=np.float64))
    parameters = {"outcomes": len(array), "lags": lags}
    if reason := _too_few(len(array), lags):
        return not_applicable(_LJUNG_BOX, _LJUNG_BOX_SECTION, reason, parameters=parameters)
    if bool((array == array[0]).all()):
        return not_applicable(_LJUNG_BOX, _LJUNG_BOX_SECTION, "all values are equal", parameters=parameters)
    mean = total / len(array)
    sums = lagged_sums(lambda start, stop: array[start:stop].astype(np.float64) - mean, len(array), lags, zero=True)
    correlations = sums[1:] / sums[0]
    number = len(array)
    statistic = number * (number + 2) * float((correlations**2 / (number - np.arange(1, lags + 1))).sum())
    return Finding(
        _LJUNG_BOX,
        _LJUNG_BOX_SECTION,
        parameters,
        {"q": statistic, "correlations": [float(one) for one in correlations]},
        (chi_square_tails(statistic, lags)[0],),
    )


def lagged_sums(
    scores: Callable[[int, int], NDArray[np.float64]], length: int, lags: int, *, zero: bool = False
) -> NDArray[np.float64]:
    """Return the sums of x_i x_(i+d), d = 1 to `lags` (from 0 with `zero`); `scores(a, b)` are x_a to x_(b-1)."""
    distances = range(0 if zero else 1, lags + 1)
    sums = np.zeros(len(distances))
    for part in chunks(length, rows=_CHUNK):
        reach = min(part.stop + lags, length)
        piece = scores(part.start, reach)
        for place, lag in enumerate(distances):
            size = min(part.stop - part.start, reach - part.start - lag)
            if size > 0:
                # Not `@`: a library's threads for so short a sum cost more than the sum, the more so on a busy machine.
                sums[place] += float(np.einsum("i,i->", piece[:size], piece[lag : lag + size]))
    return sums


def _too_few(outcomes: int, lags: int) -> str:
    least = _OUTCOMES_A_LAG * lags
    return "" if outcomes >= least else f"{outcomes} outcomes, and {least} are needed for {lags} lags"
