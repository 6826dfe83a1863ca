"""What a test reaches, and the checks and searches that questions of power share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize

from statistical_tests import arguments
from statistical_tests.errors import BadInput

MOST_SAMPLES = 2**50  # beyond it scipy's binomial quantiles are no longer exact


@dataclass(frozen=True, slots=True)
class Reach:
    """Hold the smallest fault that a test of a sample sees with a given power.

    Args:
        test: which test.
        samples: how many bits, outcomes or rounds.
        level: the significance level of this test.
        power: how surely the fault is seen.
        effect: the size of the fault; infinite where no fault at all would be seen so surely.
        unit: what the effect is a size of.
        exact: whether the power is computed from the exact distribution, and not from a limit for large samples.
    """

    test: str
    samples: int
    level: float
    power: float
    effect: float
    unit: str
    exact: bool

    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON can hold them; an infinite effect is null."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return fields | {"effect": self.effect if math.isfinite(self.effect) else None}


def samples(value: int, least: int = 1) -> int:
    """Return a number of samples, from `least` to 2^50.

    Raises:
        BadInput: it is not one.
    """
    return arguments.whole_number(value, "samples", least=least, most=MOST_SAMPLES)


def power(value: float, level: float) -> float:
    """Return a power that lies above the level.

    Raises:
        BadInput: it does not, or is not below one.
    """
    power = arguments.level(value, "power")
    if power <= level:
        raise BadInput(f"power is {power:g}: without any bias it is {level:g} already, so ask for more")
    return power


def real(value: float, name: str, least: float, most: float) -> None:
    """Check that a value is a number from `least` to `most`.

    Raises:
        BadInput: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise BadInput(f"{name} is a number, not {value!r}")
    if not least <= value <= most:
        raise BadInput(f"{name} is {value}: it must be from {least:g} to {most:g}")


def root(lacking: Callable[[float], float], top: float) -> float:
    """Return where a function that rises from below zero reaches it, from 0 to `top`; infinity where it does not."""
    if lacking(top) < 0:
        return math.inf
    return float(optimize.brentq(lacking, 0.0, top, xtol=1e-300, rtol=1e-12, maxiter=1000))


def least(enough: Callable[[int], bool]) -> int:
    """Return a size that is enough while the one before is not, by bisection."""
    top = 1
    while not enough(top):
        top *= 2
        if top > MOST_SAMPLES:
            raise BadInput("it takes more than 2^50 samples to see so small a bias")
    bottom = top // 2
    while top - bottom > 1:
        middle = (bottom + top) // 2
        bottom, top = (bottom, middle) if enough(middle) else (middle, top)
    return top


def whole_samples(value: float) -> int:
    """Return the next whole number of samples.

    Raises:
        BadInput: there are more than 2^50.
    """
    if value > MOST_SAMPLES:
        raise BadInput("it takes more than 2^50 samples to see so small a bias")
    return math.ceil(value)
