"""The proportion of streams that pass, column by column, with its exact limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy import stats

from statistical_tests import arguments
from statistical_tests.errors import BadInput
from statistical_tests.plots import svg
from statistical_tests.plots.frame import frame, heading

NAME_ROWS = 5
_HEIGHT = 420.0


@dataclass(frozen=True, slots=True)
class Passed:
    """Hold how many streams of a column passed.

    Args:
        name: of the column.
        passed: how many p-values were at least `level`.
        of: how many there were, 1 or more.

    Raises:
        BadInput: more passed than there were, or there were none.
    """

    name: str
    passed: int
    of: int

    def __post_init__(self) -> None:
        arguments.whole_number(self.of, "of", least=1)
        arguments.whole_number(self.passed, "passed", least=0, most=self.of)


def proportion_chart(
    columns: Sequence[Passed],
    *,
    title: str = "Streams that pass",
    level: float = 0.01,
    family: float = 0.01,
    note: str = "",
) -> str:
    """Return a chart of the share of streams that pass in each column, with exact binomial limits.

    All columns together keep to their limits with probability 1 - family or more (Bonferroni): each has the limits of
    a binomial count at family / columns. Columns that have fewer streams have wider limits.

    Args:
        columns: one or more.
        title: what the chart is of.
        level: at which a single p-value passes, in (0, 1).
        family: level of all limits together, in (0, 1).
        note: added to the description.

    Raises:
        BadInput: an argument is not in its range.
    """
    if not columns:
        raise BadInput("columns are empty: a chart has one or more")
    level = arguments.level(level)
    each = arguments.level(family, "family") / len(columns) / 2
    limits = [
        (
            float(stats.binom.ppf(each, one.of, 1 - level)) / one.of,
            float(stats.binom.isf(each, one.of, 1 - level)) / one.of,
        )
        for one in columns
    ]
    shares = [one.passed / one.of for one in columns]
    lowest = min([*shares, *(low for low, _ in limits)])
    room = max((1 - lowest) * 0.12, 1e-6)
    width = max(720.0, 100.0 + 4.0 * len(columns))
    whole = frame((0, len(columns)), (max(0.0, lowest - room), 1 + room / 2), width=width, height=_HEIGHT)
    plane = replace(whole, height=whole.height - 12 * (NAME_ROWS - 2))
    step = plane.width / len(columns)
    parts = [heading(title), plane.axes(x_name="", y_name="share that passes", x_ticks=[])]
    outside = []
    for place, (one, share, (low, high)) in enumerate(zip(columns, shares, limits, strict=True)):
        left, middle = plane.left + place * step, plane.left + (place + 0.5) * step
        top, bottom = plane.y(high), plane.y(low)
        parts.append(svg.rectangle(left, top, step, bottom - top, colour=svg.INK, opacity=0.2))
        tip = f"{one.name}: {one.passed} of {one.of}, limits {low * one.of:.0f} to {high * one.of:.0f}"
        if low <= share <= high:
            parts.append(svg.circle(middle, plane.y(share), min(3.5, 0.35 * step + 1), colour=svg.MARK, tip=tip))
        else:
            outside.append(one.name)
            parts.append(svg.diamond(middle, plane.y(share), 5.5, colour=svg.ALERT, tip=tip))
    parts.append(plane.rule(1 - level))
    parts += group_names([one.name for one in columns], left=plane.left, step=step, y=plane.bottom, right=width)
    named = f": {', '.join(outside[:12])}{' and more' if len(outside) > 12 else ''}" if outside else ""
    description = (
        f"Share of streams whose p-value is at least {level:g}, in {len(columns)} columns; {1 - level:g} is expected. "
        f"{len(outside) or 'None'} outside the exact limits at {family:g} of all together{named}."
        + (f" {note}" if note else "")
    )
    return svg.document(parts, width=width, height=_HEIGHT, title=title, description=description)


def group_names(names: Sequence[str], *, left: float, step: float, y: float, right: float) -> list[str]:
    """Return names below a row of columns, once for each stretch of columns of one test, and never on each other.

    They take up to `NAME_ROWS` rows of 12 units; a name for which none of them has room is left out.

    Args:
        names: of the columns; a test's name and its column's stand apart by the first blank.
        left: x of the first column.
        step: width of a column.
        y: of the lower edge of the plane.
        right: x that no name may pass.
    """
    parts, start = [], 0
    free = [0.0] * NAME_ROWS
    tests = [name.split(" ", 1)[0] for name in names]
    for place in range(1, len(tests) + 1):
        if place < len(tests) and tests[place] == tests[start]:
            continue
        begin, end = left + start * step, left + place * step
        half = 3.0 * len(tests[start])  # letters of size 10 are about 6 wide
        middle = max(half, min((begin + end) / 2, right - half))
        parts.append(svg.line(begin, y, begin, y + 4))
        row = next((row for row in range(NAME_ROWS) if middle - half >= free[row]), None)
        if row is not None:
            parts.append(svg.label(tests[start], middle, y + 15 + 12 * row, anchor="middle", size=10))
            free[row] = middle + half + 4
        start = place
    return parts
