"""Build the two parts of fairlot that are compiled; everything else about the build stands in pyproject.toml."""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import Extension, setup


def extension(name: str, sources: str) -> Extension:
    """Describe a compiled part: all C files of a folder.

    Without a compiler the build goes on, and the same functions run on what Python has: `fairlot doctor` says which.
    """
    return Extension(
        name,
        sources=sorted(path.as_posix() for path in Path(sources).glob("*.c")),
        depends=sorted(path.as_posix() for path in Path(sources).glob("*.h")),
        include_dirs=[sources],
        extra_compile_args=[] if sys.platform == "win32" else ["-std=c11", "-O3", "-fvisibility=hidden"],
        py_limited_api=True,
        optional=True,
    )


setup(
    ext_modules=[
        extension("rng.kernel._native", "rng/kernel/csrc"),  # else hashlib
        extension("statistical_tests.kernel._native", "statistical_tests/kernel/csrc"),  # else numpy
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
