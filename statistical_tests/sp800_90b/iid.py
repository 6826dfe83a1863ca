"""All tests of independence and equal distribution (SP 800-90B section 5)."""

from __future__ import annotations

from statistical_tests.finding import Finding
from statistical_tests.sp800_90b.chi_square import goodness_of_fit, independence
from statistical_tests.sp800_90b.permutation import PERMUTATIONS, permutation
from statistical_tests.sp800_90b.repeated_length import repeated_length
from statistical_tests.sp800_90b.samples import Samples


def iid(samples: Samples, *, permutations: int = PERMUTATIONS, seed: int = 0, threads: int = 1) -> tuple[Finding, ...]:
    """Return the findings of the permutation test, the two chi-square tests and the longest repeated substring.

    The standard refuses samples as independent where a p-value of the permutation test is below 0.0012 (6 in 10,000 on
    either side), or one of the others is below 0.001. Those levels sum to 2.6 % over the 22 columns, and columns depend
    on one another, so that an ideal source is refused less often than that.

    Args:
        samples: a million or more in the standard.
        permutations: how many orders at most.
        seed: decides the orders.
        threads: how many work at once.

    Raises:
        BadInput: an argument is out of range.
    """
    return (
        permutation(samples, permutations=permutations, seed=seed, threads=threads),
        independence(samples),
        goodness_of_fit(samples),
        repeated_length(samples),
    )
