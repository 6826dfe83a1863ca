"""The list of revealed seeds: anybody reads it, page by page, and it says nothing before a reveal."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.service.harness import House, problem

pytestmark = pytest.mark.anyio

LIST = "/v1/seeds?status=revealed"


async def listed(house: House, *, limit: int = 100, who: str | None = None) -> list[dict[str, Any]]:
    """Follow the cursors from the first page to the end."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        asked = f"&cursor={cursor}" if cursor else ""
        answer = await house.get(f"{LIST}&limit={limit}{asked}", who=who)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["seeds"]) <= limit
        found += page["seeds"]
        cursor = page["next_cursor"]
    return found


async def revealed_seed(house: House, player: str, *, rounds: int = 1) -> str:
    """Open, play and rotate a player's seed."""
    seed_id = await house.seed(player)
    for _ in range(rounds):
        await house.play(seed_id)
    assert (await house.post(f"/v1/seeds/{seed_id}/rotate")).status_code == 200
    return seed_id


async def test_without_a_reveal_the_list_is_empty_whatever_is_open(house: House) -> None:
    empty = await house.get(LIST, who=None)
    await house.seed("committed", client_seed=None)
    open_id = await house.seed("played")
    await house.play(open_id)
    after = await house.get(LIST, who=None)
    assert empty.json() == {"seeds": [], "total": 0, "next_cursor": None}
    # To the byte, and for the seeds' own owner too: the list does not tell that anything was opened.
    assert after.content == empty.content
    for who in ("play", "audit", "all", "other"):
        assert (await house.get(LIST, who=who)).content == empty.content
    assert {name: after.headers[name] for name in after.headers} == {
        name: empty.headers[name] for name in empty.headers
    }


async def test_a_revealed_seed_is_listed_with_what_its_reveal_says(house: House) -> None:
    seed_id = await house.seed("p")
    await house.post(f"/v1/seeds/{seed_id}/rounds/batch", {"game": "dice", "count": 7})
    await house.play(seed_id)
    reveal = (await house.post(f"/v1/seeds/{seed_id}/rotate")).json()["reveal"]
    answer = await house.get(LIST, who=None)
    assert answer.json() == {
        "seeds": [
            {"position": 0, "seed_id": seed_id, "rounds": 8, "records": 2, "revealed_at": reveal["time"]},
        ],
        "total": 1,
        "next_cursor": None,
    }
    assert reveal["rounds"] == 8
    assert answer.headers["cache-control"] == "no-store"


async def test_everything_that_is_listed_anybody_may_read_and_nothing_else(house: House) -> None:
    seed_ids = [await revealed_seed(house, f"player {number}") for number in range(3)]
    for one in await listed(house):
        shown = (await house.get(f"/v1/seeds/{one['seed_id']}", who=None)).json()
        assert shown["status"] == "revealed"
        assert (one["rounds"], one["records"]) == (shown["next_nonce"], shown["records"])
        assert one["revealed_at"] == shown["reveal"]["time"]
    # The successors, which the rotations opened, are not in it.
    text = (await house.get(LIST, who=None)).text
    for seed_id in seed_ids:
        following = (await house.post(f"/v1/seeds/{seed_id}/rotate", who="play")).json()
        assert following["code"] == "seed_revealed"
    assert [one["seed_id"] for one in await listed(house)] == seed_ids
    for secret in ("player 0", "slot", "tenant", "main", "client_seed", "lucky"):
        assert secret not in text


async def test_the_list_is_that_of_all_tenants_and_the_same_to_each_caller(house: House) -> None:
    mine = await revealed_seed(house, "p")
    theirs = await house.seed("p", who="other")
    await house.post(f"/v1/seeds/{theirs}/rotate", who="other")
    for who in (None, "play", "other", "admin"):
        assert [one["seed_id"] for one in await listed(house, who=who)] == [mine, theirs]


