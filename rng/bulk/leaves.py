"""Leaves of batch receipts: the rows of many rounds, hashed by the kernel (statements.md T4, RFC 6962)."""

from __future__ import annotations

import hashlib

from rng import kernel
from rng.bulk.columns import Columns

_LEAF = b"\x00"


def leaf_hashes(columns: Columns) -> bytes:
    """Return the hash of each round's row, SHA-256(0x00 || row), 32 bytes each. RFC 6962 section 2.1."""
    if not columns.width:
        # A row without bytes: rounds that draw nothing but empty samples.
        return hashlib.sha256(_LEAF).digest() * len(columns)
    rows = columns.rows()
    return bytes(kernel.sha256_rows(rows.ravel(), width=rows.shape[1], prefix=_LEAF))


def draws_root(columns: Columns) -> bytes:
    """Return the RFC 6962 root over the rows of the rounds in order, as a batch receipt states it."""
    return kernel.merkle_root(leaf_hashes(columns))
