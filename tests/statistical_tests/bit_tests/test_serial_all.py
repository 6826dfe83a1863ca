"""The serial test of all widths agrees with the standard's and with a plain count."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from statistical_tests import kernel
from statistical_tests.bit_tests import serial_all as module
from statistical_tests.bit_tests.serial_all import serial_all
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput


def _psi(text: str, width: int) -> float:
    if width == 0:
        return 0.0
    cyclic = text + text[: width - 1]
    counts = [0] * (1 << width)
    for place in range(len(text)):
        counts[int(cyclic[place : place + width], 2)] += 1
    return (1 << width) / len(text) * sum(one * one for one in counts) - len(text)


def test_the_standards_example() -> None:
    """SP 800-22 2.11.4: 0011011101 with m = 3 has psi^2 2.8, 1.2 and 0.4."""
    bits = Bits.from_text("0011011101")
    counts = kernel.window_counts(bits.packed, 10, 3, cyclic=True)[0]
    assert module._psi_squares(counts, 10).tolist() == pytest.approx([0, 0.4, 1.2, 2.8])


def test_every_width_is_that_of_a_plain_count() -> None:
    text = "".join(map(str, np.random.Generator(np.random.PCG64(6)).integers(0, 2, size=4_099)))
    finding = serial_all(Bits.from_text(text))
    widest = finding.parameters["widest"]
    assert widest == 8  # 2^(8 + 4) <= 4099
    psi = [_psi(text, width) for width in range(9)]
    p_values = dict(zip(finding.columns, finding.p_values, strict=True))
    assert len(p_values) == 15
    assert p_values["m = 1"] == pytest.approx(stats.chi2.sf(psi[1], 1))
    for m in range(2, 9):
        second, freedom = psi[m] - 2 * psi[m - 1] + psi[m - 2], 1 << m >> 2
        upper, lower = stats.chi2.sf(second, freedom), stats.chi2.cdf(second, freedom)
        assert p_values[f"m = {m}"] == pytest.approx(upper if freedom < 32 else 2 * min(upper, lower), rel=1e-6)
        first, freedom = psi[m] - psi[m - 1], 1 << m >> 1
        upper, lower = stats.chi2.sf(first, freedom), stats.chi2.cdf(first, freedom)
        assert p_values[f"m = {m} first"] == pytest.approx(upper if freedom < 32 else 2 * min(upper, lower), rel=1e-6)


def test_bits_that_depend_on_the_three_before_are_seen_at_width_four_and_not_below() -> None:
    source = np.random.Generator(np.random.PCG64(7))
    values = source.integers(0, 2, size=200_000, dtype=np.uint8)
    kept = source.random(len(values)) < 0.1
    for place in np.flatnonzero(kept[3:]) + 3:
        values[place] = values[place - 1] ^ values[place - 2] ^ values[place - 3]
    finding = serial_all(Bits.from_array(values))
    p_values = dict(zip(finding.columns, finding.p_values, strict=True))
    assert p_values["m = 4"] < 1e-100
    assert min(p_values["m = 1"], p_values["m = 2"], p_values["m = 3"]) > 1e-4


def test_a_de_bruijn_sequence_is_too_even() -> None:
    """All patterns of 12 bits exactly once: no p-value near 0 from above, all from below."""
    register, found = 1, []
    for _ in range((1 << 12) - 1):
        found.append(register & 1)
        register = register >> 1 | ((register ^ register >> 1 ^ register >> 4 ^ register >> 6) & 1) << 11
    finding = serial_all(Bits.from_array([0, *found] * 16))
    assert dict(zip(finding.columns, finding.p_values, strict=True))["m = 12 first"] < 1e-100


def test_too_few_bits_are_not_applicable_and_wrong_arguments_are_refused() -> None:
    assert not serial_all(Bits.from_text("01" * 15)).applicable
    assert not serial_all(Bits.from_text("")).applicable
    assert serial_all(Bits.from_text("01" * 16)).columns == ("m = 1",)
    with pytest.raises(BadInput, match="most"):
        serial_all(Bits.from_text("01"), most=17)
