"""Runs: whether equal outcomes stand together more or less often than they should (GLI-19 3.2.2)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from statistical_tests import arguments
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.outcomes.laws import Tails, count_tails
from statistical_tests.outcomes.sample import CHUNK, Sample, chunks, histogram, sample

_NAME, _SECTION = "WaldWolfowitzRuns", "GLI-19 3.2.2; Wald and Wolfowitz 1940; Mood 1940"
_MOST_EXACT = 1_000_000  # outcomes of the rarer of two kinds
_LEAST_OUTCOMES = 20


def runs(values: ArrayLike, *, kinds: int) -> Finding:
    """Compare the number of runs of equal outcomes with what it is when the same outcomes stand in random order.

    No probabilities are needed: given how often each kind occurs, all orders are equally likely. For two kinds the
    law is exact (to a million of the rarer). For more kinds, mean and variance are exact, and the number of
    neighbours that are equal gets the binomial-like law of those moments. p is twice the smaller tail: conservative.

    Args:
        values: outcomes 0 to kinds - 1, shape [outcomes].
        kinds: how many there are, 2 or more.

    Raises:
        BadInput: the outcomes are not such.
    """
    arguments.whole_number(kinds, "kinds", least=2)
    outcomes = sample(values, kinds=kinds)
    # Kinds that did not come have no part in it, so that no place is held for each of billions.
    counts = histogram(outcomes, kinds) if kinds <= CHUNK else np.unique(outcomes, return_counts=True)[1]
    counts = counts[counts > 0]
    parameters = {"outcomes": len(outcomes), "kinds": kinds}
    if len(counts) < 2:
        reason = "there are no outcomes" if not len(counts) else "all outcomes are of one kind, so there is no order"
        return not_applicable(_NAME, _SECTION, reason, parameters=parameters)
    if len(counts) > 2 and len(outcomes) < _LEAST_OUTCOMES:
        reason = f"{len(outcomes)} outcomes of more than two kinds, and {_LEAST_OUTCOMES} are needed"
        return not_applicable(_NAME, _SECTION, reason, parameters=parameters)
    if len(counts) == len(outcomes):
        return not_applicable(_NAME, _SECTION, "no outcome occurs twice, so no two can be equal", parameters=parameters)
    observed = len(outcomes) - equal_neighbours(outcomes, 1)
    mean, variance = run_moments(counts)
    exact = len(counts) == 2 and counts.min() <= _MOST_EXACT
    if exact:
        tails = exact_run_tails(int(counts[0]), int(counts[1]), observed)
    else:
        equal = count_tails(len(outcomes) - observed, mean=len(outcomes) - mean, variance=variance)
        tails = Tails(more=equal.less, less=equal.more)
    return Finding(
        _NAME,
        _SECTION,
        parameters,
        {"runs": observed, "expected_runs": mean, "variance": variance},
        (tails.both,),
        notes=("p-value from all orders",) if exact else (),
    )


def equal_neighbours(values: Sample, lag: int) -> int:
    """Return how many outcomes are equal to the one `lag` places after them."""
    return sum(
        int(np.count_nonzero(values[part] == values[part.start + lag : part.stop + lag]))
        for part in chunks(max(len(values) - lag, 0))
    )


def run_moments(counts: NDArray[np.int64]) -> tuple[float, float]:
    """Return mean and variance of the number of runs in random order, in exact integers until the last division.

    Mean (n (n+1) - S2) / n and variance (S2 (S2 + n (n+1)) - 2 n S3 - n^3) / (n^2 (n-1)), where S2 and S3 are the
    sums of the squares and cubes of the counts (Mood 1940; Barton and David 1957).
    """
    plain = [int(count) for count in counts]
    n, squares, cubes = sum(plain), sum(c * c for c in plain), sum(c**3 for c in plain)
    variance = squares * (squares + n * (n + 1)) - 2 * n * cubes - n**3
    return (n * (n + 1) - squares) / n, variance / (n * n * (n - 1))


def exact_run_tails(first: int, second: int, observed: int) -> Tails:
    """Return the tails of the number of runs of so many outcomes of two kinds (Wald and Wolfowitz 1940)."""
    few, many = sorted((first, second))
    halves = np.arange(1, few + 1, dtype=np.float64)
    whole = _choose(np.array(float(few + many)), float(few))
    even = math.log(2) + _choose(few - 1, halves - 1) + _choose(many - 1, halves - 1) - whole  # 2 m runs
    odd = np.logaddexp(  # 2 m + 1 runs
        _choose(few - 1, halves) + _choose(many - 1, halves - 1),
        _choose(few - 1, halves - 1) + _choose(many - 1, halves),
    )
    chances = np.exp(np.stack([even, odd - whole], axis=1)).reshape(-1)  # of 2, 3, 4 … runs
    place = observed - 2
    return Tails(more=min(1.0, float(chances[place:].sum())), less=min(1.0, float(chances[: place + 1].sum())))


def _choose(n: ArrayLike, k: ArrayLike) -> NDArray[np.float64]:
    """Return the logarithm of n over k; minus infinity where k is larger than n."""
    n, k = np.broadcast_arrays(np.asarray(n, dtype=np.float64), np.asarray(k, dtype=np.float64))
    inside = k <= n
    k = np.where(inside, k, 0.0)
    value = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.where(inside, value, -np.inf)
