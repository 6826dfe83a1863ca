"""The build compiles the statistics' kernel where it can, and goes on without it where it cannot."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from statistical_tests import kernel

ROOT = Path(__file__).resolve().parents[3]
FOLDER = "statistical_tests/kernel"
CSRC = ROOT / FOLDER / "csrc"
MOST_LINES = 400


def built(folder: Path, **environment: str) -> set[str]:
    """Build a wheel from a copy of what the build reads, and list what it holds of the kernel."""
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    ignore = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(ROOT / "statistical_tests", folder / "statistical_tests", ignore=ignore)
    program = "from setuptools import build_meta; build_meta.build_wheel('.')"
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=folder,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("fairlot-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name.removeprefix(FOLDER + "/") for name in archive.namelist() if name.startswith(FOLDER)}


@pytest.mark.slow
def test_where_there_is_a_compiler_the_wheel_holds_a_compiled_kernel(tmp_path: Path) -> None:
    if len(kernel.engines()) == 1:
        pytest.skip("no compiler was there when fairlot was installed")
    names = built(tmp_path)
    assert "_native.pyi" in names
    assert any(name.startswith("_native.") and not name.endswith(".pyi") for name in names)
    assert not any(name.startswith("csrc/") for name in names)


@pytest.mark.slow
def test_where_there_is_no_compiler_the_wheel_is_built_without(tmp_path: Path) -> None:
    names = built(tmp_path, CC="no-such-compiler")
    assert {name for name in names if name.startswith("_native")} == {"_native.pyi"}
    assert {"__init__.py", "choice.py", "portable.py", "spectrum.py"} <= names


def test_headers_and_sources_are_in_a_source_distribution() -> None:
    """Or an installation from it would find nothing to compile, and say nothing."""
    assert f"graft {FOLDER}/csrc" in (ROOT / "MANIFEST.in").read_text("utf-8").splitlines()
    assert {path.suffix for path in CSRC.iterdir()} == {".c", ".h"}


def test_no_source_is_long() -> None:
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in CSRC.iterdir()}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_each_method_of_the_compiled_part_is_typed() -> None:
    native = kernel.compiled()
    if native is None:
        pytest.skip("no compiled kernel here")
    typed = set(re.findall(r"^def (\w+)\(", (ROOT / FOLDER / "_native.pyi").read_text("utf-8"), re.MULTILINE))
    assert typed == {name for name in dir(native) if not name.startswith("_")}


def test_without_the_compiled_part_numpy_computes() -> None:
    """As where there was no compiler: the import fails, and nothing else does."""
    program = """
import sys
sys.modules["statistical_tests.kernel._native"] = None
import numpy as np
from statistical_tests import kernel
assert (kernel.engine(), kernel.engines(), kernel.compiled()) == ("numpy", ("numpy",), None)
assert kernel.ones(np.full(4, 255, dtype=np.uint8), 30, 10).tolist() == [10, 10, 10]
assert kernel.spectrum_below(np.zeros(4, dtype=np.uint8), 30, 1.0) == 14
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
