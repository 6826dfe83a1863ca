"""Rank of binary matrices of any size, of the whole sequence or of each bit position of its words."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from statistical_tests import kernel
from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bit_tests.reference import lowest_p, pearson
from statistical_tests.bit_tests.words import MOST_BITS, positions
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable

NAME = "RankByPosition"
SECTION = "TAOCP 3.3.2; Marsaglia 1985; L'Ecuyer & Simard, smarsa_MatrixRank"
LARGEST = 4096
_DEEPEST = 32  # rows: 2^-1024 and less is 0 to what a p-value can show


def rank_by_position(bits: Bits, *, word_bits: int = 1, size: int = 64, most_matrices: int | None = None) -> Finding:
    """Test the rank over GF(2) of square matrices of the bits of each position of the words.

    A generator that is linear over GF(2) with k bits of state makes no matrix of a rank above k, so that matrices of
    more than k rows show it: 64 rows for xorshift32, 256 for xorshift128. SP 800-22 has 32 rows only.

    The probability of each rank of an ideal matrix is exact (the product formula of SP 800-22 3.5, for any size). Two
    p-values come of it: ``lowest`` is that of the lowest rank, exact for so many matrices and conservative because
    ranks are discrete; ``classes`` is Pearson's over the ranks, asymptotic (exact where there are few), with 5 or
    more expected in each class (1 where there are too few matrices for two classes).

    Args:
        bits: the sequence.
        word_bits: bits a word, 1 (the sequence itself) to 64.
        size: rows and columns, 2 to 4096; a matrix takes size^2 bits of one position.
        most_matrices: no more matrices a position than this.

    Returns:
        The finding, with columns ``lowest`` and ``classes``.

    Raises:
        BadInput: an argument is out of range.
    """
    require_bits(bits)
    word_bits = whole_number(word_bits, "word_bits", least=1, most=MOST_BITS)
    size = whole_number(size, "size", least=2, most=LARGEST)
    matrices = len(bits) // word_bits // (size * size)
    if most_matrices is not None:
        matrices = min(matrices, whole_number(most_matrices, "most_matrices", least=1))
    parameters = {"word_bits": word_bits, "size": size, "matrices": matrices}
    columns = ("lowest", "classes")
    if not matrices:
        reason = f"{len(bits)} bits, and a matrix of {size} by {size} words of {word_bits} bits takes more"
        return not_applicable(NAME, SECTION, reason, parameters=parameters, columns=columns)
    used = bits.slice(0, matrices * size * size * word_bits)
    ranks = np.stack([kernel.matrix_ranks(one.packed, len(one), size, size) for one in positions(used, word_bits)])
    lowest = int(ranks.min())
    probabilities = rank_probabilities(size)
    fit = pearson(np.bincount(ranks.reshape(-1), minlength=size + 1).astype(np.int64), probabilities)
    statistic = {
        "lowest": lowest,
        "lowest_position": int(np.argwhere(ranks == lowest)[0][0]),
        "full": int((ranks == size).sum()),
        "chi_square": fit.statistic,
        "freedom": fit.freedom,
    }
    tail = min(1.0, math.fsum(probabilities[: lowest + 1]))
    return Finding(NAME, SECTION, parameters, statistic, (lowest_p(tail, ranks.size), fit.p_value), columns)


@lru_cache(maxsize=16)
def rank_probabilities(size: int) -> NDArray[np.float64]:
    """Return the probability of each rank 0 … size of an ideal square matrix."""
    # P(rank = size - d) = 2^(-d^2) * product over i > d of (1 - 2^-i) * product over d < i <= size of 1 / ...,
    # written with factors near one only: prod(i = d+1 .. size)(1 - 2^-i)^2 / prod(i = 1 .. size-d)(1 - 2^-i).
    factors = [1.0 - math.ldexp(1.0, -i) for i in range(size + 1)]
    found = np.zeros(size + 1)
    for deficit in range(min(size, _DEEPEST) + 1):
        value = math.prod(one * one for one in factors[deficit + 1 :]) / math.prod(factors[1 : size - deficit + 1])
        found[size - deficit] = math.ldexp(value, -deficit * deficit)
    found.flags.writeable = False
    return found
