"""The entropy source: different bytes every time, or none at all."""

from __future__ import annotations

import copy
import errno
import hashlib
import os
import pickle
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.entropy import ALPHA, MIN_ENTROPY, EntropyFailure, EntropySource, system_read
from rng.health import adaptive_proportion_cutoff, repetition_count_cutoff
from tests.rng.noise import RESEED_BYTES, SEED_BYTES, START_UP_BYTES, Noise, ready


def raising(error: Exception) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        raise error

    return read


def failed(source: EntropySource) -> str:
    """Check that the source gives nothing, however it is asked and however often, and return the reason."""
    status = source.status()
    assert status.state == "failed"
    assert status.reason
    for size in (0, 1, 32):
        for resistance in (False, True):
            with pytest.raises(EntropyFailure) as refused:
                source.random_bytes(size, prediction_resistance=resistance)
            assert status.reason in str(refused.value)
            assert "restart()" in str(refused.value)
    return status.reason


def test_the_system_gives_bytes_that_differ_every_time() -> None:
    source = EntropySource()
    drawn = [source.random_bytes(32) for _ in range(100)]
    drawn += [source.random_bytes(32, prediction_resistance=True) for _ in range(100)]
    assert len(set(drawn)) == 200
    assert {len(output) for output in drawn} == {32}
    status = ready(source)
    assert status.requests == 200
    assert status.seeds == 101


def test_two_sources_never_give_the_same_bytes() -> None:
    assert EntropySource().random_bytes(32) != EntropySource().random_bytes(32)


def test_the_output_is_not_the_noise_itself() -> None:
    noise = Noise()
    seen: list[bytes] = []

    def read(size: int) -> bytes:
        seen.append(noise(size))
        return seen[-1]

    output = EntropySource(read).random_bytes(16)
    assert output not in b"".join(seen)


def test_a_source_reads_its_start_up_and_its_seed_before_it_is_asked() -> None:
    noise = Noise()
    source = EntropySource(noise)
    assert noise.given == START_UP_BYTES + SEED_BYTES
    assert ready(source).samples_tested == noise.given
    assert max(noise.sizes) <= 256


def test_a_seed_is_as_long_as_the_claimed_entropy_asks() -> None:
    for claim, seed in ((Fraction(8), 32 + 16), (Fraction(1), 256 + 128), (Fraction(5, 2), 103 + 52)):
        noise = Noise()
        ready(EntropySource(noise, min_entropy=claim))
        assert noise.given == START_UP_BYTES + seed


@given(st.integers(0, 3000))
def test_as_many_bytes_come_as_were_asked_for(size: int) -> None:
    assert len(EntropySource(Noise()).random_bytes(size)) == size


@pytest.mark.parametrize("size", [2**16 - 1, 2**16, 2**16 + 1, 2**20 - 1])
def test_a_request_around_the_limit_of_one_output_is_as_long_as_asked(size: int) -> None:
    assert len(EntropySource(Noise()).random_bytes(size)) == size


def test_a_large_request_is_made_of_several_outputs() -> None:
    output = EntropySource().random_bytes(2**20)
    pieces = {output[start : start + 65536] for start in range(0, 2**20, 65536)}
    assert len(output) == 2**20
    assert len(pieces) == 16


def test_the_generator_is_seeded_again_after_its_interval() -> None:
    noise = Noise()
    source = EntropySource(noise, reseed_interval=5)
    before = noise.given
    for _ in range(5):
        source.random_bytes(8)
    assert noise.given == before
    source.random_bytes(8)
    assert noise.given == before + RESEED_BYTES
    assert ready(source).seeds == 2


def test_prediction_resistance_reads_fresh_entropy_at_every_request_even_for_nothing() -> None:
    noise = Noise()
    source = EntropySource(noise)
    before = noise.given
    for size in (32, 1, 0):
        source.random_bytes(size, prediction_resistance=True)
    assert noise.given == before + 3 * RESEED_BYTES


def test_a_reader_that_gives_less_than_asked_is_read_again_and_every_byte_is_tested() -> None:
    noise = Noise()
    source = EntropySource(lambda size: noise(max(1, size // 3)))
    assert len(source.random_bytes(32, prediction_resistance=True)) == 32
    assert ready(source).samples_tested == noise.given == START_UP_BYTES + SEED_BYTES + RESEED_BYTES


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (bytes, "repetition count test"),
        (lambda size: b"\xff" * size, "repetition count test"),
        (lambda size: bytes(range(256))[:size], "repeated block test"),
        (lambda size: hashlib.shake_256(b"again").digest(size), "repeated block test"),
        (lambda size: bytes(byte & 7 for byte in os.urandom(size)), "proportion|repetition|repeated"),
        (lambda size: b"", "gave 0 bytes"),
        (lambda size: os.urandom(size + 1), "gave 257 bytes, not 1 to 256"),
        (lambda size: "x" * size, "gave str"),
        (lambda size: None, "gave NoneType"),
        (raising(OSError(errno.EIO, "input/output error")), r"raised OSError \(errno 5\)"),
        (raising(NotImplementedError()), "raised NotImplementedError"),
        (raising(ValueError("a secret in the message")), "raised ValueError$"),
    ],
)
def test_a_broken_reader_fails_the_start_up_and_no_byte_comes_out(read: Any, reason: str) -> None:
    source = EntropySource(read)
    assert re.search(reason, failed(source))
    assert source.status().failures == 1


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (bytes, "repetition count test"),
        (lambda size: bytes(range(256))[:size] * 2, "gave 86 bytes"),
        (lambda size: b"", "gave 0 bytes"),
        (raising(OSError(errno.EAGAIN, "not now")), "raised BlockingIOError"),
    ],
)
def test_a_source_that_breaks_later_stops_at_its_next_seed(broken: Callable[[int], bytes], reason: str) -> None:
    source = EntropySource(Noise(good=START_UP_BYTES + SEED_BYTES, broken=broken), reseed_interval=3)
    assert len({source.random_bytes(32) for _ in range(3)}) == 3
    with pytest.raises(EntropyFailure, match=reason):
        source.random_bytes(32)
    assert reason in failed(source)


