"""P-values of many streams: their histogram, and how far their distribution lies from uniform."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from statistical_tests import arguments
from statistical_tests.plots import svg
from statistical_tests.plots.frame import frame, heading

_WIDTH, _HEIGHT = 720.0, 360.0


def p_value_histogram(
    p_values: ArrayLike, *, title: str = "p-values", bins: int = 10, level: float = 0.01, note: str = ""
) -> str:
    """Return a histogram of p-values with a band that all its bars keep to with probability 1 - level or more.

    The band is exact: the limits of a binomial count at level / bins for each bar.

    Args:
        p_values: shape [streams], each in [0, 1]; independent of one another for the band to hold.
        title: what they are of.
        bins: how many equal bars, 2 to 100.
        level: of the band as a whole, in (0, 1).
        note: added to the description.

    Raises:
        BadInput: an argument is not in its range.
    """
    values = arguments.p_values(p_values)
    bins = arguments.whole_number(bins, "bins", least=2, most=100)
    each = arguments.level(level) / bins / 2
    counts = np.bincount(np.minimum((values * bins).astype(np.int64), bins - 1), minlength=bins)
    low = float(stats.binom.ppf(each, len(values), 1 / bins))
    high = float(stats.binom.isf(each, len(values), 1 / bins))
    plane = frame((0, 1), (0, 1.15 * max(float(counts.max()), high)), width=_WIDTH, height=_HEIGHT)
    parts = [heading(title), plane.band(low, high), plane.axes(x_name="p-value", y_name="streams")]
    for place, count in enumerate(counts):
        beyond = not low <= count <= high
        left, right = plane.x(place / bins) + 1.5, plane.x((place + 1) / bins) - 1.5
        top = plane.y(float(count))
        tip = f"{place / bins:g} to {(place + 1) / bins:g}: {count}, expected {len(values) / bins:g}"
        colour = svg.ALERT if beyond else svg.MARK
        parts.append(svg.rectangle(left, top, right - left, plane.bottom - top, colour=colour, opacity=0.7, tip=tip))
        if beyond:
            parts.append(svg.diamond((left + right) / 2, top - 8, 5, colour=svg.ALERT))
    parts.append(plane.rule(len(values) / bins))
    outside = int(np.count_nonzero((counts < low) | (counts > high)))
    description = (
        f"Histogram of {len(values)} p-values in {bins} bars; {len(values) / bins:g} are expected in each, and "
        f"{low:.0f} to {high:.0f} at the level {level:g} of all bars together. Counts: {', '.join(map(str, counts))}. "
        f"{outside or 'None'} outside." + (f" {note}" if note else "")
    )
    return svg.document(parts, width=_WIDTH, height=_HEIGHT, title=title, description=description)


def p_value_deviation(
    p_values: ArrayLike, *, title: str = "p-values less uniform", level: float = 0.01, note: str = ""
) -> str:
    """Return how far the share of p-values up to each point lies from that point, with a band after Kolmogorov.

    Uniform p-values keep inside the band with probability 1 - level. A bow above zero on the left is of p-values that
    are too small.

    Args:
        p_values: shape [streams], each in [0, 1]; independent of one another for the band to hold.
        title: what they are of.
        level: of the band, in (0, 1).
        note: added to the description.

    Raises:
        BadInput: an argument is not in its range.
    """
    values = np.sort(arguments.p_values(p_values))
    count = len(values)
    reach = float(stats.kstwo.isf(arguments.level(level), count))
    # At each different p-value the share jumps: the line goes to the point before the jump, and then to the one after.
    points, first = np.unique(values, return_index=True)
    before = first / count
    after = np.append(first[1:], count) / count
    farthest = max(float(np.max(after - points)), float(np.max(points - before)))
    extent = 1.15 * max(reach, farthest)
    plane = frame((0, 1), (-extent, extent), width=_WIDTH, height=_HEIGHT)
    steps = [(plane.x(0), plane.y(0))]
    for point, low, high in zip(points, before, after, strict=True):
        steps += [(plane.x(point), plane.y(low - point)), (plane.x(point), plane.y(high - point))]
    steps.append((plane.x(1), plane.y(0)))
    outside = farthest > reach
    parts = [
        heading(title),
        plane.band(-reach, reach),
        plane.axes(x_name="p-value", y_name="share less p-value"),
        plane.rule(0),
        svg.path(_thinned(steps), colour=svg.ALERT if outside else svg.MARK, width=2.5 if outside else 1.5),
    ]
    description = (
        f"Distribution of {count} p-values less the uniform one. The greatest distance is {farthest:.4f}; at the level "
        f"{level:g} it is at most {reach:.4f}, so that the line {'leaves' if outside else 'keeps inside'} the band."
        + (f" {note}" if note else "")
    )
    return svg.document(parts, width=_WIDTH, height=_HEIGHT, title=title, description=description)


def _thinned(steps: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points that make a difference: in each column of pixels the first, lowest, highest and last."""
    kept: list[tuple[float, float]] = []
    start = 0
    for place in range(1, len(steps) + 1):
        if place == len(steps) or int(steps[place][0]) != int(steps[start][0]):
            inside = range(start, place)
            extremes = {
                start,
                min(inside, key=lambda one: steps[one][1]),
                max(inside, key=lambda one: steps[one][1]),
                place - 1,
            }
            kept += [steps[one] for one in sorted(extremes)]
            start = place
    return kept
