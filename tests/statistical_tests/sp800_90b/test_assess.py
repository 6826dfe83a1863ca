"""The assessment: the smallest of all estimates of samples and of their bits."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from statistical_tests import kernel
from statistical_tests.errors import BadInput
from statistical_tests.sp800_90b.assess import Assessment, assess
from statistical_tests.sp800_90b.samples import Samples
from tests.statistical_tests.sp800_90b import sources

OF_SAMPLES = [
    "MostCommonValue",
    "TTuple",
    "LongestRepeatedSubstring",
    "MultiMostCommonInWindow",
    "Lag",
    "MultiMMC",
    "LZ78Y",
]


def test_bytes_are_estimated_as_they_are_and_as_bits() -> None:
    found = assess(sources.uniform(1, 20_000))
    assert [one.name for one in found.original] == OF_SAMPLES
    assert [one.name for one in found.bitstring] == list(sources.ESTIMATORS)
    assert found.h_original == min(one.min_entropy for one in found.original if one.min_entropy is not None)
    assert found.h_bitstring == min(one.min_entropy for one in found.bitstring if one.min_entropy is not None)
    assert found.min_entropy == min(found.h_original or 0, 8 * (found.h_bitstring or 0))
    assert "standard asks for 1000000" in found.notes[0]


def test_bits_are_estimated_once() -> None:
    found = assess(sources.uniform(2, 20_000, width=1))
    assert [one.name for one in found.original] == list(sources.ESTIMATORS)
    assert found.bitstring == ()
    assert found.h_bitstring is None
    assert found.min_entropy == found.h_original


def test_independent_samples_are_judged_by_their_most_common_value_alone() -> None:
    found = assess(sources.uniform(3, 20_000, width=4), independent=True)
    assert [one.name for one in (*found.original, *found.bitstring)] == ["MostCommonValue", "MostCommonValue"]
    assert 3.8 < (found.min_entropy or 0) < 4


def test_a_claim_is_an_upper_end() -> None:
    samples = sources.uniform(4, 5_000, width=2)
    assert assess(samples, submitted=0.5).min_entropy == 0.5
    assert assess(samples, submitted=2.0).min_entropy == assess(samples).min_entropy


def test_a_stuck_bit_of_eight_is_found_in_bytes_and_in_bits() -> None:
    found = assess(Samples(sources.uniform(5, 50_000).values | np.uint8(0x10), 8))
    assert 6.5 < (found.original[0].min_entropy or 0) < 7
    assert 0.8 < (found.bitstring[0].min_entropy or 0) < 0.84  # 9 ones of 16 bits
    assert (found.min_entropy or 0) < 6


def test_threads_change_nothing() -> None:
    samples = sources.uniform(6, 5_000, width=3)
    assert assess(samples, threads=4) == assess(samples)


@pytest.mark.parametrize("number", [0, 1, 2, 40])
def test_short_samples_have_an_assessment_or_none(number: int) -> None:
    found = assess(sources.uniform(7, number))
    if number < 2:
        assert found.min_entropy is None
    else:
        assert 0 <= (found.min_entropy or 0) <= 8
    json.dumps(found.as_json(), allow_nan=False)


def test_an_assessment_travels_as_json() -> None:
    found = assess(sources.uniform(8, 2_000, width=2), submitted=1.5).as_json()
    assert found["h_submitter"] == 1.5
    assert found["width"] == 2
    assert [one["name"] for one in found["original"]] == OF_SAMPLES
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@pytest.mark.slow
def test_nists_program_assesses_pi_alike() -> None:
    found = assess(sources.pi_as_nist_has_it())
    assert found.min_entropy == pytest.approx(sources.vectors("data_pi.json")["assessed"], rel=2e-12)
    assert found.notes == ()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"submitted": -1.0}, "submitted is -1.0"),
        ({"submitted": float("nan")}, "submitted is nan"),
        ({"submitted": "1"}, "submitted is '1'"),
        ({"threads": 0}, "threads is 0"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        assess(sources.uniform(9, 100), **arguments)


def test_samples_say_what_is_wrong_with_an_array() -> None:
    with pytest.raises(BadInput, match="sample 1 is 4"):
        Samples.from_array([0, 4], width=2)
    with pytest.raises(BadInput, match="sample 2 is -1"):
        Samples.from_array([0, 1, -1])
    with pytest.raises(BadInput, match="whole numbers"):
        Samples.from_array([0.5])
    with pytest.raises(BadInput, match="one dimension"):
        Samples.from_array([[1, 2]])
    with pytest.raises(BadInput, match="sample 0 is 255"):
        Samples.from_bytes(b"\xff", width=7)
    with pytest.raises(BadInput, match="width is 9"):
        Samples.from_bytes(b"\xff", width=9)
    with pytest.raises(BadInput, match="uint8"):
        Samples(np.zeros(3), 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", range(1, 9))
def test_samples_and_bits_turn_into_one_another(width: int) -> None:
    from statistical_tests.bits import Bits

    samples = sources.uniform(width, 1001, width=width)
    bits = Bits.from_array(samples.bitstring().values)
    assert len(bits) == 1001 * width
    assert Samples.from_bits(bits, width=width).values.tolist() == samples.values.tolist()
    ranked = samples.ranked()
    assert sorted(set(ranked.values.tolist())) == list(range(samples.kinds()))
    assert np.array_equal(np.unique(samples.values)[ranked.values], samples.values)


def test_an_assessment_of_nothing_is_none() -> None:
    assert Assessment(0, 1, (), (), None).min_entropy is None


def test_both_engines_assess_alike() -> None:
    samples = sources.uniform(10, 3_000, width=4)
    wanted = assess(samples)
    before = kernel.use("numpy")
    try:
        assert assess(samples) == wanted
    finally:
        kernel.use(before)
