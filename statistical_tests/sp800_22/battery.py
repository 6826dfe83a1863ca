"""All fifteen tests of SP 800-22 over one stream, or over many."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from types import MappingProxyType

from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding
from statistical_tests.sp800_22.approximate_entropy import approximate_entropy
from statistical_tests.sp800_22.block_frequency import block_frequency
from statistical_tests.sp800_22.cumulative_sums import cumulative_sums
from statistical_tests.sp800_22.fft import fft
from statistical_tests.sp800_22.frequency import frequency
from statistical_tests.sp800_22.linear_complexity import linear_complexity
from statistical_tests.sp800_22.longest_run import longest_run
from statistical_tests.sp800_22.non_overlapping_template import non_overlapping_template
from statistical_tests.sp800_22.overlapping_template import overlapping_template
from statistical_tests.sp800_22.random_excursions import random_excursions
from statistical_tests.sp800_22.random_excursions_variant import random_excursions_variant
from statistical_tests.sp800_22.rank import rank
from statistical_tests.sp800_22.runs import runs
from statistical_tests.sp800_22.serial import serial
from statistical_tests.sp800_22.shared import Shared, require_mode
from statistical_tests.sp800_22.universal import universal
from statistical_tests.workers import started_pool


@dataclass(frozen=True, slots=True)
class Parameters:
    """Hold what the tests are asked for; the defaults are those of NIST's program at 10^6 bits.

    Each test checks its own, and says what it takes: see the functions of the same names.
    """

    block_frequency_block_bits: int = 128
    longest_run_block_bits: int | None = None
    rank_rows: int = 32
    rank_columns: int = 32
    non_overlapping_template_bits: int = 9
    non_overlapping_template_blocks: int = 8
    overlapping_template_bits: int = 9
    overlapping_template_block_bits: int = 1032
    universal_block_bits: int | None = None
    universal_initial: int | None = None
    approximate_entropy_window_bits: int = 10
    random_excursions_least_cycles: int = 500
    serial_window_bits: int = 16
    linear_complexity_block_bits: int = 500


_Run = Callable[[Shared, str, Parameters], Finding]

_TESTS: Mapping[str, _Run] = MappingProxyType(
    {
        "Frequency": lambda bits, mode, _: frequency(bits, mode=mode),
        "BlockFrequency": lambda bits, mode, of: block_frequency(
            bits, block_bits=of.block_frequency_block_bits, mode=mode
        ),
        "CumulativeSums": lambda bits, mode, _: cumulative_sums(bits, mode=mode),
        "Runs": lambda bits, mode, _: runs(bits, mode=mode),
        "LongestRun": lambda bits, mode, of: longest_run(bits, block_bits=of.longest_run_block_bits, mode=mode),
        "Rank": lambda bits, mode, of: rank(bits, rows=of.rank_rows, columns=of.rank_columns, mode=mode),
        "FFT": lambda bits, mode, _: fft(bits, mode=mode),
        "NonOverlappingTemplate": lambda bits, mode, of: non_overlapping_template(
            bits,
            template_bits=of.non_overlapping_template_bits,
            blocks=of.non_overlapping_template_blocks,
            mode=mode,
        ),
        "OverlappingTemplate": lambda bits, mode, of: overlapping_template(
            bits,
            template_bits=of.overlapping_template_bits,
            block_bits=of.overlapping_template_block_bits,
            mode=mode,
        ),
        "Universal": lambda bits, mode, of: universal(
            bits, block_bits=of.universal_block_bits, initial=of.universal_initial, mode=mode
        ),
        "ApproximateEntropy": lambda bits, mode, of: approximate_entropy(
            bits, window_bits=of.approximate_entropy_window_bits, mode=mode
        ),
        "RandomExcursions": lambda bits, mode, of: random_excursions(
            bits, least_cycles=of.random_excursions_least_cycles, mode=mode
        ),
        "RandomExcursionsVariant": lambda bits, mode, of: random_excursions_variant(
            bits, least_cycles=of.random_excursions_least_cycles, mode=mode
        ),
        "Serial": lambda bits, mode, of: serial(bits, window_bits=of.serial_window_bits, mode=mode),
        "LinearComplexity": lambda bits, mode, of: linear_complexity(
            bits, block_bits=of.linear_complexity_block_bits, mode=mode
        ),
    }
)

ALL: tuple[str, ...] = tuple(_TESTS)
"""The names of the tests, in the order of NIST's final report."""


class StreamFailed(RuntimeError):
    """Say in which stream a battery ended, so that the stream can be looked at alone."""


