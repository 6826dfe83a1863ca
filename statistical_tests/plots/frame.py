"""The frame of a chart: a plane with two scales, its axes, ticks, grid and names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from statistical_tests.plots import svg

_MARGIN_TOP, _MARGIN_RIGHT, _MARGIN_BOTTOM, _MARGIN_LEFT = 44.0, 20.0, 48.0, 64.0


@dataclass(frozen=True, slots=True)
class Frame:
    """Hold a plane: where values lie in a picture.

    Args:
        left: x of the plane's left edge in the picture.
        top: y of its upper edge.
        width: of the plane.
        height: of the plane.
        x_range: the values at its left and right edge; they differ.
        y_range: the values at its lower and upper edge; they differ.
    """

    left: float
    top: float
    width: float
    height: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def x(self, value: float) -> float:
        """Return where a value of the horizontal scale lies; what is beyond the edges lies on them."""
        return self.left + self.width * _share(value, self.x_range)

    def y(self, value: float) -> float:
        """Return where a value of the vertical scale lies; what is beyond the edges lies on them."""
        return self.top + self.height * (1 - _share(value, self.y_range))

    @property
    def right(self) -> float:
        """X of the plane's right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Y of the plane's lower edge."""
        return self.top + self.height

    def band(self, low: float, high: float) -> str:
        """Return a shaded band over the whole width, between two values of the vertical scale."""
        top, bottom = self.y(high), self.y(low)
        return svg.rectangle(self.left, top, self.width, bottom - top, colour=svg.INK, opacity=0.2)

    def rule(self, value: float, *, dashes: str = "4 3") -> str:
        """Return a line over the whole width at a value of the vertical scale."""
        return svg.line(self.left, self.y(value), self.right, self.y(value), dashes=dashes)

    def axes(self, *, x_name: str, y_name: str, x_ticks: Sequence[tuple[float, str]] | None = None) -> str:
        """Return both axes with ticks, a light grid and names.

        Args:
            x_name: what the horizontal scale is of.
            y_name: what the vertical scale is of.
            x_ticks: values and their labels; round numbers where not given.
        """
        parts = [
            svg.line(self.left, self.bottom, self.right, self.bottom),
            svg.line(self.left, self.top, self.left, self.bottom),
        ]
        for value, text in ticks(*self.x_range) if x_ticks is None else x_ticks:
            x = self.x(value)
            parts.append(svg.line(x, self.bottom, x, self.bottom + 5))
            parts.append(svg.label(text, x, self.bottom + 18, anchor="middle", size=11))
        for value, text in ticks(*self.y_range):
            y = self.y(value)
            parts.append(svg.line(self.left, y, self.right, y, width=0.25))
            parts.append(svg.label(text, self.left - 7, y + 4, anchor="end", size=11))
        middle = self.top + self.height / 2
        if x_name:
            parts.append(svg.label(x_name, self.left + self.width / 2, self.bottom + 38, anchor="middle"))
        parts.append(svg.label(y_name, self.left - 48, middle, anchor="middle", turned=-90))
        return "\n".join(parts)


def frame(
    x_range: tuple[float, float], y_range: tuple[float, float], *, width: float = 720, height: float = 360
) -> Frame:
    """Return the plane of a picture of that size, with room for a heading, ticks and names around it."""
    inner_width = width - _MARGIN_LEFT - _MARGIN_RIGHT
    inner_height = height - _MARGIN_TOP - _MARGIN_BOTTOM
    return Frame(_MARGIN_LEFT, _MARGIN_TOP, inner_width, inner_height, x_range, y_range)


def heading(title: str) -> str:
    """Return the heading of a picture."""
    return svg.label(title, 16, 24, size=15, weight="bold")


def ticks(low: float, high: float, *, about: int = 6) -> list[tuple[float, str]]:
    """Return round values from `low` to `high`, with their labels; `about` so many.

    Args:
        low: smaller than `high`.
        high: finite.
        about: 2 or more.
    """
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(place * step, _told(place * step, digits)) for place in range(first, last + 1)]


def _told(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.replace("-", "\u2212") if float(text) else text.lstrip("-")


def _share(value: float, ends: tuple[float, float]) -> float:
    return min(1.0, max(0.0, (value - ends[0]) / (ends[1] - ends[0])))
