"""Rounds over HTTP: drawn, repeated, voided, shown, exported and proved; the verifier judges every proof."""

from __future__ import annotations

import asyncio
import csv
import io
import itertools
import json
from typing import Any

import httpx
import pytest

from rng.canonical import decode, encode
from rng.statement import read_document, statement_digest
from tests.service.harness import House, problem
from verifier import PinnedKey, Policy, Verdict, verify

pytestmark = pytest.mark.anyio

DICE: dict[str, Any] = {"game": "dice", "params": {}}


async def policy(house: House) -> Policy:
    keys = (await house.get("/v1/keys", who=None)).json()
    return Policy(keys=tuple(PinnedKey(bytes.fromhex(key["public_key"]), keys["origin"]) for key in keys["keys"]))


async def verdict(house: House, seed_id: str, nonce: int) -> Verdict:
    answer = await house.get(f"/v1/seeds/{seed_id}/rounds/{nonce}/proof")
    assert answer.status_code == 200, answer.text
    return verify(answer.content, await policy(house))


async def test_a_receipt_states_every_parameter_draws_outcome_and_payout(house: House) -> None:
    seed_id = await house.seed()
    receipt = await house.play(seed_id, "dice")
    rules = (await house.get("/v1/games/dice", who=None)).json()["rules"]
    assert set(receipt["parameters"]) == {parameter["name"] for parameter in rules["parameters"]}
    assert receipt["nonce"] == 0
    assert receipt["client_seed"] == "lucky"
    assert receipt["client_seed_source"] == "player"
    assert [draw["name"] for draw in receipt["draws"]] == [draw["name"] for draw in rules["draws"]]
    assert receipt["outcome"]
    assert receipt["payout"] >= 0


async def test_receipts_are_a_chain_that_begins_at_the_activation(house: House) -> None:
    seed_id = await house.seed()
    receipts = [await house.play(seed_id, "coinflip") for _ in range(4)]
    previous = statement_digest((await house.get(f"/v1/seeds/{seed_id}")).json()["activation"])
    for nonce, receipt in enumerate(receipts):
        assert receipt["nonce"] == nonce
        assert receipt["previous"] == previous
        previous = statement_digest(receipt)


async def test_every_game_is_played_and_verified_with_its_defaults(house: House) -> None:
    seed_id = await house.seed()
    games = [game["name"] for game in (await house.get("/v1/games", who=None)).json()["games"]]
    assert len(games) >= 20
    for game in games:
        await house.play(seed_id, game)
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    for nonce, game in enumerate(games):
        found = await verdict(house, seed_id, nonce)
        assert found.status == "verified", (game, found.headline)


async def test_before_the_reveal_a_proof_is_undecided_and_holds_no_server_seed(house: House) -> None:
    seed_id = await house.seed()
    await house.play(seed_id)
    before = await verdict(house, seed_id, 0)
    assert before.status == "undecided"
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    assert (await verdict(house, seed_id, 0)).status == "verified"


async def test_the_same_key_and_body_give_the_same_receipt_and_another_body_is_refused(house: House) -> None:
    seed_id = await house.seed()
    path = f"/v1/seeds/{seed_id}/rounds"
    first = await house.post(path, DICE, once="round-1")
    second = await house.post(path, {"params": {}, "game": "dice"}, once="round-1")
    assert first.content == second.content
    assert second.headers["idempotency-replayed"] == "true"
    problem(await house.post(path, {"game": "coinflip"}, once="round-1"), 409, "idempotency_conflict")
    assert (await house.get(f"/v1/seeds/{seed_id}")).json()["next_nonce"] == 1
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    third = await house.post(path, DICE, once="round-1")
    assert third.content == first.content


async def test_an_idempotency_key_belongs_to_its_route_and_its_seed(house: House) -> None:
    one, two = await house.seed("p"), await house.seed("q")
    for seed_id in (one, two):
        for path, body in (("rounds", DICE), ("rounds/batch", {**DICE, "count": 2})):
            answer = await house.post(f"/v1/seeds/{seed_id}/{path}", body, once="same")
            assert answer.status_code == 201
            assert "idempotency-replayed" not in answer.headers
        assert (await house.get(f"/v1/seeds/{seed_id}")).json()["next_nonce"] == 3


