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
_MOST_STEPS = 1 << 23  # cells of the chain over kinds for which the law of more kinds is exact: a second or two
_LEAST_OUTCOMES = 20


def runs(values: ArrayLike, *, kinds: int) -> Finding:
    """Compare the number of runs of equal outcomes with what it is when the same outcomes stand in random order.

    No probabilities are needed: given how often each kind occurs, all orders are equally likely. For two kinds the
    law is exact (to a million of the rarer). For more kinds it is exact in small samples, and in longer ones of which
    nearly all outcomes are of one kind. Beyond, mean and variance are exact, and the number of neighbours that are
    equal, above the least that can be, gets the binomial-like law of those moments. p is twice the smaller tail: of an
    exact law conservative.

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
    equal = len(outcomes) - observed
    exact = True
    if len(counts) == 2 and counts.min() <= _MOST_EXACT:
        tails = exact_run_tails(int(counts[0]), int(counts[1]), observed)
    elif law_steps(counts) <= _MOST_STEPS:
        law = equal_law(counts)
        tails = Tails(more=min(1.0, float(law[equal:].sum())), less=min(1.0, float(law[: equal + 1].sum())))
    else:
        exact = False
        # A kind that has more than half of the outcomes stands beside itself so often at least.
        least = max(2 * int(counts.max()) - len(outcomes) - 1, 0)
        tails = count_tails(equal - least, mean=len(outcomes) - mean - least, variance=variance)
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


def law_steps(counts: NDArray[np.int64]) -> int:
    """Return how many cells `equal_law` goes through at most."""
    steps = before = 0
    for count in np.sort(counts).tolist():
        steps += max(before, 1) * min(count, before + 1) * min(count, before + 1)
        before += count
    return steps + before


def equal_law(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the probabilities of 0, 1 ... equal neighbours when so many outcomes of each kind stand in random order.

    Kinds are put in one after another, the rarest first. Of n - 1 inner places between those that are there, e stand
    between equals. A kind of c outcomes makes b blocks in (c-1 over b-1) ways, and puts them into b of n + 1 places, of
    which s of the e are cut: (e over s) (n + 1 - e over b - s) ways. Then e - s + c - b neighbours are equal. What is
    summed is positive, so that small tails are exact to rounding.
    """
    first, *others = np.sort(counts).tolist()
    law = np.zeros(first)
    law[-1] = 1.0
    before = first
    for count in others:
        after = np.zeros(before + count)
        most = min(count, before + 1)
        blocks = np.arange(1, most + 1)[:, None]
        of_blocks = _choose(count - 1, blocks - 1) - _choose(before + count, count)
        for equal in np.flatnonzero(law).tolist():
            cuts = np.arange(min(equal, most) + 1)[None, :]
            inside = (cuts <= blocks) & (blocks - cuts <= before + 1 - equal)
            rest = _choose(before + 1 - equal, np.where(inside, blocks - cuts, 0))
            ways = np.where(inside, np.exp(of_blocks + _choose(equal, cuts) + rest), 0.0)
            places = np.where(inside, equal - cuts + count - blocks, 0)
            after += law[equal] * np.bincount(places.reshape(-1), weights=ways.reshape(-1), minlength=len(after))
        law, before = after, before + count
    return law


def _choose(n: ArrayLike, k: ArrayLike) -> NDArray[np.float64]:
    """Return the logarithm of n over k; minus infinity where k is larger than n."""
    n, k = np.broadcast_arrays(np.asarray(n, dtype=np.float64), np.asarray(k, dtype=np.float64))
    inside = k <= n
    k = np.where(inside, k, 0.0)
    value = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.where(inside, value, -np.inf)