def run(
    bits: Bits, *, tests: Iterable[str] = ALL, mode: str = "corrected", parameters: Parameters | None = None
) -> list[Finding]:
    """Run tests over one stream, sharing what they count.

    Args:
        bits: the stream. A test for which it is too short is not applicable, and says why.
        tests: names out of `ALL`; findings come in the order of `ALL`.
        mode: `corrected` or `nist-compat`.
        parameters: of the tests; the usual ones by default.

    Raises:
        BadInput: no bits, no such mode or test, or a parameter out of range.
    """
    chosen, mode, parameters = _checked(tests, mode, parameters)
    return _run(require_bits(bits), chosen, mode, parameters)


def run_streams(
    streams: Iterable[Bits],
    *,
    tests: Iterable[str] = ALL,
    mode: str = "corrected",
    parameters: Parameters | None = None,
    processes: int = 1,
) -> Iterator[Finding]:
    """Run tests over streams, one after another or side by side, and yield the findings in the order of the streams.

    A stream is taken from the iterable when a process is nearly free for it: at most four for each process are in
    memory. Processes are started afresh (spawn), so that a script needs the guard `if __name__ == "__main__"`. Closing
    the iterator ends them.

    Args:
        streams: any number, each of any length; a generator will do.
        tests: names out of `ALL`.
        mode: `corrected` or `nist-compat`.
        parameters: of the tests; the usual ones by default.
        processes: 1 or more; 1 computes in this one.

    Yields:
        Findings with the number of their stream, from 0.

    Raises:
        BadInput: as `run`; the message names the stream where it is one.
        StreamFailed: a test or a process broke down; the message names the stream.
    """
    chosen, mode, parameters = _checked(tests, mode, parameters)
    processes = whole_number(processes, "processes", least=1, most=1024)
    if processes == 1:
        return _one_by_one(streams, chosen, mode, parameters)
    return _side_by_side(streams, chosen, mode, parameters, processes)


def _checked(tests: Iterable[str], mode: str, parameters: Parameters | None) -> tuple[tuple[str, ...], str, Parameters]:
    asked = (tests,) if isinstance(tests, str) else tuple(tests)
    for name in asked:
        if name not in _TESTS:
            raise BadInput(f"no test {name!r}: there are {', '.join(ALL)}")
    if not asked:
        raise BadInput(f"no test is asked for: there are {', '.join(ALL)}")
    if parameters is not None and not isinstance(parameters, Parameters):
        raise BadInput(f"parameters are a Parameters, not {type(parameters).__name__}")
    chosen = tuple(name for name in ALL if name in asked)
    return chosen, require_mode(mode), parameters or Parameters()


def _run(bits: Bits, tests: tuple[str, ...], mode: str, parameters: Parameters) -> list[Finding]:
    shared = Shared(bits)
    if "Serial" in tests and "ApproximateEntropy" in tests:
        _count_once(shared, parameters)
    return [_TESTS[name](shared, mode, parameters) for name in tests]


def _count_once(shared: Shared, parameters: Parameters) -> None:
    """Count the longest windows first: those of ApproximateEntropy, which comes before Serial, are sums of them."""
    longest = parameters.serial_window_bits
    usual = parameters.approximate_entropy_window_bits < longest <= 24
    if usual and len(shared) >= 1 << longest:
        shared.cyclic_counts(longest)


def _one_by_one(
    streams: Iterable[Bits], tests: tuple[str, ...], mode: str, parameters: Parameters
) -> Iterator[Finding]:
    for number, bits in enumerate(streams):
        with _NamedStream(number):
            findings = _run(require_bits(bits), tests, mode, parameters)
        for finding in findings:
            yield finding.of_stream(number)


def _side_by_side(
    streams: Iterable[Bits], tests: tuple[str, ...], mode: str, parameters: Parameters, processes: int
) -> Iterator[Finding]:
    waiting: deque[tuple[int, Future[list[Finding]]]] = deque()
    with started_pool(processes) as pool:
        try:
            for number, bits in enumerate(streams):
                with _NamedStream(number):
                    waiting.append((number, pool.submit(_run, require_bits(bits), tests, mode, parameters)))
                if len(waiting) >= 4 * processes:
                    yield from _findings(*waiting.popleft())
            while waiting:
                yield from _findings(*waiting.popleft())
        finally:
            for _, future in waiting:
                future.cancel()


def _findings(number: int, future: Future[list[Finding]]) -> Iterator[Finding]:
    with _NamedStream(number):
        found = future.result()
    for finding in found:
        yield finding.of_stream(number)


class _NamedStream:
    """Name the stream in whatever is raised inside."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, BadInput):
            raise BadInput(f"stream {self.number}: {error}") from error
        if isinstance(error, BrokenProcessPool):
            raise StreamFailed(f"a process ended while stream {self.number} or one beside it was tested") from error
        if isinstance(error, Exception):
            raise StreamFailed(f"stream {self.number}: {type(error).__name__}: {error}") from error
