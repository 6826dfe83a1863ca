"""`fairlot stats bits`: tests of bits that SP 800-22 lacks, and estimates of min-entropy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.errors import CliError
from cli.output import warn
from cli.progress import Bar
from cli.stats_input import MOST_BITS, bit_reader, bytes_left, format_option, need_extra, opened, refusals
from cli.stats_memory import BITS
from cli.stats_plots import check_folder, finding_pictures, write_plots
from cli.stats_shown import Spool, alpha_option, decision, exit_code, show_family
from cli.stats_source import Source, source_options
from cli.stats_summary import Summary
from cli.stats_watched import Watched, counted, ended

if TYPE_CHECKING:
    from statistical_tests.bits import Bits
    from statistical_tests.reading import BitReader

STREAM_BITS: Final = 8_000_000
"""Bits of a stream where no length is given: a million bytes, with which 200 MB of memory hold any data."""


@click.command(name="bits")
@click.argument("file", metavar="FILE|-")
@click.option("--streams", type=click.IntRange(1), help="How many streams are read; goes with --stream-bits.")
@click.option(
    "--stream-bits",
    type=click.IntRange(1),
    help=f"Bits of each. Without it all there is is tested, in streams of {STREAM_BITS:,} bits and a last one of what "
    "is left. Longer ones show repeats that are further apart, and take 4 to 13 bytes of memory a bit.",
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
    restart: float | None,
    restarts: int,
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

    Without --stream-bits memory stays below 200 MB however long the input is. Several Mbit show most faults, 100 Mbit a
    bias of 0.0005. --entropy, --iid, --health and --restart judge the streams as samples of a noise source, as SP
    800-90B does; they take more memory, and --iid takes minutes for a million samples.

    Exit codes: 0 the tests were made, whatever they found; 1 with --alpha: Holm's rule over all p-values refuses; 2 bad
    input, and nothing is printed.
    """
    need_extra()
    if streams is not None and stream_bits is None:
        raise CliError("--streams goes with --stream-bits; without both, everything there is is tested")
    many = streams or 1
    needed = None if stream_bits is None else many * stream_bits
    if needed is not None and needed > MOST_BITS:
        raise CliError(f"{many:,} streams of {stream_bits:,} bits are more than {MOST_BITS:,} bits; is that meant?")
    if plots is not None:
        check_folder(plots)
    asked = Source(symbol_bits, entropy, permutations if iid else 0, health, restart, restarts)
    with opened(file) as source, Spool() as spool:
        if needed is not None:
            warn(f"fairlot stats bits: needs {needed:,} bits, which are {(needed + 7) // 8:,} bytes")
        if stream_bits is not None:
            BITS.warn("bits", stream_bits)
        left = bytes_left(source)
        reader = bit_reader(source, file, form=form, needed=needed)
        for notice in reader.notices:
            warn(f"fairlot stats bits: note: {notice}")
        summary = Summary()
        watched = Watched(spool=spool if as_json else None, keep=plots is not None, summary=summary)
        if needed is None and left is not None:
            needed = left * (8 if reader.form == "binary" else 1)
        found = _cut(reader) if stream_bits is None else reader.streams(many, stream_bits)
        _run(found, watched, asked, file, needed=needed)
        together = summary.family.as_json()
        decided = decision(together, alpha)
        if plots is not None:
            write_plots(plots, finding_pictures(watched.kept))
        if as_json:
            told = {
                "format": reader.form,
                "streams": summary.streams,
                "stream_bits": stream_bits or STREAM_BITS,
                "bits": reader.taken,
            }
            spool.show(**asked.as_json(), family=together, decision=decided, input=told)
        else:
            summary.show()
            asked.show(streams=summary.streams)
            show_family(together, decided, streams=summary.streams)
    ctx.exit(exit_code(decided))


def _run(found: Iterator[Bits], watched: Watched, asked: Source, file: str, *, needed: int | None) -> None:
    from statistical_tests.bit_tests import battery

    with refusals(file), Bar(unit="bits") as bar:
        streams = counted(asked.passing(found, watched), bar, needed=needed)
        with ended(battery.run_streams(streams)) as findings:
            for _ in watched.passing(findings):
                pass


def _cut(reader: BitReader) -> Iterator[Bits]:
    """Yield all bits there are, in streams of the usual length and one of what is left.

    The second one is read before the first is tested, so that what is said of them comes first.
    """
    from statistical_tests.errors import ShortInput

    stream = reader.take_up_to(STREAM_BITS)
    if not len(stream):
        raise ShortInput(came=0, needed=1)
    after = reader.take_up_to(STREAM_BITS) if len(stream) == STREAM_BITS else None
    if after is not None and len(after):
        warn(
            f"fairlot stats bits: note: longer than {STREAM_BITS:,} bits, so it is tested in streams of so many, and "
            "what is left at the end as the last one; what comes again in another stream is not seen: --streams and "
            "--stream-bits take longer ones"
        )
    yield stream
    while after is not None and len(after):
        yield after
        after = reader.take_up_to(STREAM_BITS) if len(after) == STREAM_BITS else None
