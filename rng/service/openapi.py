"""The OpenAPI document: request bodies, problem answers and API keys, beside what FastAPI finds by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from rng.service.errors import KINDS, PROBLEM_MEDIA_TYPE
from rng.service.models import Problem

__all__ = ["IDEMPOTENT", "KEY", "PUBLIC_OR_KEY", "body", "install", "problems"]

KEY: Final[dict[str, Any]] = {"security": [{"apiKey": []}]}
PUBLIC_OR_KEY: Final[dict[str, Any]] = {"security": [{}, {"apiKey": []}]}

IDEMPOTENT: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "the same key and body give the same answer; another body 409",
            "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
        }
    ]
}
"""The header of routes that change something. Routes with path parameters get it beside those."""

_ALWAYS: Final = ("malformed_request", "invalid_request", "internal", "store_unavailable")
_WITH_KEY: Final = ("unauthenticated", "forbidden")
_WITH_BODY: Final = ("malformed_json", "body_too_large", "unsupported_media_type")


def problems(*codes: str, key: bool = False, body: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route for these problem codes, and those that its kind of route always has."""
    wanted = [*codes, *_ALWAYS, *(_WITH_KEY if key else ()), *(_WITH_BODY if body else ())]
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(wanted):
        by_status.setdefault(KINDS[code].status, []).append(code)
    return {
        status: {
            "description": "; ".join(f"`{code}`: {KINDS[code].title}" for code in codes_of),
            "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, codes_of in sorted(by_status.items())
    }


def body(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """Return the `openapi_extra` of a route that reads this model as its JSON body."""
    return {
        "requestBody": {
            "required": required,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}},
        }
    }


def install(app: FastAPI, *, requests: Sequence[type[BaseModel]], answers: Sequence[type[BaseModel]]) -> None:
    """Make the application's OpenAPI document complete; it is built once, at the first request for it.

    Args:
        app: the application.
        requests: the models of request bodies, which the routes read themselves.
        answers: the models of answers that have examples.
    """

    def build() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            every: tuple[type[BaseModel], ...] = (Problem, *requests)
            for model in every:
                schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
                schemas.update(schema.pop("$defs", {}))
                schemas[model.__name__] = schema
            for answer in answers:
                # FastAPI leaves members out that are null, in examples too, where they mean something.
                schemas[answer.__name__]["examples"] = answer.model_json_schema()["examples"]
            document["components"]["securitySchemes"] = {
                "apiKey": {"type": "http", "scheme": "bearer", "description": "an API key: `flk_…`"}
            }
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = build  # type: ignore[method-assign]
