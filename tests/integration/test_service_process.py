"""The service as a process: its first run, its ready line, its end, many clients at once, and its secrets."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from rng.service.sealing import KeyRing
from rng.statement import statement_digest
from tests.service.process import ORIGIN, command, initialise, serving
from verifier import PinnedKey, Policy, verify


def test_without_settings_it_does_not_start_and_says_what_to_do(tmp_path: Path) -> None:
    done = command("serve", cwd=tmp_path)
    assert done.returncode == 2
    assert "origin" in done.stderr
    assert "keys init" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_keys_that_others_can_read_keep_it_from_starting(tmp_path: Path) -> None:
    made = initialise(tmp_path / "house")
    (tmp_path / "house" / "kek.keys").chmod(0o644)
    done = command("serve", "--config", made["config"], "--port", "0")
    assert done.returncode == 1
    assert "chmod 600" in done.stderr
    assert "Traceback" not in done.stderr


def test_init_makes_files_for_their_owner_only_and_refuses_to_do_it_twice(tmp_path: Path) -> None:
    made = initialise(tmp_path / "house")
    assert made["origin"] == ORIGIN
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "house").iterdir()} == {0}
    again = command("keys", "init", "--folder", str(tmp_path / "house"), "--origin", ORIGIN)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_the_ready_line_names_the_url_and_sigterm_ends_it_in_order(tmp_path: Path) -> None:
    made = initialise(tmp_path / "house")
    with serving("--config", made["config"], log=tmp_path / "log") as running:
        assert running.ready["event"] == "ready"
        assert running.ready["pid"] == running.process.pid
        answer = httpx.get(f"{running.url}/v1/keys")
        assert answer.json()["keys"][0]["public_key"] == made["public_key"]
        assert "server" not in answer.headers
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["starting", "ended"]


def test_a_demo_needs_no_settings_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with serving("--demo", log=tmp_path / "log", TMPDIR=str(tmp_path)) as running:
        assert running.ready["demo"] is True
        headers = {"Authorization": f"Bearer {running.ready['api_key']}"}
        answer = httpx.post(f"{running.url}/v1/seeds", json={"player": "p"}, headers=headers)
        assert answer.status_code == 201
        assert list(tmp_path.glob("fairlot-demo-*"))
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0
    assert not list(tmp_path.glob("fairlot-demo-*"))


def test_the_process_leaves_no_core_dump_and_takes_no_endless_head(tmp_path: Path) -> None:
    made = initialise(tmp_path / "house")
    with serving("--config", made["config"], log=tmp_path / "log") as running:
        limits = Path(f"/proc/{running.process.pid}/limits").read_text().splitlines()
        core = next(line for line in limits if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"]
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{running.url}/healthz", headers={"X-A": "a" * 1_000_000}).raise_for_status()
        assert httpx.get(f"{running.url}/healthz", headers={"X-A": "a" * 10_000}).status_code == 200


def test_a_port_that_is_taken_is_one_line_in_the_log(tmp_path: Path) -> None:
    made = initialise(tmp_path / "house")
    with serving("--config", made["config"], log=tmp_path / "log") as running:
        port = running.url.rsplit(":", 1)[1]
        second = command("serve", "--config", made["config"], "--port", port)
        assert second.returncode == 1
        assert "cannot listen" in second.stderr


def test_api_keys_are_made_listed_and_revoked_beside_a_running_service(tmp_path: Path) -> None:
    made = initialise(tmp_path / "house")
    config = ("--config", made["config"])
    with serving(*config, log=tmp_path / "log") as running:
        added = json.loads(
            command("keys", "api", "add", *config, "--tenant", "guest", "--scope", "play", "--json").stdout
        )
        headers = {"Authorization": f"Bearer {added['api_key']}"}
        opened = httpx.post(f"{running.url}/v1/seeds", json={"player": "p"}, headers=headers)
        assert opened.json()["epoch"]["tenant"] == "guest"
        assert command("keys", "api", "revoke", *config, added["key_id"]).returncode == 0
        listed = json.loads(command("keys", "api", "list", *config, "--json").stdout)["keys"]
        assert {key["key_id"]: key["revoked"] > 0 for key in listed}[added["key_id"]]
        assert added["api_key"] not in json.dumps(listed)
        assert command("keys", "api", "revoke", *config, "0" * 16).returncode == 2
        # The service remembers a key for two seconds; a slow machine gets much longer here.
        give_up = time.monotonic() + 60
        while httpx.get(f"{running.url}/v1/seeds/{opened.json()['seed_id']}", headers=headers).status_code == 200:
            assert time.monotonic() < give_up, "the revoked key is still good"
            time.sleep(0.1)
        refused = httpx.post(f"{running.url}/v1/seeds", json={"player": "q"}, headers=headers)
        assert refused.status_code == 401


def test_key_encryption_keys_are_rotated_and_pruned_beside_a_running_service(tmp_path: Path) -> None:
    made = initialise(tmp_path / "house")
    config = ("--config", made["config"])
    headers = {"Authorization": f"Bearer {made['api_key']}"}
    with (
        serving(*config, log=tmp_path / "log") as running,
        httpx.Client(base_url=running.url, headers=headers) as client,
    ):
        seed_id = client.post("/v1/seeds", json={"player": "p"}).json()["seed_id"]
        client.put(f"/v1/seeds/{seed_id}/client-seed", json={"client_seed": "x"}).raise_for_status()
        client.post(f"/v1/seeds/{seed_id}/rounds", json={"game": "dice"}).raise_for_status()
        rotated = json.loads(command("keys", "rotate", *config, "--json").stdout)
        assert rotated["resealed"] == 2
        pruned = json.loads(command("keys", "prune", *config, "--json").stdout)
        assert len(pruned["removed"]) == 1
        assert rotated["kek_id"] not in pruned["removed"]
        answer = client.post(f"/v1/seeds/{seed_id}/rotate")
        assert answer.status_code == 200, answer.text
        proof = client.get(f"/v1/seeds/{seed_id}/rounds/0/proof").content
        policy = Policy(keys=(PinnedKey(bytes.fromhex(made["public_key"]), ORIGIN),))
        assert verify(proof, policy).require().exit_code == 0


@pytest.mark.slow
def test_sixty_four_connections_on_one_seed_get_contiguous_nonces_in_one_chain(tmp_path: Path) -> None:
    made = initialise(tmp_path / "house")
    headers = {"Authorization": f"Bearer {made['api_key']}"}

    async def play(url: str) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as first:
            seed_id = (await first.post("/v1/seeds", json={"player": "p"})).json()["seed_id"]
            (await first.put(f"/v1/seeds/{seed_id}/client-seed", json={"client_seed": "x"})).raise_for_status()

        async def connection() -> list[dict[str, Any]]:
            async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
                found = []
                for _ in range(8):
                    answer = await client.post(f"/v1/seeds/{seed_id}/rounds", json={"game": "dice"})
                    assert answer.status_code == 201
                    found.append(answer.json()["receipt"])
                return found

        return [receipt for part in await asyncio.gather(*(connection() for _ in range(64))) for receipt in part]

    with serving("--config", made["config"], log=tmp_path / "log") as running:
        receipts = sorted(asyncio.run(play(running.url)), key=lambda receipt: int(receipt["nonce"]))
    assert [receipt["nonce"] for receipt in receipts] == list(range(512))
    for before, after in itertools.pairwise(receipts):
        assert after["previous"] == statement_digest(before)


def spellings(secret: bytes) -> list[bytes]:
    """Return the ways in which 32 bytes could be written down."""
    return [
        secret,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        base64.b64encode(secret).rstrip(b"="),
        base64.urlsafe_b64encode(secret).rstrip(b"="),
        repr(secret).encode()[2:-1],
        str(list(secret)).encode(),
    ]


def test_secrets_are_nowhere_in_answers_logs_metrics_and_the_database(tmp_path: Path) -> None:
    folder = tmp_path / "house"
    made = initialise(folder)
    key_id_and_secret = made["api_key"][4:]
    headers = {"Authorization": f"Bearer {made['api_key']}"}
    heard: list[bytes] = []
    with (
        serving("--config", made["config"], log=tmp_path / "log", FAIRLOT_LOG_LEVEL="debug") as running,
        httpx.Client(base_url=running.url, headers=headers) as client,
    ):

        def ask(method: str, path: str, **more: Any) -> httpx.Response:
            answer = client.request(method, path, **more)
            heard.append(str(answer.headers).encode() + answer.content)
            return answer

        seed_ids = [ask("POST", "/v1/seeds", json={"player": f"p-{n}"}).json()["seed_id"] for n in range(4)]
        for seed_id in seed_ids:
            ask("PUT", f"/v1/seeds/{seed_id}/client-seed", json={"source": "operator"})
            ask("POST", f"/v1/seeds/{seed_id}/rounds", json={"game": "plinko"})
            ask("POST", f"/v1/seeds/{seed_id}/rounds/batch", json={"game": "dice", "count": 50})
            for path in ("", "/rounds", "/rounds/0", "/rounds/0/proof", "/rounds/5/proof", "/rounds?format=csv"):
                ask("GET", f"/v1/seeds/{seed_id}{path}")
            ask("POST", f"/v1/seeds/{seed_id}/rounds", json={"game": "nothing"})
            ask("POST", f"/v1/seeds/{seed_id}/rounds", content=b"{", headers={"Content-Type": "application/json"})
        ask("POST", f"/v1/seeds/{seed_ids[0]}/rotate")
        # A wrong key that looks like a right one, and the right one in places where it does not belong.
        ask("GET", "/v1/seeds/" + made["api_key"])
        ask("GET", "/v1/games/" + made["api_key"])
        ask("POST", "/v1/seeds", json={"player": "x", made["api_key"][-8:]: 1})
        ask("POST", "/v1/seeds", headers={"Authorization": f"Bearer {made['api_key'][:-1]}"}, json={"player": "x"})
        for path in ("/metrics", "/readyz", "/openapi.json", "/v1/keys"):
            ask("GET", path)

        secrets = [
            bytes.fromhex(line)
            for name in ("signing.key", "kek.keys", "slot.key")
            for line in (folder / name).read_text().splitlines()
            if not line.startswith("#")
        ]
        assert len(secrets) == 3
        ring = KeyRing.parse((folder / "kek.keys").read_text())
        with sqlite3.connect(f"file:{folder / 'fairlot.db'}?mode=ro", uri=True) as database:
            sealed = database.execute(
                "SELECT commitment, tenant, sealed FROM server_seeds WHERE sealed IS NOT NULL"
            ).fetchall()
        database.close()
        # Four seeds and the one that was rotated in, with their next ones: five live, of which one pair was shared.
        assert len(sealed) == 8
        secrets += [ring.open(data, tenant=tenant, commitment=commitment) for commitment, tenant, data in sealed]

        stored = {path.name: path.read_bytes() for path in folder.glob("fairlot.db*") if path.is_file()}
        assert "fairlot.db-wal" in stored
        places = {"answers": b"\n".join(heard), "log": (tmp_path / "log").read_bytes(), **stored}
        for name, data in places.items():
            for secret in secrets:
                for spelling in spellings(secret):
                    assert spelling not in data, name
            if name != "answers":
                assert key_id_and_secret.encode() not in data, name
                assert key_id_and_secret[17:].encode() not in data, name
    # After the end everything stands in the database itself.
    whole = (folder / "fairlot.db").read_bytes()
    for secret in secrets:
        for spelling in spellings(secret):
            assert spelling not in whole
