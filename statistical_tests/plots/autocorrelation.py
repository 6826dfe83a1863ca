"""Serial correlation lag by lag."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from statistical_tests import arguments
from statistical_tests.errors import BadInput
from statistical_tests.plots import svg
from statistical_tests.plots.frame import frame, heading

_HEIGHT = 360.0


def correlations_of(values: ArrayLike, *, lags: int = 50) -> NDArray[np.float64]:
    """Return the serial correlations of numbers at the lags 1 to `lags`, shape [lags].

    r(k) = sum((x(t) - m)(x(t + k) - m)) / sum((x(t) - m)^2), as in Box, Jenkins and Reinsel, 2.1.

    Args:
        values: shape [samples], finite numbers that are not all alike.
        lags: 1 to samples - 1.

    Raises:
        BadInput: an argument is not in its range.
    """
    numbers: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or len(numbers) < 2:
        raise BadInput(f"values have the shape {list(numbers.shape)}: one dimension and two or more are needed")
    if not np.isfinite(numbers).all():
        place = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise BadInput(f"values[{place}] is {numbers[place]}: each is a finite number")
    lags = arguments.whole_number(lags, "lags", least=1, most=len(numbers) - 1)
    if (numbers == numbers[0]).all():
        raise BadInput("values are all alike: they have no correlation")
    centred = numbers - numbers.mean()
    whole = float(centred @ centred)
    return np.array([float(centred[lag:] @ centred[:-lag]) / whole for lag in range(1, lags + 1)])


def autocorrelation_chart(
    correlations: ArrayLike, *, samples: int, title: str = "Serial correlation", level: float = 0.01, note: str = ""
) -> str:
    """Return serial correlations as stems, with a band that all keep inside with probability near 1 - level.

    For independent values of large samples r(k) is normal with variance 1 / samples; the band is at level / lags
    (Bonferroni).

    Args:
        correlations: at the lags 1, 2, 3 …, shape [lags], each in [-1, 1].
        samples: how many values they are of, 2 or more.
        title: what the chart is of.
        level: of the band as a whole, in (0, 1).
        note: added to the description.

    Raises:
        BadInput: an argument is not in its range.
    """
    values: NDArray[np.float64] = np.asarray(correlations, dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise BadInput(f"correlations have the shape {list(values.shape)}: one dimension and one or more are needed")
    wrong = np.flatnonzero(~(np.abs(values) <= 1))
    if wrong.size:
        raise BadInput(f"correlations[{int(wrong[0])}] is {values[wrong[0]]}: each is from -1 to 1")
    samples = arguments.whole_number(samples, "samples", least=2)
    reach = float(-special.ndtri(arguments.level(level) / len(values) / 2)) / samples**0.5
    extent = 1.2 * max(reach, float(np.abs(values).max()))
    width = max(720.0, 90.0 + 6.0 * len(values))
    plane = frame((0, len(values) + 1), (-extent, extent), width=width, height=_HEIGHT)
    parts = [
        heading(title),
        plane.band(-reach, reach),
        plane.axes(x_name="lag", y_name="correlation"),
        plane.rule(0, dashes=""),
    ]
    outside = []
    for lag, value in enumerate(values.tolist(), 1):
        x, y = plane.x(lag), plane.y(value)
        beyond = abs(value) > reach
        tip = f"lag {lag}: {value:.3g}"
        parts.append(svg.line(x, plane.y(0), x, y, colour=svg.ALERT if beyond else svg.MARK, width=1.5))
        if beyond:
            outside.append(f"lag {lag} ({value:.2g})")
            parts.append(svg.diamond(x, y, 5, colour=svg.ALERT, tip=tip))
        else:
            parts.append(svg.circle(x, y, 2.5, colour=svg.MARK, tip=tip))
    named = f": {', '.join(outside[:12])}{' and more' if len(outside) > 12 else ''}" if outside else ""
    description = (
        f"Serial correlation of {samples} values at the lags 1 to {len(values)}. {len(outside) or 'None'} beyond "
        f"{reach:.3g}, the limit at {level:g} of all together{named}." + (f" {note}" if note else "")
    )
    return svg.document(parts, width=width, height=_HEIGHT, title=title, description=description)
