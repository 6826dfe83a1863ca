"""Run tests on a kernel that was built with sanitizers: `python -m tests.sanitizers.instrumented LIBRARY ARGUMENT ...`.

The arguments are pytest's. The library takes the place of the installed one before rng.kernel looks for it. The process
must have been started with the sanitizer's runtime loaded first (LD_PRELOAD): test_sanitizers.py does that.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ExtensionFileLoader
from pathlib import Path

import pytest

NAME = "rng.kernel._native"


def load(library: Path) -> None:
    """Put a library in the place of the kernel's compiled part. Raises ImportError if it is none."""
    loader = ExtensionFileLoader(NAME, str(library))
    spec = importlib.util.spec_from_file_location(NAME, library, loader=loader)
    if spec is None:
        raise ImportError(f"{library} is no extension module")
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    sys.modules[NAME] = module


def main(arguments: list[str]) -> int:
    """Load the library, see that the kernel uses it, and run pytest with the rest of the arguments."""
    library = Path(arguments[0])
    load(library)
    from rng.kernel.processor import available

    used = sys.modules[NAME].__file__
    if used != str(library) or len(available()) == 1:
        print(f"the kernel uses {used}, not {library}", file=sys.stderr)
        return 2
    return int(pytest.main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
