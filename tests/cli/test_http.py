"""Fetching is bounded, goes to https or this machine only, and never takes an API key elsewhere."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cli.client import Service, ServiceProblem
from cli.errors import CliError
from cli.http import NoAnswer, check_url, fetch
from tests.cli.running import fairlot, one_line
from tests.verifier.builder import ORIGIN, SIGNING_KEY, examples, seal

PROOF = seal(examples()["receipt"])
PROBLEM = {"code": "seed_not_found", "detail": "no such seed\nis open \x1b[2J to you", "status": 404}


_DRIPS = {
    "drip-status": (b"HTTP/1.0 200 ", b"O"),
    "drip-headers": (b"HTTP/1.0 200 OK\r\nX-Long: ", b"a"),
    "drip-continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "drip-body": (b"HTTP/1.0 200 OK\r\n\r\n", b" "),
    "drip-length": (b"HTTP/1.0 200 OK\r\nContent-Length: 90000\r\n\r\n", b" "),
    "drip-error": (b"HTTP/1.0 500 No\r\nContent-Length: 90000\r\n\r\n", b" "),
}
"""Name to what a server sends first, and what it sends over and over."""


class _Handler(BaseHTTPRequestHandler):
    seen: list[tuple[str, str, dict[str, str], bytes]]
    was_cut = threading.Event()

    def _answer(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.seen.append((self.command, self.path, dict(self.headers), body))
        name = self.path.lstrip("/")
        if name == "proof":
            self._answer(200, PROOF)
        elif name == "moved":
            self._answer(302, b"", Location="/proof")
        elif name == "loop":
            self._answer(302, b"", Location="/loop")
        elif name == "away":
            self._answer(302, b"", Location="http://example.invalid/proof")
        elif name == "file":
            self._answer(302, b"", Location="file:///etc/hostname")
        elif name == "problem":
            self._answer(404, json.dumps(PROBLEM).encode(), "application/problem+json")
        elif name == "page":
            self._answer(500, b"<html>", "text/html")
        elif name == "overloaded":
            times = sum(path == self.path for _, path, _, _ in self.seen)
            busy = json.dumps({"code": "overloaded", "detail": "busy", "status": 503}).encode()
            self._answer(*((503, busy, "application/problem+json") if times < 3 else (200, b'{"done":true}')))
        elif name == "hangup":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"{")
        elif name == "stalled":
            self._drip(b"HTTP/1.0 500 No\r\nContent-Length: 9\r\n\r\n", b"", pause_s=0.01)
        elif name == "silent":
            time.sleep(1.5)
        elif name.startswith("drip-"):
            self._drip(*_DRIPS[name])
        elif name == "endless":
            self._drip(b"HTTP/1.0 302 Found\r\nLocation: /proof\r\n\r\n", b" " * 1_000_000, pause_s=0)
        else:
            self._answer(200, b'{"path": "' + self.path.encode() + b'"}')

    def _drip(self, beginning: bytes, each: bytes, pause_s: float = 0.05) -> None:
        """Send without an end, as far as the other side is concerned, and note it when that side cuts it short."""
        try:
            self.wfile.write(beginning)
            for _ in range(100):
                self.wfile.write(each)
                time.sleep(pause_s)
        except OSError:
            self.was_cut.set()

    do_POST = do_PUT = do_GET  # noqa: N815  the names that http.server looks for

    def log_message(self, *args: Any) -> None:
        return


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, str, dict[str, str], bytes]]]]:
    """Give the address of an HTTP server on this machine, and the requests that it saw."""
    seen: list[tuple[str, str, dict[str, str], bytes]] = []
    handler = type("Handler", (_Handler,), {"seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}", seen
        running.shutdown()


Server = tuple[str, list[tuple[str, str, dict[str, str], bytes]]]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/x?y=z",
        "http://127.0.0.1:8460",
        "http://127.9.9.9/",
        "http://[::1]:80/",
        "http://localhost/",
    ],
)
def test_https_and_this_machine_are_fetched(url: str) -> None:
    assert check_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "http://192.168.0.1/",
        "http://127.0.0.1.example.org/",
        "http://localhost.example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user:secret@example.org/",
        "https://example.org:99999/",
        "https://example.org/a b",
        "https://example.org/\n",
        "https://ex\u00e4mple.org/",
        "https://[::1",
        "example.org",
    ],
)
def test_anything_else_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(CliError) as refused:
        check_url(url)
    assert "secret" not in str(refused.value)
    with pytest.raises(CliError):
        Service(url)


def test_a_proof_file_is_verified_from_its_address(server: Server) -> None:
    key = f"{bytes(SIGNING_KEY.verify_key).hex()}@{ORIGIN}"
    result = fairlot("verify", f"{server[0]}/proof", "--key", key)
    assert result.exit_code == 0, result.output
    assert fairlot("verify", f"{server[0]}/moved", "--key", key).exit_code == 0


def test_verifying_an_address_never_sends_the_api_key(server: Server) -> None:
    fairlot("verify", f"{server[0]}/proof", env={"FAIRLOT_API_KEY": "flk_secret"})
    assert server[1]
    assert all("flk_secret" not in json.dumps(headers) for _, _, headers, _ in server[1])


@pytest.mark.parametrize("path", ["away", "file", "loop", "problem", "page"])
def test_what_does_not_lead_to_a_file_is_one_line_and_exit_code_2(server: Server, path: str) -> None:
    result = fairlot("verify", f"{server[0]}/{path}")
    assert result.exit_code == 2
    assert one_line(result.stdout).startswith(f"{server[0]}/{path}: unreadable: ")


def test_a_problem_is_shown_with_its_code_and_harmless(server: Server) -> None:
    shown = fairlot("verify", f"{server[0]}/problem").stdout
    assert r"seed_not_found: no such seed is open \x1b[2J to you (HTTP 404)" in shown


def test_a_proxy_is_not_asked_for_this_machine(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert fetch(f"{server[0]}/proof", most_bytes=10**6).body == PROOF


def test_a_longer_answer_is_refused(server: Server) -> None:
    assert fetch(f"{server[0]}/proof", most_bytes=len(PROOF)).body == PROOF
    with pytest.raises(CliError, match="longer than"):
        fetch(f"{server[0]}/proof", most_bytes=len(PROOF) - 1)


def test_a_silent_server_is_not_waited_for(server: Server) -> None:
    with pytest.raises(NoAnswer, match="no answer within"):
        fetch(f"{server[0]}/silent", most_bytes=10, timeout_s=0.2)


@pytest.mark.parametrize("name", _DRIPS)
def test_an_answer_that_drips_is_not_waited_for(server: Server, name: str) -> None:
    """A byte now and then never runs into the timeout, wherever in the answer it stands."""
    _Handler.was_cut.clear()
    with pytest.raises(NoAnswer, match="too long"):
        fetch(f"{server[0]}/{name}", most_bytes=10**6, deadline_s=0.3)
    assert _Handler.was_cut.wait(10)


def test_the_body_of_a_redirect_is_not_read(server: Server) -> None:
    """It may be endless, and nothing of it is needed."""
    _Handler.was_cut.clear()
    assert fetch(f"{server[0]}/endless", most_bytes=len(PROOF)).body == PROOF
    assert _Handler.was_cut.wait(10)


def test_an_error_that_falls_silent_is_no_answer(server: Server) -> None:
    with pytest.raises(NoAnswer, match="no answer within"):
        fetch(f"{server[0]}/stalled", most_bytes=10**6, timeout_s=0.2)


def test_an_answer_that_breaks_off_is_no_answer(server: Server) -> None:
    with pytest.raises(NoAnswer):
        fetch(f"{server[0]}/hangup", most_bytes=10**6)


# --- the client of the API --------------------------------------------------------------------------------------------


def test_the_api_key_goes_to_its_service_and_is_never_shown(server: Server) -> None:
    service = Service(server[0], api_key="flk_secret")
    assert service.send("POST", "/v1/x", {"a": "ü"}, what="asking") == {"path": "/v1/x"}
    method, _, headers, body = server[1][-1]
    assert (method, headers["Authorization"], json.loads(body)) == ("POST", "Bearer flk_secret", {"a": "ü"})
    assert headers["Content-Type"] == "application/json"
    assert "flk_secret" not in repr(service)


@pytest.mark.parametrize("path", ["moved", "away"])
def test_the_api_key_follows_no_redirect(server: Server, path: str) -> None:
    with pytest.raises(CliError, match="redirects to"):
        Service(server[0], api_key="flk_secret").get(f"/{path}", what="asking")
    assert [seen for _, seen, _, _ in server[1]] == [f"/{path}"]


def test_an_authorised_request_that_would_follow_is_a_mistake_of_ours(server: Server) -> None:
    with pytest.raises(ValueError, match="follows no redirect"):
        fetch(f"{server[0]}/proof", most_bytes=10, headers={"authorization": "Bearer x"})


def test_a_refusal_has_the_code_of_the_service(server: Server) -> None:
    with pytest.raises(ServiceProblem) as refused:
        Service(server[0]).get("/problem", what="asking")
    assert refused.value.code == "seed_not_found"
    assert refused.value.message.startswith("asking: seed_not_found: no such seed")


def test_what_is_not_done_yet_is_asked_again_with_the_same_idempotency_key(server: Server) -> None:
    assert Service(server[0]).send("POST", "/overloaded", {}, what="asking") == {"done": True}
    keys = [headers["Idempotency-Key"] for _, _, headers, _ in server[1]]
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_a_lost_answer_is_asked_for_three_times_and_then_said(server: Server) -> None:
    with pytest.raises(CliError, match=r"asking: .*broke off"):
        Service(server[0]).send("POST", "/hangup", {}, what="asking")
    assert len({headers["Idempotency-Key"] for _, _, headers, _ in server[1]}) == 1
    assert len(server[1]) == 3


@pytest.mark.parametrize("key", ["flk secret", "flk_\n", "flk_ü"])
def test_an_api_key_that_is_none_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(CliError) as refused:
        Service("https://example.org", api_key=key)
    assert key not in str(refused.value)


@pytest.mark.parametrize("url", ["https://example.org/?a", "https://example.org/#a"])
def test_the_services_address_has_no_query(url: str) -> None:
    with pytest.raises(CliError, match="no query"):
        Service(url)


def test_an_answer_that_is_no_json_object_is_refused(server: Server) -> None:
    with pytest.raises(CliError, match="is this a fairlot service"):
        Service(server[0]).get("/v1/\x22", what="asking")
