"""`fairlot stats bits`: tests of bits that SP 800-22 lacks, and estimates of min-entropy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.errors import CliError
from cli.output import warn
from cli.progress import Bar
from cli.stats_input import MOST_BITS, bit_reader, format_option, need_extra, opened, refusals
from cli.stats_plots import check_folder, finding_pictures, write_plots
from cli.stats_shown import (
    Spool,
    alpha_option,
    decision,
    exit_code,
    family,
    show_family,
    show_findings,
)
from cli.stats_source import Source, source_options
from cli.stats_watched import Watched, counted, ended

if TYPE_CHECKING:
    from statistical_tests.bits import Bits
    from statistical_tests.finding import Finding
    from statistical_tests.reading import BitReader

_MOST_AT_ONCE: Final = 2**30


@click.command(name="bits")
@click.argument("file", metavar="FILE|-")
@click.option("--streams", type=click.IntRange(1), help="How many streams are read; goes with --stream-bits.")
@click.option(
    "--stream-bits",
    type=click.IntRange(1),
    help=f"Bits of each. Without it all there is, up to {_MOST_AT_ONCE:,} bits, is one stream.",
)
@format_option
@source_options
@alpha_option
@click.option("--plots", metavar="DIR", type=click.Path(path_type=Path), help="Write charts there, as SVG.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with each finding.")
@click.pass_context
def command(
    ctx: click.Context,
    file: str,
    streams: int | None,
    stream_bits: int | None,
    form: str,
    entropy: bool,
    iid: bool,
    health: float | None,
    permutations: int,
    symbol_bits: int,
    alpha: float | None,
    plots: Path | None,
    as_json: bool,
) -> None:
    """Run the tests of bits that SP 800-22 lacks.

    Linear generators, lattices, short states and repeated nonces pass SP 800-22 and show here: serial counts to 16
    bits, repeated windows, linear complexity and rank by bit position, birthday spacings, collisions, gaps, poker,
    coupon collector, weights, autocorrelation, and the block tests of FIPS 140-2. FILE, or - for standard input, is
    read once from the beginning. For example:

    \b
      fairlot stream --bytes 12500000 | fairlot stats bits -

    Several Mbit show most faults, 100 Mbit a bias of 0.0005. --entropy, --iid and --health judge the streams as samples
    of a noise source, as SP 800-90B does; for a million samples --iid takes minutes.

    Exit codes: 0 the tests were made, whatever they found; 1 with --alpha: Holm's rule over all p-values refuses; 2 bad
    input, and nothing is printed.
    """
    need_extra()
    if streams is not None and stream_bits is None:
        raise CliError("--streams goes with --stream-bits; without both, everything is one stream")
    many = streams or 1
    needed = None if stream_bits is None else many * stream_bits
    if needed is not None and needed > MOST_BITS:
        raise CliError(f"{many:,} streams of {stream_bits:,} bits are more than {MOST_BITS:,} bits; is that meant?")
    if plots is not None:
        check_folder(plots)
    asked = Source(symbol_bits, entropy, permutations if iid else 0, health)
    with opened(file) as source, Spool() as spool:
        if needed is not None:
            warn(f"fairlot stats bits: needs {needed:,} bits, which are {(needed + 7) // 8:,} bytes")
        reader = bit_reader(source, file, form=form, needed=needed)
        for notice in reader.notices:
            warn(f"fairlot stats bits: note: {notice}")
        watched = Watched(spool=spool if as_json else None, keep=True)
        _run(reader, watched, asked, file, streams=many, stream_bits=stream_bits)
        together = family(watched.kept)
        decided = decision(together, alpha)
        if plots is not None:
            write_plots(plots, finding_pictures(watched.kept))
        if as_json:
            told = {"format": reader.form, "streams": many, "bits": reader.taken}
            spool.show(**asked.as_json(), family=together, decision=decided, input=told)
        else:
            by_stream: dict[int | None, list[Finding]] = defaultdict(list)
            for finding in watched.kept:
                by_stream[finding.stream].append(finding)
            for number in range(many):
                show_findings(by_stream[number], title=f"stream {number}" if many > 1 else "")
            if many > 1:
                show_findings(by_stream[None], title="all streams")
            asked.show(streams=many)
            show_family(together, decided, streams=many)
    ctx.exit(exit_code(decided))


def _run(
    reader: BitReader,
    watched: Watched,
    asked: Source,
    file: str,
    *,
    streams: int,
    stream_bits: int | None,
) -> None:
    from statistical_tests.bit_tests import battery

    with refusals(file):
        if stream_bits is None:
            found: Iterator[Bits] = iter([_everything(reader)])
            needed = reader.taken
        else:
            found = reader.streams(streams, stream_bits)
            needed = streams * stream_bits
        found = asked.passing(found, watched)
        with Bar(unit="bits") as bar, ended(battery.run_streams(counted(found, bar, needed=needed))) as findings:
            for _ in watched.passing(findings):
                pass


def _everything(reader: BitReader) -> Bits:
    """Return all bits there are, up to what memory is held for."""
    from statistical_tests.errors import ShortInput

    bits = reader.take_up_to(_MOST_AT_ONCE)
    if not len(bits):
        raise ShortInput(came=0, needed=1)
    if len(bits) == _MOST_AT_ONCE and len(reader.take_up_to(1)):
        warn(
            f"fairlot stats bits: note: only the first {_MOST_AT_ONCE:,} bits are tested; "
            "--streams and --stream-bits take more, in streams"
        )
    return bits
