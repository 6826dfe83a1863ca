"""Build the one part of fairlot that is compiled; everything else about the build stands in pyproject.toml."""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import Extension, setup

SOURCES = "rng/kernel/csrc"

setup(
    ext_modules=[
        Extension(
            "rng.kernel._native",
            sources=sorted(path.as_posix() for path in Path(SOURCES).glob("*.c")),
            depends=sorted(path.as_posix() for path in Path(SOURCES).glob("*.h")),
            include_dirs=[SOURCES],
            extra_compile_args=[] if sys.platform == "win32" else ["-std=c11", "-O3", "-fvisibility=hidden"],
            py_limited_api=True,
            # Without a compiler the build goes on, and the same functions run on hashlib: `fairlot doctor` says which.
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
