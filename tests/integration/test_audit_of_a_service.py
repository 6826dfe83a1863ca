"""A real service is audited by its address alone: what anybody can do, without a key and without naming a seed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cli.client import Service, ServiceProblem
from cli.http import fetch
from cli.own_service import OwnService, own_service
from tests.cli.casino import NOT_FOUND, Casino, serving
from tests.cli.running import fairlot, fairlot_json


@dataclass
class Between(Casino):
    """Stand between an auditor and a real service, and change what it says."""

    real: str = ""

    def answer(self, target: str) -> Any:
        """Return the real answer, or the lie about it."""
        self.requests.append(target)
        parts = urlsplit(target)
        answer = fetch(self.real + target, most_bytes=2**26)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        lie = self.lies.get(parts.path)
        return (answer.status, answer.body) if lie is None else lie(query, json.loads(answer.body))


@pytest.fixture(scope="module")
def service() -> Iterator[OwnService]:
    """Run a service with three revealed seeds in two slots, each slot with an open one after them."""
    with own_service(origin="audited.example/all") as running:
        client = Service(running.url, api_key=running.api_key)
        for player, rounds in (("one", 4), ("two", 3), ("one", 2)):
            _play(client, player, rounds=rounds)
        yield running


def _play(client: Service, player: str, *, rounds: int) -> None:
    """Draw some rounds and a batch for a player, and have the seed revealed; the next one is then open."""
    seed_id = _open_seed(client, player)
    client.send("PUT", f"/v1/seeds/{seed_id}/client-seed", {"client_seed": f"of {player}"}, what="test")
    for _ in range(rounds):
        client.send("POST", f"/v1/seeds/{seed_id}/rounds", {"game": "dice", "params": {}}, what="test")
    batch: dict[str, Any] = {"game": "roulette-european", "params": {"bet": "red"}, "count": 50}
    client.send("POST", f"/v1/seeds/{seed_id}/rounds/batch", batch, what="test")
    client.send("POST", f"/v1/seeds/{seed_id}/rotate", {}, what="test")


def _open_seed(client: Service, player: str) -> str:
    """Return a player's open seed: a new one, or the one that a rotation has opened."""
    try:
        return str(client.send("POST", "/v1/seeds", {"player": player}, what="test")["seed_id"])
    except ServiceProblem as error:
        assert error.code == "seed_open"
        return str(error.members["seed_id"])


def _listed(service: OwnService) -> list[str]:
    page = Service(service.url).get("/v1/seeds?status=revealed", what="test")
    assert isinstance(page["seeds"], list)
    return [str(one["seed_id"]) for one in page["seeds"] if isinstance(one, dict)]


def test_three_seeds_in_two_slots_are_audited_by_the_address_alone(service: OwnService, tmp_path: Path) -> None:
    out = tmp_path / "list"
    summary = fairlot_json("audit", service.url, "--key", service.pinned_key, "--out", out)
    assert (summary["status"], summary["seeds"], summary["rounds"]) == ("verified", 3, 9 + 150)
    assert summary["signatures"] == {"checked": 3 * 4 + 9, "unchecked": 0}
    assert [Path(path).stem for path in summary["files"]] == _listed(service)
    assert out.read_bytes() == b""
    # Without a key pinned everything but the identity is checked.
    assert fairlot("audit", service.url).exit_code == 3
    text = fairlot("audit", service.url, "--key", service.pinned_key).stdout
    assert f"{service.url} lists 3 revealed seeds" in text


def test_an_api_key_changes_nothing_of_what_is_audited(service: OwnService) -> None:
    with_key = fairlot_json("audit", service.url, "--key", service.pinned_key, "--api-key", service.api_key)
    assert (with_key["status"], with_key["seeds"]) == ("verified", 3)


def test_a_seed_that_the_list_hides_is_missed(service: OwnService, tmp_path: Path) -> None:
    first, *others = _listed(service)
    lying = Between(real=service.url)

    def hidden(query: dict[str, str], honest: dict[str, Any]) -> dict[str, Any]:
        seeds = [one for one in honest["seeds"] if one["seed_id"] != first]
        # Told as an operator would who hopes that nobody counts.
        for position, one in enumerate(seeds):
            one["position"] = position
        return {"seeds": seeds, "total": len(others), "next_cursor": None}

    lying.lies["/v1/seeds"] = hidden
    with serving(lying):
        shown = fairlot_json("audit", lying.url, "--key", service.pinned_key, code=1)
        assert shown["discrepancies"] == {"listing": {"refuted": 1}}
        assert shown["rounds"] == 9 + 150
        lying.lies[f"/v1/seeds/{first}"] = lambda query, honest: NOT_FOUND
        withheld = fairlot_json("audit", lying.url, "--key", service.pinned_key, code=3)
        assert withheld["discrepancies"] == {"listing": {"undecided": 1}}
        assert withheld["seeds"] == 2


def test_a_round_that_is_changed_on_the_way_is_found(service: OwnService) -> None:
    last = _listed(service)[-1]
    lying = Between(real=service.url)

    def changed(query: dict[str, str], honest: dict[str, Any]) -> dict[str, Any]:
        honest["records"][1]["payout"] += 1
        return honest

    lying.lies[f"/v1/seeds/{last}/rounds"] = changed
    with serving(lying):
        summary = fairlot_json("audit", lying.url, "--key", service.pinned_key, code=1)
    assert summary["discrepancies"]["payout"] == {"refuted": 1}
    assert summary["seeds"] == 3


def test_a_seed_that_is_revealed_while_the_list_is_gone_through_does_not_disturb(service: OwnService) -> None:
    client = Service(service.url, api_key=service.api_key)
    before = len(_listed(service))
    lying = Between(real=service.url)
    asked: list[str] = []

    def meanwhile(query: dict[str, str], honest: dict[str, Any]) -> dict[str, Any]:
        if not asked:
            asked.append("once")
            _play(client, "three", rounds=1)
        return honest

    lying.lies["/v1/seeds"] = meanwhile
    with serving(lying):
        summary = fairlot_json("audit", lying.url, "--key", service.pinned_key)
        assert (summary["status"], summary["seeds"]) == ("verified", before)
        again = fairlot_json("audit", lying.url, "--key", service.pinned_key)
        assert (again["status"], again["seeds"]) == ("verified", before + 1)
