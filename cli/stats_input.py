"""Where `fairlot stats` reads from: a file or standard input, never rewound; every failure as one line."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

import click

from cli.errors import CliError
from cli.output import harmless

if TYPE_CHECKING:
    from statistical_tests.reading import BitReader

FC = TypeVar("FC", bound=Callable[..., Any])

MOST_BITS: Final = 2**43
"""A tebibyte: whoever asks for more has slipped in a digit."""

_STANDARD_INPUT: Final = "standard input"


def format_option(command: FC) -> FC:
    """Add the option `--format` of bits to a command."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["auto", "binary", "ascii"]),
        default="auto",
        show_default=True,
        help="Bytes (most significant bit first), or characters 0 and 1 with blanks between; auto tells by the first "
        "4,096 bytes, and refuses what may be neither.",
    )(command)


def need_extra() -> None:
    """Refuse to go on where the packages of `fairlot[stats]` are not installed.

    Raises:
        CliError: one is missing.
    """
    try:
        import numpy  # noqa: F401
        import scipy  # noqa: F401
    except ImportError as error:
        raise CliError(f"statistics need {error.name}; install it with: pip install 'fairlot[stats]'") from None


@contextmanager
def refusals(path: str, *, of: str = "") -> Iterator[None]:
    """Turn what a test or a reader says of the input, or of a part of it, into one line that names it."""
    from statistical_tests.errors import BadInput

    try:
        yield
    except BadInput as error:
        named = f"{display_name(path)}: {harmless(of)}" if of else display_name(path)
        raise CliError(f"{named}: {error}") from None


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """Yield a file, or standard input for `-`, in bytes.

    Raises:
        CliError: it cannot be read, is a folder, or is a terminal.
    """
    if path == "-":
        if sys.stdin is None:
            raise CliError("standard input is closed: pipe the data in, or name a file")
        if sys.stdin.isatty():
            raise CliError("standard input is the terminal: pipe the data in, or name a file")
        yield sys.stdin.buffer
        return
    try:
        file = open(path, "rb")  # noqa: SIM115  the with statement follows; errors of opening alone are meant here
    except (OSError, ValueError) as error:
        raise CliError(f"{display_name(path)}: cannot be read: {_reason(error)}") from None
    with file:
        yield file


def bit_reader(file: BinaryIO, path: str, *, form: Any, needed: int | None) -> BitReader:
    """Return a reader of bits; what is too short by its size is refused before anything is read.

    Args:
        file: what is read.
        path: its name, for errors.
        form: `auto`, `binary` or `ascii`.
        needed: how many bits will be taken, or None where that is as many as there are.

    Raises:
        CliError: it is too short, or of no form.
    """
    from statistical_tests.errors import BadInput, ShortInput
    from statistical_tests.reading import BitReader

    left = bytes_left(file)
    with refusals(path):
        # A buffer would read ahead, and what follows on a pipe is for the next reader.
        raw = getattr(file, "raw", file)
        reader = BitReader(_Careful(raw), form=form, needed=needed)
        if left is not None and needed is not None:
            if reader.form == "binary" and 8 * left < needed:
                raise ShortInput(came=8 * left, needed=needed)
            if reader.form == "ascii" and left < needed:
                raise BadInput(f"{needed:,} bits are needed, and in {left:,} characters there are no more than that")
        return reader


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file; an endless one comes in pieces, so that its reader can refuse it."""
    while True:
        try:
            line = file.readline(2**22 + 2)
        except OSError as error:
            raise _unreadable(error) from None
        if not line:
            return
        yield line


class _Careful:
    """Hands bytes over; a disk or a network that fails is bad input, not a fault of ours."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readinto(self, buffer: memoryview, /) -> int | None:
        try:
            count: int | None = self._file.readinto(buffer)  # type: ignore[attr-defined]
        except OSError as error:
            raise _unreadable(error) from None
        return count


def _unreadable(error: OSError) -> Exception:
    from statistical_tests.errors import BadInput

    return BadInput(f"cannot be read: {_reason(error)}")


def _reason(error: OSError | ValueError) -> str:
    hint = "; name a file in it" if isinstance(error, IsADirectoryError) else ""
    return f"{getattr(error, 'strerror', None) or error}{hint}"


def display_name(path: str) -> str:
    """Return how a source is called in what is printed."""
    return _STANDARD_INPUT if path == "-" else harmless(path)


def bytes_left(file: BinaryIO) -> int | None:
    """Return how many bytes a regular file has from here on; None of a pipe or a device, which do not say."""
    try:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or not status.st_size:
            return None  # some files of the system have a size of 0 and contents all the same
        return max(0, status.st_size - file.tell())
    except (OSError, ValueError, io.UnsupportedOperation):
        return None
