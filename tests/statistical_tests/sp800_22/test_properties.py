"""What holds for all bits: symmetries, sharing of counts, and both engines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statistical_tests import kernel, sp800_22
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding
from tests.statistical_tests.sp800_22.sequences import fast_ideal
from tests.statistical_tests.sp800_22.test_known_answers import FUNCTIONS

PARAMETERS = sp800_22.Parameters(
    block_frequency_block_bits=20,
    rank_rows=4,
    rank_columns=5,
    non_overlapping_template_bits=3,
    non_overlapping_template_blocks=2,
    overlapping_template_bits=2,
    overlapping_template_block_bits=10,
    universal_block_bits=1,
    universal_initial=20,
    approximate_entropy_window_bits=2,
    random_excursions_least_cycles=2,
    serial_window_bits=3,
    linear_complexity_block_bits=11,
)


def bits_of(seed: int, length: int, share: int) -> Bits:
    values = np.random.default_rng(seed).integers(0, 100, size=length) < share
    return Bits.from_array(values)


some_bits = st.builds(bits_of, st.integers(0, 2**32), st.integers(0, 3000), st.integers(30, 70))


def close(one: Finding, other: Finding) -> bool:
    return one.applicable == other.applicable and one.p_values == pytest.approx(other.p_values, rel=1e-9, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(some_bits, st.sampled_from(sp800_22.MODES))
def test_both_engines_find_the_same(bits: Bits, mode: str) -> None:
    before = kernel.engine()
    found = {}
    for engine in kernel.engines():
        kernel.use(engine)
        found[engine] = [one.as_json() for one in sp800_22.run(bits, mode=mode, parameters=PARAMETERS)]
    kernel.use(before)
    assert all(one == found["numpy"] for one in found.values())


@settings(max_examples=40, deadline=None)
@given(some_bits, st.sampled_from(sp800_22.MODES))
def test_a_battery_finds_what_each_test_finds_alone(bits: Bits, mode: str) -> None:
    together = sp800_22.run(bits, mode=mode, parameters=PARAMETERS)
    for finding in together:
        (alone,) = sp800_22.run(bits, tests=[finding.name], mode=mode, parameters=PARAMETERS)
        assert finding == alone


@settings(max_examples=40, deadline=None)
@given(some_bits, st.sampled_from(sp800_22.MODES))
def test_ones_and_zeros_may_change_places(bits: Bits, mode: str) -> None:
    flipped = Bits.from_array(1 - bits.unpacked())
    for name in ("Frequency", "CumulativeSums", "Runs", "FFT"):
        assert close(FUNCTIONS[name](bits, mode=mode), FUNCTIONS[name](flipped, mode=mode))
    assert close(sp800_22.serial(bits, window_bits=4, mode=mode), sp800_22.serial(flipped, window_bits=4, mode=mode))
    assert close(
        sp800_22.approximate_entropy(bits, window_bits=3, mode=mode),
        sp800_22.approximate_entropy(flipped, window_bits=3, mode=mode),
    )
    for test in (sp800_22.random_excursions, sp800_22.random_excursions_variant):
        up, down = test(bits, least_cycles=1, mode=mode), test(flipped, least_cycles=1, mode=mode)
        assert up.p_values == down.p_values[::-1]
    templates = sp800_22.non_overlapping_template(bits, template_bits=4, mode=mode)
    mirrored = sp800_22.non_overlapping_template(flipped, template_bits=4, mode=mode)
    # The complements of aperiodic templates are aperiodic, in the opposite order.
    assert templates.p_values == mirrored.p_values[::-1]


@settings(max_examples=40, deadline=None)
@given(some_bits, st.sampled_from(sp800_22.MODES))
def test_the_bits_may_be_read_backwards(bits: Bits, mode: str) -> None:
    backwards = Bits.from_array(bits.unpacked()[::-1])
    for name in ("Frequency", "Runs", "FFT"):
        assert close(FUNCTIONS[name](bits, mode=mode), FUNCTIONS[name](backwards, mode=mode))
    assert close(sp800_22.serial(bits, window_bits=4, mode=mode), sp800_22.serial(backwards, window_bits=4, mode=mode))
    sums, reversed_sums = sp800_22.cumulative_sums(bits, mode=mode), sp800_22.cumulative_sums(backwards, mode=mode)
    assert sums.p_values == reversed_sums.p_values[::-1]


@settings(max_examples=40, deadline=None)
@given(some_bits, st.integers(0, 3000))
def test_serial_and_entropy_see_a_ring(bits: Bits, turn: int) -> None:
    turned = Bits.from_array(np.roll(bits.unpacked(), turn))
    assert sp800_22.serial(bits, window_bits=5) == sp800_22.serial(turned, window_bits=5)
    one, other = (sp800_22.approximate_entropy(each, window_bits=3) for each in (bits, turned))
    assert one == other


@settings(max_examples=40, deadline=None)
@given(some_bits, st.integers(1, 12), st.integers(0, 12))
def test_counts_of_short_windows_are_sums_of_counts_of_longer_ones(bits: Bits, longest: int, shorter: int) -> None:
    if bits.length <= longest:
        return
    shared = sp800_22.Shared(bits)
    shared.cyclic_counts(longest)
    summed = shared.cyclic_counts(min(shorter, longest))
    assert summed.tolist() == sp800_22.Shared(bits).cyclic_counts(min(shorter, longest)).tolist()


def test_the_two_modes_agree_where_the_references_of_the_standard_are_good() -> None:
    (bits,) = fast_ideal(11, 1_000_000)
    tests = [name for name in sp800_22.ALL if name != "OverlappingTemplate"]
    exacts, compatibles = (sp800_22.run(bits, tests=tests, mode=mode) for mode in sp800_22.MODES)
    for exact, compatible in zip(exacts, compatibles, strict=True):
        assert exact.p_values == pytest.approx(compatible.p_values, abs=0.06), exact.name
