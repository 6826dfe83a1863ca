"""Run the benchmarks: `python -m benchmarks [NAME ...]`, for example `python -m benchmarks start_up`.

A benchmark is a module `bench_NAME.py` in this folder with `main() -> Iterable[Result]`; nothing else registers it.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

from benchmarks.machine import describe
from benchmarks.result import Result


def names() -> list[str]:
    """List the benchmarks of this folder, sorted, without the prefix `bench_`."""
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def run(name: str) -> Iterator[Result]:
    """Run one benchmark and yield its figures as they come.

    `name` is one of names(). Raises ValueError if the benchmark gave no figure, which would look like success.
    """
    measured = 0
    for result in importlib.import_module(f"benchmarks.bench_{name}").main():
        measured += 1
        yield result
    if not measured:
        raise ValueError(f"benchmark {name!r} gave no result")


def main(arguments: list[str] | None = None) -> int:
    """Print machine, date and results; give 0, or 1 if a benchmark failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure fairlot on this machine.")
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"one of {', '.join(names())}; all if none is given")
    chosen = parser.parse_args(arguments).names or names()
    if unknown := sorted(set(chosen) - set(names())):
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(names())}")

    for label, text in describe():
        print(f"{label + ':':<11}{text}")
    failed = []
    for name in chosen:
        print(f"\n{name}", flush=True)
        # One benchmark that breaks must not hide the figures of the others.
        try:
            for result in run(name):
                print(result.line(), flush=True)
        except Exception:  # noqa: BLE001
            traceback.print_exc()
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
