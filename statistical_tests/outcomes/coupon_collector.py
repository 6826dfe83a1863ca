"""Coupon collector's test: how many outcomes it takes until each kind has occurred (GLI-19 3.2.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statistical_tests import arguments
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.outcomes.goodness import fit
from statistical_tests.outcomes.pooling import balanced, weights_of
from statistical_tests.outcomes.renewals import counted, planned
from statistical_tests.outcomes.sample import CHUNK, Sample, mapped, sample

_NAME, _SECTION = "CouponCollector", "GLI-19 3.2.2; TAOCP 3.3.2 E"
_LEAST_COLLECTIONS = 50
_MOST_EQUAL = 64  # kinds of equal probability that are collected as they are
_MOST_UNEQUAL = 10  # classes of unequal probability: their law takes a sum over all 2^10 subsets
_SUBSETS_TIMES_LENGTHS = 1 << 22
_TAIL = 1e-12


@dataclass(frozen=True, slots=True)
class Lengths:
    """Hold the law of a collection's length: `chances[r]` for r outcomes, the last one for all that are longer."""

    chances: NDArray[np.float64]
    mean: float
    deviation: float


def coupon_collector(values: ArrayLike, *, probabilities: Any) -> Finding:
    """Compare the lengths of complete collections with their exact law.

    A collection begins after the one before it, and ends with the outcome that completes it. The law of its length
    comes for equal probabilities from the chain of how many kinds there are already, for unequal ones from inclusion
    and exclusion over all subsets of classes. The lengths are compared by chi-square, exactly where there are few.

    More than 64 equal kinds, unequal ones beyond ten, and kinds so rare that there would be less than 50 collections,
    are put together into classes of about equal probability, and classes are collected.

    Args:
        values: outcomes 0 to kinds - 1, shape [outcomes].
        probabilities: one for each kind, floats or fractions; the sum is one. A kind of probability zero is not waited
            for.

    Raises:
        BadInput: the outcomes or probabilities are not such.
    """
    expected = arguments.probabilities(probabilities)
    outcomes = sample(values, kinds=len(expected))
    parameters: dict[str, Any] = {"outcomes": len(outcomes), "kinds": len(expected)}
    chosen = _classes(expected, len(outcomes))
    if chosen is None:
        reason = f"{len(outcomes)} outcomes hold less than {_LEAST_COLLECTIONS} collections of even two classes"
        return not_applicable(_NAME, _SECTION, reason, parameters=parameters)
    classes, law = chosen
    kinds = int(classes.max()) + 1
    collections = planned(len(outcomes), mean=law.mean, deviation=law.deviation)
    plain = len(classes) == kinds and bool((classes == np.arange(kinds)).all())
    lengths = collection_lengths(outcomes if plain else mapped(outcomes, classes), kinds)
    counts = counted(lengths, collections, len(law.chances) - 1)
    found = fit(counts, law.chances, in_order=True)
    if found is None:
        return not_applicable(_NAME, _SECTION, "all collections have one length", parameters=parameters)
    missing = max(collections - len(lengths), 0)
    return Finding(
        _NAME,
        _SECTION,
        parameters | {"classes": kinds, "collections": collections},
        {
            "chi_square": found.chi_square,
            "degrees_of_freedom": found.degrees_of_freedom,
            "mean_length": float(lengths[:collections].mean()) if len(lengths) else math.nan,
            "expected_length": law.mean,
            "missing": missing,
        },
        (found.uneven,),
        notes=(f"{missing} of {collections} collections did not come to an end; they count as long",)
        if missing
        else (),
    )


def _classes(expected: NDArray[np.float64], outcomes: int) -> tuple[NDArray[np.intp], Lengths] | None:
    """Return which class each outcome is in, and the law of lengths, for the most classes that the sample allows."""
    possible = np.flatnonzero(expected > 0)
    if len(possible) < 2:
        return None
    equal = bool(np.allclose(expected[possible], expected[possible[0]], rtol=1e-12, atol=0))
    wanted = [len(possible)] if equal and len(possible) <= _MOST_EQUAL else []
    wanted += [number for number in range(_MOST_UNEQUAL, 1, -1) if number < len(possible) or not wanted]
    for number in dict.fromkeys(min(number, len(possible)) for number in wanted):
        classes = np.arange(len(expected)) if number == len(expected) else balanced(expected, number)
        weights = weights_of(classes, expected)
        # A collection takes at least as long as its rarest class, so most of what cannot be is seen without its law.
        if outcomes * weights.min() < _LEAST_COLLECTIONS:
            continue
        law = length_law(weights)
        if law is not None and planned(outcomes, mean=law.mean, deviation=law.deviation) >= _LEAST_COLLECTIONS:
            return classes, law
    return None


