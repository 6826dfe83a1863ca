"""The four tests of FIPS 140-2 on blocks of 20,000 bits, as laboratories still quote them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from statistical_tests.arguments import require_bits
from statistical_tests.bit_tests.reference import binomial_upper
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable

NAME = "FIPS140-2"
SECTION = "FIPS 140-2 4.9.1 with change notice 1 (2001)"
BLOCK_BITS = 20_000
ONES = (9_726, 10_274)
"""Monobit: the allowed numbers of ones, first and last; the standard says 9,725 < X < 10,275."""
POKER = (2.16, 46.17)
"""Poker: the statistic lies strictly between, over the 5,000 blocks of four bits."""
RUNS = ((2315, 2685), (1114, 1386), (527, 723), (240, 384), (103, 209), (103, 209))
"""Runs: allowed numbers of runs of length 1 … 5 and of 6 or more, of ones and of zeros each, first and last."""
LONG_RUN = 26
"""Long run: no run of so many equal bits or more."""
_LENGTHS = ("1", "2", "3", "4", "5", "6+")

FALSE_ALARMS = MappingProxyType(
    {
        "monobit": 1.0349700300679671e-04,
        "poker": 9.97366108845e-05,
        "runs of length 1": 7.35531809281949e-05,
        "runs of length 2": 1.87508552057802e-05,
        "runs of length 3": 1.87108471747298e-05,
        "runs of length 4": 1.67522838130710e-05,
        "runs of length 5": 1.29930933654411e-05,
        "runs of length 6+": 9.02242364401631e-06,
        "long run": 2.9762141100155487e-04,
    }
)
"""The probability that a block of ideal bits fails; that of runs is for one value of the bit.

Exact distributions, computed in doubles: of the binomial, of the sum of squares of a multinomial, of the number of
runs of one length by a chain over the bits, of the longest run by whole numbers. tests/statistical_tests/bit_tests
computes all of them again. """


@dataclass(frozen=True, slots=True)
class BlockCounts:
    """Hold what the tests look at in one block.

    Args:
        ones: ones among the 20,000 bits.
        poker: 16 / 5000 times the sum of squares of the counts of the 16 values of four bits, less 5000.
        runs: numbers of runs by length 1 … 5 and 6 or more, of zeros and of ones, shape [2, 6].
        longest: the longest run.
    """

    ones: int
    poker: float
    runs: NDArray[np.int64]
    longest: int

    def failures(self) -> list[str]:
        """List the tests that the block fails, by the names of the finding's columns."""
        found = []
        if not ONES[0] <= self.ones <= ONES[1]:
            found.append("monobit")
        if not POKER[0] < self.poker < POKER[1]:
            found.append("poker")
        for value in (0, 1):
            for place, (least, most) in enumerate(RUNS):
                if not least <= self.runs[value, place] <= most:
                    found.append(_runs_column(value, place))
        if self.longest >= LONG_RUN:
            found.append("long run")
        return found


def fips_140_2(bits: Bits) -> Finding:
    """Make the monobit, poker, runs and long run tests on each block of 20,000 bits, and weigh how many blocks fail.

    The standard lets a generator fail for one block; over many blocks ideal bits do fail: one block in 9,700 the
    monobit test, one in 3,400 the long run. So what is judged is the number of blocks that fail each test (and, of
    the runs test, each length of runs of zeros and of ones): binomial with the exact probability in `FALSE_ALARMS`. p
    is P(at least so many), and conservative because failures are few. Too few failures are no fault. The `statistic`
    says how many blocks passed everything, as laboratories report it.

    The intervals are those of the change notice of October 2001; FIPS 140-1 has wider ones, and a long run of 34.

    Args:
        bits: the sequence; what is left after the last whole block is not used.

    Returns:
        The finding, with columns ``monobit``, ``poker``, ``runs of zeros, length 1`` …, ``runs of ones, length 6+``
        and ``long run``.

    Raises:
        BadInput: `bits` are no Bits.
    """
    require_bits(bits)
    blocks = len(bits) // BLOCK_BITS
    columns = ("monobit", "poker", *(_runs_column(value, place) for value in (0, 1) for place in range(6)), "long run")
    if not blocks:
        reason = f"{len(bits)} bits, and a block has {BLOCK_BITS}"
        return not_applicable(NAME, SECTION, reason, columns=columns)
    failures = dict.fromkeys(columns, 0)
    clean = 0
    for block in bits.streams(BLOCK_BITS):
        failed = block_counts(block).failures()
        clean += not failed
        for name in failed:
            failures[name] += 1
    alarms = (
        FALSE_ALARMS[f"runs of length {name.split()[-1]}" if name.startswith("runs") else name] for name in columns
    )
    p_values = tuple(
        binomial_upper(count, blocks, alarm) for count, alarm in zip(failures.values(), alarms, strict=True)
    )
    statistic: dict[str, int | list[int]] = {"blocks": blocks, "passed": clean, "failures": list(failures.values())}
    return Finding(NAME, SECTION, {"block_bits": BLOCK_BITS}, statistic, p_values, columns)


def block_counts(block: Bits) -> BlockCounts:
    """Count what the four tests look at in one block of 20,000 bits."""
    values = block.unpacked()
    halves = np.bincount(block.packed >> 4, minlength=16) + np.bincount(block.packed & 15, minlength=16)
    ends = np.concatenate([np.flatnonzero(values[1:] != values[:-1]) + 1, [len(values)]])
    lengths = np.diff(ends, prepend=0)
    classes = np.minimum(lengths, 6) - 1
    kinds = (values[0] + np.arange(len(lengths))) % 2  # runs of zeros and of ones take turns
    runs = np.bincount(kinds * 6 + classes, minlength=12).reshape(2, 6)
    poker = float(16 / 5000 * int((halves.astype(np.int64) ** 2).sum()) - 5000)
    return BlockCounts(int(values.sum()), poker, runs, int(lengths.max()))


def _runs_column(value: int, place: int) -> str:
    return f"runs of {'ones' if value else 'zeros'}, length {_LENGTHS[place]}"
