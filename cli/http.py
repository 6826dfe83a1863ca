"""Fetch over HTTP: https, or http to this machine; bounded in time and size; no redirect to where it was not meant."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Final, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from cli.errors import CliError

TIMEOUT_S: Final = 30.0
"""Seconds that the server may be silent."""

DEADLINE_S: Final = 300.0
"""Seconds that one whole answer may take."""

_CHUNK: Final = 65_536
_TOO_LONG: Final = "the answer takes too long; try again later"


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold an answer: its status, its media type without parameters, and its body."""

    status: int
    media_type: str
    body: bytes = field(repr=False)


class NoAnswer(CliError):
    """Say that no whole answer came; what was asked for may have been done or not."""


def check_url(url: str) -> str:
    """Return a URL that may be fetched: https, or http to this machine itself.

    Raises:
        CliError: it is another, has user name or password in it, or is no URL. A password is never shown.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise CliError(f"this is no URL ({error}); give one such as https://example.org") from None
    if parts.username is not None or parts.password is not None:
        raise CliError("a URL with user name or password is refused; give the URL without them")
    if not host or not url.isascii() or not url.isprintable() or " " in url or port == 0:
        raise CliError(f"{url!r} is no URL with a host; give one such as https://example.org")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host)):
        return url
    if parts.scheme == "http":
        raise CliError(f"{url!r}: http is for this machine only, anybody on the way could change it; use https")
    raise CliError(f"{url!r}: {parts.scheme or 'no scheme'} is not fetched; use https")


def fetch(
    url: str,
    *,
    most_bytes: int,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    follow: bool = True,
    timeout_s: float = TIMEOUT_S,
    deadline_s: float = DEADLINE_S,
) -> Answer:
    """Fetch a URL; an answer of any status is returned.

    Args:
        url: https, or http to this machine.
        most_bytes: a longer answer is refused.
        method: GET, POST, PUT.
        body: the request's body, sent as JSON.
        headers: further headers. With `Authorization` among them `follow` must be False: urllib would send it on.
        follow: whether to follow redirects (of the same scheme).
        timeout_s: seconds that the server may be silent.
        deadline_s: seconds that the whole answer may take.

    Raises:
        NoAnswer: there is no answer, or it broke off or takes too long.
        CliError: it is too long, or redirects to where it must not.
        ValueError: a secret would be sent to wherever a redirect says.
    """
    fields = {"User-Agent": "fairlot", "Accept": "application/json", **(headers or {})}
    if follow and any(name.lower() == "authorization" for name in fields):
        raise ValueError("an authorised request follows no redirect")
    if body is not None:
        fields["Content-Type"] = "application/json"
    request = Request(check_url(url), data=body, headers=fields, method=method)  # noqa: S310  check_url allows two
    with _Deadline(deadline_s) as deadline:
        try:
            answer = _answer(request, most_bytes, follow=follow, timeout_s=timeout_s, deadline=deadline)
        except CliError:
            raise
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{url}: {_too_long_or(deadline, _reason(error, timeout_s))}") from None
        # Where a server gives no length, an answer that was cut looks like a whole one.
        if deadline.is_over:
            raise NoAnswer(f"{url}: {_TOO_LONG}")
        return answer


def _answer(request: Request, most_bytes: int, *, follow: bool, timeout_s: float, deadline: _Deadline) -> Answer:
    try:
        response = _opener(request.full_url, follow=follow, deadline=deadline).open(request, timeout=timeout_s)
    except HTTPError as error:
        if error.closed:
            # A redirect that went round in a circle: its body was given up.
            return Answer(error.code, _media_type(error), b"")
        with error:
            return Answer(error.code, _media_type(error), _read(error, request.full_url, most_bytes))
    with response:
        return Answer(response.status, _media_type(response), _read(response, request.full_url, most_bytes))


class _Deadline:
    """Cut the connections of one fetch when its time is over.

    A timeout counts the silence between two bytes only. A server that sends one now and then, in its status line, its
    headers or its body, would never run into it.
    """

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()

    def hold(self, connection: http.client.HTTPConnection) -> None:
        """Cut a connection when the time is over, or at once if it is."""
        with self._lock:
            self._sockets.append(connection.sock)
        if self.is_over:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            self.is_over = True
            for held in self._sockets:
                with contextlib.suppress(OSError):
                    # Not the method of a TLS socket: that would take its state from under the thread that reads.
                    socket.socket.shutdown(held, socket.SHUT_RDWR)


def _too_long_or(deadline: _Deadline, reason: str) -> str:
    return _TOO_LONG if deadline.is_over else reason


def _reason(error: OSError | http.client.HTTPException, timeout_s: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout_s:g} seconds; try again later"
    if not isinstance(error, URLError):
        return f"the answer broke off ({str(error) or type(error).__name__}); try again"
    reason = error.reason
    if isinstance(reason, TimeoutError):
        words = "no connection in time"
    else:
        words = str(getattr(reason, "strerror", None) or reason)
    return f"{words}; is the address right, and is the service running?"


def _media_type(response: object) -> str:
    headers = getattr(response, "headers", None)
    return headers.get_content_type() if isinstance(headers, http.client.HTTPMessage) else ""


def _read(response: IO[bytes] | HTTPError | http.client.HTTPResponse, url: str, most_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := response.read(min(_CHUNK, most_bytes + 1 - size)):
        chunks.append(chunk)
        size += len(chunk)
        if size > most_bytes:
            raise CliError(f"{url}: the answer is longer than {most_bytes} bytes and is refused")
    # A read of so many bytes says nothing when the connection ends before them.
    missing = getattr(response, "length", None)
    if isinstance(missing, int) and missing > 0:
        raise ConnectionError(f"{missing} bytes missing")
    return b"".join(chunks)


def _opener(url: str, *, follow: bool, deadline: _Deadline) -> OpenerDirector:
    # Only these handlers: urllib's default opener would read files and speak FTP as well. A proxy is never asked for
    # this machine itself: it would see the API key in clear.
    opener = OpenerDirector()
    proxies: dict[str, str] | None = {} if _is_this_machine(urlsplit(url).hostname or "") else None
    for handler in (
        ProxyHandler(proxies),
        _Http(deadline),
        _Https(deadline),
        HTTPErrorProcessor(),
        HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    opener.add_handler(_SameScheme() if follow else _NoRedirect())
    return opener


class _Http(HTTPHandler):
    def __init__(self, deadline: _Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: Request) -> http.client.HTTPResponse:
        """Open a connection that ends with the deadline."""
        deadline = self._deadline

        class Connection(http.client.HTTPConnection):
            def connect(self) -> None:
                super().connect()
                deadline.hold(self)

        return self.do_open(Connection, req)


class _Https(HTTPSHandler):
    def __init__(self, deadline: _Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def https_open(self, req: Request) -> http.client.HTTPResponse:
        """Open a connection that ends with the deadline; certificates are checked as the system says."""
        deadline = self._deadline

        class Connection(http.client.HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                deadline.hold(self)

        return self.do_open(Connection, req)


class _SameScheme(HTTPRedirectHandler):
    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> Request | None:
        """Follow to the same scheme only, and never from elsewhere to this machine."""
        check_url(newurl)
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        inward = _is_this_machine(after.hostname or "") and not _is_this_machine(before.hostname or "")
        if before.scheme != after.scheme or inward:
            raise CliError(
                f"{req.full_url}: it redirects to {newurl!r}, which is refused; fetch that yourself if it is meant"
            )
        # urllib would read the whole body of the redirect first, however long it is.
        fp.close()
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> NoReturn:
        """Refuse: the request holds an API key or changes something, and belongs where it was sent."""
        raise CliError(
            f"{req.full_url}: it redirects to {newurl!r}, which is refused; give that address as --url if it is meant"
        )


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