async def test_a_key_is_not_looked_at_so_that_it_changes_nothing(house: House) -> None:
    await revealed_seed(house, "p")
    answer = await house.client.get(LIST, headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 200
    assert answer.content == (await house.get(LIST, who=None)).content


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 1000])
async def test_pages_of_any_length_make_the_same_list(house: House, limit: int) -> None:
    seed_ids = [await revealed_seed(house, f"p{number}") for number in range(6)]
    found = await listed(house, limit=limit)
    assert [one["seed_id"] for one in found] == seed_ids
    assert [one["position"] for one in found] == list(range(6))


async def test_seeds_of_one_slot_stand_in_their_order(house: House) -> None:
    seed_ids = [await revealed_seed(house, "p")]
    for _ in range(2):
        opened = await house.post("/v1/seeds", {"player": "p"})
        seed_ids.append(opened.json()["seed_id"])
        assert (await house.post(f"/v1/seeds/{seed_ids[-1]}/rotate")).status_code == 200
    assert [one["seed_id"] for one in await listed(house, limit=2)] == seed_ids


async def test_who_follows_the_cursors_while_seeds_are_revealed_meets_each_once(house: House) -> None:
    seed_ids = [await house.seed(f"p{number}") for number in range(24)]
    is_over = False

    async def follow() -> list[str]:
        found: list[str] = []
        cursor = ""
        while True:
            last = is_over
            page = (await house.get(f"{LIST}&limit=2{cursor}", who=None)).json()
            found += [one["seed_id"] for one in page["seeds"]]
            if page["next_cursor"] is not None:
                cursor = f"&cursor={page['next_cursor']}"
            elif last:
                return found
            else:
                # At the end for now: the position behind the last seed is where the next one will be.
                cursor = f"&cursor=s{len(found)}" if found else ""

    async def reveal(some: list[str]) -> None:
        for seed_id in some:
            assert (await house.post(f"/v1/seeds/{seed_id}/rotate")).status_code == 200

    following = [asyncio.create_task(follow()) for _ in range(2)]
    await asyncio.gather(*(reveal(seed_ids[number::4]) for number in range(4)))
    is_over = True
    first, second = await asyncio.gather(*following)
    assert sorted(first) == sorted(seed_ids)
    assert first == second == [one["seed_id"] for one in await listed(house)]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?limit=5",
        "?status=",
        "?status=open",
        "?status=active",
        "?status=Revealed",
        "?status=revealed&status=revealed",
        "?status=revealed&limit=0",
        "?status=revealed&limit=-1",
        "?status=revealed&limit=1001",
        "?status=revealed&limit=ten",
        "?status=revealed&limit=1e3",
        "?status=revealed&limit=",
        "?status=revealed&player=p",
        "?status=revealed&tenant=rival",
        "?status=revealed&cursor=" + "s" * 65,
    ],
)
async def test_a_query_that_is_not_one_of_the_list_is_a_problem(house: House, query: str) -> None:
    problem(await house.get(f"/v1/seeds{query}", who=None), 422, "invalid_request")


@pytest.mark.parametrize(
    "cursor",
    [
        "0",
        "s",
        "s-1",
        "s+1",
        "s1.5",
        "s1%00",
        "s1%0A",
        "r0",
        "S1",
        "s9007199254740992",
        "s" + "9" * 17,
        "%27--",
        "s1,s2",
    ],
)
async def test_a_made_up_cursor_is_refused(house: House, cursor: str) -> None:
    problem(await house.get(f"{LIST}&cursor={cursor}", who=None), 400, "invalid_cursor")


async def test_a_cursor_behind_the_end_finds_nothing_and_tells_nothing(house: House) -> None:
    await revealed_seed(house, "p")
    await house.seed("open")
    for cursor in ("s1", "s2", "s9007199254740991"):
        page = (await house.get(f"{LIST}&cursor={cursor}", who=None)).json()
        assert page == {"seeds": [], "total": 1, "next_cursor": None}


async def test_the_list_is_answered_while_draws_are_stopped(house: House) -> None:
    seed_id = await revealed_seed(house, "p")
    house.source.dead = True
    assert [one["seed_id"] for one in await listed(house)] == [seed_id]
