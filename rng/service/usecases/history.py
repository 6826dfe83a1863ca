"""Histories: the records of a seed in order, as pages and as whole exports; and single rounds."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any, Final

from rng.epoch import Epoch
from rng.rounds import prepare
from rng.schemes import scheme
from rng.seeds import ClientSeed
from rng.service.core import Service
from rng.service.errors import ServiceError
from rng.store import Record

__all__ = ["csv_lines", "json_lines", "page", "show_round"]

_STEP: Final = 500
_COLUMNS: Final = (
    "index",
    "type",
    "nonce",
    "count",
    "time",
    "game",
    "rules_digest",
    "parameters",
    "draws",
    "outcome",
    "payout",
    "draws_root",
    "voids",
    "reason",
    "digest",
)


async def page(service: Service, epoch: Epoch, *, start: int, limit: int) -> bytes:
    """Return one page of records as the JSON of `models.HistoryAnswer`."""
    records = await service.store.records(epoch.seed_id, start=start, limit=limit)
    end = start + len(records)
    # Asked of the records of now: more may have come since the epoch was read, and none ever goes. A page of large
    # records is shorter than its limit, so its length does not tell.
    more = bool(records) and await service.store.record(epoch.seed_id, end) is not None
    return b'{"seed_id":"%s","records":[%s],"next_cursor":%s}' % (
        epoch.seed_id.encode(),
        b",".join(record.data for record in records),
        b'"r%d"' % end if more else b"null",
    )


async def json_lines(service: Service, epoch: Epoch) -> AsyncIterator[bytes]:
    """Return the whole history, one document a line: the epoch, the activation, all records in order, the reveal.

    With the operator's key and the rules it can be audited by itself (verifier/spec/history.md H1). The lines of
    records are exactly the bytes that are leaves of the receipts root. What is not there yet has no line.
    """
    yield epoch.document.data + b"\n"
    if epoch.activation is not None:
        yield epoch.activation.data + b"\n"
    async for records in _all(service, epoch):
        yield b"".join(record.data + b"\n" for record in records)
    if epoch.reveal is not None:
        yield epoch.reveal.data + b"\n"


async def csv_lines(service: Service, epoch: Epoch) -> AsyncIterator[bytes]:
    """Return all records as CSV (RFC 4180), one record a row; compound values and texts are JSON within their cell.

    A text in JSON begins with a quotation mark, so that no spreadsheet takes a reason for a formula.
    """
    yield (",".join(_COLUMNS) + "\r\n").encode()
    async for records in _all(service, epoch):
        # In a thread, because anybody may ask for it and every record is parsed: the rounds of others go on meanwhile.
        yield await asyncio.to_thread(_csv_piece, records)


async def show_round(service: Service, epoch: Epoch, *, nonce: int) -> dict[str, Any]:
    """Return what the API shows of one round (`models.RoundAnswer`).

    Raises:
        ServiceError: `round_not_found`, `proof_unavailable`.
    """
    found = await service.store.find_nonce(epoch.seed_id, nonce)
    if found.record is None:
        raise ServiceError(
            "round_not_found", f"nonce {nonce} of seed {epoch.seed_id} is not drawn; the next one is {epoch.next_nonce}"
        )
    record = found.record.document().statement
    void = found.void.document().statement if found.void is not None else None
    draws, outcome, payout = None, None, None
    if found.record.kind == "receipt":
        draws, outcome, payout = record["draws"], record["outcome"], record["payout"]
    elif found.record.kind == "batch":
        draws, outcome, payout = await _row_of_batch(service, epoch, record, nonce)
    status = "void" if found.record.kind == "void" else "drawn" if void is None else "voided after outcome"
    return {
        "seed_id": epoch.seed_id,
        "nonce": nonce,
        "status": status,
        "record": record,
        "void": void,
        "draws": draws,
        "outcome": outcome,
        "payout": payout,
    }


async def _row_of_batch(
    service: Service, epoch: Epoch, record: dict[str, Any], nonce: int
) -> tuple[list[dict[str, Any]], dict[str, Any], int | None]:
    rules = service.rules_of(record["rules_digest"])
    if rules is None:
        raise ServiceError("proof_unavailable", f"rules {record['rules_digest']} are not in the archive")
    player = prepare(
        scheme(record["scheme"]),
        await service.server_seed(epoch),
        client_seed=ClientSeed(record["client_seed"]),
        rules=rules,
        parameters=record["parameters"],
        beacon=record["beacon"],
    )
    played = await asyncio.to_thread(player.play, nonce)
    return played.draws, played.outcome, played.payout


async def _all(service: Service, epoch: Epoch) -> AsyncIterator[list[Record]]:
    # Up to what the epoch had when it was read, so that an export of an open seed ends.
    start = 0
    while start < epoch.records:
        records = await service.store.records(epoch.seed_id, start=start, limit=min(_STEP, epoch.records - start))
        if not records:
            raise RuntimeError(f"the store lost records of seed {epoch.seed_id} from index {start} on")
        yield records
        start += len(records)


def _csv_piece(records: list[Record]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(_row(record) for record in records)
    return buffer.getvalue().encode()


def _row(record: Record) -> list[object]:
    statement = record.document().statement
    return [
        record.index,
        record.kind,
        record.first_nonce,
        record.count,
        statement["time"],
        statement.get("game", ""),
        statement.get("rules_digest", ""),
        *(_cell(statement, name) for name in ("parameters", "draws", "outcome", "payout")),
        statement.get("draws_root", ""),
        statement.get("voids", ""),
        _cell(statement, "reason"),
        record.digest,
    ]


def _cell(statement: dict[str, Any], name: str) -> str:
    if statement.get(name) is None:
        return ""
    return json.dumps(statement[name], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