async def test_many_equal_requests_at_once_draw_one_round(house: House) -> None:
    seed_id = await house.seed()
    path = f"/v1/seeds/{seed_id}/rounds"
    answers = await asyncio.gather(*(house.post(path, DICE, once="k") for _ in range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1


async def test_sixty_four_clients_on_one_seed_get_contiguous_nonces_in_one_chain(house: House) -> None:
    seed_id = await house.seed()

    async def client(number: int) -> list[dict[str, Any]]:
        games = ("dice", "coinflip", "limbo", "plinko")
        return [await house.play(seed_id, games[(number + turn) % 4]) for turn in range(4)]

    receipts = [receipt for part in await asyncio.gather(*(client(n) for n in range(64))) for receipt in part]
    receipts.sort(key=lambda receipt: receipt["nonce"])
    assert [receipt["nonce"] for receipt in receipts] == list(range(256))
    for before, after in itertools.pairwise(receipts):
        assert after["previous"] == statement_digest(before)
        assert after["time"] >= before["time"]
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    for nonce in range(0, 256, 17):
        assert (await verdict(house, seed_id, nonce)).status == "verified"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"game": "no-such-game"}, 409, "game_not_in_force"),
        ({"game": "dice", "params": {"colour": 1}}, 422, "invalid_params"),
        ({"game": "dice", "params": {"target": -5}}, 422, "invalid_params"),
        ({"game": "dice", "params": {"target": "high"}}, 422, "invalid_params"),
        ({"game": "dice", "params": []}, 422, "invalid_request"),
        ({"params": {}}, 422, "invalid_request"),
    ],
)
async def test_a_round_that_cannot_be_played_uses_no_nonce(
    house: House, body: dict[str, Any], status: int, code: str
) -> None:
    seed_id = await house.seed()
    problem(await house.post(f"/v1/seeds/{seed_id}/rounds", body), status, code)
    problem(await house.post(f"/v1/seeds/{seed_id}/rounds/batch", {**body, "count": 2}), status, code)
    assert (await house.get(f"/v1/seeds/{seed_id}")).json()["next_nonce"] == 0


async def test_a_round_before_the_client_seed_is_refused_and_says_what_to_do(house: House) -> None:
    seed_id = await house.seed(client_seed=None)
    document = problem(await house.post(f"/v1/seeds/{seed_id}/rounds", DICE), 409, "no_client_seed")
    assert f"PUT /v1/seeds/{seed_id}/client-seed" in document["detail"]
    problem(await house.post(f"/v1/seeds/{seed_id}/rounds/batch", {**DICE, "count": 2}), 409, "no_client_seed")
    problem(await house.post(f"/v1/seeds/{seed_id}/rounds/0/void", {"reason": "x"}, who="admin"), 409, "no_client_seed")


async def test_the_next_nonce_can_be_voided_and_is_used_up_by_it(house: House) -> None:
    seed_id = await house.seed()
    answer = await house.post(f"/v1/seeds/{seed_id}/rounds/0/void", {"reason": "the table closed"}, who="admin")
    assert answer.status_code == 201
    void = answer.json()["void"]
    assert void["voids"] == ""
    assert void["reason"] == "the table closed"
    assert (await house.play(seed_id))["nonce"] == 1
    again = await house.post(f"/v1/seeds/{seed_id}/rounds/0/void", {"reason": "again"}, who="admin")
    problem(again, 409, "nonce_already_voided")
    shown = (await house.get(f"/v1/seeds/{seed_id}/rounds/0")).json()
    assert shown["status"] == "void"
    assert shown["record"] == void
    assert shown["outcome"] is None
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    assert "void, nothing was drawn" in (await verdict(house, seed_id, 0)).headline
    assert (await verdict(house, seed_id, 1)).status == "verified"


async def test_a_drawn_round_that_is_voided_keeps_its_outcome_and_is_never_plainly_verified(house: House) -> None:
    seed_id = await house.seed()
    receipt = await house.play(seed_id)
    answer = await house.post(f"/v1/seeds/{seed_id}/rounds/0/void", {"reason": "misdeal"}, who="admin", once="v")
    assert answer.json()["void"]["voids"] == statement_digest(receipt)
    replay = await house.post(f"/v1/seeds/{seed_id}/rounds/0/void", {"reason": "misdeal"}, who="admin", once="v")
    assert replay.content == answer.content
    shown = (await house.get(f"/v1/seeds/{seed_id}/rounds/0")).json()
    assert shown["status"] == "voided after outcome"
    assert shown["outcome"] == receipt["outcome"]
    assert (await house.play(seed_id))["nonce"] == 1
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    found = await verdict(house, seed_id, 0)
    assert found.status == "undecided"
    assert "voided after outcome" in found.headline


