"""`fairlot stats calibrate`: every test on ideal data, so that its real rate of false alarms is known."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import click

from cli.errors import CliError
from cli.output import harmless, one_line, show, show_json, warn
from cli.progress import Bar
from cli.stats_input import need_extra
from cli.stats_laws import MOST_KINDS

BATTERIES: Final = ("nist", "nist-compat", "bits", "outcomes", "draws", "shuffles")
"""As `statistical_tests.calibration.BATTERIES`, which is not loaded for the help."""

_MOST_NUMBERS: Final = 2**27
"""Outcomes, balls or cards of a stream: a gibibyte."""

_CHOSEN: Final = ("nist", "bits", "outcomes", "draws", "shuffles")


@click.command(name="calibrate")
@click.option("--streams", type=click.IntRange(10), required=True, help="Ideal streams that each test is made on.")
@click.option(
    "--stream-bits", type=click.IntRange(1, 2**30), default=1_000_000, show_default=True, help="Bits of each."
)
@click.option(
    "--battery",
    "batteries",
    type=click.Choice(BATTERIES),
    multiple=True,
    default=_CHOSEN,
    show_default=True,
    help="May be repeated.",
)
@click.option(
    "--outcomes",
    type=click.IntRange(1, _MOST_NUMBERS),
    default=100_000,
    show_default=True,
    help="Outcomes of each stream.",
)
@click.option("--kinds", type=click.IntRange(2, MOST_KINDS), default=37, show_default=True, help="Kinds of outcomes.")
@click.option("--draws", type=click.IntRange(1), default=10_000, show_default=True, help="Draws of each stream.")
@click.option("--balls", type=click.IntRange(2), default=49, show_default=True, help="Of how many balls each is.")
@click.option("--drawn", type=click.IntRange(1), default=6, show_default=True, help="How many balls a draw takes.")
@click.option("--decks", type=click.IntRange(1), default=1_000, show_default=True, help="Decks of each stream.")
@click.option("--cards", type=click.IntRange(2), default=52, show_default=True, help="Cards of a deck.")
@click.option("--seed", default="1", show_default=True, metavar="TEXT", help="Keys the generator of ideal data.")
@click.option("--generator", default="shake256", show_default=True, metavar="NAME", help="Which makes ideal data.")
@click.option("--processes", type=click.IntRange(1, 256), default=1, show_default=True)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write the table (Markdown) there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with every column.")
def command(
    streams: int,
    stream_bits: int,
    batteries: tuple[str, ...],
    outcomes: int,
    kinds: int,
    draws: int,
    balls: int,
    drawn: int,
    decks: int,
    cards: int,
    seed: str,
    generator: str,
    processes: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Run every test on ideal streams, and table how often each really refuses.

    Each column of p-values is checked for uniformity, and the share of p-values at or below 0.01, 0.001 and 0.0001 is
    given with exact bounds. The same options give the same table, with any number of processes.
    """
    need_extra()
    from statistical_tests import calibration
    from statistical_tests.errors import BadInput

    _check_size("draws", draws, "balls", balls)
    _check_size("decks", decks, "cards", cards)
    _check_text(seed)
    if out is not None:
        _check_writable(out)
    try:
        plan = calibration.Plan(
            streams=streams,
            batteries=batteries,
            stream_bits=stream_bits,
            outcomes=outcomes,
            kinds=kinds,
            draws=draws,
            balls=balls,
            drawn=drawn,
            decks=decks,
            cards=cards,
            seed=seed,
            generator=generator,
        )
        with Bar(unit="streams") as bar:
            found = calibration.calibrate(
                plan, processes=processes, progress=lambda done: bar.show("calibrating", done / streams, done)
            )
    except (BadInput, MemoryError, RuntimeError) as error:
        # What runs the batteries names the error in its own, for it may be one of another process.
        if isinstance(error, MemoryError) or ": MemoryError:" in str(error):
            raise CliError(
                "a stream does not fit into memory: give less of --stream-bits, --outcomes, --kinds, --draws or --decks"
            ) from None
        raise CliError(one_line(str(error))) from None
    text = calibration.table(found)
    if out is not None:
        _write(out, text)
    _show(found, text, as_json=as_json, out=out)


def _show(found: Any, text: str, *, as_json: bool, out: Path | None) -> None:
    if as_json:
        show_json(found.as_json())
    elif out is None:
        show(text, nl=False)
    else:
        warn(f"fairlot stats calibrate: the table is in {harmless(str(out))}")


def _check_size(name: str, many: int, of: str, width: int) -> None:
    """Refuse data that memory does not hold."""
    if many * width > _MOST_NUMBERS:
        raise CliError(
            f"--{name} {many:,} of --{of} {width:,}: {many * width:,} numbers of a stream are more than the "
            f"{_MOST_NUMBERS:,} that are made at once"
        )


def _check_text(seed: str) -> None:
    """Refuse a seed whose bytes on the command line were no text, for a generator is keyed with text."""
    try:
        seed.encode()
    except UnicodeEncodeError:
        raise CliError(f"--seed {one_line(seed)}: is no text in UTF-8") from None


def _check_writable(out: Path) -> None:
    """Refuse a place that cannot be written to before hours of work, not after."""
    folder = out.parent
    if out.is_dir():
        raise CliError(f"--out {harmless(str(out))}: is a folder; name a file")
    if not folder.is_dir():
        raise CliError(f"--out {harmless(str(out))}: there is no folder {harmless(str(folder))}")
    if not os.access(out if out.exists() else folder, os.W_OK):
        raise CliError(f"--out {harmless(str(out))}: cannot be written")


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CliError(f"--out {harmless(str(out))}: cannot be written: {error.strerror}") from None
