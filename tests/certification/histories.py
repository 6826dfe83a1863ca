"""Histories for tests: tables computed by the verifier, and statements as an operator signs them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from certification.audit import Summary, audit, load_shelf
from certification.history import find_sources
from cli.rules import bundled_rules
from tests.verifier.builder import PINNED, History
from verifier import Policy, compute_outcome, with_defaults
from verifier.canonical import encode

Row = dict[str, Any]


def seed_of(number: int) -> bytes:
    """Return one of the server seeds of the tests."""
    return hashlib.sha256(b"server seed %d" % number).digest()


def row_of(seed: int, nonce: int, *, game: str = "dice", **parameters: Any) -> Row:
    """Return an honest row of a table, its values as JSON values."""
    rules = bundled_rules(game)
    full = with_defaults(rules.document, parameters)
    found = compute_outcome(
        "hmac-sha256/v1", seed_of(seed), client_seed=f"player {seed}", nonce=nonce, rules=rules, parameters=full
    )
    draws, outcome = found["draws"], found["outcome"]
    assert isinstance(draws, list)
    assert isinstance(outcome, dict)
    return {
        "server_seed": seed_of(seed).hex(),
        "commitment": found["commitment"],
        "client_seed": f"player {seed}",
        "nonce": nonce,
        "game": game,
        "rules_digest": rules.digest,
        "parameters": json.dumps(full),
        **{f"draws.{draw['name']}": draw["value"] for draw in draws if isinstance(draw, dict)},
        **{f"outcome.{name}": value for name, value in outcome.items()},
        "payout": found["payout"],
    }


def rows_of(seeds: int, rounds: int, *, game: str = "dice", **parameters: Any) -> list[Row]:
    """Return honest rows of some seeds."""
    return [row_of(seed, nonce, game=game, **parameters) for seed in range(seeds) for nonce in range(rounds)]


def cell(value: Any) -> str:
    """Return a cell of CSV."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def csv_bytes(rows: Sequence[Row]) -> bytes:
    """Return rows as CSV."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([cell(row.get(name)) for name in names] for row in rows)
    return file.getvalue().encode("utf-8")


def write_table(path: Path, rows: Sequence[Row]) -> Path:
    """Write rows as CSV or Parquet, as the file's name ends."""
    if path.suffix == ".csv":
        path.write_bytes(csv_bytes(rows))
        return path
    import pyarrow as pa
    from pyarrow import parquet

    names = list(dict.fromkeys(name for row in rows for name in row))
    parquet.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), path, row_group_size=7)
    return path


def lines_of(history: History, *, revealed: bool = True, **changes: Any) -> list[bytes]:
    """Return the statements of a seed in order, one a line."""
    statements = [history.epoch, history.activation, *history.records]
    if revealed:
        statements.append(history.reveal(**changes))
    return [encode(statement) for statement in statements]


def write_lines(path: Path, lines: Iterable[bytes]) -> Path:
    """Write a history of statements."""
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def run(
    *paths: Path, rules: Sequence[Any] = (), policy: Policy = PINNED, out: Path | None = None, **more: Any
) -> tuple[Summary, list[dict[str, Any]]]:
    """Audit files, and return the summary and the list of discrepancies."""
    target = paths[0].parent / "discrepancies.jsonl" if out is None else out
    summary = audit(
        find_sources(paths),
        shelf=load_shelf(documents=rules),
        policy=policy,
        list_path=target,
        **{"sample_seed": 7, **more},
    )
    return summary, [json.loads(line) for line in target.read_bytes().splitlines()]


def checks(found: Iterable[dict[str, Any]]) -> list[tuple[int, str, str]]:
    """Return line, check and status of discrepancies."""
    return [(one["line"], one["check"], one["status"]) for one in found]


def changed(rows: list[Row], place: int, **changes: Any) -> list[Row]:
    """Return rows with one of them changed."""
    return [*rows[:place], {**rows[place], **changes}, *rows[place + 1 :]]


Change = Callable[[list[Row]], list[Row]]
