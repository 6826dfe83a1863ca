"""Ideal samples, and what is asked of p-values under them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from statistical_tests.finding import Finding

UNLIKELY = 1e-5
"""How seldom an assertion on ideal data would fail with another seed."""


def decks(random: np.random.Generator, number: int, cards: int = 52) -> NDArray[np.int64]:
    return random.permuted(np.tile(np.arange(cards), (number, 1)), axis=1)


def p_values(
    test: Callable[[np.random.Generator], Finding], *, seed: int, samples: int
) -> dict[str, NDArray[np.float64]]:
    """Return each column's p-values over so many samples; a test that is not applicable to one is a failure."""
    random = np.random.default_rng(seed)
    found = [test(random) for _ in range(samples)]
    assert all(one.applicable for one in found), {one.reason for one in found}
    assert len({one.columns for one in found}) == 1
    return {name: np.array([one.p_values[place] for one in found]) for place, name in enumerate(found[0].columns)}


def assert_uniform(values: NDArray[np.float64]) -> None:
    """Hold p-values of a continuous statistic to the uniform law, in the whole and in the lower tail."""
    assert stats.kstest(values, "uniform").pvalue > UNLIKELY
    assert_conservative(values)
    assert np.count_nonzero(values <= 0.1) >= stats.binom.ppf(UNLIKELY, len(values), 0.1)


def assert_conservative(values: NDArray[np.float64], *, levels: Iterable[float] = (0.3, 0.1, 0.05, 0.01)) -> None:
    """Hold p-values to no more rejections than each level allows, and to some: they are not all near one."""
    for level in levels:
        assert np.count_nonzero(values <= level) <= stats.binom.ppf(1 - UNLIKELY, len(values), level), level
    assert np.count_nonzero(values <= 0.5) >= len(values) * 0.1
