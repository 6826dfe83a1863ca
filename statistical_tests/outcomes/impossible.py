"""Outcomes that cannot be: outside the range, not whole, or of probability zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statistical_tests import arguments
from statistical_tests.finding import Finding
from statistical_tests.outcomes.sample import Sample, chunks, impossible_among, numbers, sample

_NAME, _SECTION = "Impossible", "GLI-19 3.2"


def impossible(values: ArrayLike, *, probabilities: Any) -> Finding:
    """Count outcomes that cannot be.

    A fair game never has one, so p is 0 with the first of them and 1 without. This is what shows a 32-bit float that
    was rounded to 1.0 and then scaled: outcome `kinds`, once in 33 million.

    Args:
        values: numbers, shape [outcomes]; whatever number is taken, NaN too.
        probabilities: one for each kind, floats or fractions; the sum is one.

    Raises:
        BadInput: the values are not numbers, or the probabilities not such.
    """
    finding, _ = possible(values, probabilities=arguments.probabilities(probabilities))
    return finding


def possible(values: ArrayLike, *, probabilities: NDArray[np.float64]) -> tuple[Finding, Sample]:
    """Return the finding of `impossible`, and the outcomes that can be, in their order."""
    array = numbers(values, dimensions=1)
    kinds, never = len(probabilities), probabilities <= 0
    outside = zero = 0
    first, example = -1, ""
    kept: list[NDArray[Any]] = []
    for part in chunks(len(array)):
        piece = array[part]
        wrong = impossible_among(piece, kinds)
        outside += int(np.count_nonzero(wrong))
        if never.any():
            inside = np.flatnonzero(~wrong)
            bad = never[piece[inside].astype(np.intp)]
            zero += int(np.count_nonzero(bad))
            wrong[inside[bad]] = True
        if wrong.any() and first < 0:
            place = int(np.argmax(wrong))
            first, example = part.start + place, str(piece[place])
        kept.append(piece[~wrong].astype(np.min_scalar_type(kinds - 1)))
    finding = Finding(
        _NAME,
        _SECTION,
        {"outcomes": len(array), "kinds": kinds},
        {"impossible": outside + zero, "outside": outside, "of_probability_zero": zero, "first": first},
        (0.0 if outside + zero else 1.0,),
        notes=(f"outcome {first} is {example}; the other tests leave such outcomes out",) if first >= 0 else (),
    )
    return finding, sample(np.concatenate(kept) if kept else [], kinds=kinds)
