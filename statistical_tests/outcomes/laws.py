"""Laws of statistics whose first moments are known exactly."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import special

from statistical_tests.outcomes.goodness import chi_square_tails


@dataclass(frozen=True, slots=True)
class Tails:
    """Hold the probabilities of a value at least so large (`more`) and at most so large (`less`)."""

    more: float
    less: float

    @property
    def both(self) -> float:
        """Return the two-sided p-value: twice the smaller tail, at most one. Conservative where values are discrete."""
        return min(1.0, 2 * min(self.more, self.less))


def count_tails(observed: int, *, mean: float, variance: float) -> Tails:
    """Return the tails of a count by the binomial, Poisson or negative binomial law of that mean and variance.

    Where the count is a sum of independent events of one probability this is its exact law; else an approximation
    that keeps the skewness of counts, which the normal law has not (Katz 1965).
    """
    if mean <= 0:
        return Tails(1.0, 1.0) if observed <= 0 else Tails(0.0, 1.0)
    ratio = variance / mean
    if abs(ratio - 1) < 1e-9:
        more = float(special.gammainc(observed, mean)) if observed > 0 else 1.0
        return Tails(more, float(special.gammaincc(observed + 1, mean)))
    if ratio < 1:
        chance = 1 - ratio
        trials = mean / chance
        if abs(trials - round(trials)) < 1e-6 * trials:
            trials = float(round(trials))
        if observed > trials:
            return Tails(0.0, 1.0)
        more = float(special.betainc(observed, trials - observed + 1, chance)) if observed > 0 else 1.0
        less = float(special.betainc(trials - observed, observed + 1, ratio)) if observed < trials else 1.0
        return Tails(more, less)
    chance = 1 / ratio
    failures = mean * chance / (1 - chance)
    more = float(special.betainc(observed, failures, 1 - chance)) if observed > 0 else 1.0
    return Tails(more, float(special.betainc(failures, observed + 1, chance)))


def square_tails(statistic: float, *, mean: float, variance: float) -> Tails:
    """Return the tails of a sum of squares by the multiple of a chi-square law that has that mean and variance."""
    scale = variance / (2 * mean)
    return Tails(*chi_square_tails(statistic / scale, mean / scale))
