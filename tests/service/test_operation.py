"""Operation: dead entropy, a full disk, deadlines, changed games and keys. The service fails closed and says why."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from rng.games.loader import bundled_games
from rng.service import setup
from rng.service.settings import SettingsError, load_settings
from rng.service.usecases import seeds
from rng.store import StoreFull
from tests.service.harness import Clock, House, Source, make_settings, problem, running
from tests.service.test_rounds_routes import policy, verdict
from verifier import verify

pytestmark = pytest.mark.anyio


async def kill(house: House) -> None:
    """Let the entropy source die, and be found dead."""
    house.source.dead = True
    problem(await house.post("/v1/seeds", {"player": "the-one-who-finds-out"}), 503, "entropy_failed")


async def test_when_the_entropy_source_dies_nothing_is_drawn_until_an_operator_acts(house: House) -> None:
    seed_id = await house.seed()
    kept = await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "dice"}, once="before")
    await kill(house)
    for path, body in (
        ("/v1/seeds", {"player": "q"}),
        (f"/v1/seeds/{seed_id}/rounds", {"game": "dice"}),
        (f"/v1/seeds/{seed_id}/rounds/batch", {"game": "dice", "count": 10}),
        (f"/v1/seeds/{seed_id}/rotate", {}),
    ):
        document = problem(await house.post(path, body), 503, "entropy_failed")
        assert "/v1/admin/entropy/restart" in document["detail"]
    ready = await house.get("/readyz", who=None)
    assert ready.status_code == 503
    assert ready.json()["entropy"] == "failed"
    assert ready.json()["draws"].startswith("stopped")
    assert (await house.get("/healthz", who=None)).status_code == 200
    metrics = (await house.get("/metrics", who=None)).text
    assert "fairlot_entropy_ready 0.0" in metrics
    assert "fairlot_draws_allowed 0.0" in metrics
    # A receipt that was given is given again, and reading goes on.
    assert (await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "dice"}, once="before")).content == kept.content
    assert (await house.get(f"/v1/seeds/{seed_id}/rounds")).status_code == 200
    # The source lives again, and still nothing is drawn: that is the operator's decision.
    house.source.dead = False
    problem(await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "dice"}), 503, "entropy_failed")
    restarted = await house.post("/v1/admin/entropy/restart", who="admin")
    assert restarted.json() == {"ready": True, "draws": "allowed", "reason": None}
    assert (await house.play(seed_id))["nonce"] == 1
    assert (await house.get("/readyz", who=None)).status_code == 200


async def test_a_restart_that_fails_leaves_draws_stopped(house: House) -> None:
    seed_id = await house.seed()
    await kill(house)
    problem(await house.post("/v1/admin/entropy/restart", who="admin"), 503, "entropy_failed")
    problem(await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "dice"}), 503, "entropy_failed")


async def test_only_the_operators_own_admin_allows_draws_again(house: House) -> None:
    await kill(house)
    house.source.dead = False
    problem(await house.post("/v1/admin/entropy/restart", who="other"), 403, "forbidden")
    problem(await house.post("/v1/admin/entropy/restart", who="play"), 403, "forbidden")
    problem(await house.post("/v1/seeds", {"player": "q"}), 503, "entropy_failed")


async def test_a_process_that_is_started_again_does_not_take_the_operators_place(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        seed_id = await house.seed()
        keys = house.keys
        await kill(house)
    async with running(tmp_path, keys=keys) as house:
        problem(await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "dice"}), 503, "entropy_failed")
        assert (await house.get("/readyz", who=None)).json()["entropy"] == "ok"
        await house.post("/v1/admin/entropy/restart", who="admin")
        assert (await house.play(seed_id))["nonce"] == 0


async def test_a_source_that_dies_unasked_is_found_out_by_the_regular_probe(house: House) -> None:
    seed_id = await house.seed()
    house.source.dead = True
    house.clock.move(60_000)
    await house.app.state.deadlines.pass_once()
    problem(await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "dice"}), 503, "entropy_failed")


async def test_a_service_that_starts_with_a_dead_source_draws_nothing(tmp_path: Path) -> None:
    source = Source()
    source.dead = True
    make_settings(tmp_path)
    async with running(tmp_path, source=source) as house:
        problem(await house.post("/v1/seeds", {"player": "p"}), 503, "entropy_failed")
        assert (await house.get("/readyz", who=None)).status_code == 503


async def test_a_full_disk_stops_draws_and_does_nothing_by_halves(tmp_path: Path) -> None:
    # The database may have 120 pages; rounds fill it until SQLite itself refuses.
    async with running(tmp_path, max_pages=120) as house:
        seed_id = await house.seed()
        drawn = 0
        for _ in range(2000):
            answer = await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "dice"})
            if answer.status_code != 201:
                break
            drawn += 1
        document = problem(answer, 503, "store_unavailable")
        assert "store_full" in document["detail"]
        assert answer.headers["retry-after"] == "1"
        assert drawn > 10
        state = (await house.get(f"/v1/seeds/{seed_id}")).json()
        assert state["next_nonce"] == state["records"] == drawn
        keys = house.keys
    async with running(tmp_path, keys=keys) as house:
        assert (await house.play(seed_id))["nonce"] == drawn
        await house.post(f"/v1/seeds/{seed_id}/rotate")
        for nonce in (0, drawn - 1, drawn):
            assert (await verdict(house, seed_id, nonce)).status == "verified"


async def test_a_store_that_cannot_write_makes_the_service_unready(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object, **__: object) -> None:
        raise StoreFull("no room")

    monkeypatch.setattr(house.service.store, "commit", full)
    ready = await house.get("/readyz", who=None)
    assert ready.status_code == 503
    assert ready.json()["store"] == "store_full"
    problem(await house.post("/v1/seeds", {"player": "p"}), 503, "store_unavailable")


async def test_at_its_deadline_a_seed_is_revealed_by_itself_and_the_next_one_opened(house: House) -> None:
    seed_id = await house.seed("p")
    await house.play(seed_id)
    reveal_by = (await house.get(f"/v1/seeds/{seed_id}")).json()["reveal_by"]
    await house.app.state.deadlines.stop()
    house.clock.move(house.settings.reveal_after * 1000 - house.settings.reveal_early)
    assert await house.app.state.deadlines.pass_once() == 1
    seed = (await house.get(f"/v1/seeds/{seed_id}", who=None)).json()
    assert seed["status"] == "revealed"
    assert seed["reveal"]["time"] <= reveal_by
    problem(await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "dice"}), 409, "seed_revealed")
    assert (await verdict(house, seed_id, 0)).status == "verified"
    # The player has an open seed again: the one that was announced.
    document = problem(await house.post("/v1/seeds", {"player": "p"}), 409, "seed_open")
    following = (await house.get(f"/v1/seeds/{document['seed_id']}")).json()
    assert following["commitment"] == seed["next_commitment"]
    assert following["epoch"]["previous_epoch"] == seed_id
    assert following["status"] == "committed"


async def test_a_seed_that_was_never_activated_is_revealed_at_its_deadline_without_a_next_one(house: House) -> None:
    seed_id = await house.seed("p", client_seed=None)
    before = (await house.get(f"/v1/seeds/{seed_id}")).json()
    await house.app.state.deadlines.stop()
    house.clock.move(house.settings.reveal_after * 1000)
    assert await house.app.state.deadlines.pass_once() == 1
    assert (await house.get(f"/v1/seeds/{seed_id}", who=None)).json()["status"] == "revealed"
    # When the player comes back, the chain goes on where it ended.
    opened = (await house.post("/v1/seeds", {"player": "p"})).json()
    assert opened["commitment"] == before["next_commitment"]
    assert opened["epoch"]["sequence"] == 1
    assert opened["epoch"]["previous_epoch"] == seed_id


async def test_a_dead_source_does_not_keep_a_reveal_back(house: House) -> None:
    seed_id = await house.seed("p")
    await house.play(seed_id)
    await kill(house)
    await house.app.state.deadlines.stop()
    house.clock.move(house.settings.reveal_after * 1000 - 1000)
    assert await house.app.state.deadlines.pass_once() == 1
    seed = (await house.get(f"/v1/seeds/{seed_id}", who=None)).json()
    assert seed["status"] == "revealed"
    house.source.dead = False
    await house.post("/v1/admin/entropy/restart", who="admin")
    opened = (await house.post("/v1/seeds", {"player": "p"})).json()
    assert opened["commitment"] == seed["next_commitment"]


async def test_no_round_is_drawn_past_the_deadline_even_if_nothing_revealed_the_seed(house: House) -> None:
    seed_id = await house.seed("p")
    await house.play(seed_id)
    await house.app.state.deadlines.stop()
    house.clock.move(house.settings.reveal_after * 1000 + 1000)
    problem(await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "dice"}), 409, "past_reveal_by")
    batch = {"game": "dice", "count": 3}
    problem(await house.post(f"/v1/seeds/{seed_id}/rounds/batch", batch), 409, "past_reveal_by")
    problem(await house.post(f"/v1/seeds/{seed_id}/rounds/0/void", {"reason": "x"}, who="admin"), 409, "past_reveal_by")
    problem(await house.post(f"/v1/seeds/{seed_id}/rotate"), 409, "past_reveal_by")
    ready = await house.get("/readyz", who=None)
    assert ready.status_code == 503


async def test_a_service_that_slept_through_a_deadline_reveals_at_its_start_and_states_the_true_time(
    tmp_path: Path,
) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock) as house:
        seed_id = await house.seed("p")
        await house.play(seed_id)
        keys = house.keys
    clock.move(house.settings.reveal_after * 1000 + 60_000)
    async with running(tmp_path, keys=keys, clock=clock) as house:
        seed = (await house.get(f"/v1/seeds/{seed_id}", who=None)).json()
        assert seed["status"] == "revealed"
        assert seed["reveal"]["time"] > seed["reveal_by"]
        found = await verdict(house, seed_id, 0)
        assert found.status == "refuted"
        assert found.check(6).status == "failed"


async def test_one_seed_that_cannot_be_revealed_keeps_no_other_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, *others = [await house.seed(f"p-{number}") for number in range(40)]
    real = seeds.reveal_due

    async def sometimes(service: Any, epoch: Any) -> None:
        if epoch.seed_id == stuck:
            raise RuntimeError("stuck")
        await real(service, epoch)

    monkeypatch.setattr("rng.service.deadlines.reveal_due", sometimes)
    await house.app.state.deadlines.stop()
    house.clock.move(house.settings.reveal_after * 1000 + 1)
    assert await house.app.state.deadlines.pass_once() == len(others)
    assert house.app.state.deadlines.overdue == 1
    assert (await house.get("/readyz", who=None)).json()["deadlines"] == "overdue"
    monkeypatch.setattr("rng.service.deadlines.reveal_due", real)
    await house.app.state.deadlines.start()
    assert (await house.get(f"/v1/seeds/{stuck}", who=None)).json()["status"] == "revealed"
    assert (await house.get("/readyz", who=None)).status_code == 200


async def test_a_clock_that_is_set_back_leaves_a_history_in_order(house: House) -> None:
    seed_id = await house.seed()
    first = await house.play(seed_id)
    house.clock.move(-3_600_000)
    second = await house.play(seed_id)
    assert second["time"] >= first["time"]
    await house.post(f"/v1/seeds/{seed_id}/rotate")
    assert (await verdict(house, seed_id, 1)).status == "verified"


def own_game(folder: Path, *, summary: str) -> None:
    """Write an operator's own game, a dice under another name."""
    folder.mkdir(exist_ok=True)
    document = {**bundled_games()["coinflip"].document, "name": "house-coin", "summary": summary}
    (folder / "house-coin.json").write_text(json.dumps(document))


