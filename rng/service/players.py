"""Slots: the opaque places under which players' seeds are kept, so that no player's id ever is."""

from __future__ import annotations

import hmac
from typing import Final

__all__ = ["slot_of"]

_SLOT_BYTES: Final = 16


def slot_of(player: str, *, tenant: str, slot_key: bytes) -> str:
    """Return the slot of a player: HMAC-SHA256(slot key, tenant, newline, player), 16 bytes in hex.

    A tenant's name has no newline, so that no two pairs of tenant and player run together. Without the key nobody can
    try ids against the slots that stand in public statements.

    Args:
        player: the operator's id of the player, valid Unicode, not empty.
        tenant: the owner's name.
        slot_key: 32 bytes.

    Raises:
        ValueError: if the player is empty or the key has another length.
    """
    if not player:
        raise ValueError("a player's id is not empty")
    if len(slot_key) != 32:
        raise ValueError(f"the slot key has {len(slot_key)} bytes, it must have 32")
    return hmac.digest(slot_key, f"{tenant}\n{player}".encode(), "sha256")[:_SLOT_BYTES].hex()
