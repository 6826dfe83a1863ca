"""All pictures of the findings of many streams, by file name."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from statistical_tests import arguments
from statistical_tests.finding import Finding
from statistical_tests.plots.heat_map import heat_map
from statistical_tests.plots.p_values import p_value_deviation, p_value_histogram
from statistical_tests.plots.proportions import Passed, proportion_chart

_DEPEND = "Columns of one stream depend on one another, so that the band is a guide only."


def of_findings(findings: Iterable[Finding], *, level: float = 0.01) -> dict[str, str]:
    """Return the pictures of findings: a map, the proportions, and the p-values of each test.

    Args:
        findings: of one stream or several; those without a stream count as stream 0.
        level: at which a single p-value passes, in (0, 1).

    Returns:
        SVG by file name, such as ``heat-map.svg``; nothing where no finding has a p-value.

    Raises:
        BadInput: the level is not between 0 and 1.
    """
    level = arguments.level(level)
    # A column is told apart by test, parameters and name; the streams of each stand beside its p-values.
    columns: dict[tuple[str, str, str], dict[int, float]] = {}
    streams: set[int] = set()
    for one in findings:
        stream = one.stream or 0
        streams.add(stream)
        parameters = repr(sorted(one.parameters.items()))
        for column in one.columns:  # a test that stream 0 is too short for keeps its place among the others
            columns.setdefault((one.name, parameters, column), {})
        for column, p_value in zip(one.columns, one.p_values, strict=False):
            columns[one.name, parameters, column][stream] = p_value
    columns = {key: values for key, values in columns.items() if values}
    if not columns:
        return {}
    order = {stream: row for row, stream in enumerate(sorted(streams))}
    matrix = np.full((len(order), len(columns)), np.nan)
    for place, values in enumerate(columns.values()):
        for stream, p_value in values.items():
            matrix[order[stream], place] = p_value
    names = [f"{name} {column}".strip() for name, _, column in columns]
    passed = [
        Passed(name, sum(value >= level for value in values.values()), len(values))
        for name, values in zip(names, columns.values(), strict=True)
    ]
    pictures = {
        "heat-map.svg": heat_map(matrix, columns=names),
        "proportions.svg": proportion_chart(passed, level=level),
    }
    for test in dict.fromkeys(name for name, _, _ in columns):
        mine = [list(values.values()) for (name, _, _), values in columns.items() if name == test]
        pooled = [value for values in mine for value in values]
        note = _DEPEND if len(mine) > 1 else ""
        pictures[f"p-values-{file_stem(test)}.svg"] = p_value_histogram(pooled, title=f"{test}: p-values", note=note)
        pictures[f"deviation-{file_stem(test)}.svg"] = p_value_deviation(
            pooled, title=f"{test}: p-values less uniform", note=note
        )
    return pictures


def file_stem(name: str) -> str:
    """Return a name in small letters, digits and hyphens: `BlockFrequency` is ``block-frequency``."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name)
    return re.sub(r"[^a-z0-9]+", "-", parted.lower()).strip("-") or "test"
