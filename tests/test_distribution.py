"""What is installed is what was meant: pinned and hashed requirements, and a wheel with everything but the tests."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("rng", "verifier", "statistical_tests", "certification", "cli")
LOCKED = ("requirements.txt", "requirements-server.txt")


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _entries(name: str) -> list[str]:
    """Give the requirements of a locked file, each with its hashes on one line and without comments."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _pins(name: str) -> dict[str, Version]:
    pins = {}
    for entry in _entries(name):
        requirement = Requirement(entry.split(" --hash", 1)[0].strip())
        (specifier,) = requirement.specifier
        pins[requirement.name] = Version(specifier.version)
    return pins


@pytest.mark.parametrize("name", LOCKED)
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    pinned = re.compile(r"^[a-z0-9-]+==[0-9][^ ]*( ;[^\\]*?)?( +--hash=sha256:[0-9a-f]{64})+$")
    assert [entry[:60] for entry in _entries(name) if not pinned.match(entry.strip())] == []


@pytest.mark.parametrize("name", LOCKED)
def test_a_requirements_file_names_no_host_and_no_folder(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"\S*(?:://|file:|--index-url|--extra-index|--find-links|--trusted-host|~/|\.\./)\S*", text) == []
    assert re.findall(r"(?<![\w<>=!'\"])/[\w.-]+/\S*", text) == []


def test_the_requirements_satisfy_what_the_project_asks_for() -> None:
    """A bound moved in pyproject.toml without `make lock` shows here."""
    project = _project()
    extras = project["project"]["optional-dependencies"]
    server = [*project["project"]["dependencies"], *extras["server"], *project["dependency-groups"]["build"]]
    everything = [*server, *extras["stats"], *(item for item in extras["dev"] if not item.startswith("fairlot["))]
    for name, wanted in {"requirements-server.txt": server, "requirements.txt": everything}.items():
        pins = _pins(name)
        unmet = [
            item for item in map(Requirement, wanted) if item.name not in pins or pins[item.name] not in item.specifier
        ]
        assert unmet == [], f"{name}: run `make lock`"


def test_the_demo_runs_with_the_versions_that_the_tests_run_with() -> None:
    everything = _pins("requirements.txt")
    assert {name: pin for name, pin in _pins("requirements-server.txt").items() if everything.get(name) != pin} == {}


def test_every_dependency_is_bounded_below_and_above() -> None:
    project = _project()["project"]
    listed = [
        *project["dependencies"],
        *(item for extra in project["optional-dependencies"].values() for item in extra),
    ]
    wanted = [Requirement(item) for item in listed if not item.startswith("fairlot[")]
    assert [str(item) for item in wanted if {part.operator for part in item.specifier} != {">=", "<"}] == []


def test_a_player_installs_two_packages() -> None:
    assert [Requirement(item).name for item in _project()["project"]["dependencies"]] == ["click", "pynacl"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build the wheel from a copy of the checkout, so that nothing is left behind in it, and list what it holds."""
    copy = tmp_path_factory.mktemp("checkout")
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for folder in (*PACKAGES, "tests", "benchmarks"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=unwanted)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, copy / file)
    program = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=copy, check=True, capture_output=True)
    (built,) = copy.glob("fairlot-*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


@pytest.mark.slow
def test_the_wheel_holds_every_module_rules_document_and_specification(wheel: set[str]) -> None:
    shipped = ("*.py", "py.typed", "games/**/*.json", "spec/*.md")
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for kind in shipped
        for path in (ROOT / package).rglob(kind)
    }
    assert {"rng/__init__.py", "verifier/py.typed"} <= expected
    assert expected - wheel == set()


@pytest.mark.slow
def test_the_wheel_holds_no_tests_and_nothing_beside_the_five_packages(wheel: set[str]) -> None:
    assert {name.split("/")[0] for name in wheel if ".dist-info/" not in name} == set(PACKAGES)