def length_law(weights: NDArray[np.float64]) -> Lengths | None:
    """Return the law of the number of outcomes until each class has occurred, or nothing if it would take too long.

    Args:
        weights: the probability of each class, two or more, none zero.
    """
    return _length_law(tuple(weights.tolist()))


@lru_cache(maxsize=16)  # a plan judges many samples of one game
def _length_law(probabilities: tuple[float, ...]) -> Lengths | None:
    weights = np.array(probabilities)
    kinds, rarest = len(weights), float(weights.min())
    longest = math.ceil(math.log(_TAIL / kinds) / math.log1p(-rarest))
    if np.allclose(weights, weights[0], rtol=1e-12, atol=0):
        complete = _complete_equal(kinds, longest)
    elif longest << kinds <= _SUBSETS_TIMES_LENGTHS:
        complete = _complete_unequal(weights, longest)
    else:
        return None
    chances = np.diff(complete, prepend=0.0).clip(min=0.0)
    chances = np.append(chances, max(1.0 - complete[-1], 0.0))
    chances /= chances.sum()
    places = np.arange(len(chances))
    mean = float(chances @ places)
    chances.flags.writeable = False
    return Lengths(chances, mean, math.sqrt(max(float(chances @ (places - mean) ** 2), 0.0)))


def _complete_equal(kinds: int, longest: int) -> NDArray[np.float64]:
    """Return the probability that all kinds have occurred after 0, 1 ... `longest` outcomes."""
    seen = np.zeros(kinds + 1)
    seen[0] = 1.0
    stay = np.arange(kinds + 1) / kinds
    move = 1 - stay[:-1]
    complete = np.empty(longest + 1)
    for length in range(longest + 1):
        complete[length] = seen[-1]
        after = seen * stay
        after[1:] += seen[:-1] * move
        seen = after
    return complete


def _complete_unequal(weights: NDArray[np.float64], longest: int) -> NDArray[np.float64]:
    """Return the same for unequal probabilities: the sum over subsets S of (-1)^|S| (1 - p(S))^r."""
    sums, signs = np.zeros(1), np.ones(1)
    for weight in weights:
        sums, signs = np.concatenate([sums, sums + weight]), np.concatenate([signs, -signs])
    rest = np.clip(1 - sums, 0.0, 1.0)
    rest[-1] = 0.0
    powers = np.ones(len(rest))
    complete = np.empty(longest + 1)
    for length in range(longest + 1):
        complete[length] = signs @ powers
        powers = powers * rest
    complete[: len(weights)] = 0.0  # so short no collection is; the sum gives its rounding
    return np.maximum.accumulate(complete.clip(0.0, 1.0))


def collection_lengths(values: Sample, kinds: int) -> NDArray[np.int32]:
    """Return the lengths of the complete collections, one after another."""
    few = kinds <= 12
    lengths: list[NDArray[np.int32]] = []
    start, window = 0, CHUNK if few else 4 * kinds * (math.ceil(math.log(kinds)) + 1)
    size = window
    while start < len(values):
        piece = values[start : start + size]
        found = _lengths_by_kind(piece, kinds) if few else _length_of_first(piece, kinds)
        if found:
            lengths.append(np.array(found, dtype=np.int32))
            start += sum(found)
            size = window
        elif start + size >= len(values):
            break
        else:
            size *= 2  # a collection longer than the window
    return np.concatenate(lengths) if lengths else np.zeros(0, dtype=np.int32)


def _length_of_first(piece: Sample, kinds: int) -> list[int]:
    """Return the length of the first collection, if it is complete; best where collections are long."""
    first = np.full(kinds, -1, dtype=np.int64)
    # Written from the end to the beginning, so that the first place of each kind is what stays.
    first[piece[::-1]] = np.arange(len(piece) - 1, -1, -1)
    return [] if first.min() < 0 else [int(first.max()) + 1]


def _lengths_by_kind(piece: Sample, kinds: int) -> list[int]:
    """Return the lengths of all complete collections: the end of one from each start, then the ends in turn."""
    places = np.arange(len(piece), dtype=np.int32)
    never = np.int32(len(piece))
    end = np.zeros(len(piece), dtype=np.int32)
    for kind in range(kinds):
        following = np.where(piece == kind, places, never)
        np.maximum(end, np.minimum.accumulate(following[::-1])[::-1], out=end)
    ends = end.tolist()
    lengths, start = [], 0
    while start < len(ends) and ends[start] < len(ends):
        lengths.append(ends[start] + 1 - start)
        start = ends[start] + 1
    return lengths
