"""The build compiles the kernel where it can, and goes on without it where it cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from rng import kernel

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.slow


def built(folder: Path, **environment: str) -> set[str]:
    """Build a wheel from a copy of what the build reads, and list what it holds."""
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "rng", folder / "rng", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
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
        return set(archive.namelist())


def test_where_there_is_a_compiler_the_wheel_holds_a_compiled_kernel(tmp_path: Path) -> None:
    if len(kernel.engines()) == 1:
        pytest.skip("no compiler was there when fairlot was installed")
    names = built(tmp_path)
    assert {name for name in names if name.startswith("rng/kernel/_native")} >= {"rng/kernel/_native.pyi"}
    assert any(name.startswith("rng/kernel/_native.") and not name.endswith(".pyi") for name in names)
    assert not any(name.startswith("rng/kernel/csrc/") for name in names)


def test_where_there_is_no_compiler_the_wheel_is_built_without(tmp_path: Path) -> None:
    names = built(tmp_path, CC="no-such-compiler")
    assert {name for name in names if name.startswith("rng/kernel/_native")} == {"rng/kernel/_native.pyi"}
    assert "rng/kernel/portable.py" in names


def test_headers_and_sources_are_in_a_source_distribution() -> None:
    """Or an installation from it would find nothing to compile, and say nothing."""
    assert "graft rng/kernel/csrc" in (ROOT / "MANIFEST.in").read_text("utf-8").splitlines()
    assert {path.suffix for path in (ROOT / "rng/kernel/csrc").iterdir()} == {".c", ".h"}
