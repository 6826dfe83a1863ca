"""Autocorrelation counts what a walk over single bits counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from statistical_tests.bit_tests import autocorrelation as module
from statistical_tests.bit_tests.autocorrelation import autocorrelation, differences
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput


@given(text=st.text(alphabet="01", max_size=500), lag=st.integers(1, 300), piece=st.integers(1, 20))
def test_differences_are_those_of_a_plain_walk_whatever_the_pieces(text: str, lag: int, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", piece)
        found = differences(Bits.from_text(text).packed, len(text), lag)
    assert found == sum(a != b for a, b in zip(text, text[lag:], strict=False))


def test_a_period_of_24_bits_is_seen_at_lag_24_alone_and_named() -> None:
    piece = np.random.Generator(np.random.PCG64(3)).bytes(3)
    data = np.random.Generator(np.random.PCG64(4)).bytes(3_000)
    # Each bit is that of the period with probability 3/4.
    noise = np.frombuffer(data, dtype=np.uint8) & np.frombuffer(data[::-1], dtype=np.uint8)
    bits = Bits.from_bytes((np.frombuffer(piece * 1_000, dtype=np.uint8) ^ noise).tobytes())
    finding = autocorrelation(bits, lags=30)
    p_values = dict(zip(finding.columns, finding.p_values, strict=True))
    assert p_values["lag 24"] < 1e-100


def test_each_lag_has_its_exact_two_sided_p_value() -> None:
    bits = Bits.from_bytes(np.random.Generator(np.random.PCG64(8)).bytes(20))
    finding = autocorrelation(bits, lags=60)
    values = bits.unpacked()
    for lag, p_value in enumerate(finding.p_values, 1):
        count = int((values[lag:] != values[:-lag]).sum())
        assert p_value == pytest.approx(stats.binomtest(count, 160 - lag).pvalue, rel=1e-9)


def test_ideal_bits_differ_at_half_of_the_places() -> None:
    finding = autocorrelation(Bits.from_bytes(np.random.Generator(np.random.PCG64(5)).bytes(50_000)))
    assert len(finding.p_values) == 64
    assert min(finding.p_values) > 1e-4


def test_lags_that_leave_too_few_pairs_are_not_looked_at() -> None:
    bits = Bits.from_text("01" * 60)
    assert autocorrelation(bits).parameters["lags"] == 20
    assert not autocorrelation(bits.slice(0, 100)).applicable
    with pytest.raises(BadInput, match="lags"):
        autocorrelation(bits, lags=0)
