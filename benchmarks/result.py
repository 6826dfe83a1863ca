"""One figure that a benchmark measured."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """Hold one measured figure with its unit, and what a reader must know to judge it.

    `name` says what was measured, `value` is a finite number in `unit` (for example "ms", "rounds/s" or "ratio"), and
    `note` says how: the sample, the spread, or what it is compared with.
    """

    name: str
    value: float
    unit: str
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a figure that cannot be printed or compared."""
        if not self.name or not self.unit:
            raise ValueError(f"a result needs a name and a unit, got name={self.name!r}, unit={self.unit!r}")
        if not math.isfinite(self.value):
            raise ValueError(f"{self.name}: value must be a finite number, got {self.value!r}")

    def line(self) -> str:
        """Write the figure as one aligned line."""
        text = f"{self.value:,.0f}" if abs(self.value) >= 1000 else f"{self.value:.3g}"
        return f"  {self.name:<48} {text:>14} {self.unit:<12} {self.note}".rstrip()
