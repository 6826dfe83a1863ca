"""The player's memory: the operators' keys that `fairlot trust` keeps, as a policy file that only its owner reads."""

from __future__ import annotations

import os
from pathlib import Path

import click

from cli.errors import CliError
from cli.sources import read_file
from verifier import Malformed, Policy, policy_document, read_policy
from verifier.policy import MAX_BYTES

FILE_NAME = "trusted-keys.json"


def home() -> Path:
    """Return the folder for what `fairlot` remembers: FAIRLOT_HOME, or the one that the system means for programs."""
    return Path(os.environ.get("FAIRLOT_HOME") or click.get_app_dir("fairlot"))


def remembered() -> Policy:
    """Return the remembered keys; none where nothing was ever remembered.

    Raises:
        CliError: the file cannot be read, is no policy, or others may write it.
    """
    path = home() / FILE_NAME
    try:
        state = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return Policy()
    except OSError as error:
        raise CliError(f"{path}: cannot be read: {error.strerror}; set FAIRLOT_HOME to another folder") from None
    if state.st_mode & 0o022:
        raise CliError(f"{path}: others may write it, so it is no memory of yours; look at it, then chmod 600 it")
    try:
        return read_policy(read_file(str(path), most_bytes=MAX_BYTES))
    except Malformed as error:
        raise CliError(f"{path}: {error}; mend it, or remove it and trust the keys again") from None


def remember(policy: Policy) -> Path:
    """Keep a policy as what is remembered, in one step and with mode 0600, and return its path.

    Raises:
        CliError: it cannot be written.
    """
    path = home() / FILE_NAME
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_policy(path, policy)
    except OSError as error:
        raise CliError(f"{path}: cannot be written: {error.strerror}; set FAIRLOT_HOME to another folder") from None
    return path


def write_policy(path: Path, policy: Policy) -> None:
    """Write a policy file, readable by its owner only; after a crash the old or the new one is there, whole."""
    import json

    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(json.dumps(policy_document(policy), indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def good_for(policy: Policy, origin: str) -> Policy:
    """Return the remembered keys that speak about an origin: its own, and those that are good for any.

    That somebody remembers one operator's key says nothing against another operator, so the others are left out: they
    would turn every file of the other one into a refuted one.
    """
    return Policy(keys=tuple(key for key in policy.keys if key.origin in ("", origin)), require=policy.require)
