"""What a stranger or a hostile client can send: nothing of it stops the service, and nothing of a round leaks early."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rng.games.loader import bundled_games
from rng.merkle import HASH_BYTES
from rng.service import batchwork, bodies
from rng.service.batchwork import Job
from rng.service.errors import ServiceError
from rng.store import Command, Counts, Once, Result
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


async def test_a_refused_batch_tells_nothing_of_the_rounds_that_it_would_have_drawn(house: House) -> None:
    # The length of the next rounds' draws would tell their values, word by word, to whoever asks for many lengths.
    seeds = [await house.seed(f"player-{number}") for number in range(4)]
    for amount in (999, 1000):
        body = {"game": "integers", "params": {"low": -5, "high": 10**6, "amount": amount}, "count": 10**6}
        answers = [await house.post(f"/v1/seeds/{seed_id}/rounds/batch", body) for seed_id in seeds]
        details = {problem(answer, 422, "batch_too_large")["detail"] for answer in answers}
        assert len(details) == 1


async def test_rules_that_give_no_value_do_not_tell_the_draws_that_they_failed_on(tmp_path: Path) -> None:
    games = tmp_path / "games"
    games.mkdir()
    rules: dict[str, Any] = json.loads(json.dumps(dict(bundled_games()["coinflip"].document)))
    rules |= {"name": "broken-game", "parameters": [], "tables": {}, "let": [], "payout": None, "odds": []}
    rules |= {"outcome": {"shown": {"at": [[7], "face"]}}, "claims": {"return": None, "shapes": []}}
    for width in (1, 300):
        face = {"name": "face", "primitive": "uniform", "n": 2**50}
        rules["draws"] = [face, {**face, "name": "more", "times": width}]
        (games / "broken-game.json").write_text(json.dumps(rules))
        async with running(tmp_path / str(width), games_folder=games) as house:
            seed_id = await house.seed()
            for path, more in (("rounds", {}), ("rounds/batch", {"count": 1}), ("rounds/batch", {"count": 5000})):
                answer = await house.post(f"/v1/seeds/{seed_id}/{path}", {"game": "broken-game", **more})
                detail = problem(answer, 422, "invalid_params")["detail"]
                assert "broken-game" in detail
                assert not re.search(r"\d{4}", detail)


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
    drawn: list[tuple[int, int]] = []
    row_hashes = batchwork.row_hashes

    def counted(job: Job, start: int, size: int) -> bytes:
        hashes = row_hashes(job, start, size)
        drawn.append((start, len(hashes) // HASH_BYTES))
        return hashes

    monkeypatch.setattr(batchwork, "row_hashes", counted)
    async with running(tmp_path, keys=keys) as house:
        proof = await house.get(f"/v1/seeds/{seed_id}/rounds/2100/proof", who=None)
        # Roots that are lost are computed again: the proof is the same, only dearer.
        assert drawn == ([] if damage is None else [(0, 2500)]) + [(2048, 452)]
        pinned = PinnedKey(house.service.signer.public_key)
        assert verify(proof.content, Policy(keys=(pinned,))).status == "verified"


async def test_many_questions_for_metrics_and_readiness_cost_the_store_one_answer(house: House) -> None:
    asked: list[str] = []
    store = house.service.store
    counts, commit = store.counts, store.commit

    async def counted() -> Counts:
        asked.append("counts")
        return await counts()

    async def committed(commands: Sequence[Command], *, once: Once | None = None) -> list[Result]:
        asked.append("commit")
        return await commit(commands, once=once)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "counts", counted)
        patch.setattr(store, "commit", committed)
        house.clock.move(60_000)
        for path in ("/metrics", "/readyz"):
            await asyncio.gather(*(house.get(path, who=None) for _ in range(20)))
        assert asked.count("counts") == 1
        assert asked.count("commit") <= 2
        house.clock.move(6_000)
        await house.get("/metrics", who=None)
        assert asked.count("counts") == 2


async def test_a_disk_that_is_too_full_for_a_round_makes_the_service_unready_though_a_small_write_fits(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, max_pages=120) as house:
        seed_id = await house.seed()
        assert (await house.get("/readyz", who=None)).status_code == 200
        while (answer := await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "dice"})).status_code == 201:
            pass
        problem(answer, 503, "store_unavailable")
        house.clock.move(2_000)
        ready = await house.get("/readyz", who=None)
        assert ready.status_code == 503
        assert ready.json()["store"] == "store_full"
        # It is tried again after a while: perhaps somebody has made room.
        house.clock.move(10_000)
        assert (await house.get("/readyz", who=None)).status_code == 200


async def test_a_clock_that_is_set_back_does_not_put_the_probe_of_the_entropy_source_off(house: House) -> None:
    await house.app.state.deadlines.pass_once()
    house.clock.move(-86_400_000)
    house.source.dead = True
    await house.app.state.deadlines.pass_once()
    assert house.service.gate.reason is not None
