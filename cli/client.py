"""A client of the service's API: paths and JSON in, checked JSON out, and its errors with their code."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from cli.errors import CliError
from cli.http import Answer, NoAnswer, check_url, fetch
from cli.problem import problem_of, problem_text
from verifier import Malformed
from verifier.canonical import Json
from verifier.plain_json import read_json

MOST_BYTES: Final = 64 * 1024 * 1024
"""Bytes of an answer: a batch comes with its draws in columns."""

_ATTEMPTS: Final = 3
_PAUSE_S: Final = 0.5


class ServiceProblem(CliError):
    """Say what the service refused, with its stable code; `members` is the whole problem document."""

    def __init__(self, what: str, answer: Answer) -> None:
        super().__init__(f"{what}: {problem_text(answer)}")
        self.members = problem_of(answer)
        self.code = str(self.members.get("code", ""))


class Service:
    """Speak to one service. The API key is sent to its address only, and never shown."""

    __slots__ = ("_api_key", "url")

    def __init__(self, url: str, *, api_key: str = "") -> None:
        if "?" in url or "#" in url:
            raise CliError(f"{url!r}: the service's address has no query and no fragment; give what stands before")
        self.url = check_url(url).rstrip("/")
        if not (api_key.isascii() and api_key.isprintable()) or " " in api_key:
            raise CliError("the API key has characters that no API key has; copy it again")
        self._api_key = api_key

    def get(self, path: str, *, what: str) -> dict[str, Json]:
        """Get a JSON object.

        Args:
            path: below the service's address, with its first slash.
            what: what it is for, to begin an error with.

        Raises:
            ServiceProblem: the service refuses.
            CliError: there is no answer, or it is no JSON object.
        """
        return self._object(self._send("GET", path, None, what), path, what)

    def get_bytes(self, path: str, *, most_bytes: int, what: str) -> bytes:
        """Get a document as the bytes it is sent as. Raises as `get`."""
        return self._send("GET", path, None, what, most_bytes=most_bytes).body

    def send(self, method: str, path: str, body: Mapping[str, Json], *, what: str) -> dict[str, Json]:
        """Send a JSON object and return the one that answers it.

        It is sent with an idempotency key and so can be sent again if the answer is lost: it is done once.

        Args:
            method: POST or PUT.
            path: below the service's address.
            body: the object.
            what: what it is for, to begin an error with.

        Raises:
            ServiceProblem, CliError: as `get`.
        """
        return self._object(self._send(method, path, body, what), path, what)

    def _send(
        self, method: str, path: str, body: Mapping[str, Json] | None, what: str, *, most_bytes: int = MOST_BYTES
    ) -> Answer:
        headers = {"Authorization": f"Bearer {self._api_key}"} if self._api_key else {}
        data = None
        if body is not None:
            headers["Idempotency-Key"] = secrets.token_hex(16)
            data = json.dumps(body).encode("ascii")
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            try:
                answer = fetch(
                    self.url + path, method=method, body=data, headers=headers, most_bytes=most_bytes, follow=False
                )
            except NoAnswer as error:
                if last:
                    raise CliError(f"{what}: {error.message}") from None
            else:
                if 200 <= answer.status < 300:
                    return answer
                problem = ServiceProblem(what, answer)
                if last or problem.code != "overloaded":
                    raise problem
            time.sleep(_PAUSE_S * attempt)
        raise AssertionError("the last attempt returns or raises")

    def _object(self, answer: Answer, path: str, what: str) -> dict[str, Json]:
        try:
            value = read_json(answer.body, most_bytes=MOST_BYTES)
        except Malformed as error:
            raise CliError(f"{what}: the answer of {path} {error.reason}; is this a fairlot service?") from None
        if not isinstance(value, dict):
            raise CliError(f"{what}: the answer of {path} is no JSON object; is this a fairlot service?")
        return value


def seed_path(seed_id: str, rest: str = "") -> str:
    """Return the path of a seed, or of something below it."""
    return f"/v1/seeds/{quote(seed_id, safe='')}{rest}"
