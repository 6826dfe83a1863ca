"""The engines for ARM64, cross-compiled and run by qemu: the kernel's own tests, and which engine is chosen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rng.kernel.arm64 import engines

ROOT = Path(__file__).resolve().parents[3]
CSRC = ROOT / "rng" / "kernel" / "csrc"
DRIVER = Path(__file__).with_name("arm64_driver.c")
COMPILER, EMULATOR = "aarch64-linux-gnu-gcc", "qemu-aarch64"
# setup.py's flags, with every warning an error.
STRICT = ("-std=c11", "-O3", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror")
# Undefined behaviour becomes a trap, which needs no runtime; without it the code is the one that is installed.
BUILDS = {
    "as installed": (),
    "undefined behaviour traps": ("-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"),
}
ENGINES = ("armv8", "lanes")
# What holds engines against hashlib. The rest is about module.c, which needs Python on the other processor.
FILES = ("test_nonces.py", "test_rows.py", "test_chains.py", "test_engines.py")

pytestmark = pytest.mark.slow


def build(program: Path, *flags: str, csrc: Path = CSRC) -> list[str]:
    """Build the driver for ARM64, static, so that it needs none of that processor's libraries; give its command."""
    sources = sorted(path for path in csrc.glob("*.c") if path.name != "module.c")
    command = [COMPILER, *STRICT, *flags, "-static", "-Wl,--wrap=getauxval", f"-I{csrc}", "-o", str(program)]
    subprocess.run([*command, str(DRIVER), *map(str, sources)], check=True)
    return [EMULATOR, str(program)]


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    for tool, does in ((COMPILER, "compiles the kernel"), (EMULATOR, "runs it")):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool}, which {does} for ARM64")


@pytest.fixture(scope="module", params=BUILDS.values(), ids=list(BUILDS))
def driver(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return build(tmp_path_factory.mktemp("arm64") / "driver", *request.param)


def run_tests(driver: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the kernel's tests on the emulated engines in a process of its own."""
    quiet = ("-p", "no:cacheprovider", "-p", "no:xdist", "-k", " or ".join(ENGINES))
    files = [f"tests/rng/kernel/{name}" for name in FILES]
    return subprocess.run(
        [sys.executable, "-m", "tests.rng.kernel.arm64", *driver, "--", *quiet, *arguments, *files],
        cwd=ROOT,
        env={**os.environ, "HYPOTHESIS_PROFILE": "ci"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_processor_with_sha2_prefers_its_instructions(driver: list[str]) -> None:
    assert tuple(name for name, _, _ in engines(driver)) == ENGINES


def test_a_processor_without_sha2_uses_the_portable_lanes(driver: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLOT_WITHOUT_SHA2", "1")
    assert [name for name, _, _ in engines(driver)] == ["lanes"]


def test_the_tests_of_the_kernel_pass_on_arm64(driver: list[str]) -> None:
    answer = run_tests(driver, "-v", "-x")
    assert answer.returncode == 0, (answer.stdout + answer.stderr)[-8000:]
    for engine in ENGINES:
        assert f"test_blocks_are_those_of_hmac_digest[{engine}] PASSED" in answer.stdout
