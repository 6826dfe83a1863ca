"""The tests of the statistics' kernel run again on a build with AddressSanitizer and UndefinedBehaviorSanitizer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.sanitizers.instrumented import STATISTICS
from tests.sanitizers.test_sanitizers import ROOT, build, run, runtime

CSRC = ROOT / "statistical_tests" / "kernel" / "csrc"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def instrumented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(CSRC, tmp_path_factory.mktemp("sanitized"))


def test_the_tests_of_the_kernel_pass_under_sanitizers(instrumented: Path) -> None:
    # -s: a sanitizer writes to the process's own standard error and ends it at once.
    tests = ("tests/statistical_tests/kernel", "tests/statistical_tests/sp800_90b/test_kernels.py")
    arguments = ["-q", "-x", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
    module = ("-m", "tests.sanitizers.instrumented", STATISTICS, str(instrumented))
    answer = run(sys.executable, *module, *arguments, "-m", "not slow", preload=runtime())
    assert answer.returncode == 0, (answer.stdout + answer.stderr)[-8000:]
    assert " passed" in answer.stdout
    assert "skipped" not in answer.stdout


def test_the_kernel_refuses_wrong_lengths_by_itself(instrumented: Path) -> None:
    """Python code checks arguments first; the compiled part must be safe without it, on every function."""
    program = """
import sys
from pathlib import Path

import numpy as np

from tests.sanitizers.instrumented import STATISTICS, load
load(Path(sys.argv[1]), STATISTICS)
native = sys.modules[STATISTICS]
from statistical_tests.kernel import spectrum
bits = np.arange(150, dtype=np.uint8)  # 1200 bits
most = 2**62
def out(count):
    return np.zeros(count, dtype=np.int64)
plan = spectrum.plan(1200)
sides, tables, bounds = plan.sides, plan.tables, (1.0, 2.0)
assert native.spectrum_below(bits, 1200, *sides, *tables, *bounds) >= -1
def spoiled(place, value):
    changed = list(tables)
    changed[place] = value
    return native.spectrum_below, bits, 1200, *sides, *changed, *bounds
wrong = [
    (function, *arguments)
    for function in (native.ones, native.longest_runs, native.linear_complexities)
    for arguments in (
        (bits, 1201, 100, out(12)),
        (bits, -1, 100, out(0)),
        (bits, 1200, 0, out(0)),
        (bits, 1200, -5, out(0)),
        (bits, 1200, 100, out(11)),
        (bits, 1200, 100, out(13)),
        (bits, 1200, 100, np.zeros(97, dtype=np.uint8)[1:]),
        (bits, most, 100, out(12)),
    )
] + [
    (native.linear_complexities, bits, 1200, 2**25, out(0)),
    (native.transitions, bits, 1201),
    (native.transitions, bits, -1),
    (native.walk, bits, 1201, out(70)),
    (native.walk, bits, -1, out(70)),
    (native.walk, bits, 1200, out(69)),
    (native.walk, bits, 1200, out(71)),
    (native.matrix_ranks, bits, 1200, 0, 10, out(0)),
    (native.matrix_ranks, bits, 1200, 10, -1, out(0)),
    (native.matrix_ranks, bits, 1200, 10, 10, out(11)),
    (native.matrix_ranks, bits, 1201, 10, 10, out(12)),
    (native.matrix_ranks, bits, 1200, most, most, out(0)),
    (native.matrix_ranks, bits, 1200, 2**21, 1, out(0)),
    (native.window_counts, bits, 1200, 0, 1, False, out(1)),
    (native.window_counts, bits, 1200, 25, 1, False, out(2**25)),
    (native.window_counts, bits, 1200, 3, 0, False, out(0)),
    (native.window_counts, bits, 1200, 3, -1, False, out(8)),
    (native.window_counts, bits, 1200, 3, most, False, out(8)),
    (native.window_counts, bits, 1200, 3, 2, True, out(8)),
    (native.window_counts, bits, 1201, 3, 1, False, out(8)),
    (native.template_counts, bits, 1200, 100, 8, 3, out(12)),
    (native.template_counts, bits, 1200, 100, -1, 3, out(12)),
    (native.template_counts, bits, 1200, 100, 1, 64, out(12)),
    (native.template_counts, bits, 1200, 100, 1, 0, out(12)),
    (native.template_counts, bits, 1200, 0, 1, 3, out(12)),
    (native.template_counts, bits, 1200, 100, 1, 3, out(11)),
    (native.universal_distances, bits, 1200, 0, 1, out(1)),
    (native.universal_distances, bits, 1200, 25, 1, out(49)),
    (native.universal_distances, bits, 1200, 7, -1, out(172)),
    (native.universal_distances, bits, 1200, 7, 1, out(171)),
    (native.universal_distances, bits, 1201, 7, 1, out(172)),
    (native.use_lanes, -1),
    (native.use_lanes, 99),
    (native.spectrum_below, bits, 1199, *sides, *tables, *bounds),
    (native.spectrum_below, bits[:-1], 1200, *sides, *tables, *bounds),
    (native.spectrum_below, bits, 1200, *sides[::-1], *tables, *bounds),
    (native.spectrum_below, bits, 1200, -30, -40, *tables, *bounds),
    (native.spectrum_below, bits, 1200, 2**32, 2**32, *tables, *bounds),
    spoiled(0, np.array([30], dtype=np.uint8)),
    spoiled(0, np.array([7, 5], dtype=np.uint8)),
    spoiled(0, np.array([0, 5, 6], dtype=np.uint8)),
    spoiled(0, np.array([], dtype=np.uint8)),
    spoiled(2, tables[2] + 1),
    spoiled(2, tables[2] - 1),
    *(spoiled(place, tables[place].ravel()[:-1]) for place in range(7)),
]
taken = []
for number, (function, *arguments) in enumerate(wrong):
    try:
        function(*arguments)
    except ValueError:
        continue
    taken.append((function.__name__, number))
for function in (native.ones, native.longest_runs, native.linear_complexities):
    for given in ((None, 8, 4, out(2)), (bits, 8, 4, b"0" * 16), (bits, 8.5, 4, out(2))):
        try:
            function(*given)
        except (TypeError, BufferError):
            continue
        taken.append((function.__name__, given))
sys.exit(f"taken: {taken}" if taken else 0)
"""
    answer = run(sys.executable, "-c", program, str(instrumented), preload=runtime())
    assert answer.returncode == 0, (answer.stdout + answer.stderr)[-4000:]
