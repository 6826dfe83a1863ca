"""The battery makes the same tests of all data of one length, and takes any data."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from statistical_tests import kernel
from statistical_tests.bit_tests import battery
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding


def _ideal(count: int, seed: int = 1) -> Bits:
    return Bits.from_bytes(np.random.Generator(np.random.PCG64(seed)).bytes((count + 7) // 8), length=count)


def _plan(findings: list[Finding]) -> list[object]:
    """Say what was done, without what came out."""
    return [(one.name, dict(one.parameters), one.columns, one.applicable) for one in findings]


@pytest.mark.parametrize("length", [0, 1, 7, 8, 63, 64, 65, 100, 127, 128, 129, 1000, 1001, 5003, 20_000, 131_071])
def test_any_length_is_taken_and_says_why_tests_are_missing(length: int) -> None:
    findings = battery.run(_ideal(length))
    for one in findings:
        assert one.applicable == bool(one.p_values)
        assert one.applicable or any(character.isdigit() for character in one.reason)
        assert all(math.isfinite(value) for value in one.p_values)
    if length < 33:
        assert not any(one.applicable for one in findings)
    if length >= 20_000:
        assert {one.name for one in findings if one.applicable} >= {"FIPS140-2", "SerialAll", "Autocorrelation"}


def test_which_tests_are_made_depends_on_the_length_alone() -> None:
    plans = [
        _plan(battery.run(bits))
        for bits in (
            _ideal(200_000),
            _ideal(200_000, 2),
            Bits.from_bytes(bytes(25_000)),
            Bits.from_text("01" * 100_000),
        )
    ]
    assert all(plan == plans[0] for plan in plans)


@pytest.mark.parametrize(
    "make",
    [
        lambda count: np.zeros(count, dtype=np.uint8),
        lambda count: np.full(count, 255, dtype=np.uint8),
        lambda count: np.full(count, 0x55, dtype=np.uint8),
        lambda count: np.arange(count, dtype=np.uint8),
    ],
    ids=["zeros", "ones", "turns", "counter"],
)
def test_degenerate_bits_have_p_values_and_tiny_ones(make: Callable[[int], NDArray[np.uint8]]) -> None:
    findings = battery.run(Bits.from_bytes(make(250_000).tobytes()))
    assert min(value for one in findings for value in one.p_values) < 1e-100
    assert all(0.0 <= value <= 1.0 for one in findings for value in one.p_values)


def test_names_and_parameters_tell_all_findings_apart() -> None:
    findings = battery.run(_ideal(2_000))
    assert len({(one.name, repr(sorted(one.parameters.items()))) for one in findings}) == len(findings)


def test_streams_are_numbered_and_pooled_at_the_end() -> None:
    bits = _ideal(300_001)
    findings = list(battery.run_streams(bits.streams(100_000)))
    assert [one.stream for one in findings].count(None) == 1
    assert findings[-1].stream is None
    assert findings[-1].statistic["ones"] == int(bits.unpacked()[:300_000].sum())
    assert findings[-1].statistic["streams"] == 3
    second = [one for one in findings if one.stream == 1]
    assert second == [one.of_stream(1) for one in battery.run(bits.slice(100_000, 200_000))]


def test_no_stream_at_all_is_nothing_to_be_judged() -> None:
    findings = list(battery.run_streams([]))
    assert [one.applicable for one in findings] == [False]


@pytest.mark.slow
def test_every_engine_finds_the_same() -> None:
    bits = _ideal(120_001, 5)
    before = kernel.engine()
    found = {}
    try:
        for name in kernel.engines():
            kernel.use(name)
            found[name] = battery.run(bits)
    finally:
        kernel.use(before)
    assert all(findings == found["numpy"] for findings in found.values())


def test_what_is_no_bits_is_refused() -> None:
    with pytest.raises(BadInput, match="Bits"):
        battery.run(b"abc")  # type: ignore[arg-type]
