"""The frame of the benchmarks prints every figure it can, and never takes a broken benchmark for a finished one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType

import pytest

from benchmarks import __main__ as runner
from benchmarks.machine import describe
from benchmarks.result import Result


def _measures() -> Iterator[Result]:
    yield Result("coins tossed", 1234.6, "coins/s", "one thumb")


def _breaks() -> Iterator[Result]:
    yield Result("coins tossed before the fall", 0.25, "coins/s")
    raise RuntimeError("the coin rolled under the table")


def _measures_nothing() -> Iterable[Result]:
    return []


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put functions in the place of the benchmarks in the folder."""

    def put(**mains: Callable[[], Iterable[Result]]) -> None:
        for name, main in mains.items():
            module = ModuleType(f"benchmarks.bench_{name}")
            vars(module)["main"] = main
            monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(runner, "names", lambda: sorted(mains))

    return put


def test_it_prints_machine_date_and_every_figure(use: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    use(coins=_measures)
    assert runner.main([]) == 0
    printed = capsys.readouterr().out
    assert all(f"{label}:" in printed for label, _ in describe())
    (line,) = [line for line in printed.splitlines() if "coins tossed" in line]
    assert line.split() == ["coins", "tossed", "1,235", "coins/s", "one", "thumb"]


@pytest.mark.parametrize("broken", [_breaks, _measures_nothing])
def test_a_broken_benchmark_fails_the_run_and_hides_no_other(
    use: Callable[..., None], capsys: pytest.CaptureFixture[str], broken: Callable[[], Iterable[Result]]
) -> None:
    use(a_broken=broken, coins=_measures)
    assert runner.main([]) == 1
    captured = capsys.readouterr()
    assert "1,235 coins/s" in captured.out
    assert "failed: a_broken" in captured.err


def test_a_figure_measured_before_a_benchmark_broke_is_shown(
    use: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    use(a_broken=_breaks)
    assert runner.main(["a_broken"]) == 1
    assert "0.25 coins/s" in capsys.readouterr().out


def test_an_unknown_name_is_refused_with_the_names_there_are(
    use: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    use(coins=_measures)
    with pytest.raises(SystemExit) as stopped:
        runner.main(["dice"])
    assert stopped.value.code == 2
    assert "no benchmark dice; there are coins" in capsys.readouterr().err


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_figure_that_cannot_be_compared_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Result("coins tossed", value, "coins/s")


def test_a_figure_without_a_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="unit"):
        Result("coins tossed", 1.0, "")
