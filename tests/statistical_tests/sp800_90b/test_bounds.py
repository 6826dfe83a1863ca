"""From counts to probabilities: the figures that NIST's program prints on its way, and exact ones."""

from __future__ import annotations

from typing import Any

import pytest

from statistical_tests.sp800_90b import kernels
from statistical_tests.sp800_90b.collision import collision
from statistical_tests.sp800_90b.compression import _Expected
from statistical_tests.sp800_90b.estimate import Estimate, bisect, min_entropy, upper_bound
from statistical_tests.sp800_90b.prediction import estimate_by_guesses, global_bound, local_bound
from tests.statistical_tests.sp800_90b import sources

NIST: dict[str, Any] = sources.vectors("figures.json")


def _no_run(probability: float, run: int, number: int) -> float:
    """Return the probability of no `run` successes in a row, by what the last successes are."""
    states = [1.0] + [0.0] * (run - 1)
    for _ in range(number):
        states = [sum(states) * (1 - probability), *(one * probability for one in states[:-1])]
    return sum(states)


@pytest.mark.parametrize("row", NIST["local"])
def test_the_local_bound_is_nists(row: dict[str, Any]) -> None:
    assert local_bound(row["longest_run"], row["guesses"]) == pytest.approx(row["local_bound"], rel=1e-13)
    estimate = estimate_by_guesses(
        "MultiMostCommonInWindow",
        "SP 800-90B 6.3.7",
        (row["correct"], row["longest_run"]),
        guesses=row["guesses"],
        kinds=row["kinds"],
        parameters={"samples": row["guesses"]},
    )
    assert estimate.min_entropy == pytest.approx(row["min_entropy"], rel=1e-13)


@pytest.mark.parametrize(
    ("longest", "number"), [(0, 50), (1, 10), (1, 1000), (3, 1000), (7, 5_000), (20, 3_000), (60, 1000)]
)
def test_at_the_local_bound_a_longer_run_has_one_percent(longest: int, number: int) -> None:
    bound = local_bound(longest, number)
    assert _no_run(bound, longest + 1, number) == pytest.approx(0.99, abs=2e-4)


def test_the_local_bound_of_nothing_but_right_guesses_is_one() -> None:
    assert local_bound(100, 100) == 1
    assert local_bound(99, 100) < 1


@pytest.mark.parametrize("row", NIST["global"])
def test_the_global_bound_is_nists(row: dict[str, Any]) -> None:
    assert global_bound(row["correct"], row["guesses"]) == pytest.approx(row["bound"], rel=1e-13)


def test_the_global_bound_of_no_right_guess_leaves_one_percent_for_none() -> None:
    for guesses in (2, 100, 10**6):
        assert (1 - global_bound(0, guesses)) ** guesses == pytest.approx(0.01, rel=1e-9)


@pytest.mark.parametrize("row", NIST["upper"])
def test_the_upper_bound_is_nists(row: dict[str, Any]) -> None:
    assert upper_bound(row["probability"], row["samples"]) == pytest.approx(row["bound"], rel=1e-13)


@pytest.mark.parametrize("row", NIST["collision"])
def test_the_probability_by_collisions_is_nists(row: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    threes = row["sum"] - 2 * row["collisions"]
    monkeypatch.setattr(kernels, "binary_collisions", lambda _: (row["collisions"] - threes, threes))
    found = collision(sources.uniform(1, 10, width=1)).statistic
    for key in ("deviation", "lower_bound", "probability"):
        assert found[key] == pytest.approx(row[key], rel=1e-12)


@pytest.mark.parametrize("row", NIST["compression"])
def test_the_probability_by_compression_is_nists(row: dict[str, Any]) -> None:
    expected = _Expected(row["blocks"], 1000)
    assert bisect(expected, row["lower_bound"], 1 / 64, 1.0) == pytest.approx(row["probability"], rel=1e-11)


def test_the_expected_logarithm_is_the_double_sum_of_the_standard() -> None:
    from math import log2

    def literal(z: float, blocks: int, dictionary: int) -> float:
        total = 0.0
        for t in range(dictionary + 1, blocks + 1):
            for u in range(1, t + 1):
                total += log2(u) * (z * z * (1 - z) ** (u - 1) if u < t else z * (1 - z) ** (t - 1))
        return total / (blocks - dictionary)

    for probability in (1 / 64, 0.1, 0.5, 0.99, 1.0):
        other = (1 - probability) / 63
        exact = literal(probability, 60, 20) + 63 * literal(other, 60, 20)
        assert _Expected(60, 20)(probability) == pytest.approx(exact, rel=1e-12, abs=1e-15)


def test_an_estimate_is_a_number_or_a_reason() -> None:
    with pytest.raises(ValueError, match="has none"):
        Estimate("A", "B", None, {}, {})
    with pytest.raises(ValueError, match="has none"):
        Estimate("A", "B", 1.0, {}, {}, "why")
    with pytest.raises(ValueError, match="no min-entropy"):
        Estimate("A", "B", -0.5, {}, {})
    with pytest.raises(ValueError, match="no probability"):
        min_entropy(0.0)
    assert repr(min_entropy(1.0)) == "0.0"
