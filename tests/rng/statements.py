"""Fixed keys, seeds and rounds from which the tests of statements, epochs and stores build histories."""

from __future__ import annotations

import hashlib
from typing import Any

from rng import history
from rng.epoch import Epoch, activate, open_epoch
from rng.seeds import ClientSeed, ServerSeed
from rng.signing import Ed25519Signer
from rng.statement import Document

SIGNER = Ed25519Signer(hashlib.sha256(b"a key of the tests").digest())
OTHER_SIGNER = Ed25519Signer(hashlib.sha256(b"another key of the tests").digest())
ORIGIN = "casino.example/main"
TENANT = "acme"
SLOT = "0123456789abcdef0123456789abcdef"
RULES = {"type": "rules", "name": "dice"}
RULES_DIGEST = hashlib.sha256(b'{"name":"dice","type":"rules"}').hexdigest()
OPENED = 1_700_000_000_000
REVEAL_BY = OPENED + 1_000_000


def server_seed(number: int, label: str = "seed") -> ServerSeed:
    """Return one of many server seeds, the same at every call."""
    return ServerSeed(hashlib.sha256(f"{label} {number} of the tests".encode()).digest())


def opened(previous: Epoch | None = None, *, label: str = "seed", **changes: Any) -> Epoch:
    """Open an epoch with the seeds of its sequence number."""
    sequence = 0 if previous is None else previous.sequence + 1
    arguments: dict[str, Any] = {
        "origin": ORIGIN,
        "tenant": TENANT,
        "slot": SLOT,
        "time": OPENED,
        "signer": SIGNER,
        "scheme": "hmac-sha256/v1",
        "commitment": server_seed(sequence, label).commitment(),
        "next_commitment": server_seed(sequence + 1, label).commitment(),
        "rules": {"dice": RULES_DIGEST},
        "reveal_by": REVEAL_BY,
        "max_rounds": 1_000_000_000,
    }
    return open_epoch(previous, **(arguments | changes))


def activated(epoch: Epoch, **changes: Any) -> tuple[Epoch, Document]:
    """Set the client seed."""
    arguments: dict[str, Any] = {
        "client_seed": ClientSeed("Zoë 🎲"),
        "source": "player",
        "time": OPENED + 1,
        "signer": SIGNER,
    }
    return activate(epoch, **(arguments | changes))


def drawn(epoch: Epoch, **changes: Any) -> tuple[Epoch, Document]:
    """Draw the next round; its outcome is of no interest here."""
    arguments: dict[str, Any] = {
        "nonce": epoch.next_nonce,
        "game": "dice",
        "rules_digest": RULES_DIGEST,
        "parameters": {"target": 50},
        "draws": [{"name": "roll", "value": 7}],
        "outcome": {"roll": 7, "won": True},
        "payout": 19800,
        "time": OPENED + 2,
        "signer": SIGNER,
    }
    return history.draw(epoch, **(arguments | changes))


def batched(epoch: Epoch, **changes: Any) -> tuple[Epoch, Document]:
    """Draw a batch of ten from the next nonce on."""
    arguments: dict[str, Any] = {
        "first_nonce": epoch.next_nonce,
        "count": 10,
        "game": "dice",
        "rules_digest": RULES_DIGEST,
        "parameters": {"target": 50},
        "draws_root": hashlib.sha256(b"rows").digest(),
        "time": OPENED + 2,
        "signer": SIGNER,
    }
    return history.draw_batch(epoch, **(arguments | changes))


def voided(epoch: Epoch, **changes: Any) -> tuple[Epoch, Document]:
    """Void the next nonce."""
    arguments: dict[str, Any] = {
        "nonce": epoch.next_nonce,
        "reason": "table closed",
        "time": OPENED + 2,
        "signer": SIGNER,
    }
    return history.void(epoch, **(arguments | changes))
