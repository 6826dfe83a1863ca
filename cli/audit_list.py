"""All revealed seeds of a service: its list gone through page by page, and held against what the epochs say.

The list is the service's word. What a service can contradict itself in is looked for: a list that goes round, doubles,
skips or never ends is no list, and ends with an error. A seed that is listed and not shown, shown and not listed, or
named by the epoch after it and neither of both, is a discrepancy (history.md H6).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from certification.audit.discrepancy import Discrepancy
from cli.audit_download import Fetched, Watch, discrepancy, fetch, is_seed_id
from cli.client import Service, ServiceProblem
from cli.errors import CliError
from verifier import Malformed
from verifier.canonical import Json
from verifier.plain_json import read_json

PAGE: Final = 100
"""Seeds that are asked for at once; an interrupted download goes on behind the last whole page."""

MOST_SEEDS: Final = 10_000_000
_MOST_BYTES: Final = 1024 * 1024
_MOST_CURSOR: Final = 64
_WHAT: Final = "asking for the list of revealed seeds"


@dataclass(frozen=True, slots=True)
class Page:
    """Hold a page of the list whose form was checked: seed ids in order, how many there are, how to go on."""

    seeds: tuple[str, ...]
    total: int
    cursor: str


@dataclass(slots=True)
class Walk:
    """Hold how far a walk through the list is.

    Args:
        total: how many seeds the list had when the walk began, where it ends; None before the first page.
        position: of the next seed.
        cursor: of the next page; empty before the first one.
        seen: seeds that were listed, or found to be missing from the list.
        awaited: seeds that an epoch names as the one before it and that were not listed so far, to the time of the
            reveal that came first.
        is_done: whether nothing is left to ask for.
    """

    total: int | None = None
    position: int = 0
    cursor: str = ""
    seen: set[str] = field(default_factory=set)
    awaited: dict[str, int | None] = field(default_factory=dict)
    is_done: bool = False

    def page(self, seeds: int, total: int, cursor: str) -> None:
        """Take in that a page is done."""
        self.total = total if self.total is None else self.total
        self.position += seeds
        self.cursor = cursor

    def take(self, fetched: Fetched) -> None:
        """Take in what came of a seed."""
        self.seen.add(fetched.seed_id)
        self.awaited.pop(fetched.seed_id, None)
        if fetched.previous and fetched.previous not in self.seen:
            self.awaited[fetched.previous] = fetched.revealed_at


OnPage = Callable[[list[Fetched], list[Discrepancy]], None]
"""Is told what a page came to, when all of it is there."""


def walk_list(
    service: Service,
    folder: Path,
    walk: Walk,
    *,
    watch: Watch,
    on_page: OnPage,
    on_seed: Callable[[Walk], None],
) -> None:
    """Go through the list of a service to its end, from where a walk is, and write each history to a file.

    Args:
        service: the service.
        folder: where the files go; it is there.
        walk: how far it is; it is brought forward.
        watch: see `Watch`.
        on_page: see `OnPage`.
        on_seed: is told the walk before each seed.

    Raises:
        CliError: the list is none, or the service refuses or answers otherwise than it must.
        OSError: a file cannot be written.
    """
    while walk.total is None or walk.position < walk.total:
        page = _page(service, walk)
        watch(0)
        done: list[Fetched] = []
        found: list[Discrepancy] = []
        end = page.total if walk.total is None else walk.total
        # What is revealed while the walk goes on is for the next one, so that this one ends.
        seeds = page.seeds[: end - walk.position]
        for seed_id in seeds:
            on_seed(walk)
            fetched, faults = _listed(service, seed_id, folder, walk, watch=watch)
            walk.take(fetched)
            done.append(fetched)
            found += faults
        walk.page(len(seeds), page.total, page.cursor)
        if walk.total == 0:
            note = "the service lists no revealed seed: nothing was audited"
            found.append(discrepancy(service, "", "undecided", note))
        on_page(done, found)
    if not walk.is_done:
        done, found = _unlisted(service, folder, walk, watch=watch)
        walk.is_done = True
        on_page(done, found)


def _page(service: Service, walk: Walk) -> Page:
    query = f"?status=revealed&limit={PAGE}" + (f"&cursor={quote(walk.cursor, safe='')}" if walk.cursor else "")
    try:
        body = service.get_bytes(f"/v1/seeds{query}", most_bytes=_MOST_BYTES, what=_WHAT)
    except ServiceProblem as error:
        if error.code in ("method_not_allowed", "not_found"):
            raise CliError(f"{_WHAT}: {service.url} has none; name the seeds with --seed ID") from None
        raise
    try:
        answer = read_json(body, most_bytes=_MOST_BYTES)
    except Malformed as error:
        raise CliError(f"{_WHAT}: the answer {error.reason}; is this a fairlot service?") from None
    if not isinstance(answer, dict):
        raise CliError(f"{_WHAT}: the answer is no JSON object; is this a fairlot service?")
    try:
        return _checked(answer, walk)
    except Malformed as error:
        raise CliError(
            f"{_WHAT}: {error.reason}; such a list cannot be audited, single seeds can with --seed ID"
        ) from None


def _checked(answer: dict[str, Json], walk: Walk) -> Page:
    """Return a page that goes on exactly where the walk is.

    Raises:
        Malformed: it is another, or has another form.
    """
    listed, total, cursor = answer.get("seeds"), answer.get("total"), answer.get("next_cursor")
    if not isinstance(listed, list) or len(listed) > PAGE:
        raise Malformed(f"a page has a list of up to {PAGE} seeds")
    if isinstance(total, bool) or not isinstance(total, int) or total < 0:
        raise Malformed("the total is a number, at least 0")
    if total > MOST_SEEDS:
        raise Malformed(f"it states {total} seeds, more than the {MOST_SEEDS} that are audited at once")
    if walk.total is not None and total < walk.total:
        raise Malformed(f"it stated {walk.total} seeds and now states {total}, yet a reveal is never taken back")
    seeds: list[str] = []
    fresh: set[str] = set()
    for position, entry in enumerate(listed, start=walk.position):
        seed_id = entry.get("seed_id") if isinstance(entry, dict) else None
        stated = entry.get("position") if isinstance(entry, dict) else None
        if not isinstance(seed_id, str) or not is_seed_id(seed_id):
            raise Malformed(f"the entry at position {position} has no seed id")
        if isinstance(stated, bool) or stated != position:
            raise Malformed(f"seed {seed_id} says another position than {position}, which is its place")
        if seed_id in walk.seen or seed_id in fresh:
            raise Malformed(f"seed {seed_id} is listed twice")
        fresh.add(seed_id)
        seeds.append(seed_id)
    end = walk.position + len(seeds)
    if end > total:
        raise Malformed(f"it has {end} seeds and states {total}")
    if end == total:
        return Page(tuple(seeds), total, "")
    if not seeds:
        raise Malformed(f"it states {total} seeds, and the page from position {end} on is empty")
    if not isinstance(cursor, str) or not 1 <= len(cursor) <= _MOST_CURSOR:
        raise Malformed(f"it states {total} seeds, and gives no cursor to go on behind position {end - 1}")
    if cursor == walk.cursor:
        raise Malformed(f"the cursor behind position {end - 1} is the one that led there")
    return Page(tuple(seeds), total, cursor)


def _listed(
    service: Service, seed_id: str, folder: Path, walk: Walk, *, watch: Watch
) -> tuple[Fetched, list[Discrepancy]]:
    """Fetch a seed that the list names."""
    try:
        fetched = fetch(service, seed_id, folder, watch=watch)
    except ServiceProblem as error:
        if error.code != "seed_not_found":
            raise
        note = "the list names this seed, and the service does not show it"
        return Fetched(seed_id, None, "", None), [discrepancy(service, seed_id, "refuted", note)]
    found = list(fetched.found)
    if fetched.path is not None and fetched.revealed_at is None:
        note = "the list names this seed, and the service shows it without a reveal"
        found.append(discrepancy(service, seed_id, "refuted", note))
    later = walk.awaited.get(seed_id)
    if later is not None and fetched.revealed_at is not None and fetched.revealed_at < later:
        note = "the list names this seed behind the one that follows it in its slot, which was revealed later"
        found.append(discrepancy(service, seed_id, "refuted", note, expected=later, found=fetched.revealed_at))
    return fetched, found


def _unlisted(service: Service, folder: Path, walk: Walk, *, watch: Watch) -> tuple[list[Fetched], list[Discrepancy]]:
    """Ask for the seeds that epochs name as the one before them and that the list leaves out."""
    done: list[Fetched] = []
    found: list[Discrepancy] = []
    while walk.awaited:
        seed_id = next(iter(walk.awaited))
        if len(walk.seen) >= MOST_SEEDS:
            raise CliError(f"{_WHAT}: more than {MOST_SEEDS} seeds are named; audit some of them with --seed ID")
        try:
            fetched = fetch(service, seed_id, folder, watch=watch)
        except ServiceProblem as error:
            if error.code != "seed_not_found":
                raise
            # An epoch opens when the one before it is closed or revealed. Which of both, only the service can show.
            note = "the epoch of a listed seed names this one as the one before it; it is neither listed nor shown"
            found.append(discrepancy(service, seed_id, "undecided", note))
            walk.take(Fetched(seed_id, None, "", None))
            continue
        found += fetched.found
        at, later = fetched.revealed_at, walk.awaited[seed_id]
        if at is not None and later is not None and at < later:
            note = "the service shows this seed as revealed before one that it lists, and its list leaves it out"
            found.append(discrepancy(service, seed_id, "refuted", note))
        elif at is not None:
            # One that was closed first and revealed when the walk had begun is behind its end.
            note = "the service shows this seed as revealed, and its list did not have it when the audit began"
            found.append(discrepancy(service, seed_id, "undecided", note))
        walk.take(fetched)
        done.append(fetched)
    return done, found
