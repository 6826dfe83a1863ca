"""What a statistical test found: values, and no verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeAlias

Value: TypeAlias = "int | float | str | Sequence[int] | Sequence[float] | Sequence[str]"
"""What parameters and statistics are made of; JSON can hold each."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold what one test found in one stream of bits, or in one sample of outcomes.

    A finding has p-values or says why it has none. Whether a p-value is small enough to matter is for whoever reads
    many of them: `statistical_tests.second_level` and `statistical_tests.multiplicity`.

    Args:
        name: the test, by the name that NIST's final report or the literature gives it.
        section: where it is described, such as ``SP 800-22 2.7``.
        parameters: what the test was asked for, and what it chose where it was not asked.
        statistic: what was computed from the data, by name.
        p_values: numbers in [0, 1], one a column; none where the test is not applicable.
        columns: what each p-value is of; ``("",)`` where there is one alone.
        reason: why the test is not applicable; empty where it is.
        notes: what a reader must know to weigh the p-values.
        stream: the number of the stream, from 0, where there are several.

    Raises:
        ValueError: p-values and columns do not go together, or one is outside [0, 1]. This is a fault of the test.
    """

    name: str
    section: str
    parameters: Mapping[str, Value]
    statistic: Mapping[str, Value]
    p_values: tuple[float, ...]
    columns: tuple[str, ...] = ("",)
    reason: str = ""
    notes: tuple[str, ...] = ()
    stream: int | None = None
    applicable: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "applicable", not self.reason)
        object.__setattr__(self, "p_values", tuple(float(value) for value in self.p_values))
        for name in ("parameters", "statistic"):
            plain = {key: _plain(value) for key, value in getattr(self, name).items()}
            object.__setattr__(self, name, MappingProxyType(plain))
        if self.reason and self.p_values:
            raise ValueError(f"{self.name} is not applicable ({self.reason}), so that it has no p-values")
        if not self.reason and len(self.p_values) != len(self.columns):
            raise ValueError(f"{self.name} has {len(self.p_values)} p-values in {len(self.columns)} columns")
        if not self.reason and not self.p_values:
            raise ValueError(f"{self.name} has neither p-values nor a reason why it is not applicable")
        if len(set(self.columns)) != len(self.columns):
            twice = next(column for column in self.columns if self.columns.count(column) > 1)
            raise ValueError(f"{self.name}: two columns are called {twice!r}")
        for column, p_value in zip(self.columns, self.p_values, strict=False):
            if not 0.0 <= p_value <= 1.0:
                raise ValueError(f"{self.name} {column}: {p_value} is no p-value; one is from 0 to 1")

    def __reduce__(self) -> tuple[Any, ...]:
        # Read-only mappings do not travel to another process; plain ones do, and are wrapped again there.
        given = (self.name, self.section, dict(self.parameters), dict(self.statistic), self.p_values, self.columns)
        return Finding, (*given, self.reason, self.notes, self.stream)

    def of_stream(self, stream: int) -> Finding:
        """Return this finding as that of stream number `stream`."""
        return replace(self, stream=stream)

    def as_json(self) -> dict[str, Any]:
        """Return the finding as JSON can hold it; a number that is not finite becomes its name as text."""
        found: dict[str, Any] = {
            "name": self.name,
            "section": self.section,
            "stream": self.stream,
            "parameters": _json(self.parameters),
            "statistic": _json(self.statistic),
            "p_values": list(self.p_values),
            "columns": list(self.columns),
            "applicable": self.applicable,
        }
        if self.reason:
            found["reason"] = self.reason
        if self.notes:
            found["notes"] = list(self.notes)
        return found


def not_applicable(
    name: str,
    section: str,
    reason: str,
    *,
    parameters: Mapping[str, Value] | None = None,
    statistic: Mapping[str, Value] | None = None,
    columns: tuple[str, ...] = ("",),
) -> Finding:
    """Return the finding of a test that cannot be made of this data.

    Args:
        name: the test.
        section: where it is described.
        reason: why, with the numbers: ``378 cycles, and 500 are needed``.
        parameters: as in `Finding`.
        statistic: what was computed before it showed.
        columns: what p-values there would have been of.
    """
    return Finding(name, section, parameters or {}, statistic or {}, (), columns, reason=reason)


def _plain(value: Any) -> Value:
    """Return a value without numpy's types, so that findings compare, print and travel well."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(_plain(one) for one in value)  # type: ignore[return-value]  # a sequence of plain values
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float | str):
        return value
    raise TypeError(f"a finding holds numbers, text and lists of them, not {type(value).__name__}")


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _json(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_json(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
