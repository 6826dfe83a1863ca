"""All p-values at once: streams down, tests across, and the small ones stand out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statistical_tests.errors import BadInput
from statistical_tests.plots import svg
from statistical_tests.plots.frame import heading
from statistical_tests.plots.proportions import group_names

# The smaller a p-value, the more of its cell is filled: size tells it to those who see no colours.
_CLASSES = ((0.0001, 1.0, svg.ALERT), (0.001, 0.75, svg.ALERT), (0.01, 0.5, svg.MARK))
_LEFT, _TOP, _BOTTOM, _RIGHT = 64.0, 72.0, 84.0, 20.0


def heat_map(p_values: ArrayLike, *, columns: Sequence[str], title: str = "p-values by stream and test") -> str:
    """Return a map with a cell for each stream and column; the smaller the p-value, the more of its cell is filled.

    Args:
        p_values: shape [streams, columns], each in [0, 1], or NaN where a test was not applicable.
        columns: names, in the order of the columns; those of one test begin with the same word.
        title: what the map is of.

    Raises:
        BadInput: the shape does not fit the names, or one is neither NaN nor from 0 to 1.
    """
    values: NDArray[np.float64] = np.asarray(p_values, dtype=np.float64)
    if values.ndim != 2 or not values.size or values.shape[1] != len(columns):
        raise BadInput(f"p_values have the shape {list(values.shape)}: streams by {len(columns)} columns are needed")
    wrong = np.argwhere(~(np.isnan(values) | ((values >= 0) & (values <= 1))))
    if len(wrong):
        row, column = (int(one) for one in wrong[0])
        raise BadInput(f"p_values[{row}, {column}] is {values[row, column]}: a p-value is from 0 to 1, or NaN")
    streams, count = values.shape
    across = min(24.0, max(4.0, 860 / count))
    down = min(16.0, max(3.0, 560 / streams))
    width, height = max(560.0, _LEFT + across * count + _RIGHT), _TOP + down * streams + _BOTTOM
    parts = [heading(title), *_legend()]
    parts.append(svg.rectangle(_LEFT, _TOP, across * count, down * streams, colour=svg.INK, opacity=0.12))
    absent = np.isnan(values)
    if absent.any():
        parts.append(_cells(absent, across, down, share=1, colour=svg.INK, opacity=0.35))
    done = np.zeros_like(absent)
    told = []
    for level, share, colour in _CLASSES:
        here = (values <= level) & ~done
        done |= here
        told.append(f"{int(done.sum())} at most {level:g}")
        if here.any():
            parts.append(_cells(here, across, down, share=share, colour=colour))
    for stream in sorted({0, streams // 2, streams - 1}):
        parts.append(svg.label(str(stream), _LEFT - 7, _TOP + (stream + 0.5) * down + 4, anchor="end", size=11))
    parts.append(svg.label("stream", 16, _TOP + down * streams / 2, anchor="middle", turned=-90))
    parts += group_names(columns, left=_LEFT, step=across, y=_TOP + down * streams, right=width)
    present = int((~absent).sum())
    # The worst cells are named, so that the map can be read without being seen.
    order = np.argsort(np.where(absent, 2.0, values), axis=None, kind="stable")[:5]
    worst = [
        f"{columns[place % count]} in stream {place // count}: {values.flat[place]:.2g}"
        for place in map(int, order)
        if not absent.flat[place]
    ]
    description = (
        f"{streams} streams by {count} columns: {present} p-values, {int(absent.sum())} not applicable. "
        f"{', '.join(told)}. " + (f"The smallest: {'; '.join(worst)}." if worst else "")
    )
    return svg.document(parts, width=width, height=height, title=title, description=description)


def _cells(
    chosen: NDArray[np.bool_], across: float, down: float, *, share: float, colour: str, opacity: float = 1
) -> str:
    """Return all cells of one class as one path, so that a map of many cells stays small."""
    width, height = across * share, down * share
    steps = "".join(
        f"M{svg.number(_LEFT + column * across + (across - width) / 2)} "
        f"{svg.number(_TOP + row * down + (down - height) / 2)}"
        f"h{svg.number(width)}v{svg.number(height)}h{svg.number(-width)}z"
        for row, column in np.argwhere(chosen)
    )
    return svg.element("path", d=steps, fill=colour, fill_opacity=opacity)


def _legend() -> list[str]:
    parts, x = [], _LEFT
    for level, share, colour in reversed(_CLASSES):
        size = 14 * share
        parts.append(svg.rectangle(x, _TOP - 22, 14, 14, colour=svg.INK, opacity=0.12))
        parts.append(svg.rectangle(x + 7 - size / 2, _TOP - 15 - size / 2, size, size, colour=colour))
        parts.append(svg.label(f"at most {level:g}", x + 19, _TOP - 11, size=11))
        x += 118
    parts.append(svg.rectangle(x, _TOP - 22, 14, 14, colour=svg.INK, opacity=0.35))
    parts.append(svg.label("not applicable", x + 19, _TOP - 11, size=11))
    return parts
