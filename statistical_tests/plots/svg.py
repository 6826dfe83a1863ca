"""Write SVG: elements, escaped text, and numbers that are the same bytes on every machine.

Colours are of medium brightness, so that a picture without a background can be read on white and on black alike.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

INK = "#767676"
"""Text and axes: 4.5 to 1 against white and against black, as WCAG 2 asks of text."""
MARK = "#3b7dd8"
"""What was observed: at least 3 to 1 against both, as WCAG 2 asks of graphics."""
ALERT = "#d2551c"
"""What lies outside its limits; such marks differ in shape or size too, for those who see no colours."""

# XML 1.0, production Char: every other character makes a document malformed, even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def number(value: float) -> str:
    """Return a coordinate with at most two decimals and no needless zeros.

    Raises:
        ValueError: it is not finite. This is a fault of the chart.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} is no coordinate")
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def clean(text: str) -> str:
    """Return text in which characters that XML cannot hold are replaced by U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", text)


def element(name: str, content: str = "", **attributes: str | float) -> str:
    """Return an element; attributes stand in the order given, and an underscore in their name is a hyphen.

    Args:
        name: of the element.
        content: what stands inside, as SVG.
        attributes: text, or numbers.
    """
    return _element(name, content, {key.replace("_", "-"): value for key, value in attributes.items()})


def _element(name: str, content: str, attributes: Mapping[str, str | float]) -> str:
    written = "".join(
        f" {key}={quoteattr(clean(value) if isinstance(value, str) else number(value))}"
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def label(
    text: str, x: float, y: float, *, anchor: str = "start", size: float = 12, turned: float = 0, weight: str = ""
) -> str:
    """Return text at a point.

    Args:
        text: any; it is escaped.
        x: where it is anchored.
        y: its base line.
        anchor: ``start``, ``middle`` or ``end``.
        size: of the letters.
        turned: degrees clockwise around the point.
        weight: such as ``bold``.
    """
    # An element without content would be dropped by some readers; a label is never quite empty.
    written = escape(clean(text)) or " "
    attributes: dict[str, str | float] = {"x": x, "y": y, "text-anchor": anchor, "font-size": size, "fill": INK}
    if turned:
        attributes["transform"] = f"rotate({number(turned)} {number(x)} {number(y)})"
    if weight:
        attributes["font-weight"] = weight
    return _element("text", written, attributes)


def line(x1: float, y1: float, x2: float, y2: float, *, colour: str = INK, width: float = 1, dashes: str = "") -> str:
    """Return a straight line."""
    attributes: dict[str, str | float] = {
        "x1": x1,
        "y1": y1,
        "x2": x2,
        "y2": y2,
        "stroke": colour,
        "stroke-width": width,
    }
    if dashes:
        attributes["stroke-dasharray"] = dashes
    return _element("line", "", attributes)


def rectangle(
    x: float, y: float, width: float, height: float, *, colour: str, opacity: float = 1, tip: str = ""
) -> str:
    """Return a filled rectangle, with a tip that is shown where the pointer rests."""
    return element("rect", _tip(tip), x=x, y=y, width=width, height=height, fill=colour, fill_opacity=opacity)


def circle(x: float, y: float, radius: float, *, colour: str, tip: str = "") -> str:
    """Return a filled circle."""
    return element("circle", _tip(tip), cx=x, cy=y, r=radius, fill=colour)


def diamond(x: float, y: float, radius: float, *, colour: str, tip: str = "") -> str:
    """Return a filled diamond, the shape of what lies outside its limits."""
    corners = [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]
    points = " ".join(f"{number(one)},{number(other)}" for one, other in corners)
    return element("polygon", _tip(tip), points=points, fill=colour)


def path(points: Iterable[tuple[float, float]], *, colour: str, width: float = 1.5) -> str:
    """Return a line through points."""
    steps = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return element("path", d="M" + steps, fill="none", stroke=colour, stroke_width=width)


def document(parts: Iterable[str], *, width: float, height: float, title: str, description: str) -> str:
    """Return a whole picture, which readers of screens announce by its title and description.

    Args:
        parts: elements, those that are seen above others last.
        width: in the unit of the parts.
        height: in the unit of the parts.
        title: what the picture is of.
        description: what it shows, in words and numbers.
    """
    # Several pictures may stand in one page, where identifiers of one kind must differ.
    identity = hashlib.sha256(f"{title}\0{description}".encode("utf-8", "replace")).hexdigest()[:12]
    head = (
        f'<title id="t{identity}">{escape(clean(title))}</title>\n'
        f'<desc id="d{identity}">{escape(clean(description))}</desc>'
    )
    body = "\n".join(part for part in parts if part)
    attributes = (
        f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" '
        f'height="{number(height)}" role="img" aria-labelledby="t{identity} d{identity}" xml:lang="en" '
        'font-family="system-ui, sans-serif"'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<svg {attributes}>\n{head}\n{body}\n</svg>\n'


def _tip(text: str) -> str:
    return f"<title>{escape(clean(text))}</title>" if text else ""
