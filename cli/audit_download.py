"""Seeds of a service as files of a history: epoch, activation, records in order, reveal."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

from certification.audit.discrepancy import Discrepancy, Status
from cli.client import Service, seed_path
from cli.errors import CliError
from verifier import Malformed
from verifier.canonical import Json, encode
from verifier.statements import check_statement

PAGE: Final = 1000
"""Records that are asked for at once."""

MOST_GAMES: Final = 1000
"""Games of a service at most."""

MOST_RULES_BYTES: Final = 32 * 1024 * 1024
"""Bytes of all rules documents of a service at most, in canonical form: they are held in memory together."""

_MORE: Final = "the service has more records of this revealed seed than it states; no more were taken"
_ROUND: Final = "the pages of this seed's records go round; nothing was taken a second time"
_HEX_64: Final = re.compile(r"[0-9a-f]{64}\Z")

Watch = Callable[[int], None]
"""Is told between two requests how many lines were written since the last time; what it raises ends the download."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Hold what a service showed of one seed.

    Args:
        seed_id: the seed.
        path: its history, or None where what came is not of this seed.
        previous: the seed before it in its slot, as its epoch says; empty where there is none.
        revealed_at: Unix time of its reveal in milliseconds, or None where it is not revealed.
        found: what is not as it must be.
    """

    seed_id: str
    path: Path | None
    previous: str
    revealed_at: int | None
    found: tuple[Discrepancy, ...] = ()


def is_seed_id(text: object) -> bool:
    """Say whether a value has the form of a seed id: 64 lower-case hex characters."""
    return isinstance(text, str) and _HEX_64.match(text) is not None


def discrepancy(
    service: Service, seed_id: str, status: Status, note: str, *, expected: Json = None, found: Json = None
) -> Discrepancy:
    """Return a discrepancy of the check `listing` (history.md H6): what a service says of its own seeds."""
    return Discrepancy(
        file=service.url,
        line=0,
        seed=seed_id,
        nonce=None,
        check="listing",
        status=status,
        expected=expected,
        found=found,
        note=note,
    )


def download(
    service: Service, seeds: Sequence[str], folder: Path, *, with_previous: bool, watch: Watch
) -> Iterator[Fetched]:
    """Write the history of each seed to a file, and yield them, the oldest seed of a slot first.

    Args:
        service: the service.
        seeds: seed ids.
        folder: where the files go; it is there.
        with_previous: whether to take the epochs before each seed too.
        watch: see `Watch`.

    Raises:
        CliError: the service refuses or answers otherwise than it must.
        OSError: a file cannot be written.
    """
    done: set[str] = set()
    for named in seeds:
        slot: list[Fetched] = []
        seed_id = named
        while seed_id and seed_id not in done:
            if not is_seed_id(seed_id):
                raise CliError(f"--seed {seed_id[:80]!r}: a seed id has 64 lower-case hex characters")
            done.add(seed_id)
            slot.append(fetch(service, seed_id, folder, watch=watch))
            seed_id = slot[-1].previous if with_previous else ""
        yield from reversed(slot)


def fetch(service: Service, seed_id: str, folder: Path, *, watch: Watch) -> Fetched:
    """Write the history of one seed to a file, in pages, so that memory does not follow its length.

    Args:
        service: the service.
        seed_id: 64 hex characters.
        folder: where the file goes.
        watch: see `Watch`.

    Raises:
        ServiceProblem: the service refuses; with the code `seed_not_found` it does not show this seed.
        CliError: it answers otherwise than it must.
        OSError: the file cannot be written.
    """
    seed = service.get(seed_path(seed_id), what=f"asking for seed {seed_id[:16]}")
    epoch, reveal = seed.get("epoch"), seed.get("reveal")
    shown = _digest_of(epoch)
    if shown != seed_id or not isinstance(epoch, dict):
        # Under the name of a seed another one, or none, would hide it: its own digest is what a seed is.
        note = "what the service shows as this seed is not the epoch with this digest; its history was not audited"
        return Fetched(seed_id, None, "", None, (discrepancy(service, seed_id, "refuted", note, found=shown),))
    stated = seed.get("records")
    if isinstance(stated, bool) or not isinstance(stated, int) or stated < 0:
        raise CliError(f"asking for seed {seed_id[:16]}: the answer does not say how many records there are")
    found: tuple[Discrepancy, ...] = ()
    path = folder / f"{seed_id}.jsonl"
    # What stands there may be a link: it is replaced, and what it leads to is left alone.
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        watch(_line(file, epoch) + _line(file, seed.get("activation")))
        fault = _write_records(service, seed_id, file, most=stated, watch=watch)
        # An open seed may get more meanwhile; it is taken as it was when it was asked for.
        if fault == _MORE and reveal is None:
            fault = ""
        if fault:
            found = (discrepancy(service, seed_id, "refuted", fault, expected=stated),)
        watch(_line(file, reveal))
    time = reveal.get("time") if isinstance(reveal, dict) else None
    return Fetched(seed_id, path, str(epoch["previous_epoch"]), time if isinstance(time, int) else None, found)


def _digest_of(epoch: Json) -> str | None:
    try:
        return check_statement(epoch, "epoch", types=("epoch",)).digest
    except Malformed:
        return None


def _write_records(service: Service, seed_id: str, file: IO[bytes], *, most: int, watch: Watch) -> str:
    """Write records up to a number; return what is wrong with the pages they came in, empty where nothing is."""
    what, cursor, written = f"asking for rounds of {seed_id[:16]}", "", 0
    begun: set[bytes] = set()
    while True:
        query = f"?format=json&limit={PAGE}" + (f"&cursor={quote(cursor, safe='')}" if cursor else "")
        page = service.get(seed_path(seed_id, f"/rounds{query}"), what=what)
        records, following = page.get("records"), page.get("next_cursor")
        if not isinstance(records, list):
            raise CliError(f"{what}: the answer holds no records")
        if records:
            # No record comes twice. Sixteen bytes a page are enough to see that the pages go round.
            first = hashlib.sha256(encode(records[0])).digest()[:16]
            if first in begun:
                return _ROUND
            begun.add(first)
        for record in records[: most - written]:
            _line(file, record)
        watch(len(records))
        written += len(records)
        is_last = not isinstance(following, str) or not following or not records or following == cursor
        if written > most or (written == most and not is_last):
            return _MORE
        if is_last:
            # What the service left out shows in the audit: the reveal counts the records.
            return ""
        cursor = str(following)


def _line(file: IO[bytes], statement: Json) -> int:
    # What the service left out shows in the audit.
    return 0 if statement is None else min(1, file.write(encode(statement) + b"\n"))


def games(service: Service, *, watch: Watch) -> list[dict[str, object]]:
    """Return the rules documents that the service publishes.

    Args:
        service: the service.
        watch: see `Watch`.

    Raises:
        CliError: the service refuses, or it has more games or longer rules than an audit takes.
    """
    what = "asking for the games"
    found: list[dict[str, object]] = []
    size = 0
    listed = service.get("/v1/games", what=what).get("games")
    listed = listed if isinstance(listed, list) else []
    if len(listed) > MOST_GAMES:
        raise CliError(f"{what}: the service lists {len(listed)} games, more than the {MOST_GAMES} that an audit takes")
    for game in listed:
        watch(0)
        name = game.get("name") if isinstance(game, dict) else None
        if isinstance(name, str):
            answer = service.get(f"/v1/games/{quote(name, safe='')}", what=f"asking for the rules of {name[:40]}")
            rules = answer.get("rules")
            if isinstance(rules, dict):
                size += len(encode(rules))
                if size > MOST_RULES_BYTES:
                    raise CliError(f"{what}: the service has rules of more than {MOST_RULES_BYTES} bytes together")
                found.append({**rules})
    return found
