"""The two health tests over samples that were recorded, and their cutoffs (SP 800-90B section 4.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statistical_tests.arguments import whole_number
from statistical_tests.errors import BadInput
from statistical_tests.sp800_90b.samples import Samples, require_samples

ALPHA = Fraction(1, 1 << 20)
"""How often a healthy source alarms by chance, at a sample or in a window: what the standard's tables are made for."""
WINDOW_OF_BITS = 1024
WINDOW_OF_OTHERS = 512
MOST_WINDOW = 1 << 20
_DIGITS = Context(prec=60)
_SAME = Decimal("1e-40")  # what is that close is the same: rounding alone parts it

Number = int | float | Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Alarms:
    """Hold where a health test would have raised an alarm.

    Args:
        name: the test.
        section: where it is described.
        cutoff: the count that raises an alarm, C.
        window: samples that a count is of; None for the repetition count.
        samples: how many were looked at.
        places: int64, the sample, from 0, at which each alarm is raised, ascending.
    """

    name: str
    section: str
    cutoff: int
    window: int | None
    samples: int
    places: NDArray[np.int64]

    @property
    def number(self) -> int:
        """How many alarms there are."""
        return len(self.places)

    def as_json(self) -> dict[str, Any]:
        """Return the alarms as JSON can hold them."""
        return {
            "name": self.name,
            "section": self.section,
            "parameters": {"cutoff": self.cutoff, **({"window": self.window} if self.window else {})},
            "samples": self.samples,
            "alarms": self.number,
            "places": self.places.tolist(),
        }


def repetition_count_cutoff(min_entropy: Number, *, alpha: Number = ALPHA) -> int:
    """Return how many equal samples in a row have probability `alpha` or less: C = 1 + ceil(-log2(alpha) / H).

    Args:
        min_entropy: H, bits a sample, above 0; a float is read as the decimal number that it prints as.
        alpha: above 0 and below 1.

    Raises:
        BadInput: one of them is out of range.
    """
    entropy, chance = _entropy(min_entropy), _alpha(alpha)
    with localcontext(_DIGITS):
        quotient = -_decimal(chance).ln() / Decimal(2).ln() / _decimal(entropy)
        nearest = quotient.to_integral_value()
        return 1 + int(nearest if abs(quotient - nearest) < _SAME else math.ceil(quotient))


def adaptive_proportion_cutoff(
    min_entropy: Number, *, window: int, alpha: Number = ALPHA, first_given: bool = False
) -> int:
    """Return which count of a window's first sample has probability `alpha` or less.

    The standard counts the first sample as one of `window` that each equal it with probability 2^-H: C is 1 + the
    smallest k with P(X <= k) >= 1 - alpha. In truth the first is there for certain and `window` - 1 are left to chance:
    then C is 2 + that k. The tail is summed with 60 digits.

    Args:
        min_entropy: H, bits a sample, above 0; a float is read as the decimal number that it prints as.
        window: samples in a window, W, 2 or more.
        alpha: above 0 and below 1.
        first_given: count as in truth instead of as the standard does.

    Returns:
        the cutoff, `window` + 1 where no count in a window has so small a probability.

    Raises:
        BadInput: one of them is out of range.
    """
    entropy, chance = _entropy(min_entropy), _alpha(alpha)
    window = whole_number(window, "window", least=2, most=MOST_WINDOW)
    number = window - first_given
    with localcontext(_DIGITS):
        probability = Decimal(2) ** -_decimal(entropy)
        odds = (1 - probability) / probability
        term = probability**number  # that of exactly k
        tail, k, limit = term, number, _decimal(chance)
        while tail <= limit * (1 + _SAME) and k > 0:
            term *= odds * k / (number - k + 1)
            tail += term
            k -= 1
    return k + 1 + first_given


def repetition_count(samples: Samples, *, cutoff: int) -> Alarms:
    """Find where a sample came `cutoff` times in a row (section 4.4.1); after an alarm the count begins anew.

    Args:
        samples: in the order in which the source gave them.
        cutoff: C, 2 or more; see `repetition_count_cutoff`.

    Raises:
        BadInput: the cutoff is not 2 or more.
    """
    samples = require_samples(samples)
    cutoff = whole_number(cutoff, "cutoff", least=2)
    values = samples.values
    starts = np.concatenate(([0], np.flatnonzero(values[1:] != values[:-1]) + 1)) if len(values) else np.zeros(0, int)
    lengths = np.diff(starts, append=len(values))
    places = [
        np.arange(start + cutoff - 1, start + length, cutoff, dtype=np.int64)
        for start, length in zip(starts[lengths >= cutoff], lengths[lengths >= cutoff], strict=True)
    ]
    found = np.concatenate([np.zeros(0, dtype=np.int64), *places])
    return Alarms("RepetitionCount", "SP 800-90B 4.4.1", cutoff, None, len(values), found)


def adaptive_proportion(samples: Samples, *, cutoff: int, window: int | None = None) -> Alarms:
    """Find in which windows the first sample came `cutoff` times, and where (section 4.4.2).

    Windows follow one another without overlap; the last may be shorter. A window raises one alarm at most.

    Args:
        samples: in the order in which the source gave them.
        cutoff: C, 2 or more; see `adaptive_proportion_cutoff`.
        window: samples in a window; 1024 of single bits and 512 of others unless given.

    Raises:
        BadInput: the cutoff or the window is out of range.
    """
    samples = require_samples(samples)
    cutoff = whole_number(cutoff, "cutoff", least=2)
    usual = WINDOW_OF_BITS if samples.width == 1 else WINDOW_OF_OTHERS
    window = usual if window is None else whole_number(window, "window", least=2, most=MOST_WINDOW)
    values = samples.values
    whole = len(values) // window
    rows = values[: whole * window].reshape(whole, window)
    rest = values[whole * window :][None, :]
    found = np.concatenate((_reached(rows, cutoff), whole * window + _reached(rest, cutoff)))
    return Alarms("AdaptiveProportion", "SP 800-90B 4.4.2", cutoff, window, len(values), found)


def _reached(rows: NDArray[np.uint8], cutoff: int) -> NDArray[np.int64]:
    """Return where, counted through all rows, the first value of a row is there for the `cutoff`-th time in it."""
    if not rows.size:
        return np.zeros(0, dtype=np.int64)
    there = rows == rows[:, :1]
    late = np.flatnonzero(there.sum(axis=1) >= cutoff)
    place: NDArray[np.int64] = late * rows.shape[1] + np.argmax(
        np.cumsum(there[late], axis=1, dtype=np.int32) >= cutoff, axis=1
    )
    return place


def _fraction(value: Any, name: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction | np.floating | np.integer):
        raise BadInput(f"{name} is a number, not {value!r}")
    if not math.isfinite(value):
        raise BadInput(f"{name} is {value}: it must be finite")
    return (
        Fraction(str(value))
        if isinstance(value, float | np.floating)
        else Fraction(value if isinstance(value, Fraction) else int(value))
    )


def _entropy(value: Number) -> Fraction:
    entropy = _fraction(value, "min_entropy")
    if not 0 < entropy <= 64:
        raise BadInput(f"min_entropy is {value}: bits a sample are above 0 and at most 64")
    return entropy


def _alpha(value: Number) -> Fraction:
    alpha = _fraction(value, "alpha")
    if isinstance(value, float) and math.frexp(value)[0] == 0.5:
        alpha = Fraction(value)  # a power of two, which would lose digits as it is printed
    if not 0 < alpha < 1:
        raise BadInput(f"alpha is {value}: a probability of alarm is above 0 and below 1")
    return alpha


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
