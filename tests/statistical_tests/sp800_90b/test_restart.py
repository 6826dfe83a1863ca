"""Restart tests: exact largest counts, sources that begin alike, and the least of all estimates."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from statistical_tests.errors import BadInput
from statistical_tests.sp800_90b import restart as module
from statistical_tests.sp800_90b.restart import restart, restart_sanity
from statistical_tests.sp800_90b.samples import Samples
from tests.statistical_tests.sp800_90b import sources


@pytest.mark.parametrize(
    ("number", "shares"),
    [(7, [0.5, 0.5]), (6, [0.4, 0.4, 0.2]), (5, [0.25] * 4), (6, [0.7, 0.1, 0.1, 0.1]), (5, [1.0])],
)
def test_the_largest_count_has_the_probability_that_all_outcomes_sum_to(number: int, shares: list[float]) -> None:
    chances: dict[int, float] = {}
    for outcome in itertools.product(range(len(shares)), repeat=number):
        largest = max(outcome.count(value) for value in range(len(shares)))
        chances[largest] = chances.get(largest, 0.0) + math.prod(shares[value] for value in outcome)
    for count in range(1, number + 1):
        exact = sum(chance for largest, chance in chances.items() if largest >= count)
        assert module._tail(count, number, max(shares), len(shares)) == pytest.approx(exact, rel=1e-9)


def test_the_largest_count_of_a_thousand_bytes_agrees_with_simulation() -> None:
    rows = sources.drawn(1).multinomial(1000, [1 / 256] * 256, size=40_000).max(axis=1)
    for count in (11, 12, 13, 14, 16):
        tail = module._tail(count, 1000, 1 / 256, 256)
        share = float((rows >= count).mean())
        assert abs(share - tail) < 4.5 * math.sqrt(tail * (1 - tail) / len(rows)) + 1e-9


def test_a_very_small_probability_keeps_its_digits() -> None:
    assert module._tail(100, 1000, 1 / 256, 256) == pytest.approx(256 * stats.binom.sf(99, 1000, 1 / 256))
    assert 0 < module._tail(100, 1000, 1 / 256, 256) < 1e-60


def test_ideal_restarts_are_allowed() -> None:
    p_values = [
        restart_sanity(sources.uniform(seed, 10_000), initial=8, restarts=100).p_values[0] for seed in range(60)
    ]
    assert sum(p < 0.1 for p in p_values) <= 15
    assert min(p_values) > 1e-4


def test_a_source_that_always_begins_alike_is_refused_by_its_columns() -> None:
    values = sources.uniform(2, 100_000).values.reshape(100, 1000).copy()
    values[:, :3] = [1, 2, 3]
    finding = restart_sanity(Samples(values.reshape(-1), 8), initial=7.5, restarts=100)
    assert finding.statistic["largest_of_a_column"] == 100
    assert finding.p_values[0] < 1e-12
    assert restart_sanity(Samples(values.T.reshape(-1).copy(), 8), initial=7.5, restarts=1000).p_values[0] < 1e-12


def test_the_result_is_the_least_of_rows_columns_and_the_estimate_before() -> None:
    samples = sources.uniform(3, 40_000, width=2)
    found = restart(samples, initial=0.25, restarts=200)
    assert found.min_entropy == 0.25
    wide = restart(samples, initial=2, restarts=200)
    assert wide.min_entropy == min(wide.h_rows or 0, wide.h_columns or 0) < 2
    assert len(wide.rows) == len(wide.columns) == 7
    assert restart(samples, initial=2, restarts=200, threads=3) == wide
    assert json.loads(json.dumps(wide.as_json(), allow_nan=False))["h_initial"] == 2


def test_columns_are_estimated_one_after_another() -> None:
    """Each restart counts from another number: rows are a counter, columns are ideal."""
    starts = sources.drawn(4).integers(0, 256, 300)
    values = ((starts[:, None] + np.arange(100)) % 256).astype(np.uint8)
    found = restart(Samples(values.reshape(-1), 8), initial=7, restarts=300)
    assert (found.h_rows or 0) < 0.1
    of_columns = {one.name: one.min_entropy for one in found.columns}
    assert (of_columns["MultiMMC"] or 0) > 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"initial": 9}, "initial is 9"),
        ({"initial": "1"}, "initial is '1'"),
        ({"initial": -0.1}, "initial is -0.1"),
        ({"initial": float("nan")}, "initial is nan"),
        ({"initial": 1, "restarts": 7}, "equally many"),
        ({"initial": 1, "restarts": 0}, "restarts is 0"),
        ({"initial": 1, "restarts": 10, "threads": 0}, "threads is 0"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        restart(sources.uniform(5, 1000), **{"restarts": 10, **arguments})


def test_no_samples_are_not_applicable() -> None:
    found = restart(sources.uniform(6, 0), initial=1, restarts=10)
    assert not found.sanity.applicable
    assert found.min_entropy is None


def test_no_claim_of_entropy_allows_anything() -> None:
    assert restart_sanity(Samples(np.zeros(100, dtype=np.uint8), 1), initial=0, restarts=10).p_values == (1.0,)
