"""Pictures of findings as SVG, without a plotting library: functions of numbers, the same bytes everywhere."""

from __future__ import annotations

from statistical_tests.plots.autocorrelation import autocorrelation_chart, correlations_of
from statistical_tests.plots.findings import of_findings
from statistical_tests.plots.heat_map import heat_map
from statistical_tests.plots.outcomes import outcome_bars
from statistical_tests.plots.p_values import p_value_deviation, p_value_histogram
from statistical_tests.plots.proportions import Passed, proportion_chart

__all__ = [
    "Passed",
    "autocorrelation_chart",
    "correlations_of",
    "heat_map",
    "of_findings",
    "outcome_bars",
    "p_value_deviation",
    "p_value_histogram",
    "proportion_chart",
]
