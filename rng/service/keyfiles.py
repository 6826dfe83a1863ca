"""Key files: secrets as hex in files that only their owner can read; made new, read, replaced whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

__all__ = ["KeyFileError", "read_secret_file", "replace_secret_file", "write_secret_file"]

_MOST_BYTES: Final = 65_536


class KeyFileError(Exception):
    """Say what is wrong with a key file and what to do; its content is never shown."""


def read_secret_file(path: Path) -> str:
    """Read a key file after checking that nobody else can.

    Args:
        path: a regular file of at most 64 KiB, owned by this user or root, without any right for group or others.

    Raises:
        KeyFileError: if it is missing, unsafe, or not text.
    """
    try:
        # The checks are made on the open file, so that it cannot be exchanged between check and read.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise KeyFileError(f"key file {path} cannot be read: {error.strerror}") from None
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise KeyFileError(f"key file {path} is not a regular file")
        if state.st_mode & 0o077:
            mode = stat.S_IMODE(state.st_mode)
            raise KeyFileError(f"key file {path} has mode {mode:04o}, so others can reach it: run chmod 600 on it")
        if state.st_uid not in (os.geteuid(), 0):
            raise KeyFileError(f"key file {path} belongs to user {state.st_uid}, not to this one or root")
        data = b"".join(iter(lambda: os.read(descriptor, _MOST_BYTES), b"")) if state.st_size <= _MOST_BYTES else b""
    finally:
        os.close(descriptor)
    if state.st_size > _MOST_BYTES:
        raise KeyFileError(f"key file {path} is longer than {_MOST_BYTES} bytes")
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise KeyFileError(f"key file {path} is not ASCII text") from None


def write_secret_file(path: Path, text: str) -> None:
    """Make a new key file with mode 0600, durable before this returns; an existing one is never overwritten.

    Raises:
        KeyFileError: if the file exists or cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(path.parent)
    except FileExistsError:
        raise KeyFileError(f"key file {path} exists already: it is not overwritten") from None
    except OSError as error:
        raise KeyFileError(f"key file {path} cannot be written: {error.strerror}") from None


def replace_secret_file(path: Path, text: str) -> None:
    """Replace a key file in one step: after a crash either the old or the new content is there, whole.

    Raises:
        KeyFileError: if the file cannot be written.
    """
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    write_secret_file(fresh, text)
    try:
        fresh.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise KeyFileError(f"key file {path} cannot be replaced: {error.strerror}") from None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
