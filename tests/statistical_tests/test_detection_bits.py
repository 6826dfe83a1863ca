"""What the battery of bits detects, and what it lets pass: faults that SP 800-22 misses, and generators that are sound.

Caught means both: a named test has p < 1e-10, and Holm's rule over all p-values of the battery refuses at a family-wise
rate of 1e-4. The same rule refuses none of the sound generators. All data are seeded, so that each run says the same,
but for the system's generator, which has no seed: it is held to a rate that chance does not reach.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from rng import kernel
from rng.schemes import hmac_sha256_v1
from rng.seeds import ServerSeed
from statistical_tests import sp800_22
from statistical_tests.bit_tests.autocorrelation import autocorrelation
from statistical_tests.bit_tests.battery import run, run_streams
from statistical_tests.bit_tests.duplicate_windows import duplicate_windows
from statistical_tests.bit_tests.pooled_frequency import pooled_frequency
from statistical_tests.bit_tests.serial_all import serial_all
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding
from statistical_tests.multiplicity import holm
from tests.statistical_tests import faulty_generators as faulty

FAMILY_WISE = 1e-4
CERTAIN = 1e-10
NEVER = 1e-9
"""Family-wise rate for data without a seed: a sound generator fails one run in a billion."""
TOP = np.uint64


def refused(findings: list[Finding], *, level: float = FAMILY_WISE) -> bool:
    """Say whether Holm's rule over all p-values refuses."""
    return bool((holm([value for one in findings for value in one.p_values]) <= level).any())


def caught_by(findings: list[Finding]) -> set[str]:
    """Name the tests with a p-value below 1e-10: name, and the parameter that tells its settings apart."""
    found = set()
    for one in findings:
        if one.p_values and min(one.p_values) < CERTAIN:
            width = one.parameters.get("window_bits", one.parameters.get("word_bits", ""))
            size = one.parameters.get("block_bits", one.parameters.get("size", ""))
            found.add(" ".join(str(part) for part in (one.name, width, size) if part != ""))
    return found