async def test_an_operators_game_is_played_from_its_folder_and_old_seeds_keep_their_rules(tmp_path: Path) -> None:
    games = tmp_path / "games"
    own_game(games, summary="Our own coin.")
    async with running(tmp_path, games_folder=games) as house:
        seed_id = await house.seed()
        first = await house.play(seed_id, "house-coin")
        keys = house.keys
    own_game(games, summary="Our own coin, described better.")
    async with running(tmp_path, games_folder=games, keys=keys) as house:
        second = await house.play(seed_id, "house-coin")
        assert second["rules_digest"] == first["rules_digest"]
        following = (await house.post(f"/v1/seeds/{seed_id}/rotate")).json()["next"]
        assert following["rules"]["house-coin"] != first["rules_digest"]
        for nonce in (0, 1):
            assert (await verdict(house, seed_id, nonce)).status == "verified"


@pytest.mark.parametrize("wide", [False, True])
async def test_a_game_whose_rules_give_no_value_uses_no_nonce(tmp_path: Path, wide: bool) -> None:
    games = tmp_path / "games"
    games.mkdir()
    document: dict[str, Any] = json.loads(json.dumps(dict(bundled_games()["coinflip"].document)))
    draws: dict[str, Any] = {"name": "face", "primitive": "uniform", "n": 1}
    document |= {
        "name": "broken-game",
        "parameters": [],
        "tables": {},
        "draws": [{**draws, "times": 300} if wide else draws],
        "let": [],
        "outcome": {"shown": {"div": [1, {"at": ["face", 0]} if wide else "face"]}},
        "payout": None,
        "odds": [],
        "claims": {"return": None, "shapes": []},
    }
    (games / "broken-game.json").write_text(json.dumps(document))
    async with running(tmp_path, games_folder=games) as house:
        seed_id = await house.seed()
        for path, body in (("rounds", {}), ("rounds/batch", {"count": 3})):
            answer = await house.post(f"/v1/seeds/{seed_id}/{path}", {"game": "broken-game", **body})
            problem(answer, 422, "invalid_params")
        assert (await house.get(f"/v1/seeds/{seed_id}")).json()["next_nonce"] == 0