def test_a_source_that_gives_one_buffer_again_stops_when_it_comes_the_second_time() -> None:
    stuck = Noise(good=START_UP_BYTES + SEED_BYTES, broken=hashlib.shake_256(b"stuck buffer").digest)
    source = EntropySource(stuck)
    # The first time it is a buffer like any other, and it is mixed into a state that was seeded well.
    source.random_bytes(32, prediction_resistance=True)
    with pytest.raises(EntropyFailure, match="repeated block test"):
        source.random_bytes(32, prediction_resistance=True)
    assert "repeated block test" in failed(source)


def test_prediction_resistance_fails_at_once_when_the_source_has_broken() -> None:
    source = EntropySource(Noise(good=START_UP_BYTES + SEED_BYTES))
    with pytest.raises(EntropyFailure, match="repetition count"):
        source.random_bytes(32, prediction_resistance=True)
    failed(source)


def test_a_failure_in_the_middle_of_a_large_request_gives_nothing() -> None:
    source = EntropySource(Noise(good=START_UP_BYTES + SEED_BYTES), reseed_interval=2)
    with pytest.raises(EntropyFailure):
        source.random_bytes(3 * 65536)
    failed(source)


def test_a_failure_stays_although_the_noise_is_good_again_until_an_operator_restarts() -> None:
    noise = Noise(good=START_UP_BYTES + SEED_BYTES)
    source = EntropySource(noise)
    with pytest.raises(EntropyFailure):
        source.random_bytes(1, prediction_resistance=True)
    noise.good = None
    reads = len(noise.sizes)
    failed(source)
    assert len(noise.sizes) == reads
    status = source.restart()
    assert (status.state, status.reason, status.failures, status.start_ups) == ("ready", "", 1, 2)
    assert len(source.random_bytes(32)) == 32


def test_a_restart_of_a_source_that_is_still_broken_fails_with_the_new_reason() -> None:
    noise = Noise(good=0)
    source = EntropySource(noise)
    assert "repetition count" in failed(source)
    noise.broken = lambda size: b""
    status = source.restart()
    assert status.state == "failed"
    assert status.failures == 2
    assert "gave 0 bytes" in failed(source)


def test_a_restart_of_a_ready_source_seeds_it_anew() -> None:
    noise = Noise()
    source = EntropySource(noise)
    before = noise.given
    assert source.restart().start_ups == 2
    assert noise.given == before + START_UP_BYTES + SEED_BYTES


def test_nothing_that_a_source_shows_holds_its_secrets() -> None:
    noise = Noise()
    seen = b""

    def read(size: int) -> bytes:
        nonlocal seen
        piece = noise(size)
        seen += piece
        return piece

    source = EntropySource(read)
    output = source.random_bytes(32)
    state = source._process().state
    assert state is not None
    shown = f"{source!r} {source.status()!r} {source} {state!r}"
    for secret in (output, state.key, state.value, seen[-65:-22], seen[-22:]):
        assert secret.hex() not in shown
        assert repr(secret)[2:-1] not in shown
    calls: list[Callable[[Any], object]] = [pickle.dumps, copy.copy, copy.deepcopy]
    for call in calls:
        with pytest.raises(TypeError, match="not pickled"):
            call(source)


def test_arguments_are_checked_when_the_source_is_made_or_asked() -> None:
    source = EntropySource(Noise())
    for size in (-1, 2**20 + 1):
        with pytest.raises(ValueError, match="size must be 0 to 1048576"):
            source.random_bytes(size)
    wrong: list[Any] = [True, 1.0, "1", None]
    for value in wrong:
        with pytest.raises(TypeError, match="size must be an int"):
            source.random_bytes(value)
        with pytest.raises(TypeError, match="reseed interval"):
            EntropySource(Noise(), reseed_interval=value)
    for interval in (0, 2**48 + 1):
        with pytest.raises(ValueError, match="reseed interval"):
            EntropySource(Noise(), reseed_interval=interval)
    claims: list[Any] = [0, 9, 6.0, True, "6"]
    for claim in claims:
        with pytest.raises(ValueError, match="min-entropy"):
            EntropySource(Noise(), min_entropy=claim)
    with pytest.raises(ValueError, match="alpha"):
        EntropySource(Noise(), alpha=Fraction(1))
    with pytest.raises(TypeError, match="read must be a function"):
        EntropySource(b"noise")  # type: ignore[arg-type]


def test_the_cutoffs_are_those_that_the_module_promises() -> None:
    assert Fraction(1, 2**40) == ALPHA
    assert repetition_count_cutoff(min_entropy=MIN_ENTROPY, alpha=ALPHA) == 8
    assert adaptive_proportion_cutoff(min_entropy=MIN_ENTROPY, alpha=ALPHA) == 35
    good = START_UP_BYTES + SEED_BYTES

    def after(run: int) -> EntropySource:
        """Make a ready source whose next bytes begin with so many equal ones."""
        return EntropySource(Noise(good=good, broken=lambda size: bytes(run) + bytes(range(1, size - run + 1))))

    assert len(after(7).random_bytes(32, prediction_resistance=True)) == 32
    with pytest.raises(EntropyFailure, match="8 equal samples in a row"):
        after(8).random_bytes(32, prediction_resistance=True)


def test_the_system_reader_gives_what_it_is_asked_for() -> None:
    assert len(system_read(256)) == 256
    assert system_read(32) != system_read(32)
