"""Seeds of a service as files of a history: epoch, activation, records in order, reveal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

from cli.client import Service, seed_path
from cli.errors import CliError
from verifier.canonical import Json, encode

PAGE: Final = 1000
_HEX_64: Final = re.compile(r"[0-9a-f]{64}\Z")


def download(
    service: Service, seeds: Sequence[str], folder: Path, *, with_previous: bool
) -> tuple[list[Path], list[dict[str, object]]]:
    """Write the history of each seed to a file, in pages, so that memory does not follow its length.

    Args:
        service: the service.
        seeds: seed ids.
        folder: where the files go; it is made if it is not there.
        with_previous: whether to take the epochs before each seed too.

    Returns:
        The files, oldest seed of a slot first, and the rules documents that the service publishes.

    Raises:
        CliError: the service refuses, answers otherwise than it must, or a file cannot be written.
    """
    files: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for seed_id in seeds:
            slot: list[Path] = []
            for one in _chain(service, seed_id, with_previous=with_previous):
                path = folder / f"{one}.jsonl"
                if path not in files:
                    slot.insert(0, path)
                    _write(service, one, path)
            files += slot
    except OSError as error:
        raise CliError(f"{folder}: cannot be written: {error.strerror}; name another folder with --keep") from None
    return files, list(_rules(service))


def _chain(service: Service, seed_id: str, *, with_previous: bool) -> Iterator[str]:
    while seed_id:
        if _HEX_64.match(seed_id) is None:
            raise CliError(f"--seed {seed_id[:80]!r}: a seed id has 64 lower-case hex characters")
        yield seed_id
        epoch = _seed(service, seed_id).get("epoch") if with_previous else None
        seed_id = str(epoch.get("previous_epoch", "")) if isinstance(epoch, dict) else ""


def _seed(service: Service, seed_id: str) -> dict[str, Json]:
    return service.get(seed_path(seed_id), what=f"asking for seed {seed_id[:16]}")


def _write(service: Service, seed_id: str, path: Path) -> None:
    seed = _seed(service, seed_id)
    with path.open("wb") as file:
        _line(file, seed.get("epoch"))
        _line(file, seed.get("activation"))
        cursor = ""
        while True:
            query = f"?format=json&limit={PAGE}" + (f"&cursor={quote(cursor, safe='')}" if cursor else "")
            page = service.get(seed_path(seed_id, f"/rounds{query}"), what=f"asking for rounds of {seed_id[:16]}")
            records, following = page.get("records"), page.get("next_cursor")
            if not isinstance(records, list):
                raise CliError(f"asking for rounds of {seed_id[:16]}: the answer holds no records")
            for record in records:
                _line(file, record)
            if not isinstance(following, str) or not following or not records or following == cursor:
                break
            cursor = following
        _line(file, seed.get("reveal"))


def _line(file: IO[bytes], statement: Json) -> None:
    # What the service left out shows in the audit.
    if statement is not None:
        file.write(encode(statement) + b"\n")


def _rules(service: Service) -> Iterator[dict[str, object]]:
    games = service.get("/v1/games", what="asking for the games").get("games")
    for game in games if isinstance(games, list) else []:
        name = game.get("name") if isinstance(game, dict) else None
        if isinstance(name, str):
            answer = service.get(f"/v1/games/{quote(name, safe='')}", what=f"asking for the rules of {name[:40]}")
            rules = answer.get("rules")
            if isinstance(rules, dict):
                yield {**rules}
