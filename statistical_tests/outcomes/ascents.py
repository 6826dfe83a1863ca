"""Runs up and turning points: whether outcomes rise and fall as they should (GLI-19 3.2.2)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from statistical_tests import arguments
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.outcomes.goodness import fit
from statistical_tests.outcomes.renewals import counted, planned
from statistical_tests.outcomes.sample import CHUNK, Sample, sample

_RUNS, _RUNS_SECTION = "RunsUp", "GLI-19 3.2.2; TAOCP 3.3.2 G"
_TURNS, _TURNS_SECTION = "TurningPoints", "GLI-19 3.2.2; Bienaymé 1874"
_LEAST_RUNS = 20
_LONGEST = 24  # runs of distinct outcomes that are longer occur once in 10^24
_LEAST_TURNING = 100  # outcomes from which the normal law is taken


def runs_up(values: ArrayLike, *, probabilities: Any) -> Finding:
    """Compare the lengths of strictly rising runs with their exact law.

    The outcome that ends a run is thrown away, so that the next run starts afresh and lengths are independent (Knuth,
    TAOCP 3.3.2 exercise 14). With ties a run of r or more has the probability e_r, the sum over all sets of r
    outcomes of the products of their probabilities; for distinct values that is 1 / r!. Lengths are compared by
    chi-square.

    Args:
        values: outcomes 0 to kinds - 1, shape [outcomes]; their order as numbers counts.
        probabilities: one for each kind, floats or fractions; the sum is one.

    Raises:
        BadInput: the outcomes or probabilities are not such.
    """
    expected = arguments.probabilities(probabilities)
    outcomes = sample(values, kinds=len(expected))
    parameters: dict[str, Any] = {"outcomes": len(outcomes), "kinds": len(expected)}
    if np.count_nonzero(expected) < 2:
        return not_applicable(_RUNS, _RUNS_SECTION, "only one outcome is possible", parameters=parameters)
    reach = rising(expected, _LONGEST)
    chances = -np.diff(reach, append=0.0)  # of lengths 0, 1 … and of the longest and more
    places = np.arange(len(chances))
    # A run takes its length and the outcome that ends it.
    mean = float(chances @ places) + 1
    deviation = math.sqrt(float(chances @ (places + 1 - mean) ** 2))
    planned_runs = planned(len(outcomes), mean=mean, deviation=deviation)
    if planned_runs < _LEAST_RUNS:
        reason = f"{len(outcomes)} outcomes surely hold {planned_runs} runs, and {_LEAST_RUNS} are needed"
        return not_applicable(_RUNS, _RUNS_SECTION, reason, parameters=parameters)
    lengths = rising_lengths(outcomes)
    found = fit(counted(lengths, planned_runs, len(chances) - 1), chances.clip(min=0.0), in_order=True)
    if found is None:
        return not_applicable(_RUNS, _RUNS_SECTION, "all runs have one length", parameters=parameters)
    missing = max(planned_runs - len(lengths), 0)
    return Finding(
        _RUNS,
        _RUNS_SECTION,
        parameters | {"runs": planned_runs},
        {
            "chi_square": found.chi_square,
            "degrees_of_freedom": found.degrees_of_freedom,
            "mean_length": float(lengths[:planned_runs].mean()) if len(lengths) else math.nan,
            "expected_length": mean - 1,
        },
        (found.uneven,),
        notes=(f"{missing} of {planned_runs} runs did not come to an end; they count as long",) if missing else (),
    )


def rising(probabilities: NDArray[np.float64], longest: int) -> NDArray[np.float64]:
    """Return the probability that the first r outcomes rise strictly, for r = 0 to `longest`.

    These are the elementary symmetric polynomials of the probabilities.
    """
    reach = np.zeros(longest + 1)
    reach[0] = 1.0
    for probability in probabilities:
        reach[1:] += probability * reach[:-1]
    reach[1] = 1.0  # the probabilities' sum
    return np.minimum.accumulate(reach)


def rising_lengths(values: Sample) -> NDArray[np.int32]:
    """Return the lengths of the rising runs that came to an end, each but the first after a thrown-away outcome."""
    lengths: list[NDArray[np.int32]] = []
    start, size = 0, CHUNK
    while start < len(values):
        found = _lengths_in(values[start : start + size])
        if len(found):
            lengths.append(found)
            start += int(found.sum(dtype=np.int64)) + len(found)
            size = CHUNK
        elif start + size >= len(values):
            break
        else:
            size *= 2  # a run longer than the window
    return np.concatenate(lengths) if lengths else np.zeros(0, dtype=np.int32)


def _lengths_in(piece: Sample) -> NDArray[np.int32]:
    falls = np.flatnonzero(piece[1:] <= piece[:-1]) + 1
    if not len(falls):
        return np.zeros(0, dtype=np.int32)
    # After a run ended at d, the comparison at d + 1 is with a thrown-away outcome. So among falls that stand side by
    # side the first, third, fifth … end a run.
    fresh = np.flatnonzero(np.diff(falls, prepend=-1) != 1)
    within = np.arange(len(falls)) - np.repeat(fresh, np.diff(fresh, append=len(falls)))
    ends = falls[within % 2 == 0]
    lengths: NDArray[np.int32] = (np.diff(ends, prepend=-1) - 1).astype(np.int32)
    return lengths


def turning_points(values: ArrayLike, *, probabilities: Any) -> Finding:
    """Compare the number of outcomes that are above both neighbours, or below both, with its expectation.

    Mean and variance are exact, ties included; the law is normal as the sample grows. p is two-sided.

    Args:
        values: outcomes 0 to kinds - 1, shape [outcomes]; their order as numbers counts.
        probabilities: one for each kind, floats or fractions; the sum is one.

    Raises:
        BadInput: the outcomes or probabilities are not such.
    """
    expected = arguments.probabilities(probabilities)
    outcomes = sample(values, kinds=len(expected))
    parameters = {"outcomes": len(outcomes), "kinds": len(expected)}
    if len(outcomes) < _LEAST_TURNING or np.count_nonzero(expected) < 2:
        reason = f"{len(outcomes)} outcomes of {np.count_nonzero(expected)} kinds: {_LEAST_TURNING} of two are needed"
        return not_applicable(_TURNS, _TURNS_SECTION, reason, parameters=parameters)
    observed = 0
    for start in range(0, len(outcomes) - 2, CHUNK):
        piece = outcomes[start : start + CHUNK + 2]
        left, middle, right = piece[:-2], piece[1:-1], piece[2:]
        observed += int(np.count_nonzero(((middle > left) & (middle > right)) | ((middle < left) & (middle < right))))
    mean, variance = turning_moments(expected, len(outcomes))
    # Half a point towards the mean, since points are whole.
    score = max(abs(observed - mean) - 0.5, 0.0) / math.sqrt(variance)
    return Finding(
        _TURNS,
        _TURNS_SECTION,
        parameters,
        {"turning_points": observed, "expected": mean, "variance": variance},
        (float(special.erfc(score / math.sqrt(2))),),
    )


def turning_moments(probabilities: NDArray[np.float64], outcomes: int) -> tuple[float, float]:
    """Return mean and variance of the number of turning points among so many independent outcomes, three or more."""
    p = probabilities
    below = np.cumsum(p) - p
    above = np.cumsum(p[::-1])[::-1] - p
    turn = float((p * (below**2 + above**2)).sum())
    # Two neighbours both turn if one is above and the other below: x1 < x2 > x3 < x4 or the reverse. The chance that a
    # value is above a left neighbour is `below`, that a value is below a right neighbour is `above`.
    peak_then_trough = float((p * below * (np.cumsum(p * above) - p * above)).sum())
    trough_then_peak = float((p * above * (np.cumsum((p * below)[::-1])[::-1] - p * below)).sum())
    both_next = peak_then_trough + trough_then_peak
    # Outcomes two apart share the one between them: its value on one side of a turn, given that value.
    peak_beside = np.cumsum((p * below)[::-1])[::-1] - p * below  # the turn is above both this value and another
    trough_beside = np.cumsum(p * above) - p * above
    half = peak_beside + trough_beside
    both_second = float((p * half**2).sum())
    points = outcomes - 2
    variance = points * turn * (1 - turn)
    variance += 2 * max(points - 1, 0) * (both_next - turn**2) + 2 * max(points - 2, 0) * (both_second - turn**2)
    return points * turn, variance
