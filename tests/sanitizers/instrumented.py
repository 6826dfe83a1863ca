"""Run tests on a kernel that was built with sanitizers.

    python -m tests.sanitizers.instrumented MODULE LIBRARY ARGUMENT ...

MODULE is `rng.kernel._native` or `statistical_tests.kernel._native`; the arguments are pytest's. The library takes the
place of the installed one before the kernel looks for it. The process must have been started with the sanitizer's
runtime loaded first (LD_PRELOAD): test_sanitizers.py and test_statistics.py do that.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ExtensionFileLoader
from pathlib import Path

import pytest

RNG = "rng.kernel._native"
STATISTICS = "statistical_tests.kernel._native"


def load(library: Path, name: str = RNG) -> None:
    """Put a library in the place of a kernel's compiled part. Raises ImportError if it is none."""
    loader = ExtensionFileLoader(name, str(library))
    spec = importlib.util.spec_from_file_location(name, library, loader=loader)
    if spec is None:
        raise ImportError(f"{library} is no extension module")
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    sys.modules[name] = module


def is_used(name: str) -> bool:
    """Say whether the kernel found a compiled part, which is the one that was loaded."""
    if name == RNG:
        from rng.kernel.processor import available

        return len(available()) > 1
    from statistical_tests import kernel

    return kernel.compiled() is sys.modules[name]


def main(arguments: list[str]) -> int:
    """Load the library, see that the kernel uses it, and run pytest with the rest of the arguments."""
    name, library = arguments[0], Path(arguments[1])
    load(library, name)
    used = sys.modules[name].__file__
    if used != str(library) or not is_used(name):
        print(f"the kernel uses {used}, not {library}", file=sys.stderr)
        return 2
    return int(pytest.main(arguments[2:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
