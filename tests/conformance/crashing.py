"""Play on a store until killed: ``python -m tests.conformance.crashing STORE FOLDER SEED_ID RUN``.

It writes a line for each commit that the store acknowledged, after the acknowledgement, and nothing else.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from rng.epoch import Epoch
from rng.history import void
from rng.statement import Document
from rng.store import Advance, Found
from tests.conformance.stores import STORES
from tests.conformance.test_store import once
from tests.rng.statements import OPENED, SIGNER, batched, drawn

TASKS = 12


def three_records(seed_id: str) -> list[Advance]:
    """Return commands that belong together: a round, a batch of two, and a void of the nonce after them."""

    def skip(epoch: Epoch, _: Found) -> tuple[Epoch, Document]:
        return void(epoch, nonce=epoch.next_nonce, reason="table closed", time=OPENED + 2, signer=SIGNER)

    return [
        Advance(seed_id, lambda epoch, _: drawn(epoch)),
        Advance(seed_id, lambda epoch, _: batched(epoch, count=2)),
        Advance(seed_id, skip),
    ]


async def main(name: str, folder: str, seed_id: str, run: str) -> None:
    """Commit for ever."""
    async with type(STORES[name])(Path(folder)).again() as store:

        async def player(number: int) -> None:
            turn = 0
            while True:
                key = f"{run}-{number}-{turn}"
                results = await store.commit(three_records(seed_id), once=once(key, seed_id=seed_id))
                digests = " ".join(result.document.digest for result in results if result.document is not None)
                os.write(1, f"{key} {digests}\n".encode())
                turn += 1

        await asyncio.gather(*(player(number) for number in range(TASKS)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
