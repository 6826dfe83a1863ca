"""The compiled spectral count is that of a transform in double precision, whatever the bits and the threshold."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import fft

from statistical_tests import kernel
from statistical_tests.kernel import portable, spectrum

COMPILED = [name for name in kernel.engines() if name != "numpy"]
LENGTHS = (1024, 1080, 1200, 1250, 1536, 2000, 2048, 2592, 4096, 5000, 6480, 7680, 10_000)
OTHER_LENGTHS = (0, 1, 2, 3, 100, 1022, 1025, 2002, 3001)

pytestmark = pytest.mark.skipif(not COMPILED, reason="no compiled kernel here")


@pytest.fixture(autouse=True)
def engine_as_before() -> Iterator[None]:
    before = kernel.engine()
    yield
    kernel.use(before)


def values_of(kind: str, length: int, seed: int) -> NDArray[np.uint8]:
    generator = np.random.default_rng(seed)
    if kind == "periodic":
        return np.resize(generator.integers(0, 2, 1 + seed % 60), length).astype(np.uint8)
    if kind == "one wave":  # nearly all of the spectrum in one bin
        bin_of_wave = seed % (length // 2 + 1)
        return (np.cos(2 * np.pi * bin_of_wave * np.arange(length) / length + seed) >= 0).astype(np.uint8)
    share = {"even": 0.5, "rare": 0.01, "ones": 1.0, "zeros": 0.0}[kind]
    return (generator.random(length) < share).astype(np.uint8)


def moduli(values: NDArray[np.uint8]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.abs(fft.rfft(2.0 * values - 1.0)[: len(values) // 2])
    return found


def assert_same(values: NDArray[np.uint8], threshold: float) -> None:
    wanted = int(np.count_nonzero(moduli(values) < threshold))
    for name in (*COMPILED, "numpy"):
        kernel.use(name)
        assert kernel.spectrum_below(np.packbits(values), len(values), threshold) == wanted, name


KINDS = st.sampled_from(["even", "rare", "ones", "zeros", "periodic", "one wave"])


@settings(deadline=None)
@given(kind=KINDS, length=st.sampled_from(LENGTHS), seed=st.integers(0, 10**6), height=st.floats(0.01, 4))
def test_the_count_is_the_double_transforms(kind: str, length: int, seed: int, height: float) -> None:
    assert_same(values_of(kind, length, seed), height * math.sqrt(length))


@settings(deadline=None)
@given(
    kind=KINDS,
    length=st.sampled_from(LENGTHS),
    seed=st.integers(0, 10**6),
    place=st.floats(0, 1, exclude_max=True),
    by=st.sampled_from([0, 1, -1, 3, -3]),
)
def test_a_threshold_at_a_modulus_is_judged_as_the_double_transform_judges(
    kind: str, length: int, seed: int, place: float, by: int
) -> None:
    """A modulus itself, its neighbours among floating-point numbers, and thresholds within the reach of rounding."""
    values = values_of(kind, length, seed)
    found = moduli(values)
    threshold = float(found[int(place * len(found))])
    assert_same(values, threshold + by * float(np.spacing(threshold)))
    assert_same(values, threshold + by * 1e-12 * length)


@pytest.mark.parametrize("length", OTHER_LENGTHS)
@pytest.mark.parametrize("kind", ["even", "ones"])
def test_lengths_without_a_plan_are_counted_too(kind: str, length: int) -> None:
    assert spectrum.plan(length) is None
    values = np.ones(length, dtype=np.uint8) if kind == "ones" else values_of("even", length, length)
    for threshold in (0.5, 1.0, 3.0, 40.0):
        wanted = portable.spectrum_below(np.packbits(values), length, threshold)
        for name in COMPILED:
            kernel.use(name)
            assert kernel.spectrum_below(np.packbits(values), length, threshold) == wanted


@pytest.mark.parametrize("length", [1024, 7680])
@pytest.mark.parametrize("threshold", [0.0, -1.0, -1e300, 5e-324, 1e300])
def test_thresholds_beyond_all_moduli(length: int, threshold: float) -> None:
    values = values_of("even", length, 5)
    assert_same(values, threshold)


@pytest.mark.parametrize("length", [10**6, 2**20, 600_000])
def test_a_million_bits(length: int) -> None:
    for kind in ("even", "periodic", "ones"):
        assert_same(values_of(kind, length, 7), math.sqrt(length * math.log(20)))


def test_the_compiled_transform_itself_decides_for_even_bits() -> None:
    """Else the tests above would compare scipy with itself."""
    native = kernel.compiled()
    assert native is not None
    for length in (*LENGTHS, 10**6):
        plan = spectrum.plan(length)
        assert plan is not None
        values = values_of("even", length, length)
        threshold = math.sqrt(length * math.log(20))
        near = np.abs(moduli(values) - threshold).min()
        assert near > plan.reach
        bounds = (threshold - plan.reach) ** 2, (threshold + plan.reach) ** 2
        count = native.spectrum_below(np.packbits(values), length, *plan.sides, *plan.tables, *bounds)
        assert count == np.count_nonzero(moduli(values) < threshold)


def test_within_reach_of_rounding_the_compiled_transform_does_not_decide() -> None:
    native = kernel.compiled()
    assert native is not None
    plan = spectrum.plan(4096)
    assert plan is not None
    values = values_of("even", 4096, 3)
    for modulus in moduli(values)[[0, 1, 77, 2047]]:
        bounds = (max(modulus - plan.reach, 0) ** 2, (modulus + plan.reach) ** 2)
        assert native.spectrum_below(np.packbits(values), 4096, *plan.sides, *plan.tables, *bounds) == -1


def test_the_error_of_the_transform_is_far_within_the_reach_that_is_derived() -> None:
    """A quarter of the reach below and above moduli that were summed in a longer format, the counts are right."""
    native = kernel.compiled()
    assert native is not None
    length = 3000
    plan = spectrum.plan(length)
    assert plan is not None
    circle = 8 * np.arctan(np.longdouble(1))
    turns = circle * np.arange(length, dtype=np.longdouble) / length
    cosines, sines = np.cos(turns), np.sin(turns)
    for kind in ("even", "one wave", "rare"):
        values = values_of(kind, length, 11)
        signs = 2 * values.astype(np.longdouble) - 1
        exact = []
        for place in range(length // 2):
            turn = np.arange(length) * place % length
            exact.append(np.hypot((signs * cosines[turn]).sum(), (signs * sines[turn]).sum()))
        exact.sort()
        for modulus in exact[::40]:
            for edge in (modulus - plan.reach / 4, modulus + plan.reach / 4):
                bounds = (float(max(edge, 0)) ** 2,) * 2
                count = native.spectrum_below(np.packbits(values), length, *plan.sides, *plan.tables, *bounds)
                assert count == np.searchsorted(exact, edge)
