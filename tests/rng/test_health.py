"""Health tests: exact cutoffs, failures at exactly the cutoff, and sources that they must and must not stop."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from math import comb
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rng.health import (
    BLOCK_BYTES,
    BLOCKS_REMEMBERED,
    START_UP_SAMPLES,
    WINDOW,
    AdaptiveProportionTest,
    HealthTestFailure,
    HealthTests,
    RepeatedBlockTest,
    RepetitionCountTest,
    adaptive_proportion_cutoff,
    repetition_count_cutoff,
)

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "sp800_90b_cutoffs.json").read_text("utf-8"))
ALPHA = Fraction(1, 2**40)
TABLE_2_NONBINARY = {"0.5": 410, "1": 311, "2": 177, "3": 103, "4": 62, "5": 39, "6": 25, "7": 18, "8": 13}
TABLE_2_BINARY = {"0.2": 941, "0.4": 840, "0.6": 748, "0.8": 664, "1": 589}


def honest(size: int, *, label: str = "honest") -> bytes:
    """Bytes that look random and are the same in every run."""
    return hashlib.shake_256(label.encode()).digest(size)


def failure(test: Any, samples: bytes) -> str:
    """Feed the samples, which must fail, and return what the test says."""
    with pytest.raises(HealthTestFailure) as failed:
        test.feed(samples)
    return str(failed.value)


@pytest.mark.parametrize(
    "row",
    VECTORS["cutoffs"],
    ids=lambda row: f"{row['test']}-{row['alpha_bits']}-{row['min_entropy']}-{row.get('window', '')}",
)
def test_the_cutoffs_are_the_published_ones(row: dict[str, Any]) -> None:
    alpha, entropy = Fraction(1, 2 ** row["alpha_bits"]), Fraction(row["min_entropy"])
    if row["test"] == "repetition_count":
        assert repetition_count_cutoff(min_entropy=entropy, alpha=alpha) == row["cutoff"]
    else:
        for corrected, name in ((False, "cutoff"), (True, "corrected")):
            found = adaptive_proportion_cutoff(
                min_entropy=entropy, alpha=alpha, window=row["window"], corrected=corrected
            )
            assert found == row[name]


def test_the_default_variant_gives_table_2_of_the_standard() -> None:
    alpha = Fraction(1, 2**20)
    for text, cutoff in TABLE_2_NONBINARY.items():
        assert adaptive_proportion_cutoff(min_entropy=Fraction(text), alpha=alpha) == cutoff
    for text, cutoff in TABLE_2_BINARY.items():
        assert adaptive_proportion_cutoff(min_entropy=Fraction(text), alpha=alpha, window=1024) == cutoff


@given(st.integers(1, 8), st.integers(1, 60), st.integers(2, 200))
def test_the_corrected_cutoff_is_the_least_count_that_is_unlikely_enough(entropy: int, bits: int, window: int) -> None:
    """The window's first sample is given, so a count of c needs c - 1 of the window - 1 others."""
    alpha, p = Fraction(1, 2**bits), Fraction(1, 2**entropy)

    def chance(count: int) -> Fraction:
        others = window - 1
        return sum(
            (comb(others, k) * p**k * (1 - p) ** (others - k) for k in range(count - 1, others + 1)), Fraction(0)
        )

    try:
        cutoff = adaptive_proportion_cutoff(min_entropy=entropy, alpha=alpha, window=window, corrected=True)
    except ValueError:
        assert chance(window) > alpha
    else:
        assert chance(cutoff) <= alpha < chance(cutoff - 1)


@given(st.fractions(Fraction(1, 20), 8, max_denominator=40), st.integers(1, 60))
def test_the_repetition_cutoff_is_the_least_run_that_is_unlikely_enough(entropy: Fraction, bits: int) -> None:
    """A run of C equal samples has a chance of at most 2^(-H (C - 1)), so H (C - 1) >= -log2(alpha)."""
    cutoff = repetition_count_cutoff(min_entropy=entropy, alpha=Fraction(1, 2**bits))
    assert entropy * (cutoff - 1) >= bits > entropy * (cutoff - 2)


