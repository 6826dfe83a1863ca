"""The OpenAPI document: complete, with examples that are valid, and kept by the service under random requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft202012Validator
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from rng.service.errors import KINDS
from tests.service.process import initialise, serving


class _Everything:
    """A running service, a key with every scope, and a seed that is open and has rounds."""

    def __init__(self, client: httpx.Client, url: str, key: str) -> None:
        self.url = url
        self.headers = {"Authorization": f"Bearer {key}"}
        self.client = client
        client.headers.update(self.headers)
        self.seed_id = self.open("p")

    def open(self, player: str) -> str:
        """Open a seed with three rounds."""
        seed_id = str(self.client.post("/v1/seeds", json={"player": player}).json()["seed_id"])
        self.client.put(f"/v1/seeds/{seed_id}/client-seed", json={"client_seed": "x"})
        for _ in range(3):
            assert self.client.post(f"/v1/seeds/{seed_id}/rounds", json={"game": "dice"}).status_code == 201
        return seed_id


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Everything]:
    """Run the service as a process of its own for the tests of this module."""
    folder = tmp_path_factory.mktemp("service")
    made = initialise(folder / "house")
    with (
        serving("--config", made["config"], log=folder / "log") as running,
        httpx.Client(base_url=running.url) as client,
    ):
        yield _Everything(client, running.url, made["api_key"])


@pytest.fixture(scope="module")
def document(everything: _Everything) -> dict[str, Any]:
    """Return the OpenAPI document."""
    found: dict[str, Any] = everything.client.get("/openapi.json").json()
    return found


@pytest.fixture(scope="module")
def api(everything: _Everything) -> Any:
    """Return schemathesis' view of the service."""
    return schemathesis.openapi.from_url(f"{everything.url}/openapi.json")


CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance, negative_data_rejection]
BOUNDED = settings(max_examples=20, suppress_health_check=list(HealthCheck), deadline=None)


def run(check: Callable[[], None], operation: Any, mode: GenerationMode) -> None:
    """Run a check; only where a request has no part that could be wrong may there be no invalid one."""
    try:
        check()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE
        assert operation.method == "get"
        assert "{" not in operation.path


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["valid", "invalid"])
def test_random_requests_without_a_key_are_answered_as_the_document_says(api: Any, mode: GenerationMode) -> None:
    for operation in api.get_all_operations():

        @BOUNDED
        @given(case=operation.ok().as_strategy(generation_mode=mode))
        def check(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=CHECKS)

        run(check, operation.ok(), mode)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["valid", "invalid"])
def test_random_requests_with_a_key_on_an_open_seed_too(
    everything: _Everything, api: Any, mode: GenerationMode
) -> None:
    seed_id = everything.open(f"random-{mode.value}")
    operations = [operation.ok() for operation in api.get_all_operations()]
    # Rotated last: it takes the open seed away from the others.
    for operation in sorted(operations, key=lambda operation: str(operation.path).endswith("/rotate")):

        @BOUNDED
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: schemathesis.Case[Any]) -> None:
            if mode is GenerationMode.POSITIVE and case.path_parameters.get("seed_id"):
                case.path_parameters["seed_id"] = seed_id
            if isinstance(case.body, dict):
                count = case.body.get("count")
                if isinstance(count, int) and count > 50:
                    case.body["count"] = 50
            case.call_and_validate(checks=CHECKS, headers=everything.headers)

        run(check, operation, mode)


def test_every_route_of_the_issue_is_there(document: dict[str, Any]) -> None:
    found = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert found >= {
        ("POST", "/v1/seeds"),
        ("GET", "/v1/seeds"),
        ("GET", "/v1/seeds/{seed_id}"),
        ("PUT", "/v1/seeds/{seed_id}/client-seed"),
        ("POST", "/v1/seeds/{seed_id}/rotate"),
        ("POST", "/v1/seeds/{seed_id}/rounds"),
        ("GET", "/v1/seeds/{seed_id}/rounds"),
        ("POST", "/v1/seeds/{seed_id}/rounds/batch"),
        ("GET", "/v1/seeds/{seed_id}/rounds/{nonce}"),
        ("GET", "/v1/seeds/{seed_id}/rounds/{nonce}/proof"),
        ("POST", "/v1/seeds/{seed_id}/rounds/{nonce}/void"),
        ("GET", "/v1/games"),
        ("GET", "/v1/games/{name}"),
        ("GET", "/v1/keys"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("POST", "/v1/admin/entropy/restart"),
    }


def test_every_reference_leads_somewhere_and_every_example_is_valid(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    for name in re.findall(r"#/components/schemas/(\w+)", text):
        assert name in schemas
    examples = 0
    for found in schemas.values():
        for example in found.get("examples", []):
            Draft202012Validator({**found, "components": document["components"]}).validate(example)
            examples += 1
    assert examples >= 7


def test_the_example_of_a_round_can_be_played(everything: _Everything, document: dict[str, Any]) -> None:
    for name, path in (("PlayRound", "rounds"), ("PlayBatch", "rounds/batch")):
        for example in document["components"]["schemas"][name]["examples"]:
            answer = everything.client.post(f"/v1/seeds/{everything.seed_id}/{path}", json=example)
            assert answer.status_code == 201, answer.text


def test_every_route_lists_the_problem_codes_it_can_answer(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for status, response in operation["responses"].items():
                if int(status) >= 400 and "application/problem+json" in response["content"]:
                    codes = re.findall(r"`(\w+)`", response["description"])
                    assert codes, (method, path, status)
                    assert {KINDS[code].status for code in codes} == {int(status)}


def test_routes_that_change_something_document_the_idempotency_key(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            names = {parameter["name"] for parameter in operation.get("parameters", [])}
            changes = method in ("post", "put") and "/admin/" not in path
            assert ("Idempotency-Key" in names) == changes, (method, path)
            if "{seed_id}" in path:
                assert "seed_id" in names
