"""`fairlot stats nist`: the fifteen tests of NIST SP 800-22 over streams of bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from cli.errors import CliError
from cli.output import dim, harmless, show, warn
from cli.progress import Bar
from cli.stats_input import MOST_BITS, bit_reader, display_name, format_option, need_extra, opened, refusals
from cli.stats_memory import nist as nist_memory
from cli.stats_plots import check_folder, finding_pictures, write_plots
from cli.stats_shown import Spool, alpha_option, exit_code, p_text, show_decision, show_findings
from cli.stats_watched import Watched, counted, ended

if TYPE_CHECKING:
    from statistical_tests.bits import Bits
    from statistical_tests.finding import Finding
    from statistical_tests.sp800_22 import Column, Weighed

FC = TypeVar("FC", bound=Callable[..., Any])

TESTS: Final = (
    *("Frequency", "BlockFrequency", "CumulativeSums", "Runs", "LongestRun", "Rank", "FFT"),
    *("NonOverlappingTemplate", "OverlappingTemplate", "Universal", "ApproximateEntropy"),
    *("RandomExcursions", "RandomExcursionsVariant", "Serial", "LinearComplexity"),
)
"""As `statistical_tests.sp800_22.ALL`, which is not loaded for the help."""

PARAMETERS: Final[dict[str, tuple[int | None, str]]] = {
    "block_frequency_block_bits": (128, "M of BlockFrequency."),
    "longest_run_block_bits": (None, "M of LongestRun; by the length where not given."),
    "rank_rows": (32, "Rows of Rank's matrices."),
    "rank_columns": (32, "Columns of Rank's matrices."),
    "non_overlapping_template_bits": (9, "m of NonOverlappingTemplate."),
    "non_overlapping_template_blocks": (8, "N of NonOverlappingTemplate."),
    "overlapping_template_bits": (9, "m of OverlappingTemplate."),
    "overlapping_template_block_bits": (1032, "M of OverlappingTemplate."),
    "universal_block_bits": (None, "L of Universal; by the length where not given."),
    "universal_initial": (None, "Q of Universal; 10 times 2^L where not given."),
    "approximate_entropy_window_bits": (10, "m of ApproximateEntropy."),
    "random_excursions_least_cycles": (500, "Fewer cycles, and the excursion tests are not applicable."),
    "serial_window_bits": (16, "m of Serial."),
    "linear_complexity_block_bits": (500, "M of LinearComplexity."),
}
"""As the fields of `statistical_tests.sp800_22.Parameters`, with their defaults."""


def _parameter_options(command: FC) -> FC:
    for name, (default, text) in reversed(PARAMETERS.items()):
        command = click.option(
            f"--{name.replace('_', '-')}", name, type=int, default=default, show_default=True, metavar="N", help=text
        )(command)
    return command


@click.command(name="nist")
@click.argument("file", metavar="FILE|-")
@click.option("--streams", type=click.IntRange(1), default=1, show_default=True, help="How many streams are read.")
@click.option("--stream-bits", type=click.IntRange(1), default=1_000_000, show_default=True, help="Bits of each.")
@format_option
@click.option(
    "--mode",
    type=click.Choice(["corrected", "nist-compat"]),
    default="corrected",
    show_default=True,
    help="Exact references where they are known, or the numbers of NIST's own program.",
)
@click.option("--tests", metavar="NAME,NAME...", help=f"Only these: {', '.join(TESTS)}.")
@click.option("--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="Streams side by side.")
@alpha_option
@click.option("--plots", metavar="DIR", type=click.Path(path_type=Path), help="Write charts there, as SVG.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: each finding, and the second level.")
@_parameter_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    file: str,
    streams: int,
    stream_bits: int,
    form: str,
    mode: str,
    tests: str | None,
    processes: int,
    alpha: float | None,
    plots: Path | None,
    as_json: bool,
    **parameters: int | None,
) -> None:
    """Run NIST SP 800-22's fifteen tests over streams of bits.

    FILE, or - for standard input, is read once from the beginning, as far as it is needed: STREAMS times STREAM-BITS
    bits, one stream after another without a gap. How many that is, is said first. Bits are bytes, the most significant
    bit first, or characters 0 and 1 (--format). For example:

    \b
      fairlot stream --bytes 1250000 | fairlot stats nist - --streams 10

    The table has a row for each column of p-values, as NIST's final report has: the ten bins, the p-value of their
    uniformity, the proportion of streams that pass at 0.01, and the test. A test that the bits do not suffice for says
    why, and has no p-value.

    Exit codes: 0 the tests were made, whatever they found; 1 with --alpha: the family-wise rule refuses; 2 bad input,
    such as too few bits, and nothing is printed.
    """
    need_extra()
    needed = streams * stream_bits
    if needed > MOST_BITS:
        raise CliError(f"{streams:,} streams of {stream_bits:,} bits are more than {MOST_BITS:,} bits; is that meant?")
    if plots is not None:
        check_folder(plots)
    tested = _battery(tests, mode, parameters, processes)
    with opened(file) as source, Spool() as spool:
        warn(f"fairlot stats nist: needs {_needed(streams, stream_bits)}")
        if tests is None or "FFT" in tests:
            nist_memory(stream_bits).warn("nist", stream_bits, processes=processes)
        reader = bit_reader(source, file, form=form, needed=needed)
        for notice in reader.notices:
            warn(f"fairlot stats nist: note: {notice}")
        watched = Watched(spool=spool if as_json else None, keep=plots is not None or streams == 1)
        columns, weighed = _summed(tested, reader.streams(streams, stream_bits), watched, file, mode, needed)
        decided = _decision(weighed, alpha)
        if plots is not None:
            write_plots(plots, finding_pictures(watched.kept))
        if as_json:
            spool.show(
                second_level={
                    "columns": [one.as_json() for one in columns],
                    "family": [one.as_json() for one in weighed],
                    "decision": decided,
                },
                input={"format": reader.form, "streams": streams, "stream_bits": stream_bits, "mode": mode},
            )
        else:
            title = f"{display_name(file)}, {streams:,} x {stream_bits:,} bits, {mode}"
            _show(columns, weighed, watched, decided, streams=streams, title=title)
    ctx.exit(exit_code(decided))


def _battery(
    tests: str | None, mode: str, given: Mapping[str, int | None], processes: int
) -> Callable[[Iterable[Bits]], Iterator[Finding]]:
    """Return the function from streams to findings; wrong options are found before anything is read."""
    from statistical_tests import sp800_22
    from statistical_tests.bits import Bits
    from statistical_tests.errors import BadInput

    names = sp800_22.ALL if tests is None else tuple(name.strip() for name in tests.split(","))
    parameters = sp800_22.Parameters(**given)  # type: ignore[arg-type]  # the options have the fields' types
    try:
        # Every test checks its parameters before it looks at the bits, of which there are none here.
        sp800_22.run(Bits.from_bytes(b""), tests=names, mode=mode, parameters=parameters)
    except BadInput as error:
        raise CliError(str(error)) from None
    return lambda streams: sp800_22.run_streams(
        streams, tests=names, mode=mode, parameters=parameters, processes=processes
    )


def _summed(
    tested: Callable[[Iterable[Bits]], Iterator[Finding]],
    streams: Iterable[Bits],
    watched: Watched,
    file: str,
    mode: str,
    needed: int,
) -> tuple[list[Column], list[Weighed]]:
    """Run the tests, and return what the columns say of all streams, and after the family-wise rule."""
    from statistical_tests import sp800_22

    with refusals(file), Bar(unit="bits") as bar, ended(tested(counted(streams, bar, needed=needed))) as findings:
        try:
            columns = sp800_22.second_level(watched.passing(findings), mode=mode)
        except sp800_22.StreamFailed as error:
            raise CliError(f"{display_name(file)}: {error}") from None
    return columns, sp800_22.family(columns)


def _decision(weighed: list[Weighed], alpha: float | None) -> dict[str, Any] | None:
    if alpha is None:
        return None
    if not weighed:
        raise CliError("--alpha: no test was applicable, so that there is no p-value to decide by; give longer streams")
    return {"alpha": alpha, "refused": weighed[0].adjusted <= alpha}


def _show(
    columns: list[Column],
    weighed: list[Weighed],
    watched: Watched,
    decided: dict[str, Any] | None,
    *,
    streams: int,
    title: str,
) -> None:
    from statistical_tests.sp800_22.report import report

    if streams == 1:
        show_findings(watched.kept, title=title)
    else:
        show(report(columns, source=title), nl=False)
        for text in watched.lines(streams):
            show(dim(harmless(text)))
    show()
    if not weighed:
        show("no test was applicable")
        return
    least = weighed[0]
    where = " ".join(filter(None, (least.name, least.column)))
    show(
        f"{len(weighed):,} second-level p-values together (Holm): the smallest is {p_text(least.p_value)}, "
        f"{p_text(least.adjusted)} when adjusted: {least.kind} of {harmless(where)}"
    )
    show_decision(decided)


def _needed(streams: int, stream_bits: int) -> str:
    bits = streams * stream_bits
    many = f"{streams:,} streams of {stream_bits:,} bits: " if streams > 1 else ""
    return f"{many}{bits:,} bits, which are {(bits + 7) // 8:,} bytes, or {bits:,} characters 0 and 1"
