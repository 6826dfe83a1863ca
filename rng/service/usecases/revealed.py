"""The list of revealed seeds, which anybody may read: in the order of their reveals, page by page."""

from __future__ import annotations

from typing import Any

from rng.service.core import Service

__all__ = ["page"]


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
