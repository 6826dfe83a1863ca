"""`fairlot audit`: check whole histories again: files, folders, or seeds of a service."""

from __future__ import annotations

import secrets
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.errors import CliError
from cli.output import bold, coloured, dim, harmless, show, show_json
from cli.policies import trust, trust_options
from cli.progress import Bar
from cli.sources import is_url

if TYPE_CHECKING:
    from certification.audit import Summary
    from cli.audit_service import Taken

_INTERRUPTED = 130
_LIST_NOT_CHECKED: Final = (
    "listing: which seeds there are is the service's word. A seed left out shows where a listed one follows it in its "
    "slot; the newest seeds of a slot, and whole slots, do not"
)


@click.command(name="audit")
@click.argument("histories", nargs=-1, required=True, metavar="FILE|FOLDER|URL...")
@click.option("--seed", "seeds", multiple=True, metavar="ID", help="Of a service: only this seed. May be repeated.")
@click.option("--with-previous", is_flag=True, help="With --seed: also every seed that was before, in its slot.")
@click.option("--api-key", envvar="FAIRLOT_API_KEY", default="", metavar="KEY", help="Of a service, for open seeds.")
@click.option(
    "--rules",
    "rules",
    multiple=True,
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path),
    help="Rules documents besides the bundled games. May be repeated.",
)
@trust_options
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write each discrepancy, one JSON a line.")
@click.option("--state", metavar="FILE", type=click.Path(path_type=Path), help="Keep checkpoints, and go on from them.")
@click.option("--sample-seed", metavar="N", type=click.IntRange(0, 2**64 - 1), help="Take the same sample again.")
@click.option("--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="To check signatures.")
@click.option("--keep", metavar="FOLDER", type=click.Path(path_type=Path), help="Keep what came from a service here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(
    ctx: click.Context,
    histories: tuple[str, ...],
    seeds: tuple[str, ...],
    with_previous: bool,
    api_key: str,
    rules: tuple[Path, ...],
    keys: tuple[str, ...],
    policy_file: str | None,
    require: str | None,
    out: Path | None,
    state: Path | None,
    sample_seed: int | None,
    processes: int,
    keep: Path | None,
    as_json: bool,
) -> None:
    """Check every round of every seed again.

    Commitment, draws, outcome, payout, nonces; of statements also signatures, order, counts and receipts root. A
    history is signed statements (.jsonl, as fairlot play and the service write them) or a table (.csv, .parquet), one
    row a round; verifier/spec/history.md has the formats. Bad rows are listed and passed over. The engine does the
    bulk; every discrepancy and a random sample of the rest the verifier judges again. A run that was interrupted goes
    on with the same --state FILE.

    Of a service (URL) every revealed seed is audited, as its list has them, or those that --seed names. The list is
    the service's word: a seed that an epoch names as the one before it, and that is not listed, is a discrepancy.
    The histories are downloaded first, to a temporary folder or to --keep FOLDER; --state needs --keep with a URL.

    Exit codes: 0 verified, 1 refuted, 2 malformed, 3 undecided; the worst counts (1, then 2, 3, 0).
    """
    pinned = trust(keys, policy_file, require)
    _check_asked(histories, seeds, with_previous, keep, state)
    if out is not None and state is not None and out == state:
        raise CliError("--out and --state name one file; name two")
    try:
        from certification import audit
        from certification.history import HistoryError, find_sources
    except ImportError as error:
        raise CliError(f"an audit needs {error.name}; install it with: pip install 'fairlot[audit]'") from None
    from cli.audit_service import Taken, take

    started = time.monotonic()
    try:
        with _stopping() as is_stopped, _folder(keep) as folder, Bar() as bar:
            taken = Taken()
            for one in histories:
                if is_url(one):
                    take(
                        one,
                        api_key=api_key.strip(),
                        seeds=seeds,
                        with_previous=with_previous,
                        folder=folder,
                        is_resumed=state is not None,
                        bar=bar,
                        is_stopped=is_stopped,
                        into=taken,
                    )
                else:
                    taken.paths.append(Path(one))
            sources = find_sources(taken.paths)
            summary = audit.audit(
                sources,
                shelf=audit.load_shelf(rules, documents=taken.documents),
                policy=pinned.policy,
                sample_seed=secrets.randbits(64) if sample_seed is None else sample_seed,
                list_path=out,
                state_path=state,
                processes=processes,
                on_progress=lambda progress: bar.show(progress.phase, progress.done, progress.rows),
                is_stopped=is_stopped,
            )
            summary = _with_found(summary, taken, out)
    except HistoryError as error:
        raise CliError(harmless(str(error))) from None
    except audit.Interrupted:
        how = f"go on with the same command and --state {state}" if state is not None else "--state FILE would keep it"
        click.echo(f"fairlot audit: stopped; {how}", err=True)
        ctx.exit(_INTERRUPTED)
    seconds = time.monotonic() - started
    if as_json:
        listed = [{"url": url, "seeds": many} for url, many in taken.listed.items()]
        show_json({**summary.as_json(), "listed": listed, "run": _run(summary, seconds)})
    else:
        _show(summary, seconds, out, listed=taken.listed)
    ctx.exit(summary.exit_code)


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Let SIGINT and SIGTERM stop the audit between two blocks; a second one ends it at once."""
    asked: list[int] = []

    def stop(number: int, frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Yield the folder for what comes from services: the one to keep, or one that is gone afterwards."""
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="fairlot-audit-") as folder:
        yield Path(folder)


