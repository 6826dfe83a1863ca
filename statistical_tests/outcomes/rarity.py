"""How unlikely counts of rare outcomes are, from binomial laws that are exact however small a probability is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special


@dataclass(frozen=True, slots=True)
class Rarity:
    """Hold what the rare ones among the outcomes say.

    Args:
        kinds: how many outcomes are expected so seldom that chi-square pools them.
        occurred: how many of the trials had one of them.
        expected: how many trials should have.
        furthest: the rare outcome whose count is least likely.
        alone: the probability that any rare outcome comes so unlikely often or more; an upper bound.
        together: the same of all rare outcomes, all of the tenth as rare, of the hundredth … put together.
    """

    kinds: int
    occurred: int
    expected: float
    furthest: int
    alone: float
    together: float

    @property
    def least(self) -> float:
        """Return one p-value of both: twice the smaller."""
        return min(1.0, 2 * min(self.alone, self.together))


def rarity(counts: NDArray[np.int64], probabilities: NDArray[np.float64], *, least_expected: float) -> Rarity | None:
    """Return how unlikely the counts of rare outcomes are, or nothing where there are none, or no trials.

    Chi-square puts what is expected less than five times into one class with others, and there one outcome that
    should come once in 10^90 trials is not seen. Here the count of each is held to its own law, binomial of the
    trials and its probability. The tails are exact; the least of m is multiplied with m (Bonferroni), which holds
    whatever counts have to do with one another. Outcomes that are unlikely only as a multitude are seen in pools:
    all that are expected less than `least_expected` times, than a tenth of that, than a hundredth … The least tail of
    the pools is multiplied with the number of different pools. Which are rare, and which pools there are, does not
    depend on the counts, so that both p-values are conservative.

    Only too many are looked for: that an outcome which is expected less than five times did not come is nothing.

    Args:
        counts: shape [outcomes].
        probabilities: the same shape, with the sum one.
        least_expected: outcomes that are expected less often are rare.
    """
    trials = int(counts.sum())
    # What has probability zero is in no law, and if it came both p-values are zero.
    rare = np.flatnonzero((probabilities * trials < least_expected) & ((probabilities > 0) | (counts > 0)))
    if not trials or not len(rare):
        return None
    observed, chances = counts[rare], probabilities[rare]
    tails = upper_tails(observed, trials, chances)
    with np.errstate(divide="ignore"):
        tenths = np.floor(np.log10(least_expected) - np.log10(trials * chances))
    # Outcomes of one tenth are summed, and then all tenths from the rarest on.
    pools, of_each = np.unique(-tenths, return_inverse=True)
    pooled_counts = np.cumsum(np.bincount(of_each, weights=observed)).astype(np.int64)
    pooled_chances = np.cumsum(np.bincount(of_each, weights=chances)).clip(max=1.0)
    pooled_tails = upper_tails(pooled_counts, trials, pooled_chances)
    return Rarity(
        len(rare),
        int(observed.sum()),
        float(trials * chances.sum()),
        int(rare[np.argmin(tails)]),
        min(1.0, float(tails.min()) * len(rare)),
        min(1.0, float(pooled_tails.min()) * len(pools)),
    )


def upper_tails(counts: NDArray[np.int64], trials: int, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities that so many trials have at least these counts of events of these probabilities.

    The incomplete beta function, which loses nothing where they are tiny; below 10^-308 they end at zero.
    """
    tails: NDArray[np.float64] = np.where(
        counts > 0, special.betainc(np.maximum(counts, 1), trials - np.maximum(counts, 1) + 1, probabilities), 1.0
    )
    return tails
