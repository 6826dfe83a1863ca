"""The table of a calibration, as Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from statistical_tests.calibration.plan import Plan
from statistical_tests.calibration.rates import CONFIDENCE, LEVELS, Calibration, Column, Rate, Summary
from statistical_tests.multiplicity import holm

UNITS = {
    "nist": "SP 800-22, corrected",
    "nist-compat": "SP 800-22, nist-compat",
    "bits": "more tests of bits",
    "outcomes": "outcomes",
    "draws": "draws without replacement",
    "shuffles": "shuffles",
}


def table(calibration: Calibration) -> str:
    """Return the calibration as Markdown, one row a test; the same calibration gives the same text.

    The columns of a test's p-values are pooled in its row. "uniform" and "too small" are the least p-values of its
    columns, adjusted by Holm over all columns of all tests in the table: of one calibration on tests that are right,
    the least of them all is under 0.01 once in a hundred times. A statistic that takes few values cannot have uniform
    p-values, so that the number of values stands there instead.
    """
    lines = [
        *_about(calibration.plan),
        "",
        "| test | columns | streams | " + " | ".join(f"at {level:g}" for level in LEVELS) + " | "
        f"family at {LEVELS[0]:g} | uniform | too small |",
        "|---|--:|--:|" + "--:|" * (len(LEVELS) + 3),
    ]
    # Kolmogorov's distance is known to some 1 / sqrt(streams); the steps of fewer values would be taken for a fault.
    discrete = [one.distinct < 4 * math.sqrt(one.streams) for one in calibration.columns]
    uniform = _adjusted([1.0 if few else one.uniform for few, one in zip(discrete, calibration.columns, strict=True)])
    small = _adjusted([one.too_small for one in calibration.columns])
    battery = ""
    for row in calibration.summaries:
        if row.battery != battery:
            battery = row.battery
            lines.append(f"| **{UNITS.get(battery, battery)}** |" + " |" * (len(LEVELS) + 5))
        places = [place for place, one in enumerate(calibration.columns) if _same(one, row)]
        smooth = [uniform[place] for place in places if not discrete[place]]
        few = max((calibration.columns[place].distinct for place in places if discrete[place]), default=0)
        cells = [
            _label(row, calibration.summaries),
            str(row.columns),
            f"{row.streams:,}",
            *(_pooled(row, place) for place in range(len(LEVELS))),
            _rate(row.family[0]),
            _p_value(min(smooth)) if smooth else f"{few} value{'s' if few > 1 else ''}",
            _p_value(min(small[place] for place in places)),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    if calibration.inapplicable:
        lines += ["", "Never applicable to so little data:", ""]
    lines += [f"- {name}: {reason}" for _, name, reason in calibration.inapplicable]
    lines += [
        "",
        f"Bounds in parentheses are Clopper and Pearson's at {CONFIDENCE:.0%}. A test with several columns has no such "
        "bounds at each level, because its columns depend on one another; its family rate has.",
    ]
    return "\n".join(lines) + "\n"


def _about(plan: Plan) -> list[str]:
    """Return what makes the same table again."""
    sizes = []
    if {"nist", "nist-compat", "bits"} & set(plan.batteries):
        sizes.append(f"{plan.stream_bits:,} bits")
    if "outcomes" in plan.batteries:
        sizes.append(f"{plan.outcomes:,} outcomes of {plan.kinds} kinds")
    if "draws" in plan.batteries:
        sizes.append(f"{plan.draws:,} draws of {plan.drawn} balls out of {plan.balls}")
    if "shuffles" in plan.batteries:
        sizes.append(f"{plan.decks:,} decks of {plan.cards} cards")
    each = f"; a stream has {', '.join(sizes)}" if sizes else ""
    return [f"{plan.streams:,} streams of the generator `{plan.generator}`, seed `{plan.seed}`{each}."]


def _adjusted(values: Sequence[float]) -> list[float]:
    return [float(one) for one in holm(values)] if values else []


def _same(column: Column, row: Summary) -> bool:
    return (column.battery, column.name, column.occurrence) == (row.battery, row.name, row.occurrence)


def _label(row: Summary, rows: Sequence[Summary]) -> str:
    """Return the test's name, with the parameters in which findings of one name differ."""
    alike = [json.loads(one.parameters) for one in rows if (one.battery, one.name) == (row.battery, row.name)]
    mine = json.loads(row.parameters)
    differing = [name for name in mine if any(one.get(name) != mine[name] for one in alike)]
    told = ", ".join(f"{name} {mine[name]}" for name in differing)
    return f"{row.name} ({told})" if told else row.name


def _pooled(row: Summary, place: int) -> str:
    # With one column the pooled rate is that of the family, which has bounds.
    return _rate(row.family[place]) if row.columns == 1 else f"{row.pooled[place]:.{_digits(LEVELS[place])}f}"


def _rate(rate: Rate) -> str:
    digits = _digits(rate.level)
    return f"{rate.rate:.{digits}f} ({rate.low:.{digits}f}-{rate.high:.{digits}f})"


def _digits(level: float) -> int:
    return 2 - math.floor(math.log10(level))


def _p_value(value: float) -> str:
    return f"{value:.1e}" if value < 0.001 else f"{value:.3f}"
