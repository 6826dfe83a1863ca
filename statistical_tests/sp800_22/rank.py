"""Rank: whether rows of the bits, as matrices, are linearly dependent as often as they should be."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from statistical_tests import kernel
from statistical_tests.arguments import whole_number
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.shared import Floats, Shared, class_chi_square, of, recommended, require_mode

NAME = "Rank"
SECTION = "SP 800-22 2.5"
LEAST_EXPECTED = 5.0
"""Of the rarest class; for 32 x 32 that takes the 38 matrices that the standard recommends."""
MOST_MATRICES = 1 << 40
"""Nobody has more; where more were needed, that is said in words."""

_TEXT = (0.2888, 0.5776, 0.1336)
"""The limits of the three probabilities as the standard's text rounds them."""


def rank(bits: Bits | Shared, *, rows: int = 32, columns: int = 32, mode: str = "corrected") -> Finding:
    """Test whether the ranks over GF(2) of matrices filled row by row are distributed as they should be.

    Three classes: full rank, one less, and all else. `corrected`: probabilities by the exact product for the given
    size. `nist-compat`: the same for 32 x 32, as in the C code, which knows no other size; for other sizes the rounded
    limits 0.2888, 0.5776, 0.1336 with which the standard's text works its example.

    Args:
        bits: so many matrices that the rarest class is expected five times. For 32 x 32 these are the 38 that the
            standard recommends; a matrix far from square is so seldom short of full rank that no length suffices.
        rows: of a matrix, 2 or more.
        columns: of a matrix, 2 or more.
        mode: `corrected` or `nist-compat`.

    Raises:
        BadInput: no bits, no such mode, or a matrix of fewer than two rows or columns.
    """
    shared, mode = of(bits), require_mode(mode)
    rows = whole_number(rows, "rows", least=2, most=1 << 16)
    columns = whole_number(columns, "columns", least=2, most=1 << 16)
    length = len(shared)
    matrices = length // (rows * columns)
    parameters = {"mode": mode, "bits": length, "rows": rows, "columns": columns, "matrices": matrices}
    exact = mode == "corrected" or (rows, columns) == (32, 32)
    chances = class_probabilities(rows, columns) if exact else np.array(_TEXT)
    least = LEAST_EXPECTED / float(chances.min()) if chances.min() > 0 else math.inf
    needed = f"{math.ceil(least)} matrices ({math.ceil(least) * rows * columns} bits)" if least < MOST_MATRICES else ""
    seldom = f"a matrix of {rows} x {columns} is too seldom short of full rank to be judged by that"
    text = f"{needed} at least, and there are {matrices}" if needed else seldom
    reason, notes = recommended(mode, matrices >= least, text)
    if reason or not matrices:
        return not_applicable(NAME, SECTION, reason or text, parameters=parameters)
    full = min(rows, columns)
    ranks = kernel.matrix_ranks(shared.bits.packed, length, rows, columns)
    counts = np.bincount(np.minimum(full - ranks, 2), minlength=3)
    chi_square, p_value = class_chi_square(counts, chances)
    statistic = {"chi_square": chi_square, "counts": counts.tolist()}
    return Finding(NAME, SECTION, parameters, statistic, (p_value,), notes=notes)


@cache
def class_probabilities(rows: int, columns: int) -> Floats:
    """Return the probabilities of full rank, one less, and all else, of a random matrix."""
    full = min(rows, columns)
    highest = [rank_probability(rows, columns, full), rank_probability(rows, columns, full - 1)]
    # Summed, and not what is left of one: that would be no digit, or less than nothing, where the class is rare. With
    # d dimensions missing a rank has a probability near 2^-(d d), so that eight terms are more than a double can hold.
    lower = math.fsum(rank_probability(rows, columns, rank) for rank in range(max(0, full - 9), full - 1))
    chances = np.array([*highest, lower])
    chances.flags.writeable = False
    return chances


def rank_probability(rows: int, columns: int, of_rank: int) -> float:
    """Return the probability that a random matrix over GF(2) has rank `of_rank` (SP 800-22 3.5)."""
    product = 2.0 ** (of_rank * (rows + columns - of_rank) - rows * columns)
    for i in range(of_rank):
        product *= (1.0 - 2.0 ** (i - columns)) * (1.0 - 2.0 ** (i - rows)) / (1.0 - 2.0 ** (i - of_rank))
    return product
