"""Hold the tests against ideal data: whether each p-value is uniform, and how often each test really refuses."""

from __future__ import annotations

from statistical_tests.calibration.plan import BATTERIES, Plan
from statistical_tests.calibration.rates import (
    CONFIDENCE,
    LEVELS,
    Calibration,
    Column,
    Rate,
    Summary,
    clopper_pearson,
)
from statistical_tests.calibration.run import calibrate
from statistical_tests.calibration.table import table

__all__ = [
    "BATTERIES",
    "CONFIDENCE",
    "LEVELS",
    "Calibration",
    "Column",
    "Plan",
    "Rate",
    "Summary",
    "calibrate",
    "clopper_pearson",
    "table",
]