async def test_a_nonce_far_ahead_cannot_be_voided_and_a_reason_is_checked(house: House) -> None:
    seed_id = await house.seed()
    path = f"/v1/seeds/{seed_id}/rounds"
    problem(await house.post(f"{path}/5/void", {"reason": "x"}, who="admin"), 409, "nonce_not_next")
    problem(await house.post(f"{path}/0/void", {"reason": "bell\u0007"}, who="admin"), 422, "invalid_request")
    problem(await house.post(f"{path}/0/void", {"reason": ""}, who="admin"), 422, "invalid_request")
    problem(await house.post(f"{path}/0/void", {}, who="admin"), 422, "invalid_request")
    problem(await house.post(f"{path}/-1/void", {"reason": "x"}, who="admin"), 422, "invalid_request")
    problem(await house.post(f"{path}/{2**53}/void", {"reason": "x"}, who="admin"), 422, "invalid_request")


async def test_no_round_is_drawn_beyond_max_rounds(tmp_path: Any) -> None:
    from tests.service.harness import running

    async with running(tmp_path, max_rounds=3) as house:
        seed_id = await house.seed()
        problem(await house.post(f"/v1/seeds/{seed_id}/rounds/batch", {**DICE, "count": 4}), 409, "max_rounds_reached")
        for _ in range(3):
            await house.play(seed_id)
        problem(await house.post(f"/v1/seeds/{seed_id}/rounds", DICE), 409, "max_rounds_reached")
        await house.post(f"/v1/seeds/{seed_id}/rotate")
        assert (await verdict(house, seed_id, 2)).status == "verified"


async def test_a_history_comes_in_pages_that_join_without_gap(house: House) -> None:
    seed_id = await house.seed()
    receipts = [await house.play(seed_id, "coinflip") for _ in range(7)]
    await house.post(f"/v1/seeds/{seed_id}/rounds/3/void", {"reason": "misdeal"}, who="admin")
    found: list[dict[str, Any]] = []
    cursor = ""
    pages = 0
    while True:
        page = (await house.get(f"/v1/seeds/{seed_id}/rounds?limit=3{cursor}")).json()
        found += page["records"]
        pages += 1
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert pages == 3
    assert found[:7] == receipts
    assert found[7]["type"] == "void"
    for bad in ("x1", "r", "r-1", "r1e3", "7"):
        problem(await house.get(f"/v1/seeds/{seed_id}/rounds?cursor={bad}"), 400, "invalid_cursor")
    for bad in ("limit=0", "limit=1001", "limit=x", "format=xml", "limit=1&limit=2"):
        problem(await house.get(f"/v1/seeds/{seed_id}/rounds?{bad}"), 422, "invalid_request")
    beyond = (await house.get(f"/v1/seeds/{seed_id}/rounds?cursor=r999999999999999")).json()
    assert beyond["records"] == []


async def test_json_lines_are_the_whole_history_with_the_leaves_of_the_receipts_root(house: House) -> None:
    from rng.merkle import root

    seed_id = await house.seed()
    for _ in range(5):
        await house.play(seed_id, "dice")
    await house.post(f"/v1/seeds/{seed_id}/rounds/batch", {**DICE, "count": 10})
    reveal = (await house.post(f"/v1/seeds/{seed_id}/rotate")).json()["reveal"]
    by_format = await house.get(f"/v1/seeds/{seed_id}/rounds?format=jsonl", who=None)
    by_accept = await house.get(f"/v1/seeds/{seed_id}/rounds", who=None, accept="application/x-ndjson, text/html")
    assert by_format.content == by_accept.content
    assert by_format.headers["content-type"].startswith("application/jsonl")
    lines = by_format.content.split(b"\n")[:-1]
    kinds = [read_document(line).kind for line in lines]
    assert kinds == ["epoch", "activation", *["receipt"] * 5, "batch", "reveal"]
    assert root(lines[2:-1]).hex() == reveal["receipts_root"]
    assert read_document(lines[-1]).statement == reveal
    waiting = await house.seed("q", client_seed=None)
    of_waiting = (await house.get(f"/v1/seeds/{waiting}/rounds?format=jsonl")).content
    assert [read_document(line).kind for line in of_waiting.split(b"\n")[:-1]] == ["epoch"]
    problem(await house.get(f"/v1/seeds/{seed_id}/rounds", who=None, accept="text/html"), 406, "not_acceptable")


