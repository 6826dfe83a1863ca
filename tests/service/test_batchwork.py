"""Batches in chunks: the same rows, root and paths as a tree over all rows at once; and turns on a seed."""

from __future__ import annotations

import asyncio
import json
import pickle
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rng.canonical import encode
from rng.games import check_parameters, parse_rules
from rng.games.loader import bundled_games
from rng.merkle import inclusion_path, root
from rng.rounds import play
from rng.schemes import scheme
from rng.seeds import ClientSeed, ServerSeed
from rng.service import batchwork
from rng.service.batchwork import Job
from rng.service.spool import Spool
from rng.service.turns import Turns

SEED = bytes(range(32))


def job(count: int, *, game: str = "coinflip", width: int = 1, first: int = 7) -> Job:
    rules = bundled_games()[game]
    parameters = check_parameters(rules, {}, fill_defaults=True)
    return Job(
        scheme="hmac-sha256/v1",
        client_seed="lucky",
        beacon="",
        rules=encode(dict(rules.document)),
        parameters=encode(dict(parameters)),
        width=width,
        first_nonce=first,
        count=count,
        server_seed=SEED,
    )


@settings(max_examples=40)
@given(count=st.integers(1, 70), width=st.sampled_from([1, 8_192, 16_384, 32_768, 65_536]), data=st.data())
def test_chunks_of_any_size_give_the_root_and_the_paths_of_one_tree(
    count: int, width: int, data: st.DataObject
) -> None:
    # The width only chooses the size of the chunks here: 1024, 8, 4, 2 and 1 rounds.
    work = job(count, width=width)
    rows = [batchwork.player_of(work).row(7 + place) for place in range(count)]
    roots = [root for index in range(work.stretches) for root in batchwork.compute(work, index).roots]
    assert len(roots) == work.chunks
    assert roots == [root for index in range(work.stretches) for root in batchwork.stretch_roots(work, index)]
    assert batchwork.root_of(roots) == root(rows)
    place = data.draw(st.integers(0, count - 1))
    assert batchwork.chunk_path(work, place, roots) == inclusion_path(rows, place)


@settings(max_examples=40)
@given(count=st.integers(1, 70), width=st.sampled_from([1, 16_384, 65_536]), data=st.data())
def test_kept_roots_are_used_only_if_they_are_those_of_the_batch(count: int, width: int, data: st.DataObject) -> None:
    work = job(count, width=width)
    roots = [root for index in range(work.stretches) for root in batchwork.stretch_roots(work, index)]
    top = batchwork.root_of(roots)
    kept = batchwork.join_roots(roots)
    assert (kept is None) == (work.chunks == 1)
    assert batchwork.split_roots(work, top, kept) == roots
    if kept is not None:
        place = data.draw(st.integers(0, len(kept) - 1))
        damaged = kept[:place] + bytes([kept[place] ^ 1]) + kept[place + 1 :]
        for wrong in (None, b"", damaged, kept[:-1], kept[:-32], kept + kept[:32]):
            assert batchwork.split_roots(work, top, wrong) is None


@pytest.mark.parametrize("width", [1, 63, 64, 65, 1000, 1024, 65_535, 65_536])
def test_a_chunk_is_a_power_of_two_of_bounded_work(width: int) -> None:
    chunk = job(1, width=width).chunk
    assert chunk & (chunk - 1) == 0
    assert 1 <= chunk <= 1024
    assert chunk == 1 or chunk * width <= 65_536


@pytest.mark.parametrize("game", ["dice", "mines", "keno", "baccarat", "lootbox", "plinko"])
def test_the_columns_of_a_stretch_are_the_rounds_of_the_scalar_path(game: str) -> None:
    work = job(20, game=game)
    rules = bundled_games()[game]
    parameters = check_parameters(rules, {}, fill_defaults=True)
    names = batchwork.column_names(batchwork.player_of(work))
    stretch = batchwork.compute(work, 0)
    columns = {name: json.loads(b"[" + cells + b"]") for name, cells in zip(names, stretch.columns, strict=True)}
    for place in range(20):
        expected = play(
            scheme("hmac-sha256/v1"),
            ServerSeed(SEED),
            client_seed=ClientSeed("lucky"),
            nonce=7 + place,
            rules=rules,
            parameters=parameters,
        )
        for draw in expected.draws:
            assert columns["draws", draw["name"]][place] == draw["value"]
        for name, value in expected.outcome.items():
            assert columns["outcomes", name][place] == value
        if expected.payout is None:
            assert ("payouts", "") not in columns
        else:
            assert columns["payouts", ""][place] == expected.payout