async def test_rules_that_are_damaged_in_the_archive_are_not_used(tmp_path: Path) -> None:
    games = tmp_path / "games"
    own_game(games, summary="Our own coin.")
    async with running(tmp_path, games_folder=games) as house:
        seed_id = await house.seed()
        receipt = await house.play(seed_id, "house-coin")
        keys = house.keys
    archived = tmp_path / "fairlot.db.rules" / f"{receipt['rules_digest']}.json"
    archived.write_bytes(archived.read_bytes().replace(b"own coin", b"OWN coin"))
    async with running(tmp_path, keys=keys) as house:
        problem(await house.post(f"/v1/seeds/{seed_id}/rounds", {"game": "house-coin"}), 409, "game_not_in_force")
        problem(await house.get(f"/v1/seeds/{seed_id}/rounds/0/proof"), 409, "proof_unavailable")


async def test_a_new_signing_key_leaves_old_statements_provable(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        seed_id = await house.seed()
        await house.play(seed_id)
        keys = house.keys
        old = house.service.signer.key_id
    (tmp_path / "signing.key").write_text(os.urandom(32).hex())
    async with running(tmp_path, keys=keys) as house:
        await house.play(seed_id)
        await house.post(f"/v1/seeds/{seed_id}/rotate")
        listed = (await house.get("/v1/keys", who=None)).json()["keys"]
        assert [key["current"] for key in listed] == [True, False]
        assert listed[1]["key_id"] == old
        for nonce in (0, 1):
            assert (await verdict(house, seed_id, nonce)).status == "verified"


async def test_key_encryption_keys_rotate_while_the_service_runs(house: House) -> None:
    seed_id = await house.seed("p")
    old = house.service.seals.current_id
    settings, store = house.settings, house.service.store
    new, count = await setup.rotate_kek(settings, store, random_bytes=os.urandom)
    assert count == 2
    assert new != old
    assert (await store.counts()).sealed == {new: 2}
    # The service has not read the new key yet; it does when it meets a seal under it.
    house.service.live.forget(seed_id)
    assert (await house.play(seed_id))["nonce"] == 0
    assert house.service.seals.current_id == new
    await house.seed("q")
    assert set((await store.counts()).sealed) == {new}
    assert await setup.prune_keks(settings, store, random_bytes=os.urandom) == (old,)
    await house.app.state.deadlines.pass_once()
    reveal = (await house.post(f"/v1/seeds/{seed_id}/rotate")).json()["reveal"]
    assert hashlib.sha256(bytes.fromhex(reveal["server_seed"])).hexdigest()
    assert (await verdict(house, seed_id, 0)).status == "verified"


async def test_pruning_seals_anew_what_a_service_sealed_under_an_old_key_meanwhile(house: House) -> None:
    old = house.service.seals.current_id
    new, _ = await setup.rotate_kek(house.settings, house.service.store, random_bytes=os.urandom)
    await house.seed("late")
    assert set((await house.service.store.counts()).sealed) <= {old, new}
    assert await setup.prune_keks(house.settings, house.service.store, random_bytes=os.urandom) == (old,)
    assert set((await house.service.store.counts()).sealed) == {new}


@pytest.mark.parametrize(("file", "match"), [("slot.key", "slot_key does not fit"), ("kek.keys", "kek does not fit")])
async def test_a_database_with_other_keys_is_refused_at_the_start(tmp_path: Path, file: str, match: str) -> None:
    async with running(tmp_path) as house:
        await house.seed()
    (tmp_path / file).write_text(os.urandom(32).hex())
    with pytest.raises(SettingsError, match=match):
        async with running(tmp_path):
            pass


async def test_a_database_of_another_origin_is_refused_at_the_start(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        await house.seed()
    with pytest.raises(SettingsError, match="origin does not fit"):
        async with running(tmp_path, origin="example.org/other"):
            pass


async def test_an_unknown_scheme_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="hmac-sha256/v1"):
        async with running(tmp_path, scheme="md5/v0"):
            pass


def test_a_folder_is_set_up_once_and_nothing_is_overwritten(tmp_path: Path) -> None:
    make = {"origin": "example.org", "tenant": "main", "port": 0, "random_bytes": os.urandom}
    setup.initialise(tmp_path / "a", **make)  # type: ignore[arg-type]
    before = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    with pytest.raises(SettingsError, match="exists already"):
        setup.initialise(tmp_path / "a", **make)  # type: ignore[arg-type]
    assert {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()} == before
    assert {(tmp_path / "a" / name).stat().st_mode & 0o777 for name in before} == {0o600}
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700
    assert load_settings(tmp_path / "a" / setup.SETTINGS_FILE).origin == "example.org"


@pytest.mark.parametrize("origin", ["two words", 'a"b', "new\nline", "", "x" * 129])
def test_a_setup_with_a_wrong_origin_leaves_nothing_behind(tmp_path: Path, origin: str) -> None:
    with pytest.raises(SettingsError, match="origin"):
        setup.initialise(tmp_path / "a", origin=origin, tenant="main", port=0, random_bytes=os.urandom)
    assert list((tmp_path / "a").iterdir()) == []


async def test_a_proof_never_holds_the_server_seed_of_an_open_seed(house: House) -> None:
    seed_id = await house.seed()
    await house.play(seed_id)
    epoch = await house.service.store.epoch(seed_id)
    assert epoch is not None
    secret = (await house.service.server_seed(epoch)).data.hex()
    for path in ("", "/rounds", "/rounds/0", "/rounds/0/proof"):
        assert secret not in (await house.get(f"/v1/seeds/{seed_id}{path}")).text
    data = (await house.get(f"/v1/seeds/{seed_id}/rounds/0/proof")).content
    assert verify(data, await policy(house)).status == "undecided"
