"""Linear complexity, of the whole sequence or of each bit position of its words, with the exact distribution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from statistical_tests import kernel
from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bit_tests.reference import lowest_p, pearson, two_sided
from statistical_tests.bit_tests.words import MOST_BITS, positions
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable

NAME = "LinearComplexityByPosition"
SECTION = "Rueppel 1986, chapter 4; L'Ecuyer & Simard, scomp_LinearComp"
LONGEST = 50_000
_REACH = 24  # from the middle: 2^-48 of blocks lie further away, and the last class on either side holds them


def linear_complexity_by_position(
    bits: Bits, *, word_bits: int = 1, block_bits: int = 5000, most_blocks: int | None = None
) -> Finding:
    """Test the linear complexity of blocks of each bit position of the words.

    The linear complexity of a block is the length of the shortest linear feedback shift register that makes it. A
    generator whose state is moved by exclusive ors and shifts (xorshift, LFSRs, the Mersenne Twister) has, at every
    bit position, a complexity of at most its bits of state: 19,937 for MT19937, so that blocks of more than twice
    that show it for certain. The low bits of congruential generators modulo a power of two, and a stuck bit, have
    very small ones.

    Of n ideal bits exactly N(L) = 2^min(2n - 2L, 2L - 1) of the 2^n blocks have complexity L, for L from 1 on, and
    one has 0 (Rueppel). Two p-values come of it: ``extreme`` is that of the block furthest out on either side, exact
    for so many blocks and conservative because L is discrete; ``classes`` is Pearson's over the values of L,
    asymptotic (exact where there are few), with 5 or more expected in each class (1 where there are too few blocks
    for two classes). A p-value that no double can hold is 0.

    Args:
        bits: the sequence.
        word_bits: bits a word, 1 (the sequence itself) to 64.
        block_bits: bits of a block, of one position, 2 to 50,000.
        most_blocks: no more blocks a position than this.

    Returns:
        The finding, with columns ``extreme`` and ``classes``.

    Raises:
        BadInput: an argument is out of range.
    """
    require_bits(bits)
    word_bits = whole_number(word_bits, "word_bits", least=1, most=MOST_BITS)
    block_bits = whole_number(block_bits, "block_bits", least=2, most=LONGEST)
    blocks = len(bits) // word_bits // block_bits
    if most_blocks is not None:
        blocks = min(blocks, whole_number(most_blocks, "most_blocks", least=1))
    parameters = {"word_bits": word_bits, "block_bits": block_bits, "blocks": blocks}
    columns = ("extreme", "classes")
    if not blocks:
        reason = f"{len(bits)} bits, and one block of {block_bits} words of {word_bits} bits takes more"
        return not_applicable(NAME, SECTION, reason, parameters=parameters, columns=columns)
    used = bits.slice(0, blocks * block_bits * word_bits)
    found = np.stack(
        [kernel.linear_complexities(one.packed, len(one), block_bits) for one in positions(used, word_bits)]
    )
    tails = {int(value): _tail(int(value), block_bits) for value in np.unique(found)}
    outermost = min(tails, key=lambda value: tails[value])
    counts, probabilities = _classes(found, block_bits)
    fit = pearson(counts, probabilities)
    statistic = {
        "lowest": int(found.min()),
        "highest": int(found.max()),
        "outermost": outermost,
        "outermost_position": int(np.argwhere(found == outermost)[0][0]),
        "chi_square": fit.statistic,
        "freedom": fit.freedom,
    }
    p_values = (lowest_p(tails[outermost], found.size), fit.p_value)
    return Finding(NAME, SECTION, parameters, statistic, p_values, columns)


def probability(value: int, block_bits: int) -> float:
    """Return the probability that a block of so many ideal bits has linear complexity `value`."""
    if value == 0:
        return math.ldexp(1.0, -block_bits)
    return math.ldexp(1.0, min(block_bits - 2 * value, 2 * value - 1 - block_bits))


def _at_most(value: int, block_bits: int) -> float:
    """Return P(L <= value) where 2 value <= block_bits: one block of complexity 0, then 2^(2L - 1) each."""
    return math.ldexp(2.0 / 3.0, 2 * value - block_bits) + math.ldexp(1.0 / 3.0, -block_bits)


def _at_least(value: int, block_bits: int) -> float:
    """Return P(L >= value) where 2 value > block_bits: 2^(2n - 2L) each, up to L = n."""
    return math.ldexp(4.0 / 3.0, block_bits - 2 * value) - math.ldexp(1.0 / 3.0, -block_bits)


def _tail(value: int, block_bits: int) -> float:
    """Return the two-sided tail probability of one complexity."""
    if 2 * value <= block_bits:
        lower = _at_most(value, block_bits)
        return two_sided(lower, 1.0 - lower + probability(value, block_bits))
    upper = _at_least(value, block_bits)
    return two_sided(1.0 - upper + probability(value, block_bits), upper)


def _classes(found: NDArray[np.int64], block_bits: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Count the complexities around the middle, the first and the last class with all that is further out."""
    middle = block_bits // 2
    first, last = max(0, middle - _REACH), min(block_bits, middle + _REACH)
    counts = np.bincount(np.clip(found, first, last).reshape(-1) - first, minlength=last - first + 1)
    probabilities = np.asarray([probability(value, block_bits) for value in range(first, last + 1)])
    if first:
        probabilities[0] = _at_most(first, block_bits)
    if last > middle:
        probabilities[-1] = _at_least(last, block_bits)
    return counts.astype(np.int64), probabilities
