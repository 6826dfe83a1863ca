"""Run the batteries over ideal streams, in one process or several, and gather their p-values by column."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import TypeAlias

import numpy as np

from statistical_tests import arguments
from statistical_tests.calibration.plan import BATTERIES, Battery, Plan
from statistical_tests.calibration.rates import LEVELS, Calibration, Column, Summary, column_of, rates_of
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding
from statistical_tests.workers import started_pool

_Key: TypeAlias = tuple[str, str, int, str]  # battery, test, which finding of that name, and column
_Found: TypeAlias = list[tuple[str, Finding]]


def calibrate(
    plan: Plan,
    *,
    processes: int = 1,
    progress: Callable[[int], None] | None = None,
    batteries: Mapping[str, Battery] = BATTERIES,
) -> Calibration:
    """Run every test of the plan's batteries on its ideal streams, and return what their p-values did.

    It keeps 8 bytes for each p-value: a thousand columns over 10,000 streams take 80 MB.

    Args:
        plan: what to run.
        processes: how many processes work, 1 or more; the result is the same with any.
        progress: called with the number of streams that are done, in order.
        batteries: by name, what runs them; functions of modules, so that other processes find them.

    Raises:
        BadInput: `processes` is not 1 or more, or the plan names no battery or one that there is not.
        RuntimeError: a test failed or a worker died; the message names the stream.
    """
    processes = arguments.whole_number(processes, "processes", least=1)
    for name in plan.batteries or ("",):
        if name not in batteries:
            raise BadInput(f"battery {name!r} is none of {', '.join(batteries)}")
    chosen = {name: batteries[name] for name in plan.batteries}
    gathered = _Gathered()
    for done, (stream, findings) in enumerate(_runs(plan, chosen, processes)):
        gathered.add(stream, findings)
        if progress is not None:
            progress(done + 1)
    return gathered.calibration(plan)


def _stream(plan: Plan, batteries: dict[str, Battery], stream: int) -> _Found:
    found: _Found = []
    for battery, run in batteries.items():
        try:
            found += [(battery, one) for one in run(plan, stream)]
        except Exception as error:
            raise RuntimeError(f"battery {battery}, stream {stream}: {type(error).__name__}: {error}") from error
    return found


def _runs(plan: Plan, batteries: dict[str, Battery], processes: int) -> Iterator[tuple[int, _Found]]:
    """Yield what was found, stream by stream in order."""
    if processes == 1:
        for stream in range(plan.streams):
            yield stream, _stream(plan, batteries, stream)
        return
    # Not more than a few streams a process are under way, so that a long calibration does not pile up findings.
    ahead = 4 * processes
    with started_pool(processes) as pool:
        waiting: list[Future[_Found]] = [
            pool.submit(_stream, plan, batteries, one) for one in range(min(ahead, plan.streams))
        ]
        try:
            for stream in range(plan.streams):
                found = waiting.pop(0).result()
                if stream + ahead < plan.streams:
                    waiting.append(pool.submit(_stream, plan, batteries, stream + ahead))
                yield stream, found
        except BrokenProcessPool:
            raise RuntimeError(f"a worker died on stream {stream} or one of the {ahead} after it") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Gathered:
    """Gathers p-values by column while streams come in."""

    def __init__(self) -> None:
        self._values: dict[_Key, tuple[array[int], array[float]]] = {}
        self._about: dict[tuple[str, str, int], tuple[str, str, str]] = {}

    def add(self, stream: int, found: _Found) -> None:
        seen: dict[tuple[str, str], int] = {}
        for battery, finding in found:
            occurrence = seen.get((battery, finding.name), 0)
            seen[battery, finding.name] = occurrence + 1
            test = (battery, finding.name, occurrence)
            about = (finding.section, json.dumps(finding.as_json()["parameters"]), finding.reason)
            self._about.setdefault(test, about)
            for column, p_value in zip(finding.columns, finding.p_values, strict=False):
                streams, values = self._values.setdefault((*test, column), (array("q"), array("d")))
                streams.append(stream)
                values.append(p_value)

    def calibration(self, plan: Plan) -> Calibration:
        by_test: dict[tuple[str, str, int], list[Column]] = {test: [] for test in self._about}
        for (battery, name, occurrence, column), (_, values) in self._values.items():
            test = (battery, name, occurrence)
            by_test[test].append(column_of(test, column, self._about[test][:2], np.array(values)))
        return Calibration(
            plan,
            tuple(column for columns in by_test.values() for column in columns),
            tuple(self._summary(test) for test, columns in by_test.items() if columns),
            tuple((*test[:2], self._about[test][2]) for test, columns in by_test.items() if not columns),
        )

    def _summary(self, test: tuple[str, str, int]) -> Summary:
        columns = [pair for key, pair in self._values.items() if key[:3] == test]
        values = np.concatenate([np.array(values) for _, values in columns])
        where, at = np.unique(np.concatenate([np.array(streams) for streams, _ in columns]), return_inverse=True)
        least, present = np.ones(len(where)), np.bincount(at)
        np.minimum.at(least, at, values)
        section, parameters, _ = self._about[test]
        return Summary(
            *test[:2],
            section,
            test[2],
            parameters,
            len(columns),
            len(where),
            tuple(float(np.mean(values <= level)) for level in LEVELS),
            rates_of(least * present),
        )
