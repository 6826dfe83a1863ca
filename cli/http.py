"""Fetch over HTTP: https, or http to this machine; bounded in time and size; no redirect to where it was not meant."""

from __future__ import annotations

import http.client
import ipaddress
import time
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
    ends = time.monotonic() + deadline_s
    try:
        with _opener(url, follow=follow).open(request, timeout=timeout_s) as response:
            return Answer(response.status, _media_type(response), _read(response, url, most_bytes, ends))
    except HTTPError as error:
        with error:
            return Answer(error.code, _media_type(error), _read(error, url, most_bytes, ends))
    except TimeoutError:
        raise NoAnswer(f"{url}: no answer within {timeout_s:g} seconds; try again later") from None
    except URLError as error:
        raise NoAnswer(f"{url}: {_reason(error)}; is the address right, and is the service running?") from None
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"{url}: the answer broke off ({str(error) or type(error).__name__}); try again") from None


def _reason(error: URLError) -> str:
    reason = error.reason
    if isinstance(reason, TimeoutError):
        return "no connection in time"
    return str(getattr(reason, "strerror", None) or reason)


def _media_type(response: object) -> str:
    headers = getattr(response, "headers", None)
    return headers.get_content_type() if isinstance(headers, http.client.HTTPMessage) else ""


def _read(response: IO[bytes] | HTTPError | http.client.HTTPResponse, url: str, most_bytes: int, ends: float) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := response.read(min(_CHUNK, most_bytes + 1 - size)):
        chunks.append(chunk)
        size += len(chunk)
        if size > most_bytes:
            raise CliError(f"{url}: the answer is longer than {most_bytes} bytes and is refused")
        # A server that sends a byte now and then would never run into the timeout.
        if time.monotonic() > ends:
            raise NoAnswer(f"{url}: the answer takes too long; try again later")
    # A read of so many bytes says nothing when the connection ends before them.
    missing = getattr(response, "length", None)
    if isinstance(missing, int) and missing > 0:
        raise NoAnswer(f"{url}: the answer broke off with {missing} bytes missing; try again")
    return b"".join(chunks)


def _opener(url: str, *, follow: bool) -> OpenerDirector:
    # Only these handlers: urllib's default opener would read files and speak FTP as well. A proxy is never asked for
    # this machine itself: it would see the API key in clear.
    opener = OpenerDirector()
    proxies: dict[str, str] | None = {} if _is_this_machine(urlsplit(url).hostname or "") else None
    for handler in (
        ProxyHandler(proxies),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPErrorProcessor(),
        HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    opener.add_handler(_SameScheme() if follow else _NoRedirect())
    return opener


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
