"""The table that auditors know from NIST's finalAnalysisReport, as text."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from statistical_tests.sp800_22.second_level import BINS, Column

RULE = "-" * 78
UNIFORMITY_MARK = 0.0001
"""A p-value of uniformity below it is marked (SP 800-22 4.2.2)."""


def report(columns: Sequence[Column], *, source: str = "", columns_named: bool = False) -> str:
    """Write one line for each column: the ten bins, the p-value of their uniformity, passing of applicable, the test.

    `*` behind a p-value says that it is below 0.0001; `*` behind a proportion, that it is outside its limits. `----`
    stands where there are too few p-values. Neither mark is a verdict over all lines: see `second_level.family`.

    Args:
        columns: of `second_level`.
        source: what was tested, for the head.
        columns_named: name the column (the template, the state) behind the test. NIST's report does not.

    Returns:
        Text of several lines, with a line end at the last.
    """
    lines = [
        RULE,
        "Uniformity of p-values and proportion of passing streams (SP 800-22 4.2)",
        RULE,
    ]
    if source:
        lines += [f"   tested: {' '.join(source.split())}", RULE]
    lines.append(
        "".join(f"{f'C{number}':>3} " for number in range(1, BINS + 1)) + " P-VALUE  PROPORTION  STATISTICAL TEST"
    )
    lines.append(RULE)
    lines += [_line(column, columns_named) for column in columns]
    lines += [RULE, *_limits(columns), RULE]
    return "\n".join(lines) + "\n"


def _line(column: Column, columns_named: bool) -> str:
    bins = "".join(f"{count:3d} " for count in column.bins)
    if column.uniformity is None:
        uniformity = "    ----  "
    else:
        uniformity = f" {column.uniformity:8.6f}" + ("*" if column.uniformity < UNIFORMITY_MARK else " ")
    if column.applicable:
        proportion = f"{column.passing:>5}/{column.applicable:<5}" + (" " if column.within else "*")
    else:
        proportion = "   ------   "
    named = f" ({column.column})" if columns_named and column.column else ""
    return f"{bins}{uniformity} {proportion} {column.name}{named}"


def _limits(columns: Sequence[Column]) -> list[str]:
    """Say which numbers of passing streams are within the limits, for each number of streams that occurs."""
    lines = []
    seen = dict.fromkeys((column.applicable, column.least, column.most) for column in columns if column.applicable)
    for applicable, least, most in seen:
        names = [column.name for column in columns if column.applicable == applicable]
        which = ", ".join(dict.fromkeys(names)) if len(seen) > 1 else "all tests"
        lines += _wrapped(f"Of {applicable} streams, {least:.6g} to {most:.6g} pass within the limits: {which}.")
    absent = [column.name for column in columns if not column.applicable]
    if absent:
        lines += _wrapped(f"Not applicable to any stream: {', '.join(dict.fromkeys(absent))}.")
    partly = [one for one in columns if 0 < one.applicable < one.streams]
    if partly:
        streams = max(one.streams for one in partly)
        which = ", ".join(dict.fromkeys(one.name for one in partly))
        lines += _wrapped(f"Not applicable to some of the {streams} streams, which are left out there: {which}.")
    return lines


def _wrapped(text: str) -> list[str]:
    return wrap(text, len(RULE))