def test_an_alpha_that_is_no_power_of_two_is_computed_exactly() -> None:
    assert repetition_count_cutoff(min_entropy=1, alpha=Fraction(1, 1000)) == 11
    assert repetition_count_cutoff(min_entropy=1, alpha=Fraction(1, 1024)) == 11
    assert repetition_count_cutoff(min_entropy=1, alpha=Fraction(1, 1025)) == 12
    assert repetition_count_cutoff(min_entropy=Fraction(1, 2), alpha=Fraction(2, 3) / 2) == 5


@settings(max_examples=25)  # the exact tail of a fractional claim takes large integers
@given(st.fractions(Fraction(1, 2), 8, max_denominator=4), st.fractions(Fraction(1, 2), 8, max_denominator=4))
def test_less_claimed_entropy_never_makes_a_cutoff_smaller(one: Fraction, other: Fraction) -> None:
    for cutoff in (repetition_count_cutoff, adaptive_proportion_cutoff):
        looser, stricter = (cutoff(min_entropy=claim, alpha=ALPHA) for claim in sorted((one, other)))
        assert looser >= stricter


@pytest.mark.parametrize("entropy", [0, -1, 9, Fraction(81, 10), Fraction(1, 2000), 1.5, True, "1", None])
def test_a_claim_out_of_range_is_refused(entropy: Any) -> None:
    for cutoff in (repetition_count_cutoff, adaptive_proportion_cutoff):
        with pytest.raises(ValueError, match="min-entropy"):
            cutoff(min_entropy=entropy, alpha=ALPHA)


@pytest.mark.parametrize("alpha", [Fraction(0), Fraction(-1, 4), Fraction(2, 3), Fraction(1), 0.25, 0, None])
def test_an_alpha_out_of_range_is_refused(alpha: Any) -> None:
    for cutoff in (repetition_count_cutoff, adaptive_proportion_cutoff):
        with pytest.raises(ValueError, match="alpha"):
            cutoff(min_entropy=8, alpha=alpha)


def test_a_window_in_which_nothing_could_fail_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        adaptive_proportion_cutoff(min_entropy=Fraction(1, 20), alpha=ALPHA)
    windows: list[Any] = [0, 1, 2**17, 512.0, True]
    for window in windows:
        with pytest.raises(ValueError, match="window"):
            adaptive_proportion_cutoff(min_entropy=8, alpha=ALPHA, window=window)


@given(st.integers(2, 12), st.binary(max_size=30), st.integers(1, 7))
def test_the_repetition_count_fails_at_exactly_its_cutoff_however_the_samples_arrive(
    cutoff: int, before: bytes, piece: int
) -> None:
    before = bytes(byte & 0x7F for byte in before[:1]) + b"\x80"
    run = b"\xff" * cutoff
    RepetitionCountTest(cutoff).feed(before + run[:-1])
    test = RepetitionCountTest(cutoff)
    samples = before + run
    with pytest.raises(HealthTestFailure, match=f"repetition count test: {cutoff} equal samples"):
        for start in range(0, len(samples), piece):
            test.feed(samples[start : start + piece])


def test_a_run_that_is_broken_starts_again() -> None:
    RepetitionCountTest(4).feed(b"aaab" * 100)


@given(st.integers(2, 30), st.integers(1, 40))
def test_the_adaptive_proportion_fails_at_exactly_its_cutoff_however_the_samples_arrive(
    cutoff: int, piece: int
) -> None:
    others = bytes(byte for byte in honest(WINDOW - cutoff) if byte != 7)
    fill = bytes([8]) * (WINDOW - cutoff - len(others))
    AdaptiveProportionTest(cutoff).feed(b"\x07" * (cutoff - 1) + others + fill + b"\x09")
    samples = b"\x07" + others + fill + b"\x07" * (cutoff - 1)
    assert len(samples) == WINDOW
    test = AdaptiveProportionTest(cutoff)
    with pytest.raises(HealthTestFailure, match=f"one sample {cutoff} times in a window of 512"):
        for start in range(0, len(samples), piece):
            test.feed(samples[start : start + piece])


