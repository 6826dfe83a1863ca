"""A service that is killed with kill -9 under load: every answered receipt is there once, and play goes on."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from rng.statement import read_document, statement_digest
from tests.service.process import initialise, serving
from verifier import PinnedKey, Policy, verify

pytestmark = pytest.mark.slow


@dataclass
class Load:
    """Clients that ask for rounds until the service is gone, and what they were answered."""

    url: str
    key: str
    seed_id: str
    answered: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    batches: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self, number: int) -> None:
        headers = {"Authorization": f"Bearer {self.key}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=30) as client:
            for turn in itertools.count():
                key = f"client-{number}-{turn}"
                batch = turn % 8 == 7
                body: dict[str, Any] = {"game": "dice", "count": 20} if batch else {"game": "dice"}
                path = f"/v1/seeds/{self.seed_id}/rounds" + ("/batch" if batch else "")
                with self.lock:
                    self.asked[key] = {"path": path, "body": body}
                try:
                    answer = client.post(path, json=body, headers={"Idempotency-Key": key})
                    if answer.status_code != 201:
                        continue
                    receipt = answer.json()["receipt"]
                except (httpx.HTTPError, ValueError):
                    return
                with self.lock:
                    self.answered[key] = receipt
                    self.batches += batch


def records(client: httpx.Client, seed_id: str) -> list[dict[str, Any]]:
    """Return all records of a seed, from its export, which begins with epoch and activation."""
    answer = client.get(f"/v1/seeds/{seed_id}/rounds?format=jsonl")
    assert answer.status_code == 200
    found = [read_document(line).statement for line in answer.content.split(b"\n")[:-1]]
    assert [one["type"] for one in found[:2]] == ["epoch", "activation"]
    return found[2:]


def check_contiguous(found: list[dict[str, Any]]) -> int:
    """Check that records use up nonces without gap or overlap and are a chain; return how many nonces there are."""
    following = 0
    for before, record in itertools.pairwise([None, *found]):
        assert record is not None
        assert record.get("first_nonce", record.get("nonce")) == following
        following += record.get("count", 1)
        if before is not None:
            assert record["previous"] == statement_digest(before)
    return following


def test_killed_under_load_it_has_every_answered_receipt_once_and_goes_on(tmp_path: Path) -> None:
    made = initialise(tmp_path / "house")
    arguments = ("--config", made["config"])
    headers = {"Authorization": f"Bearer {made['api_key']}"}
    answered: dict[str, dict[str, Any]] = {}
    asked: dict[str, dict[str, Any]] = {}
    seed_id = ""
    for life in range(2):
        with serving(*arguments, log=tmp_path / "log") as running:
            with httpx.Client(base_url=running.url, headers=headers) as client:
                if not seed_id:
                    seed_id = client.post("/v1/seeds", json={"player": "p"}).json()["seed_id"]
                    client.put(f"/v1/seeds/{seed_id}/client-seed", json={"client_seed": "x"}).raise_for_status()
            load = Load(running.url, made["api_key"], seed_id)
            threads = [threading.Thread(target=load.client, args=(100 * life + n,)) for n in range(12)]
            for thread in threads:
                thread.start()
            while len(load.answered) < 150:
                assert running.process.poll() is None, running.log.read_text()
                time.sleep(0.01)
            running.process.send_signal(signal.SIGKILL)
            running.process.wait(30)
            for thread in threads:
                thread.join(60)
            assert load.batches > 0
            answered |= load.answered
            asked |= load.asked

    with (
        serving(*arguments, log=tmp_path / "log") as running,
        httpx.Client(base_url=running.url, headers=headers, timeout=60) as client,
    ):
        found = records(client, seed_id)
        count = check_contiguous(found)
        digests = [statement_digest(record) for record in found]
        for receipt in answered.values():
            assert digests.count(statement_digest(receipt)) == 1
        assert len(found) >= len(answered)
        # Whoever got no answer asks again with the same key, and has then been answered once, never twice.
        for key in [key for key in asked if key not in answered]:
            again = client.post(asked[key]["path"], json=asked[key]["body"], headers={"Idempotency-Key": key})
            assert again.status_code == 201
            answered[key] = again.json()["receipt"]
        for key in list(answered)[::40]:
            again = client.post(asked[key]["path"], json=asked[key]["body"], headers={"Idempotency-Key": key})
            assert again.json()["receipt"] == answered[key]
        found = records(client, seed_id)
        assert sorted(statement_digest(record) for record in found) == sorted(
            statement_digest(receipt) for receipt in answered.values()
        )
        count = check_contiguous(found)
        reveal = client.post(f"/v1/seeds/{seed_id}/rotate").json()["reveal"]
        assert reveal["rounds"] == count
        assert reveal["documents"] == len(found)
        policy = Policy(keys=(PinnedKey(bytes.fromhex(made["public_key"])),))
        for nonce in {0, count - 1, *range(0, count, 11)}:
            proof = client.get(f"/v1/seeds/{seed_id}/rounds/{nonce}/proof")
            assert verify(proof.content, policy).status == "verified", nonce


def children(pid: int) -> list[int]:
    """Return the children of a process."""
    found: list[int] = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in tasks.read_text().split()]
    return found


def alive(pid: int) -> bool:
    """Say whether a process runs; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_workers_of_batches_end_with_a_service_that_is_killed(tmp_path: Path) -> None:
    made = initialise(tmp_path / "house")
    headers = {"Authorization": f"Bearer {made['api_key']}"}
    with serving("--config", made["config"], log=tmp_path / "log") as running:
        with httpx.Client(base_url=running.url, headers=headers, timeout=120) as client:
            seed_id = client.post("/v1/seeds", json={"player": "p"}).json()["seed_id"]
            client.put(f"/v1/seeds/{seed_id}/client-seed", json={"client_seed": "x"}).raise_for_status()
            answer = client.post(f"/v1/seeds/{seed_id}/rounds/batch", json={"game": "dice", "count": 20_000})
            assert answer.status_code == 201
            assert len(answer.json()["payouts"]) == 20_000
        workers = children(running.process.pid)
        assert workers
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait(30)
        give_up = time.monotonic() + 60
        while any(alive(worker) for worker in workers):
            assert time.monotonic() < give_up, "workers outlive the service"
            time.sleep(0.05)
