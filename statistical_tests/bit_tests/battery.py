"""The battery: every test that a sequence is long enough for, at parameters that fit its length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from statistical_tests.arguments import require_bits
from statistical_tests.bit_tests.autocorrelation import autocorrelation
from statistical_tests.bit_tests.birthday_spacings import birthday_spacings, usual_points
from statistical_tests.bit_tests.byte_frequency import byte_frequency
from statistical_tests.bit_tests.collisions import collisions
from statistical_tests.bit_tests.coupon_collector import coupon_collector
from statistical_tests.bit_tests.duplicate_windows import duplicate_windows
from statistical_tests.bit_tests.fips_140_2 import fips_140_2
from statistical_tests.bit_tests.gap import gap
from statistical_tests.bit_tests.hamming_weights import hamming_dependence, hamming_weights
from statistical_tests.bit_tests.linear_complexity import LONGEST, linear_complexity_by_position
from statistical_tests.bit_tests.maximum_of_t import maximum_of_t
from statistical_tests.bit_tests.poker import FORMS, poker
from statistical_tests.bit_tests.pooled_frequency import FrequencyPool, pooled_frequency
from statistical_tests.bit_tests.rank_by_position import rank_by_position
from statistical_tests.bit_tests.serial_all import serial_all
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding

SHORT_BLOCK = 1000
"""Bits of a short block of linear complexity: a state of up to some 490 bits shows."""
MATRICES = (64, 256, 1024)
"""Rows of the matrices: a state of fewer bits shows."""
BIRTHDAYS = (24, 32, 40, 48, 64)
"""Bits of a birthday; what is congruential shows at one width or another."""
WINDOWS = (64, 128, 256)


def run(bits: Bits) -> list[Finding]:
    """Make every test of this package, and return one finding for each test and set of parameters, always in one order.

    Which tests are made does not depend on the data, only on its length; those that need more bits say so and have no
    p-values. From 50,000 words of 32 bits on (1.6 Mbit) linear complexity by bit position sees MT19937.

    Args:
        bits: the sequence; several Mbit show most faults, 100 Mbit a bias of 0.0005.

    Raises:
        BadInput: `bits` are no Bits.
    """
    require_bits(bits)
    return list(_findings(bits))


def run_streams(streams: Iterable[Bits]) -> Iterator[Finding]:
    """Yield the findings of each stream with its number, and at the end the pooled frequency of all of them.

    One stream is in memory at a time, so that data of any size can be judged.

    Args:
        streams: sequences, such as those of `Bits.streams` or of a reader of files.

    Raises:
        BadInput: a stream is no Bits.
    """
    pool = FrequencyPool()
    for number, stream in enumerate(streams):
        pool.add(stream)
        for finding in run(stream):
            yield finding.of_stream(number)
    yield pool.finding()


def _findings(bits: Bits) -> Iterator[Finding]:
    yield pooled_frequency(bits)
    for word_bits in (8, 16):
        yield byte_frequency(bits, word_bits=word_bits)
    yield serial_all(bits)
    yield autocorrelation(bits)
    yield fips_140_2(bits)
    for window_bits in WINDOWS:
        yield duplicate_windows(bits, window_bits=window_bits)
    yield duplicate_windows(bits, window_bits=128, step_bits=8)
    yield from _linear(bits)
    for word_bits in BIRTHDAYS:
        yield birthday_spacings(bits, word_bits=word_bits, points=_birthdays(len(bits) // word_bits, word_bits))
    yield collisions(bits)
    yield gap(bits)
    for form in FORMS:
        yield poker(bits, form=form)
    yield coupon_collector(bits)
    yield maximum_of_t(bits)
    for word_bits in (8, 32, 64):
        yield hamming_weights(bits, word_bits=word_bits)
        yield hamming_dependence(bits, word_bits=word_bits)


def _birthdays(words: int, word_bits: int) -> int:
    """Return the points of a sample: as many as there are words for, to 2^(word_bits / 2 - 4); more show more."""
    points, densest = usual_points(word_bits), 1 << (word_bits // 2 - 4)
    while 2 * points <= min(words, densest):
        points *= 2
    return points


def _linear(bits: Bits) -> Iterator[Finding]:
    """Look for a linear state: of the sequence itself and, for each bit position, of words of 32 and of 64 bits.

    What is linear at a bit position of words of 8 or 16 bits is so at those of 32 too, where every fourth or second of
    them is seen.
    """
    for word_bits in (1, 32, 64):
        yield linear_complexity_by_position(bits, word_bits=word_bits, block_bits=SHORT_BLOCK)
        yield linear_complexity_by_position(bits, word_bits=word_bits, block_bits=LONGEST, most_blocks=1)
    for size in MATRICES:
        yield rank_by_position(bits, size=size)
    for word_bits, size in ((32, 64), (32, 256), (64, 64), (64, 256)):
        yield rank_by_position(bits, word_bits=word_bits, size=size)