def _check_asked(
    histories: tuple[str, ...], seeds: tuple[str, ...], with_previous: bool, keep: Path | None, state: Path | None
) -> None:
    """Refuse options that do not go together."""
    if any(map(is_url, histories)):
        if with_previous and not seeds:
            raise CliError("--with-previous goes with --seed ID; without it every revealed seed is audited anyway")
        if state is not None and keep is None:
            raise CliError("--state with a URL needs --keep FOLDER: it goes on with the files that are kept there")
    elif seeds or with_previous or keep is not None:
        raise CliError("--seed, --with-previous and --keep are for the URL of a service, and none is given")


def _with_found(summary: Summary, taken: Taken, out: Path | None) -> Summary:
    """Add what was found in the services' lists to the summary, and to the end of the list of discrepancies."""
    from certification.audit.discrepancy import DiscrepancyList

    with DiscrepancyList(out, length=0 if out is None else out.stat().st_size) as listed:
        listed.add(taken.found)
        listed.sync()
    # From here on the result is whole, and a further run begins anew.
    for kept in taken.kept:
        kept.remove()
    not_checked = summary.not_checked + ((_LIST_NOT_CHECKED,) if taken.listed else ())
    return replace(summary, counts=summary.counts + listed.counts, not_checked=not_checked)


def _run(summary: Summary, seconds: float) -> dict[str, object]:
    from rng import kernel

    rate = summary.rows / seconds if seconds > 0 else 0.0
    return {"seconds": round(seconds, 3), "rows_per_second": round(rate), "engine": kernel.engine()}


def _show(summary: Summary, seconds: float, out: Path | None, *, listed: Mapping[str, int]) -> None:
    show(f"{bold('audit')}: {coloured(summary.status, summary.status)}")
    rate = summary.rows / seconds if seconds > 0 else 0.0
    lines = [
        ("files", str(len(summary.files))),
        ("rows", f"{summary.rows:,} of {summary.seeds:,} seeds in {seconds:.1f} s ({rate:,.0f} a second)"),
        ("rounds", f"{summary.rounds:,} computed again by the engine"),
        (
            "verifier",
            f"{summary.judged:,} judged again; sample {summary.sampled:,}, --sample-seed {summary.sample_seed}",
        ),
    ]
    for url, many in listed.items():
        text = f"{many:,} revealed seeds" if many else coloured("no revealed seed: nothing to audit", "undecided")
        lines.insert(0, ("service", f"{harmless(url)} lists {text}"))
    if summary.signatures or summary.unsigned:
        lines.append(("signatures", f"{summary.signatures:,} checked, {summary.unsigned:,} not"))
    if summary.voided:
        lines.append(("voided", coloured(f"{summary.voided:,} rounds after their outcome: ask why", "undecided")))
    for (check, status), many in sorted(summary.counts.items()):
        lines.append((status, coloured(f"{many:,} {check}", status)))
    for label, text in lines:
        show(f"  {label:<12} {text}")
    for text in summary.not_checked:
        show(dim(f"  {'not checked':<12} {text}"))
    if summary.counts:
        where = f"each with its file and line in {harmless(str(out))}" if out else "--out FILE lists each with its line"
        show(f"  {'list':<12} {where}")
