"""The kernel's own tests run again on a build with AddressSanitizer and UndefinedBehaviorSanitizer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CSRC = ROOT / "rng" / "kernel" / "csrc"
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g")
STRICT = ("-std=c11", "-O3", "-Wall", "-Wextra", "-Werror")

READS_PAST_THE_END = """
#include <stdlib.h>
int main(int count, char **names) { char *memory = calloc(count, 1); return memory[count + 3] + !names; }
"""
SHIFTS_TOO_FAR = """
int main(int count, char **names) { return (1 << (31 + count)) == !names; }
"""

pytestmark = pytest.mark.slow


def runtime() -> str:
    """Give the path of AddressSanitizer's runtime, or skip by name."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("no gcc, which builds the kernel with sanitizers")
    if not Path(sysconfig.get_paths()["include"], "Python.h").is_file():
        pytest.skip("no Python.h, which the kernel is built with")
    answer = subprocess.run([compiler, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    library = answer.stdout.strip()
    if not Path(library).is_absolute():  # gcc repeats the bare name of a library that it does not have
        pytest.skip("no runtime of AddressSanitizer beside gcc")
    return library


def build(sources: Path, folder: Path) -> Path:
    """Build an extension with sanitizers and every warning an error."""
    runtime()
    library = folder / "_native.abi3.so"
    command = ["gcc", *STRICT, *SANITIZE, "-shared", "-fPIC", "-o", str(library)]
    command += [f"-I{sysconfig.get_paths()['include']}", f"-I{sources}", *map(str, sorted(sources.glob("*.c")))]
    subprocess.run(command, check=True)
    return library


@pytest.fixture(scope="module")
def instrumented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(CSRC, tmp_path_factory.mktemp("sanitized"))


def run(*command: str, preload: str = "") -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONMALLOC": "malloc",  # each buffer an allocation of its own, so that the sanitizer sees its ends
        "ASAN_OPTIONS": "detect_leaks=0",  # the interpreter leaves memory to the system when it ends
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "HYPOTHESIS_PROFILE": "ci",
        **({"LD_PRELOAD": preload} if preload else {}),
    }
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_the_tests_of_the_kernel_pass_under_sanitizers(instrumented: Path) -> None:
    # -s: a sanitizer writes to the process's own standard error and ends it at once.
    arguments = ["-q", "-x", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "tests/rng/kernel", "-m", "not slow"]
    module = ("-m", "tests.sanitizers.instrumented", "rng.kernel._native", str(instrumented))
    answer = run(sys.executable, *module, *arguments, preload=runtime())
    assert answer.returncode == 0, (answer.stdout + answer.stderr)[-8000:]
    assert " passed" in answer.stdout


@pytest.mark.parametrize(
    ("source", "says"),
    [(READS_PAST_THE_END, "AddressSanitizer: heap-buffer-overflow"), (SHIFTS_TOO_FAR, "runtime error: shift exponent")],
    ids=["a read past the end", "a shift too far"],
)
def test_the_sanitizers_find_what_they_are_for(tmp_path: Path, source: str, says: str) -> None:
    """A run without findings shows something only where findings would show."""
    runtime()
    program, text = tmp_path / "faulty", tmp_path / "faulty.c"
    text.write_text(source)
    subprocess.run(["gcc", *SANITIZE, "-O0", "-o", str(program), str(text)], check=True)
    answer = run(str(program))
    assert answer.returncode != 0
    assert says in answer.stderr


def test_the_kernel_refuses_wrong_lengths_by_itself(instrumented: Path) -> None:
    """Python code checks arguments first; the compiled part must be safe without it, on every function."""
    program = """
import sys
from pathlib import Path
from tests.sanitizers.instrumented import load
load(Path(sys.argv[1]))
native = sys.modules["rng.kernel._native"]
out = bytearray(64)
wrong = [
    (native.hmac_nonces, b"k", b"p", b":", b"", 0, 2, 0, 2, out),
    (native.hmac_nonces, b"k", b"p", b":", b"", 0, 3, 0, 1, out),
    (native.hmac_nonces, b"k", b"p", None, b"", 0, 1, 0, 2, out),
    (native.hmac_nonces, b"k", b"p", b":", b"s" * 64, 0, 2, 0, 1, out),
    (native.hmac_nonces, b"k", b"p", b":", b"", -1, 2, 0, 1, out),
    (native.hmac_nonces, b"k", b"p", b":", b"", 2**53 - 1, 2, 0, 1, out),
    (native.hmac_nonces, b"k", b"p", b":", b"", 0, 2**53, 0, 2**53, out),
    (native.hmac_rounds, bytes(63), b"", bytes(24), bytes(16), b":", b"", 0, out),
    (native.hmac_rounds, bytes(64), b"", bytes(23), bytes(16), b":", b"", 0, out),
    (native.hmac_rounds, bytes(64), b"", bytes(24), bytes(8), b":", b"", 0, out),
    (native.hmac_rounds, bytes(64), b"", bytes(24), b"\\xff" * 16, b":", b"", 0, out),
    (native.hmac_rounds, bytes(64), b"", bytes(24), bytes(16), b":", b"", -1, out),
    (native.hmac_rounds, bytes(64), b"", bytes(24), bytes(16), b"m" * 65, b"", 0, out),
    (native.hmac_rows, bytes(32), b"", bytes(24), out),
    (native.hmac_rows, bytes(64), b"", bytes(16), out),
    (native.hmac_rows, bytes(64), b"xx", bytes(24), out),
    (native.sha256_rows, b"", bytes(64), 0, out),
    (native.sha256_rows, b"", bytes(64), -32, out),
    (native.sha256_rows, b"", bytes(96), 32, out),
    (native.chain_steps, b"", bytes(64), 1, 2, out),
    (native.chain_steps, b"", bytes(33), 1, 1, out),
    (native.chain_steps, b"", bytes(64), -1, 1, out),
    (native.chain_steps, b"", bytes(64), 1, -1, out),
    (native.chain_steps, b"", bytes(64), 1, 2**62, out),
]
taken = []
for function, *arguments in wrong:
    for index in (0, -1, 99):
        try:
            function(index, *arguments)
        except ValueError:
            continue
        taken.append((function.__name__, arguments))
sys.exit(f"taken: {taken}" if taken else 0)
"""
    answer = run(sys.executable, "-c", program, str(instrumented), preload=runtime())
    assert answer.returncode == 0, answer.stderr[-4000:]
