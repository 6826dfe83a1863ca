"""What an estimator says of the min-entropy of a sample."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from statistical_tests.errors import BadInput

Value = int | float | str | tuple[int, ...] | tuple[float, ...]

QUANTILE_995 = 2.5758293035489004
"""Of the normal distribution: bounds of 99 % confidence. The standard prints 2.576; NIST's program uses all digits."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Hold what one estimator found.

    Args:
        name: the estimator, as the standard heads it.
        section: where it is described, such as ``SP 800-90B 6.3.1``.
        min_entropy: bits a sample; None where the estimator is not applicable.
        statistic: what was computed from the samples, by name.
        parameters: what the estimator was asked for.
        reason: why it is not applicable; empty where it is.

    Raises:
        ValueError: the min-entropy is missing, not a number or negative, or stands beside a reason. This is a fault of
            the estimator.
    """

    name: str
    section: str
    min_entropy: float | None
    statistic: Mapping[str, Value]
    parameters: Mapping[str, Value]
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.min_entropy is None) != bool(self.reason):
            raise ValueError(f"{self.name} has a min-entropy or a reason why it has none")
        if self.min_entropy is not None and not 0 <= self.min_entropy < math.inf:
            raise ValueError(f"{self.name}: {self.min_entropy} is no min-entropy")
        object.__setattr__(self, "statistic", MappingProxyType(dict(self.statistic)))
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    @property
    def applicable(self) -> bool:
        """Whether there is an estimate."""
        return not self.reason

    def as_json(self) -> dict[str, Any]:
        """Return the estimate as JSON can hold it."""
        found: dict[str, Any] = {
            "name": self.name,
            "section": self.section,
            "min_entropy": self.min_entropy,
            "parameters": {key: _json(value) for key, value in self.parameters.items()},
            "statistic": {key: _json(value) for key, value in self.statistic.items()},
            "applicable": self.applicable,
        }
        if self.reason:
            found["reason"] = self.reason
        return found


def _json(value: Value) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def not_estimated(
    name: str,
    section: str,
    reason: str,
    *,
    parameters: Mapping[str, Value] | None = None,
    statistic: Mapping[str, Value] | None = None,
) -> Estimate:
    """Return the estimate of an estimator that these samples do not allow, with the numbers that say why."""
    return Estimate(name, section, None, statistic or {}, parameters or {}, reason)


def min_entropy(probability: float) -> float:
    """Return -log2 of a probability above 0 and at most 1; 0 and not -0 at 1."""
    if not 0 < probability <= 1:
        raise BadInput(f"{probability} is no probability above 0")
    return -math.log2(probability) if probability < 1 else 0.0


def upper_bound(probability: float, number: int) -> float:
    """Return the upper end of a 99 % interval about a proportion of `number` samples, at most 1 (6.3.1, step 2)."""
    return min(1.0, probability + QUANTILE_995 * math.sqrt(probability * (1 - probability) / (number - 1)))


def bisect(value_at: Callable[[float], float], target: float, low: float, high: float) -> float:
    """Return where a falling function meets `target` between `low` and `high`, to the last bit of a double."""
    while True:
        middle = (low + high) / 2
        if not low < middle < high:
            return high
        if value_at(middle) > target:
            low = middle
        else:
            high = middle
