"""p-values of ideal bits are uniform, or conservative where the docstring says so: a few hundred streams for each test.

Streams are seeded, so that each run says the same. Each test has its own, of a length at which its reference is nearly
as weak as it is ever allowed to be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from statistical_tests.bit_tests.autocorrelation import autocorrelation
from statistical_tests.bit_tests.birthday_spacings import birthday_spacings
from statistical_tests.bit_tests.byte_frequency import byte_frequency
from statistical_tests.bit_tests.collisions import collisions
from statistical_tests.bit_tests.coupon_collector import coupon_collector
from statistical_tests.bit_tests.duplicate_windows import duplicate_windows
from statistical_tests.bit_tests.fips_140_2 import fips_140_2
from statistical_tests.bit_tests.gap import gap
from statistical_tests.bit_tests.hamming_weights import hamming_dependence, hamming_weights
from statistical_tests.bit_tests.linear_complexity import linear_complexity_by_position
from statistical_tests.bit_tests.maximum_of_t import maximum_of_t
from statistical_tests.bit_tests.poker import poker
from statistical_tests.bit_tests.pooled_frequency import pooled_frequency
from statistical_tests.bit_tests.rank_by_position import rank_by_position
from statistical_tests.bit_tests.serial_all import serial_all
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding

STREAMS = 400
UNLIKELY = 1e-5
"""The p-value that a count of small p-values, or a distance from uniformity, may have itself; there are some 500."""
LEVELS = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5)


@dataclass(frozen=True, slots=True)
class Case:
    """A test, how many bits it takes, and which of its columns are not discrete."""

    test: Callable[..., Finding]
    bits: int
    arguments: dict[str, Any] = field(default_factory=dict)
    uniform: Callable[[str], bool] = lambda _: True


def _never(_: str) -> bool:
    return False


CASES = {
    "pooled frequency": Case(pooled_frequency, 100_000),
    "byte frequency": Case(byte_frequency, 1280 * 8),
    "byte frequency of 12 bits": Case(byte_frequency, 20_480 * 12, {"word_bits": 12}),
    "serial": Case(serial_all, 1 << 14, {}, lambda column: column not in ("m = 1", "m = 2", "m = 2 first")),
    "autocorrelation": Case(autocorrelation, 40_000, {"lags": 8}),
    "linear complexity": Case(
        linear_complexity_by_position, 8 * 100 * 100, {"word_bits": 8, "block_bits": 100}, lambda one: one == "classes"
    ),
    "linear complexity of odd blocks": Case(
        linear_complexity_by_position, 1001 * 50, {"block_bits": 1001}, lambda one: one == "classes"
    ),
    "rank": Case(rank_by_position, 24 * 24 * 300, {"size": 24}, lambda one: one == "classes"),
    "rank by position": Case(rank_by_position, 32 * 32 * 32 * 4, {"word_bits": 32, "size": 32}, _never),
    "rank of few matrices": Case(rank_by_position, 128 * 128 * 32, {"size": 128}, _never),
    "linear complexity of few blocks": Case(linear_complexity_by_position, 32 * 400, {"block_bits": 400}, _never),
    "birthdays of 16 bits": Case(birthday_spacings, 16 * 32 * 800, {"word_bits": 16, "points": 32}),
    "birthdays of 24 bits": Case(birthday_spacings, 24 * 512 * 40, {"word_bits": 24}),
    "birthdays of 32 bits": Case(birthday_spacings, 32 * 4096 * 3, {"word_bits": 32}, _never),
    "collisions": Case(collisions, 12 * 512 * 8, {"word_bits": 12, "balls": 512}),
    "gap": Case(gap, 8 * 8_000, {}),
    "gap of bits": Case(gap, 4_000, {"word_bits": 1, "upper": 1}),
    "poker, distinct": Case(poker, 20 * 4_000),
    "poker, hands": Case(poker, 20 * 8_000, {"form": "hands"}),
    "poker, distinct of 8 bytes": Case(poker, 64 * 2_000, {"word_bits": 8, "hand": 8}),
    "coupon collector": Case(coupon_collector, 3 * 20_000),
    "coupon collector of 5 bits": Case(coupon_collector, 5 * 40_000, {"word_bits": 5}),
    "maximum of t": Case(maximum_of_t, 16 * 8 * 400),
    "weights": Case(hamming_weights, 32 * 2_000),
    "weights of 64 bits": Case(hamming_weights, 64 * 2_000, {"word_bits": 64}),
    "dependence of weights": Case(hamming_dependence, 32 * 2_000),
    "dependence of weights of 7 bits": Case(hamming_dependence, 7 * 2_000, {"word_bits": 7, "lag": 2}),
    "FIPS 140-2": Case(fips_140_2, 20_000 * 5, {}, _never),
    "duplicate windows": Case(duplicate_windows, 64 * 500, {}, _never),
}


def _p_values(name: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return the columns and the p-values of all streams, shape [streams, columns]."""
    case = CASES[name]
    source = np.random.Generator(np.random.Philox(list(CASES).index(name) + 1))
    findings = []
    for _ in range(STREAMS):
        bits = Bits.from_bytes(source.bytes((case.bits + 7) // 8), length=case.bits)
        findings.append(case.test(bits, **case.arguments))
    assert all(one.applicable for one in findings), findings[0].reason
    return findings[0].columns, np.asarray([one.p_values for one in findings])


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_small_p_values_are_no_more_frequent_than_they_say_and_others_are_uniform(name: str) -> None:
    columns, p_values = _p_values(name)
    for column, values in zip(columns, p_values.T, strict=True):
        for level in LEVELS:
            small = int((values <= level).sum())
            assert stats.binom.sf(small - 1, STREAMS, level) > UNLIKELY, f"{column}: {small} of {STREAMS} at {level}"
        if CASES[name].uniform(column):
            distance = stats.kstest(values, "uniform")
            assert distance.pvalue > UNLIKELY, f"{column}: {distance.statistic:.3f} from uniform"
