"""How often each outcome came, beside how often it should have, and the residuals below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from statistical_tests import arguments
from statistical_tests.errors import BadInput
from statistical_tests.plots import svg
from statistical_tests.plots.frame import frame, heading

_HEIGHT = 520.0
_MOST = 1_000


def outcome_bars(
    counts: ArrayLike,
    *,
    probabilities: ArrayLike | Sequence[Any],
    labels: Sequence[str] | None = None,
    title: str = "Outcomes",
    level: float = 0.01,
    note: str = "",
) -> str:
    """Return bars of counts with ticks at the expected ones, and below the standardised residuals with their band.

    A residual is (count - n p) / sqrt(n p (1 - p)), near normal where n p is five or more. The band is at
    level / outcomes (Bonferroni), so that all residuals keep inside with probability near 1 - level.

    Args:
        counts: shape [outcomes], whole numbers, at most 1,000 kinds.
        probabilities: the expected ones, shape [outcomes].
        labels: of the outcomes; their numbers where not given.
        title: what the chart is of.
        level: of the band as a whole, in (0, 1).
        note: added to the description.

    Raises:
        BadInput: an argument is not in its range, shapes differ, or no outcome was counted.
    """
    observed, chances = arguments.counts(counts), arguments.probabilities(probabilities)
    names = [str(place) for place in range(len(chances))] if labels is None else [str(one) for one in labels]
    if observed.shape != chances.shape or len(names) != len(chances):
        raise BadInput(
            f"counts of shape {list(observed.shape)}, {len(chances)} probabilities and {len(names)} labels: "
            "there is one of each for every outcome"
        )
    if len(chances) > _MOST:
        raise BadInput(f"{len(chances)} kinds of outcomes: a chart shows {_MOST} at most; group them first")
    total = int(observed.sum())
    if not total:
        raise BadInput("counts are all zero: there is nothing to draw")
    expected = total * chances
    spread = np.sqrt(expected * (1 - chances))
    # What has no spread (a probability of 0 or 1) has a residual of zero, or is impossible and lies at the edge.
    residuals = np.where(spread > 0, (observed - expected) / np.where(spread > 0, spread, 1), 0.0)
    impossible = (spread == 0) & (observed != expected)
    reach = float(-special.ndtri(arguments.level(level) / len(chances) / 2))
    extent = 1.25 * max(reach, float(np.abs(residuals).max()))
    residuals = np.where(impossible, np.sign(observed - expected) * extent, residuals)

    width = max(720.0, 90.0 + 8.0 * len(chances))
    whole = frame((0, len(chances)), (0, 1.1 * max(float(observed.max()), float(expected.max()))), width=width)
    upper = replace(whole, height=230.0)
    lower = replace(whole, top=upper.bottom + 44, height=146.0, y_range=(-extent, extent))
    step = whole.width / len(chances)
    shown = max(1, int(-(-(6.5 * max(map(len, names)) + 6) // step)))  # so many columns to a label
    parts = [heading(title), upper.axes(x_name="", y_name="count", x_ticks=[])]
    parts += [
        lower.band(-reach, reach),
        lower.axes(
            x_name="outcome",
            y_name="residual",
            x_ticks=[(place + 0.5, names[place]) for place in range(0, len(names), shown)],
        ),
        lower.rule(0, dashes=""),
    ]
    outside = []
    for place, (count, should, residual) in enumerate(zip(observed, expected, residuals, strict=True)):
        left, middle = whole.left + place * step, whole.left + (place + 0.5) * step
        beyond = abs(residual) > reach
        colour = svg.ALERT if beyond else svg.MARK
        tip = f"{names[place]}: {count}, expected {should:.1f}, residual {residual:.2f}"
        top = upper.y(float(count))
        parts.append(
            svg.rectangle(left + 0.1 * step, top, 0.8 * step, upper.bottom - top, colour=colour, opacity=0.7, tip=tip)
        )
        parts.append(svg.line(left, upper.y(float(should)), left + step, upper.y(float(should)), width=1.5))
        at = lower.y(float(residual))
        parts.append(svg.line(middle, lower.y(0), middle, at, colour=colour))
        if beyond:
            outside.append(f"{names[place]} ({'impossible' if impossible[place] else f'{residual:.1f}'})")
            parts.append(svg.diamond(middle, at, 5, colour=svg.ALERT, tip=tip))
        else:
            parts.append(svg.circle(middle, at, min(3.0, 0.3 * step + 0.8), colour=svg.MARK, tip=tip))
    named = f": {', '.join(outside[:12])}{' and more' if len(outside) > 12 else ''}" if outside else ""
    description = (
        f"Counts of {total} outcomes of {len(chances)} kinds beside the expected ones, and standardised residuals. "
        f"{len(outside) or 'None'} beyond {reach:.2f}, the limit at {level:g} of all together{named}."
        + (f" {note}" if note else "")
    )
    return svg.document(parts, width=width, height=_HEIGHT, title=title, description=description)