async def test_csv_has_a_row_for_every_record_and_no_cell_is_a_formula(house: House) -> None:
    seed_id = await house.seed()
    receipt = await house.play(seed_id, "dice")
    reason = '=HYPERLINK("https://example.org","a, b")'
    await house.post(f"/v1/seeds/{seed_id}/rounds/0/void", {"reason": reason}, who="admin")
    await house.post(f"/v1/seeds/{seed_id}/rounds/batch", {**DICE, "count": 10})
    answer = await house.get(f"/v1/seeds/{seed_id}/rounds?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
    assert [row["type"] for row in rows] == ["receipt", "void", "batch"]
    assert json.loads(rows[0]["outcome"]) == receipt["outcome"]
    assert rows[0]["digest"] == statement_digest(receipt)
    assert json.loads(rows[1]["reason"]) == reason
    assert (rows[2]["nonce"], rows[2]["count"]) == ("1", "10")
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t")]


async def test_a_round_that_was_not_drawn_is_not_found(house: House) -> None:
    seed_id = await house.seed()
    await house.play(seed_id)
    for path in ("rounds/1", "rounds/1/proof", "rounds/900000"):
        problem(await house.get(f"/v1/seeds/{seed_id}/{path}"), 404, "round_not_found")
    waiting = await house.seed("q", client_seed=None)
    problem(await house.get(f"/v1/seeds/{waiting}/rounds/0/proof"), 404, "round_not_found")


async def test_games_keys_and_health_are_public(house: House) -> None:
    games = (await house.get("/v1/games", who=None)).json()["games"]
    assert [game["name"] for game in games] == sorted(game["name"] for game in games)
    for game in games:
        shown = (await house.get(f"/v1/games/{game['name']}", who=None)).json()
        from rng.canonical import digest

        assert digest(shown["rules"]) == shown["digest"] == game["digest"]
    problem(await house.get("/v1/games/no-such-game", who=None), 404, "game_not_found")
    keys = (await house.get("/v1/keys", who=None)).json()["keys"]
    assert [key["current"] for key in keys] == [True]
    assert keys[0]["key_id"] == house.service.signer.key_id
    assert (await house.get("/healthz", who=None)).json() == {"status": "ok"}
    ready = await house.get("/readyz", who=None)
    assert ready.status_code == 200
    assert ready.json()["ready"] is True


async def test_metrics_count_rounds_by_game_and_name_nobody(house: House) -> None:
    seed_id = await house.seed("a-player-with-a-name")
    await house.play(seed_id)
    await house.post(f"/v1/seeds/{seed_id}/rounds/batch", {**DICE, "count": 10})
    text = (await house.get("/metrics", who=None)).text
    assert 'fairlot_rounds_total{game="dice",kind="single"} 1.0' in text
    assert 'fairlot_rounds_total{game="dice",kind="batch"} 10.0' in text
    assert "fairlot_entropy_ready 1.0" in text
    assert 'fairlot_store{kind="seeds_active"} 1.0' in text
    assert 'route="POST /v1/seeds/{seed_id}/rounds"' in text
    for secret in (seed_id, "a-player-with-a-name", house.keys["play"][4:20]):
        assert secret not in text


def read_batch(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    batch: dict[str, Any] = answer.json()
    return batch


async def test_a_batch_is_one_range_one_receipt_and_columns_that_verify(house: House) -> None:
    seed_id = await house.seed()
    await house.play(seed_id)
    batch = read_batch(await house.post(f"/v1/seeds/{seed_id}/rounds/batch", {**DICE, "count": 2500}))
    receipt = batch["receipt"]
    assert (receipt["first_nonce"], receipt["count"]) == (1, 2500)
    assert {len(column) for column in [*batch["draws"].values(), *batch["outcomes"].values(), batch["payouts"]]} == {
        2500
    }
    assert (await house.play(seed_id))["nonce"] == 2501
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    for place in (0, 1, 1023, 1024, 2047, 2048, 2499):
        found = await verdict(house, seed_id, 1 + place)
        assert found.status == "verified", found.headline
        shown = (await house.get(f"/v1/seeds/{seed_id}/rounds/{1 + place}", who=None)).json()
        assert {draw["name"]: draw["value"] for draw in shown["draws"]} == {
            name: column[place] for name, column in batch["draws"].items()
        }
        assert shown["outcome"] == {name: column[place] for name, column in batch["outcomes"].items()}
        assert shown["payout"] == batch["payouts"][place]


@pytest.mark.parametrize("count", [1, 2, 3, 1024, 1025])
async def test_batches_of_any_size_verify_at_both_ends(house: House, count: int) -> None:
    seed_id = await house.seed()
    read_batch(await house.post(f"/v1/seeds/{seed_id}/rounds/batch", {"game": "coinflip", "count": count}))
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    for nonce in {0, count - 1, count // 2}:
        assert (await verdict(house, seed_id, nonce)).status == "verified"


async def test_the_proof_of_a_batch_is_made_from_the_seed_alone_after_a_restart(tmp_path: Any) -> None:
    from tests.service.harness import running

    async with running(tmp_path) as house:
        seed_id = await house.seed()
        read_batch(await house.post(f"/v1/seeds/{seed_id}/rounds/batch", {**DICE, "count": 1500}))
        await house.post(f"/v1/seeds/{seed_id}/rotate")
        keys = house.keys
        first = (await house.get(f"/v1/seeds/{seed_id}/rounds/1400/proof")).content
    async with running(tmp_path, keys=keys) as house:
        assert (await house.get(f"/v1/seeds/{seed_id}/rounds/1400/proof")).content == first
        assert verify(first, await policy(house)).status == "verified"


async def test_a_game_without_payout_has_null_in_the_batch(house: House) -> None:
    seed_id = await house.seed()
    batch = read_batch(await house.post(f"/v1/seeds/{seed_id}/rounds/batch", {"game": "mines", "count": 5}))
    assert batch["payouts"] is None


async def test_a_repeated_batch_has_the_same_columns_and_draws_nothing_new(house: House) -> None:
    seed_id = await house.seed()
    path, body = f"/v1/seeds/{seed_id}/rounds/batch", {**DICE, "count": 300}
    first = await house.post(path, body, once="b")
    second = await house.post(path, body, once="b")
    assert first.content == second.content
    assert second.headers["idempotency-replayed"] == "true"
    problem(await house.post(path, {**DICE, "count": 301}, once="b"), 409, "idempotency_conflict")
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    assert (await house.post(path, body, once="b")).content == first.content


async def test_batches_and_rounds_at_once_share_the_nonces_without_gap(house: House) -> None:
    seed_id = await house.seed()

    async def rounds() -> list[tuple[int, int]]:
        return [((await house.play(seed_id, "coinflip"))["nonce"], 1) for _ in range(10)]

    async def batch(count: int) -> list[tuple[int, int]]:
        found = read_batch(await house.post(f"/v1/seeds/{seed_id}/rounds/batch", {**DICE, "count": count}))["receipt"]
        return [(found["first_nonce"], found["count"])]

    parts = await asyncio.gather(*(rounds() for _ in range(8)), *(batch(100 + n) for n in range(4)))
    ranges = sorted(piece for part in parts for piece in part)
    following = 0
    for first, count in ranges:
        assert first == following
        following += count
    assert following == 80 + 100 + 101 + 102 + 103
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    for nonce in range(0, following, 37):
        assert (await verdict(house, seed_id, nonce)).status == "verified"


async def test_a_batch_whose_answer_would_be_huge_is_refused_before_it_is_computed(house: House) -> None:
    seed_id = await house.seed()
    body = {"game": "bracket", "params": {"entrants": 1024}, "count": 1_000_000}
    document = problem(await house.post(f"/v1/seeds/{seed_id}/rounds/batch", body), 422, "batch_too_large")
    assert "rounds at a time" in document["detail"]
    assert (await house.get(f"/v1/seeds/{seed_id}")).json()["next_nonce"] == 0


async def test_a_wide_round_computed_ahead_is_the_round_that_was_asked_for(house: House) -> None:
    seed_id = await house.seed()
    body = {"game": "bracket", "params": {"entrants": 1024}}
    answers = await asyncio.gather(*(house.post(f"/v1/seeds/{seed_id}/rounds", body) for _ in range(4)))
    assert sorted(answer.json()["receipt"]["nonce"] for answer in answers) == [0, 1, 2, 3]
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    for nonce in range(4):
        assert (await verdict(house, seed_id, nonce)).status == "verified"


async def test_a_proof_with_one_changed_receipt_is_refuted(house: House) -> None:
    seed_id = await house.seed()
    await house.play(seed_id)
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    data = (await house.get(f"/v1/seeds/{seed_id}/rounds/0/proof")).content
    file: Any = decode(data)
    file["record"]["payout"] = file["record"]["payout"] + 1
    del file["sha256"]
    from rng.canonical import digest

    file["sha256"] = digest(file)
    assert verify(encode(file), await policy(house)).status == "refuted"


@pytest.mark.parametrize("count", [63, 64, 65, 200])
async def test_batches_of_wide_rounds_have_shorter_chunks_and_verify_all_the_same(house: House, count: int) -> None:
    seed_id = await house.seed()
    body = {"game": "bracket", "params": {"entrants": 1024}, "count": count}
    read_batch(await house.post(f"/v1/seeds/{seed_id}/rounds/batch", body))
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    for nonce in (0, count // 2, count - 1):
        assert (await verdict(house, seed_id, nonce)).status == "verified"
