"""The list of revealed seeds, which anybody may read: in the order of their reveals, page by page."""

from __future__ import annotations

import re
from typing import Any, Final

from rng.canonical import MAX_INTEGER
from rng.service.core import Service
from rng.service.errors import ServiceError

__all__ = ["page", "parse_cursor"]

_CURSOR: Final = re.compile(r"s([0-9]{1,16})\Z")


def parse_cursor(cursor: str | None) -> int:
    """Read a cursor: `s` and the position of the next seed. Whoever makes one up begins elsewhere in a public list.

    Raises:
        ServiceError: `invalid_cursor`.
    """
    if cursor is None:
        return 0
    known = _CURSOR.match(cursor)
    if known is None or int(known[1]) > MAX_INTEGER:
        raise ServiceError("invalid_cursor", "a cursor is the next_cursor of an earlier page, sent back as it was")
    return int(known[1])


async def page(service: Service, *, start: int, limit: int) -> dict[str, Any]:
    """Return one page as what the API shows of it (`models.SeedsAnswer`).

    Seeds of all tenants are in it, and of each what its reveal says: no tenant, no slot, and nothing of an open seed.
    """
    found = await service.store.revealed(start=start, limit=limit)
    end = start + len(found.seeds)
    return {
        "seeds": [
            {
                "position": one.position,
                "seed_id": one.seed_id,
                "rounds": one.rounds,
                "records": one.records,
                "revealed_at": one.time,
            }
            for one in found.seeds
        ],
        "total": found.total,
        "next_cursor": f"s{end}" if end < found.total else None,
    }