@pytest.mark.parametrize("count", [1024, 1025, 8192, 8193, 9300])
def test_stretches_of_many_chunks_give_the_root_and_the_paths_of_one_tree(count: int) -> None:
    work = job(count)
    player = batchwork.player_of(work)
    rows = [player.row(7 + place) for place in range(count)]
    stretches = [batchwork.compute(work, index) for index in range(work.stretches)]
    assert [len(stretch.roots) for stretch in stretches[:-1]] == [8] * (len(stretches) - 1)
    roots = [root for stretch in stretches for root in stretch.roots]
    assert batchwork.root_of(roots) == root(rows)
    flips = json.loads(b"[" + b",".join(stretch.columns[0] for stretch in stretches) + b"]")
    assert flips == [int.from_bytes(row, "big") for row in rows]
    for place in {0, 1023, count // 2, count - 1}:
        assert batchwork.chunk_path(work, place, roots) == inclusion_path(rows, place)


@pytest.mark.parametrize("width", [0, 1, 7, 8, 9, 52, 1000, 65_536])
def test_a_stretch_is_whole_chunks_of_bounded_work(width: int) -> None:
    work = job(1_000_000, width=width)
    assert work.stretch % work.chunk == 0
    assert 1 <= work.stretch // work.chunk <= 8
    assert work.stretch == work.chunk or work.stretch * width <= 65_536
    assert (work.stretches - 1) * work.stretch < work.count <= work.stretches * work.stretch


@given(
    st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from([chr(code) for code in (*range(160), 0x2028)])
)
def test_columns_are_written_as_the_standard_library_writes_them(text: str, character: str) -> None:
    """Whatever texts an operator's tables hold: the answer's bytes do not depend on who wrote them."""
    shown = {"at": ["texts", {"mod": ["flip", 3]}]}
    rules = parse_rules(
        {
            **dict(bundled_games()["coinflip"].document),
            "parameters": [],
            "tables": {"texts": [text, character, character + text]},
            "draws": [{"name": "flip", "primitive": "uniform", "n": 2**50}],
            "let": [],
            "outcome": {"shown": shown, "nested": [[{"eq": [shown, {"text": text}]}]]},
            "payout": None,
            "odds": [],
            "claims": {"return": None, "shapes": []},
        }
    )
    work = replace(job(9), rules=encode(dict(rules.document)), parameters=b"{}")
    player = batchwork.player_of(work)
    rounds = [player.play(7 + place) for place in range(9)]
    expected = [
        [one.draws[0]["value"] for one in rounds],
        *([one.outcome[name] for one in rounds] for name in rounds[0].outcome),
    ]
    assert batchwork.compute(work, 0).columns == tuple(
        json.dumps(column, ensure_ascii=False, separators=(",", ":"))[1:-1].encode() for column in expected
    )


def test_a_job_passes_between_processes_and_shows_no_server_seed() -> None:
    work = job(5)
    assert pickle.loads(pickle.dumps(work)) == work
    assert SEED.hex() not in repr(work)
    assert repr(SEED)[2:20] not in repr(work)


def test_a_spool_gives_back_what_was_put_in_by_column() -> None:
    with Spool(2) as spool:
        spool.add([b"1,2", b"a"])
        spool.add([b"3", b"bcd"])
        assert [spool.read(0, piece) for piece in range(spool.pieces(0))] == [b"1,2", b"3"]
        assert [spool.read(1, piece) for piece in range(spool.pieces(1))] == [b"a", b"bcd"]
        assert spool.size == 8


def test_rounds_wait_while_a_batch_has_the_seed_alone_and_other_seeds_do_not() -> None:
    async def scene() -> list[str]:
        turns = Turns()
        said: list[str] = []
        inside = asyncio.Event()
        go = asyncio.Event()

        async def batch() -> None:
            async with turns.alone("seed"):
                inside.set()
                await go.wait()
                said.append("batch")

        async def single(seed_id: str) -> None:
            await turns.shared(seed_id)
            said.append(seed_id)

        first = asyncio.create_task(batch())
        await inside.wait()
        waiting = asyncio.create_task(single("seed"))
        await single("other")
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(first, waiting)
        await single("seed")
        return said

    assert asyncio.run(scene()) == ["other", "batch", "seed", "seed"]


def test_two_batches_on_one_seed_take_turns() -> None:
    async def scene() -> int:
        turns = Turns()
        inside = most = 0

        async def batch() -> None:
            nonlocal inside, most
            async with turns.alone("seed"):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(batch() for _ in range(5)))
        return most

    assert asyncio.run(scene()) == 1
