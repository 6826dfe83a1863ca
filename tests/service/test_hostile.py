"""What a stranger or a hostile client can send: nothing of it stops the service, and nothing of a round leaks early."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from rng.service import batchwork, bodies
from rng.service.batchwork import Job
from rng.service.errors import ServiceError
from tests.service.harness import House, problem, running
from verifier import PinnedKey, Policy, verify

pytestmark = pytest.mark.anyio


class Name(str):
    """A name that counts how often it is compared."""

    compared = 0
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str.__eq__(self, other) is True

    def __hash__(self) -> int:
        return str.__hash__(self)


def test_a_name_that_occurs_twice_among_many_is_found_without_comparing_all_pairs() -> None:
    names = [Name(f"{number:x}") for number in range(2_000)] + [Name("last"), Name("last")]
    Name.compared = 0
    with pytest.raises(ServiceError, match="'last' occurs twice"):
        bodies._object([(name, 1) for name in names])
    assert Name.compared < 3 * len(names)


@pytest.mark.parametrize("cursor", ["r9007199254740992", "r9999999999999999", "r00000000000000000", "r-1"])
async def test_a_forged_cursor_is_a_problem_and_not_a_mistake_of_the_service(house: House, cursor: str) -> None:
    seed_id = await house.seed()
    problem(await house.get(f"/v1/seeds/{seed_id}/rounds?cursor={cursor}"), 400, "invalid_cursor")


@pytest.mark.parametrize("damage", [None, "UPDATE records SET chunk_roots = zeroblob(96)"])
async def test_the_proof_of_a_round_costs_one_chunk_and_not_its_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str | None
) -> None:
    async with running(tmp_path) as house:
        seed_id = await house.seed()
        body = {"game": "coinflip", "count": 2500}
        assert (await house.post(f"/v1/seeds/{seed_id}/rounds/batch", body)).status_code == 201
        await house.post(f"/v1/seeds/{seed_id}/rotate")
        keys = house.keys
    if damage is not None:
        connection = sqlite3.connect(house.settings.database)
        connection.execute(damage)
        connection.commit()
        connection.close()
    drawn: list[int] = []
    chunk_rows = batchwork.chunk_rows

    def counted(job: Job, index: int) -> list[bytes]:
        drawn.append(index)
        return chunk_rows(job, index)

    monkeypatch.setattr(batchwork, "chunk_rows", counted)
    async with running(tmp_path, keys=keys) as house:
        proof = await house.get(f"/v1/seeds/{seed_id}/rounds/2100/proof", who=None)
        # Roots that are lost are computed again: the proof is the same, only dearer.
        assert drawn == ([2] if damage is None else [0, 1, 2, 2])
        pinned = PinnedKey(house.service.signer.public_key)
        assert verify(proof.content, Policy(keys=(pinned,))).status == "verified"
