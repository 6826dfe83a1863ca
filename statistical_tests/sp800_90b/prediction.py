"""What a predictor's right guesses say of min-entropy: how many, and how many in a row (SP 800-90B 6.3.7 to 6.3.10)."""

from __future__ import annotations

import math
from collections.abc import Mapping

from statistical_tests.sp800_90b.estimate import (
    Estimate,
    Value,
    bisect,
    min_entropy,
    not_estimated,
    upper_bound,
)

_ALPHA = 0.01
_MOST_STEPS = 1000


def estimate_by_guesses(
    name: str,
    section: str,
    guessed: tuple[int, int],
    *,
    guesses: int,
    kinds: int,
    parameters: Mapping[str, Value],
) -> Estimate:
    """Return the estimate that a predictor's guesses give.

    Args:
        name: the estimator.
        section: where it is described.
        guessed: how many guesses were right, and how many in a row at most.
        guesses: how many there were, N; two are needed.
        kinds: how many values the samples have: no bound is below one in so many.
        parameters: what the estimator was asked for, with the number of `samples`.
    """
    if guesses < 2:
        reason = f"{parameters['samples']} samples allow {max(guesses, 0)} guesses, and 2 are needed"
        return not_estimated(name, section, reason, parameters=parameters)
    correct, longest = guessed
    overall = global_bound(correct, guesses)
    local = local_bound(longest, guesses)
    probability = max(overall, local, 1 / kinds)
    statistic: dict[str, Value] = {
        "guesses": guesses,
        "correct": correct,
        "longest_run": longest,
        "global_proportion": correct / guesses,
        "global_bound": overall,
        "local_bound": local,
        "kinds": kinds,
    }
    return Estimate(name, section, min_entropy(probability), statistic, parameters)


def global_bound(correct: int, guesses: int) -> float:
    """Return the 99 % upper bound of the proportion of right guesses, P'global (6.3.7 step 5)."""
    if not correct:
        return 1.0 - math.exp(math.log(_ALPHA) / guesses)
    return upper_bound(correct / guesses, guesses)


def local_bound(longest: int, guesses: int) -> float:
    """Return the success probability at which a longer run than `longest` has probability 1 %, Plocal (6.3.7 step 6).

    Feller, An Introduction to Probability Theory, volume 1, XIII.7: no run of r = longest + 1 successes in N guesses
    has probability (1 - p x) / ((r + 1 - r x) q) / x^(N + 1), x being the root near 1 of 1 - x + q p^r x^(r + 1). We
    keep x - 1, which is often far below the last bit of 1.
    """
    if longest >= guesses:
        return 1.0
    run = longest + 1

    def log_no_run(p: float) -> float:
        q = 1 - p
        scale = math.log(q) + run * math.log(p)
        excess, steps = 0.0, 0
        while steps < _MOST_STEPS:
            following = math.exp(scale + (run + 1) * math.log1p(excess))
            if following - excess <= 1e-16 * following:
                break
            excess, steps = following, steps + 1
        numerator, denominator = 1 - p * excess / q, 1 - run * excess
        if numerator <= 0 or denominator <= 0:
            return -math.inf  # p is above r / (r + 1), where the root is 1 / p: a run is all but certain
        return math.log(numerator) - math.log(denominator) - (guesses + 1) * math.log1p(excess)

    return bisect(log_no_run, math.log1p(-_ALPHA), 0.0, 1.0)
