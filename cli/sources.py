"""Where input comes from: a file, standard input or a URL, read as bytes up to a limit; and secrets read aside."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import Final, TypeVar

import click

from cli.errors import CliError

FC = TypeVar("FC", bound=Callable[..., object])

_HEX_32: Final = re.compile(r"[0-9a-fA-F]{64}\Z")


def is_url(source: str) -> bool:
    """Say whether a source is meant as a URL: `scheme://...`."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", source) is not None


def read_source(source: str, *, most_bytes: int) -> bytes:
    """Read a file, standard input (`-`) or a URL.

    Args:
        source: path, `-`, or URL.
        most_bytes: anything longer is refused.

    Raises:
        CliError: it cannot be read or is too long.
    """
    if source == "-":
        data = sys.stdin.buffer.read(most_bytes + 1)
        if len(data) > most_bytes:
            raise CliError(f"standard input is longer than {most_bytes} bytes; give one proof file")
        return data
    if is_url(source):
        return _fetched(source, most_bytes)
    return read_file(source, most_bytes=most_bytes)


def read_file(path: str, *, most_bytes: int) -> bytes:
    """Read a file.

    Raises:
        CliError: it cannot be read, is a folder, or is longer than `most_bytes`.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(most_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "; name the files in it" if os.path.isdir(path) else ""
        raise CliError(f"{path}: cannot be read: {reason}{hint}") from None
    if len(data) > most_bytes:
        raise CliError(f"{path}: is longer than {most_bytes} bytes and is refused")
    return data


def _fetched(url: str, most_bytes: int) -> bytes:
    from cli.http import fetch

    answer = fetch(url, most_bytes=most_bytes)
    if answer.status != 200:
        from cli.problem import problem_text

        raise CliError(f"{url}: {problem_text(answer)}")
    return answer.body


def server_seed_option(command: FC) -> FC:
    """Add the option `--server-seed` to a command."""
    return click.option(
        "--server-seed",
        required=True,
        metavar="HEX|-",
        help="64 hex characters; - reads them from standard input, which keeps them out of the shell's history.",
    )(command)


def read_server_seed(text: str) -> bytes:
    """Return the 32 bytes of a server seed that was given in hex, or is read from standard input for `-`.

    Raises:
        CliError: it has another form; what was given is not shown, for it may be a secret with a slip in it.
    """
    where = "--server-seed"
    if text == "-":
        where = "the server seed on standard input"
        if sys.stdin.isatty():
            text = click.prompt("Server seed", hide_input=True, err=True)
        else:
            text = sys.stdin.buffer.read(1024).decode("ascii", errors="replace").strip()
    if _HEX_32.match(text) is None:
        raise CliError(
            f"{where} must be 64 hex characters (32 bytes), it has {len(text)} characters; nothing else is read"
        )
    return bytes.fromhex(text)
