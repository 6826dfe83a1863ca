"""Problem codes that no ordinary request brings about, and the table of them all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from rng.epoch import EpochError, close
from rng.service.bodies import read_raw
from rng.service.core import from_epoch_error, from_store_error
from rng.service.errors import KINDS, ServiceError
from rng.service.sealing import SealError
from rng.store import Advance, IdempotencyConflict, StoreBusy, StoreCorrupt, UnknownSeed
from tests.service.harness import House, problem

TESTS = Path(__file__).parent


def test_every_code_is_stable_text_with_a_status_and_a_title() -> None:
    for code, kind in KINDS.items():
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", code)
        assert 400 <= kind.status < 600
        assert kind.title


def test_every_code_is_met_by_a_test() -> None:
    texts = "".join(path.read_text() for path in TESTS.glob("test_*.py"))
    assert [code for code in KINDS if f'"{code}"' not in texts] == []


def test_a_problem_document_keeps_its_own_members_whatever_else_is_in_it() -> None:
    document = ServiceError("seed_open", "detail", seed_id="x", status=200, title="other").document()
    assert document["seed_id"] == "x"
    assert document["status"] == 409
    assert document["title"] == KINDS["seed_open"].title


def test_an_unknown_code_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        ServiceError("no_such_code", "detail")


@pytest.mark.parametrize("code", ["wrong_server_seed", "wrong_successor", "wrong_beacon"])
def test_what_the_service_itself_got_wrong_is_not_blamed_on_the_client(code: str) -> None:
    with pytest.raises(EpochError):
        from_epoch_error(EpochError(code, "message"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StoreBusy("x"), "store_unavailable"),
        (StoreCorrupt("a path: /var/lib"), "store_unavailable"),
        (IdempotencyConflict("x"), "idempotency_conflict"),
        (UnknownSeed("x"), "seed_not_found"),
    ],
)
def test_what_the_store_says_of_its_insides_stays_inside(error: Any, code: str) -> None:
    found = from_store_error(error)
    assert found.code == code
    assert "/var/lib" not in found.detail


@pytest.mark.anyio
async def test_a_seal_that_does_not_open_is_told_without_saying_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed_id = await house.seed()

    def broken(*_: object) -> None:
        raise SealError("under key 0123456789abcdef")

    monkeypatch.setattr(type(house.service.seals), "open", broken)
    answer = await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "dice"})
    problem(answer, 500, "seal_failed")
    assert "0123456789abcdef" not in answer.text


@pytest.mark.anyio
async def test_a_closed_seed_is_played_no_more_and_can_still_be_revealed(house: House) -> None:
    seed_id = await house.seed()
    await house.play(seed_id)
    await house.service.store.commit([Advance(seed_id, lambda epoch, _: (close(epoch), None))])
    problem(await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "dice"}), 409, "seed_closed")
    problem(await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "dice"}), 409, "seed_closed")
    assert (await house.post(f"/v1/seeds/{seed_id}/rotate")).json()["reveal"]["rounds"] == 1


@pytest.mark.anyio
async def test_a_batch_that_never_gets_its_nonces_gives_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    seed_id = await house.seed()

    def late(*_: object, **__: object) -> None:
        raise EpochError("nonce_not_next", "another record came first")

    monkeypatch.setattr("rng.service.usecases.batches.draw_batch", late)
    answer = await house.post(f"/v1/seeds/{seed_id}/rounds/batch", {"game": "dice", "count": 2})
    problem(answer, 503, "overloaded")


@pytest.mark.anyio
async def test_a_body_that_breaks_off_is_no_request() -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    with pytest.raises(ServiceError) as caught:
        await read_raw(Request(scope, gone), limit=100)
    assert caught.value.code == "malformed_request"