def test_each_window_counts_for_itself() -> None:
    test = AdaptiveProportionTest(4, window=8)
    for _ in range(50):
        test.feed(b"\x01\x01\x01\x02\x03\x04\x05\x06")
    assert "adaptive proportion test" in failure(test, b"\x01\x01\x02\x03\x04\x01\x05\x01")


def test_only_the_first_sample_of_a_window_is_counted() -> None:
    AdaptiveProportionTest(3, window=8).feed(b"\x01\x02\x02\x02\x02\x02\x02\x02")


def test_a_repeated_block_fails_within_the_memory_and_not_beyond() -> None:
    blocks = [honest(BLOCK_BYTES, label=f"block {number}") for number in range(BLOCKS_REMEMBERED + 1)]
    test = RepeatedBlockTest()
    test.feed(b"".join(blocks))
    test.feed(blocks[0])
    within = RepeatedBlockTest()
    within.feed(b"".join(blocks))
    assert "repeated block test" in failure(within, blocks[1])


def test_the_same_buffer_at_every_read_fails_at_the_second_read() -> None:
    test = RepeatedBlockTest()
    buffer = honest(43)
    test.feed(buffer)
    assert "repeated block test" in failure(test, buffer)


def sources() -> dict[str, bytes]:
    biased = bytes(0 if byte < 64 else byte for byte in honest(START_UP_SAMPLES))
    return {
        "all zeros": bytes(START_UP_SAMPLES),
        "all ones": b"\xff" * START_UP_SAMPLES,
        "two values in turn": b"\x00\xff" * (START_UP_SAMPLES // 2),
        "a period of 16": honest(16) * (START_UP_SAMPLES // 16),
        "a period of 31": (honest(31) * START_UP_SAMPLES)[:START_UP_SAMPLES],
        "a counter of one byte": bytes(range(256)) * (START_UP_SAMPLES // 256),
        "one value a quarter of the time": biased,
        "text": (b"the quick brown fox jumps over the lazy dog " * 30)[:START_UP_SAMPLES],
    }


@pytest.mark.parametrize("samples", sources().values(), ids=sources().keys())
def test_a_broken_source_fails_its_start_up(samples: bytes) -> None:
    with pytest.raises(HealthTestFailure):
        HealthTests(min_entropy=6, alpha=ALPHA).start_up(samples)


def test_a_source_that_breaks_later_fails_then() -> None:
    tests = HealthTests(min_entropy=6, alpha=ALPHA)
    tests.start_up(honest(START_UP_SAMPLES))
    tests.feed(honest(1000, label="more"))
    assert tests.samples_tested == START_UP_SAMPLES + 1000
    assert "repetition count test" in failure(tests, bytes(8))


def test_honest_bytes_pass_for_a_long_time() -> None:
    tests = HealthTests(min_entropy=6, alpha=ALPHA)
    tests.start_up(honest(200_000))
    assert tests.samples_tested == 200_000


def test_a_start_up_takes_at_least_1024_samples() -> None:
    with pytest.raises(ValueError, match="at least 1024 samples, not 1023"):
        HealthTests(min_entropy=6, alpha=ALPHA).start_up(honest(1023))


def test_a_failure_never_names_a_sample() -> None:
    secret = 0xA7
    for test in (RepetitionCountTest(3), AdaptiveProportionTest(3), RepeatedBlockTest()):
        text = failure(test, bytes([secret]) * 64)
        assert "a7" not in text.lower() and str(secret) not in text


@pytest.mark.parametrize("cutoff", [1, 0, -1, 2.0, True, None])
def test_a_cutoff_below_two_is_refused(cutoff: Any) -> None:
    for kind in (RepetitionCountTest, AdaptiveProportionTest):
        with pytest.raises(ValueError, match="cutoff"):
            kind(cutoff)
    with pytest.raises(ValueError, match="window"):
        AdaptiveProportionTest(20, window=19)