FAULTY: dict[str, tuple[Callable[[], Bits], set[str]]] = {
    "a bit of each byte stuck at zero, 1 Mbit": (
        lambda: faulty.stuck_bit(1, 1_000_000),
        {"PooledFrequency", "ByteFrequency 8", "LinearComplexityByPosition 32 1000", "RankByPosition 32 64"},
    ),
    "RANDU, words of 31 bits, 4 Mbit": (
        lambda: faulty.from_words(faulty.randu(12345, 1 << 17), 31),
        {"ByteFrequency 8", "SerialAll", "Autocorrelation"},
    ),
    "RANDU, the top byte, 8 Mbit": (
        lambda: faulty.from_words(faulty.randu(12345, 1 << 20) >> TOP(23), 8),
        {"BirthdaySpacings 24", "BirthdaySpacings 32", "BirthdaySpacings 40", "BirthdaySpacings 48"},
    ),
    "MINSTD, the low byte, 8 Mbit": (
        lambda: faulty.from_words(faulty.minstd(12345, 1 << 20) & TOP(255), 8),
        {"BirthdaySpacings 40", "BirthdaySpacings 48"},
    ),
    "an LCG modulo 2^32, whole words, 4 Mbit": (
        lambda: faulty.from_words(faulty.lcg32(1, 1 << 17), 32),
        {"LinearComplexityByPosition 32 1000", "RankByPosition 32 64", "Autocorrelation"},
    ),
    "an LCG modulo 2^32, the top 16 bits, 4 Mbit": (
        lambda: faulty.from_words(faulty.lcg32(1, 1 << 18) >> TOP(16), 16),
        {"LinearComplexityByPosition 64 50000", "RankByPosition 32 256"},
    ),
    "an LCG modulo 2^32, the top byte, 4 Mbit": (
        lambda: faulty.from_words(faulty.lcg32(1, 1 << 19) >> TOP(24), 8),
        {"BirthdaySpacings 32", "BirthdaySpacings 40"},
    ),
    "drand48 and java.util.Random, the top 32 bits, 8 Mbit": (
        lambda: faulty.from_words(faulty.drand48(12345, 1 << 18) >> TOP(16), 32),
        {"RankByPosition 64 256"},
    ),
    "xorshift32, 2 Mbit": (
        lambda: faulty.from_words(faulty.xorshift32(2463534242, 1 << 16), 32),
        {"LinearComplexityByPosition 1 50000", "LinearComplexityByPosition 32 1000", "RankByPosition 1 64"},
    ),
    "xorshift128, 4 Mbit": (
        lambda: faulty.from_words(faulty.xorshift128(123456789, 1 << 17), 32),
        {"LinearComplexityByPosition 1 50000", "LinearComplexityByPosition 32 1000", "RankByPosition 1 256"},
    ),
    "xorshift128+, 8 Mbit: its lowest bit is linear": (
        lambda: faulty.from_words(faulty.xorshift128_plus(123456789, 1 << 17), 64),
        {"LinearComplexityByPosition 64 1000", "RankByPosition 64 256"},
    ),
    "Math.random of V8, the upper 52 bits, 3 Mbit": (
        lambda: faulty.from_words(faulty.xorshift128_plus(99, 1 << 16, summed=False) >> TOP(12), 52),
        {"LinearComplexityByPosition 1 50000"},
    ),
    "Math.random of V8, as bytes, 2 Mbit": (
        lambda: faulty.from_words(faulty.xorshift128_plus(99, 1 << 18, summed=False) >> TOP(56), 8),
        {"LinearComplexityByPosition 1 50000", "LinearComplexityByPosition 32 1000", "RankByPosition 1 256"},
    ),
    "MT19937, words of 32 bits, 3.2 Mbit": (
        lambda: faulty.from_words(faulty.mersenne_twister(1, 100_000), 32),
        {"LinearComplexityByPosition 32 50000", "LinearComplexityByPosition 64 50000"},
    ),
    "random nonces of 24 bits, SHA-256, 4 Mbit": (
        lambda: faulty.hashed(faulty.ideal(2).integers(0, 1 << 24, size=1 << 14)),
        {"DuplicateWindows 64", "DuplicateWindows 128", "DuplicateWindows 256"},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_is_caught_and_by_these_tests(name: str) -> None:
    make, tests = FAULTY[name]
    findings = run(make())
    assert tests <= caught_by(findings), caught_by(findings)
    assert refused(findings)


# --- faults that take many bits to see: p < 1e-10 is below 1e-4 in a family of 200 p-values too -----------------------


@pytest.mark.slow
def test_ones_with_probability_501_in_a_thousand_are_caught_in_100_mbit() -> None:
    bits = faulty.biased(3, 100_000_000, chance=0.501)
    assert pooled_frequency(bits).p_values[0] < CERTAIN
    assert serial_all(bits, most=2).p_values[0] < CERTAIN


@pytest.mark.slow
def test_a_bias_half_as_large_is_caught_by_pooling_100_streams_that_look_fair() -> None:
    streams = list(faulty.biased(4, 100_000_000, chance=0.5005).streams(1_000_000))
    assert pooled_frequency(streams).p_values[0] < CERTAIN
    assert min(pooled_frequency(one).p_values[0] for one in streams) > FAMILY_WISE / 100


@pytest.mark.slow
def test_the_battery_pools_the_streams_that_it_is_given() -> None:
    streams = [faulty.biased(seed, 100_000, chance=0.504) for seed in range(20)]
    *each, pooled = run_streams(streams)
    assert pooled.name == "PooledFrequency"
    assert pooled.p_values[0] < CERTAIN
    assert all(one.p_values[0] > 1e-7 for one in each if one.name == "PooledFrequency")


@pytest.mark.slow
def test_bits_that_stay_with_probability_501_in_a_thousand_are_caught_in_20_mbit() -> None:
    bits = faulty.sticky(5, 20_000_000, chance=0.501)
    p_values = autocorrelation(bits, lags=1).p_values + serial_all(bits, most=2).p_values
    assert p_values[0] < CERTAIN
    assert p_values[2] < CERTAIN, "psi^2 of two bits, without that of one"
    assert pooled_frequency(bits).p_values[0] > 1e-4, "there are as many ones as zeros"


@pytest.mark.slow
def test_a_counter_of_16_bits_for_a_nonce_is_caught_as_soon_as_it_comes_round() -> None:
    before = faulty.hashed(np.arange((1 << 16) - 40_000, 1 << 16))
    assert duplicate_windows(before).p_values == (1.0,)
    for window_bits in (64, 128, 256):
        finding = duplicate_windows(faulty.hashed(np.arange((1 << 16) + 10) % (1 << 16)), window_bits=window_bits)
        assert finding.statistic["repeats"] == 10 * 256 // window_bits
        assert finding.statistic["again_at_bit"] == 256 << 16
        assert finding.p_values[0] < CERTAIN


@pytest.mark.slow
def test_a_counter_of_24_bits_for_a_nonce_is_caught_from_one_word_a_round() -> None:
    """Rounds that use the first 64 bits of their block each: 2^24 rounds are 134 megabytes."""
    words = []
    for start in range(0, (1 << 24) + (1 << 16), 1 << 16):
        nonces = ((np.arange(1 << 16) + start) % (1 << 24)).astype(">u8")
        digests = np.frombuffer(kernel.sha256_rows(nonces.tobytes(), width=8), dtype=np.uint8).reshape(-1, 32)
        words.append(digests[:, :8].copy())
    finding = duplicate_windows(Bits.from_bytes(np.concatenate(words).tobytes()), window_bits=64)
    assert finding.statistic["repeats"] == 1 << 16
    assert finding.statistic["again_at_bit"] == 64 << 24
    assert finding.p_values[0] < CERTAIN


@pytest.mark.slow
def test_random_nonces_of_32_bits_are_caught_by_their_birthdays() -> None:
    """A counter of 32 bits comes round after 137 gigabytes; drawn at random, 2^18 of them repeat eight times."""
    nonces = faulty.ideal(6).integers(0, 1 << 32, size=1 << 18)
    repeats = len(nonces) - len(np.unique(nonces))
    assert repeats > 0
    bits = faulty.hashed(nonces)
    for window_bits in (64, 128, 256):
        finding = duplicate_windows(bits, window_bits=window_bits)
        assert finding.statistic["repeats"] == repeats * 256 // window_bits
        assert finding.p_values[0] < CERTAIN
    assert not refused([duplicate_windows(faulty.hashed(np.arange(1 << 18)), window_bits=64)])


# --- what is not seen -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        lambda: faulty.from_words(faulty.drand48(12345, 1 << 20) >> TOP(40), 8),
        lambda: faulty.from_words(faulty.xorshift128_plus(5, 1 << 18) >> TOP(56), 8),
        lambda: faulty.hashed(np.arange(1 << 15)),
    ],
    ids=["drand48, the top byte", "xorshift128+, the top byte", "SHA-256 of a counter that anybody can guess"],
)
def test_faults_that_so_many_bits_do_not_show_are_passed(make: Callable[[], Bits]) -> None:
    """No test of this kind says that a generator is secure; docs/statistics.md says so beside what is seen."""
    assert not refused(run(make()))


