"""What an audit takes from services: files, rules, and what was found on the way to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from certification.audit import Interrupted
from certification.audit.discrepancy import Discrepancy
from cli.audit_download import download, games
from cli.audit_kept import Kept
from cli.audit_list import Walk, walk_list
from cli.client import Service
from cli.errors import CliError
from cli.progress import Bar


@dataclass(slots=True)
class Taken:
    """Hold what was taken from services.

    Args:
        paths: the histories.
        documents: rules that the services publish.
        found: what is not as it must be in what the services say of their seeds.
        listed: address of a service whose list was gone through, to how many seeds are in it.
        kept: what an interrupted audit goes on from, to be removed when it is over.
    """

    paths: list[Path] = field(default_factory=list)
    documents: list[dict[str, object]] = field(default_factory=list)
    found: list[Discrepancy] = field(default_factory=list)
    listed: dict[str, int] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)


class _Watch:
    """Show how far a download is, and end it where that was asked for."""

    def __init__(self, bar: Bar, is_stopped: Callable[[], bool]) -> None:
        self._bar, self._is_stopped = bar, is_stopped
        self._rows, self._done = 0, 0.0

    def __call__(self, lines: int) -> None:
        self._rows += lines
        self._bar.show("downloading", self._done, self._rows)
        if self._is_stopped():
            raise Interrupted

    def seed(self, walk: Walk) -> None:
        """Take in how many seeds of a list are there."""
        self._done = min(1.0, len(walk.seen) / (walk.total or 1))


def take(
    url: str,
    *,
    api_key: str,
    seeds: Sequence[str],
    with_previous: bool,
    folder: Path,
    is_resumed: bool,
    bar: Bar,
    is_stopped: Callable[[], bool],
    into: Taken,
) -> None:
    """Download the seeds of a service that are named, or else all that it lists as revealed.

    Args:
        url: its address.
        api_key: for seeds that are not revealed; empty where there is none.
        seeds: seed ids; none for the whole list.
        with_previous: whether to take the seeds before each named one too.
        folder: where the histories go; it is made if it is not there.
        is_resumed: whether to go on from what an interrupted run left in the folder.
        bar: shows how far it is.
        is_stopped: is asked between two requests.
        into: what is taken is added to it.

    Raises:
        Interrupted: `is_stopped` said so.
        CliError: the service refuses, answers otherwise than it must, or a file cannot be written.
    """
    service = Service(url, api_key=api_key)
    if service.url in into.listed:
        raise CliError(f"{url}: is named twice")
    watch = _Watch(bar, is_stopped)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        kept = Kept(folder, service.url, is_resumed=is_resumed and not seeds)
        if seeds:
            for one in download(service, seeds, folder, with_previous=with_previous, watch=watch):
                kept.page([one], one.found)
        else:
            walk_list(service, folder, kept.walk, watch=watch, on_page=kept.page, on_seed=watch.seed)
            into.listed[service.url] = kept.walk.total or 0
        if kept.rules is None:
            kept.end(games(service, watch=watch))
    except OSError as error:
        raise CliError(f"{folder}: cannot be written: {error.strerror}; name another folder with --keep") from None
    into.paths += kept.files
    into.documents += kept.rules or []
    into.found += kept.found
    into.kept.append(kept)
