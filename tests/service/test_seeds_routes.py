"""Seeds over HTTP: opened, given a client seed, rotated, shown, and refused where they should be."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any

import pytest

from rng.milestones import epoch_statement
from rng.statement import statement_digest
from tests.service.harness import ORIGIN, House, problem

pytestmark = pytest.mark.anyio

NOWHERE = "0" * 64


async def test_opening_a_seed_gives_the_signed_epoch_before_any_client_seed(house: House) -> None:
    answer = await house.post("/v1/seeds", {"player": "player-1"})
    assert answer.status_code == 201
    seed = answer.json()
    epoch = seed["epoch"]
    assert seed["seed_id"] == statement_digest(epoch)
    assert answer.headers["location"] == f"/v1/seeds/{seed['seed_id']}"
    assert epoch["origin"] == ORIGIN
    assert epoch["tenant"] == "main"
    assert epoch["sequence"] == 0
    assert epoch["previous_epoch"] == ""
    for name in ("commitment", "next_commitment", "rules", "reveal_by", "max_rounds"):
        assert seed[name] == epoch[name]
    assert seed["commitment"] != seed["next_commitment"]
    assert seed["status"] == "committed"
    assert seed["activation"] is None
    assert seed["reveal"] is None
    assert epoch["reveal_by"] - epoch["time"] == house.settings.reveal_after * 1000
    assert "dice" in seed["rules"]


async def test_the_epoch_has_every_field_of_the_specification_and_no_other(house: House) -> None:
    epoch = (await house.post("/v1/seeds", {"player": "p"})).json()["epoch"]
    import inspect

    arguments = set(inspect.signature(epoch_statement).parameters) - {"signer"}
    assert set(epoch) == arguments | {"type", "key_id", "signature"}


async def test_the_players_id_is_in_no_answer_and_not_in_the_database(house: House) -> None:
    player = "a-very-particular-player-id"
    seed_id = await house.seed(player)
    await house.play(seed_id)
    once = await house.post("/v1/seeds", {"player": player + "-2"}, once="key-1")
    texts = [once.text, (await house.get(f"/v1/seeds/{seed_id}")).text]
    texts += [(await house.get(f"/v1/seeds/{seed_id}/rounds/0/proof")).text, (await house.get("/metrics")).text]
    for text in texts:
        assert player not in text
    for path in house.settings.database.parent.glob("fairlot.db*"):
        if path.is_file():
            data = path.read_bytes()
            assert player.encode() not in data
            assert hashlib.sha256(player.encode()).digest() not in data


async def test_a_player_with_an_open_seed_is_told_which_one(house: House) -> None:
    seed_id = await house.seed("p", client_seed=None)
    document = problem(await house.post("/v1/seeds", {"player": "p"}), 409, "seed_open")
    assert document["seed_id"] == seed_id
    assert (await house.post("/v1/seeds", {"player": "q"})).status_code == 201


async def test_two_requests_at_once_for_one_player_open_one_seed(house: House) -> None:
    answers = await asyncio.gather(*(house.post("/v1/seeds", {"player": "p"}) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    opened = next(answer.json()["seed_id"] for answer in answers if answer.status_code == 201)
    assert {answer.json()["seed_id"] for answer in answers} == {opened}


async def test_the_client_seed_is_set_once_and_signed(house: House) -> None:
    seed_id = await house.seed(client_seed=None)
    answer = await house.put(f"/v1/seeds/{seed_id}/client-seed", {"client_seed": "glück 🍀", "source": "player"})
    assert answer.status_code == 200
    activation = answer.json()["activation"]
    assert activation["client_seed_digest"] == hashlib.sha256("glück 🍀".encode()).hexdigest()
    assert activation["client_seed_source"] == "player"
    assert activation["previous"] == seed_id == activation["seed_id"]
    again = await house.put(f"/v1/seeds/{seed_id}/client-seed", {"client_seed": "other"})
    problem(again, 409, "client_seed_set")
    assert (await house.get(f"/v1/seeds/{seed_id}")).json()["activation"] == activation


async def test_with_source_operator_the_service_makes_a_client_seed_of_its_own(house: House) -> None:
    seeds = []
    for player in ("p", "q"):
        seed_id = await house.seed(player, client_seed=None)
        answer = await house.put(f"/v1/seeds/{seed_id}/client-seed", {"source": "operator"})
        assert answer.status_code == 200
        made = answer.json()["client_seed"]
        assert answer.json()["activation"]["client_seed_source"] == "operator"
        assert answer.json()["activation"]["client_seed_digest"] == hashlib.sha256(made.encode()).hexdigest()
        seeds.append(made)
    assert len(set(seeds)) == 2


async def test_a_player_has_to_choose_and_what_cannot_be_typed_again_is_refused(house: House) -> None:
    seed_id = await house.seed(client_seed=None)
    for body in (
        {"source": "player"},
        {},
        {"client_seed": " padded"},
        {"client_seed": "u\u0308"},
        {"client_seed": "bell\u0007"},
        {"client_seed": "\u0378"},
        {"client_seed": "ä" * 200},
    ):
        problem(await house.put(f"/v1/seeds/{seed_id}/client-seed", body), 422, "invalid_client_seed")
    assert (await house.get(f"/v1/seeds/{seed_id}")).json()["status"] == "committed"


async def test_a_repeated_client_seed_request_with_its_key_gives_the_same_answer(house: House) -> None:
    seed_id = await house.seed(client_seed=None)
    path, body = f"/v1/seeds/{seed_id}/client-seed", {"source": "operator"}
    first = await house.put(path, body, once="k")
    second = await house.put(path, body, once="k")
    assert first.json() == second.json()
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    problem(await house.put(path, {"client_seed": "x"}, once="k"), 409, "idempotency_conflict")


async def test_a_rotation_reveals_the_seed_and_opens_the_next_with_the_announced_commitment(house: House) -> None:
    seed_id = await house.seed()
    receipt = await house.play(seed_id)
    before = (await house.get(f"/v1/seeds/{seed_id}")).json()
    answer = await house.post(f"/v1/seeds/{seed_id}/rotate")
    assert answer.status_code == 200
    reveal, following = answer.json()["reveal"], answer.json()["next"]
    assert hashlib.sha256(bytes.fromhex(reveal["server_seed"])).hexdigest() == before["commitment"]
    assert reveal["rounds"] == 1
    assert reveal["previous"] == statement_digest(receipt)
    assert following["commitment"] == before["next_commitment"]
    assert following["epoch"]["sequence"] == 1
    assert following["epoch"]["previous_epoch"] == seed_id
    assert following["epoch"]["slot"] == before["epoch"]["slot"]
    assert following["activation"] is None
    problem(await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "dice"}), 409, "seed_revealed")
    body = {"game": "dice"}
    problem(await house.post(f"/v1/seeds/{following['seed_id']}/rounds", body), 409, "no_client_seed")
    problem(await house.post(f"/v1/seeds/{seed_id}/rotate"), 409, "seed_revealed")


async def test_a_repeated_rotation_with_its_key_gives_the_same_answer(house: House) -> None:
    seed_id = await house.seed()
    first = await house.post(f"/v1/seeds/{seed_id}/rotate", {}, once="r-1")
    second = await house.post(f"/v1/seeds/{seed_id}/rotate", {}, once="r-1")
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert second.headers["idempotency-replayed"] == "true"


async def test_of_many_rotations_at_once_one_takes_place(house: House) -> None:
    seed_id = await house.seed()
    answers = await asyncio.gather(*(house.post(f"/v1/seeds/{seed_id}/rotate") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"seed_revealed"}


async def test_a_seed_that_was_never_played_can_be_rotated(house: House) -> None:
    seed_id = await house.seed(client_seed=None)
    reveal = (await house.post(f"/v1/seeds/{seed_id}/rotate")).json()["reveal"]
    assert reveal["rounds"] == reveal["documents"] == 0
    assert reveal["previous"] == seed_id
    assert reveal["receipts_root"] == hashlib.sha256(b"").hexdigest()


async def test_opening_with_a_key_twice_gives_one_seed_and_another_body_is_refused(house: House) -> None:
    first = await house.post("/v1/seeds", {"player": "p"}, once="open-1")
    second = await house.post("/v1/seeds", {"player": "p"}, once="open-1")
    assert first.content == second.content
    assert second.headers["idempotency-replayed"] == "true"
    problem(await house.post("/v1/seeds", {"player": "q"}, once="open-1"), 409, "idempotency_conflict")
    # The same key of another tenant is another key.
    assert (await house.post("/v1/seeds", {"player": "q"}, once="open-1", who="other")).status_code == 201


@pytest.mark.parametrize("key", ["", "with space", "ü", "x" * 256, "\x7f"])
async def test_an_idempotency_key_of_another_form_is_refused(house: House, key: str) -> None:
    headers = [*house.auth().items(), ("Idempotency-Key", key.encode())]
    answer = await house.client.post("/v1/seeds", json={"player": "p"}, headers=headers)  # type: ignore[arg-type]
    problem(answer, 400, "invalid_idempotency_key")


async def test_seeds_of_other_tenants_look_like_seeds_that_do_not_exist(house: House) -> None:
    seed_id = await house.seed()
    requests: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PUT", "/client-seed", {"client_seed": "x"}),
        ("POST", "/rounds", {"game": "dice"}),
        ("POST", "/rounds/batch", {"game": "dice", "count": 3}),
        ("POST", "/rotate", {}),
        ("POST", "/rounds/0/void", {"reason": "x"}),
        ("GET", "/rounds", None),
        ("GET", "/rounds/0", None),
        ("GET", "/rounds/0/proof", None),
    ]
    for method, path, body in requests:
        foreign, unknown = [
            await house.client.request(method, f"/v1/seeds/{at}{path}", json=body, headers=house.auth("other"))
            for at in (seed_id, NOWHERE)
        ]
        problem(foreign, 404, "seed_not_found")
        assert foreign.text.replace(seed_id, NOWHERE) == unknown.text
    assert (await house.get(f"/v1/seeds/{seed_id}")).json()["next_nonce"] == 0


async def test_before_the_reveal_a_seed_is_read_by_its_owner_and_afterwards_by_anybody(house: House) -> None:
    seed_id = await house.seed()
    await house.play(seed_id)
    paths = [f"/v1/seeds/{seed_id}{rest}" for rest in ("", "/rounds", "/rounds/0", "/rounds/0/proof")]
    for path in paths:
        problem(await house.get(path, who=None), 404, "seed_not_found")
        problem(await house.get(path, who="other"), 404, "seed_not_found")
        problem(await house.get(path, who="admin"), 403, "forbidden")
        assert (await house.get(path, who="audit")).status_code == 200
        assert (await house.get(path, who="play")).status_code == 200
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    for path in paths:
        for who in (None, "other", "admin", "audit"):
            assert (await house.get(path, who=who)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("POST", "/v1/seeds", {"play", "all"}),
        ("PUT", "/v1/seeds/{id}/client-seed", {"play", "all"}),
        ("POST", "/v1/seeds/{id}/rounds", {"play", "all"}),
        ("POST", "/v1/seeds/{id}/rounds/batch", {"play", "all"}),
        ("POST", "/v1/seeds/{id}/rotate", {"play", "all"}),
        ("POST", "/v1/seeds/{id}/rounds/0/void", {"admin", "all"}),
        ("POST", "/v1/admin/entropy/restart", {"admin", "all"}),
    ],
)
async def test_every_route_that_changes_something_asks_for_its_scope(
    house: House, method: str, path: str, scopes: set[str]
) -> None:
    path = path.replace("{id}", NOWHERE)
    for who in ("play", "audit", "admin", "all"):
        answer = await house.client.request(method, path, json={}, headers=house.auth(who))
        if who in scopes:
            assert answer.status_code not in (401, 403)
        else:
            problem(answer, 403, "forbidden")
    problem(await house.client.request(method, path, json={}), 401, "unauthenticated")


@pytest.mark.parametrize(
    "header", ["", "Basic eDp5", "Bearer", "Bearer flk_x", "Bearer flk_" + "0" * 16 + "_" + "A" * 43]
)
async def test_a_key_that_is_not_valid_is_refused_and_the_challenge_is_sent(house: House, header: str) -> None:
    for path in ("/v1/seeds/" + NOWHERE, "/v1/seeds/" + NOWHERE + "/rounds"):
        answer = await house.client.get(path, headers={"Authorization": header})
        problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_revoked_key_is_refused_after_two_seconds_at_the_latest(house: House) -> None:
    from rng.service.setup import revoke_api_key

    await house.seed()
    await revoke_api_key(house.service.store, house.keys["play"][4:20], now=house.clock())
    house.clock.move(2_000)
    problem(await house.post("/v1/seeds", {"player": "q"}), 401, "unauthenticated")


async def test_the_body_has_to_be_json_of_a_bounded_size_and_known_fields(house: House) -> None:
    async def send(content: bytes, kind: str = "application/json") -> Any:
        headers = {**house.auth(), "Content-Type": kind}
        return await house.client.post("/v1/seeds", content=content, headers=headers)

    problem(await send(b"{"), 400, "malformed_json")
    problem(await send(b'{"player":NaN}'), 400, "malformed_json")
    problem(await send(b'{"player":1e400}'), 400, "malformed_json")
    problem(await send(b'{"player":' + b"9" * 5000 + b"}"), 400, "malformed_json")
    problem(await send(b"[" * 100_000), 400, "malformed_json")
    problem(await send(b'{"player":"p","player":"q"}'), 400, "malformed_json")
    problem(await send(b'{"player":"p","admin":true}'), 422, "invalid_request")
    problem(await send(b'{"player":"p"}', "text/plain"), 415, "unsupported_media_type")
    problem(await send(b'{"player":"p"}', "application/json; charset=latin1"), 415, "unsupported_media_type")
    problem(await send(json.dumps({"player": "p" * 300_000}).encode()), 413, "body_too_large")

    async def endless() -> Any:
        while True:
            yield b" " * 65_536

    answer = await house.client.post(
        "/v1/seeds", content=endless(), headers={**house.auth(), "Content-Type": "application/json"}
    )
    problem(answer, 413, "body_too_large")


async def test_unknown_places_methods_and_queries_are_problems_too(house: House) -> None:
    problem(await house.get("/v2/seeds"), 404, "not_found")
    answer = await house.client.delete("/v1/seeds", headers=house.auth())
    problem(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["allow"]
    problem(await house.get("/v1/games?colour=red"), 422, "invalid_request")
    problem(await house.get("/v1/seeds/XYZ"), 422, "invalid_request")
    problem(await house.get("/v1/seeds/" + "AB" * 32), 422, "invalid_request")


async def test_an_error_that_nobody_foresaw_tells_nothing_of_itself(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("swordfish in the works")

    monkeypatch.setattr("rng.service.usecases.seeds.open_seed", broken)
    answer = await house.post("/v1/seeds", {"player": "p"})
    problem(answer, 500, "internal")
    assert "swordfish" not in answer.text
    assert len([record for record in caplog.records if record.getMessage() == "internal error"]) == 1