# --- sound generators ------------------------------------------------------------------------------------------------

BYTES = 1_250_000  # 10 Mbit: all tests but the birthdays of 64 bits can be made


def _aes_ctr(number: int) -> bytes:
    key = hashlib.sha256(b"detection %d" % number).digest()
    cipher = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    return cipher.update(bytes(BYTES)) + cipher.finalize()


def _sha256_ctr(number: int) -> bytes:
    first = number << 40
    return faulty.hashed(np.arange(first, first + -(-BYTES // 32))).packed.tobytes()[:BYTES]


def _chacha20(number: int) -> bytes:
    """What Linux makes /dev/urandom from, here from a seed."""
    key = hashlib.sha256(b"urandom %d" % number).digest()
    cipher = Cipher(algorithms.ChaCha20(key, bytes(16)), mode=None).encryptor()
    return cipher.update(bytes(BYTES))


def _own(number: int) -> bytes:
    """The bytes of `fairlot stream`: block 0 of successive nonces of hmac-sha256/v1."""
    seed = ServerSeed(hashlib.sha256(b"server seed %d" % number).digest())
    key = hmac_sha256_v1.game_key(seed, rules_digest="0" * 64, beacon="")
    count = -(-BYTES // 32)
    return bytes(kernel.hmac_nonces(key, prefix=b"client seed:", first_nonce=0, count=count))[:BYTES]


SOUND = {"AES-256-CTR": _aes_ctr, "SHA-256 of a counter": _sha256_ctr, "ChaCha20": _chacha20, "fairlot's own": _own}


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("name", SOUND)
def test_a_sound_generator_passes_at_the_stated_rate(name: str, number: int) -> None:
    findings = run(Bits.from_bytes(SOUND[name](number)))
    missing = {f"{one.name} {one.parameters['word_bits']}" for one in findings if not one.applicable}
    assert missing == {"BirthdaySpacings 64"}
    assert not refused(findings)


@pytest.mark.slow
def test_the_systems_generator_passes_both_batteries() -> None:
    bits = Bits.from_bytes(os.urandom(BYTES))
    assert not refused(run(bits), level=NEVER)
    findings = [one for stream in bits.streams(1_000_000) for one in sp800_22.run(stream)]
    assert sp800_22.family(sp800_22.second_level(findings))[0].adjusted > NEVER
