"""Checkpoints: how far an audit went, kept in one file that is whole after any crash."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from certification.audit.rules import Shelf
from certification.history import HistoryError, Position, Source
from verifier import Policy, policy_document

VERSION: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Hold the state of an audit between two blocks.

    Args:
        task: digest of everything that the audit's result follows from, but the seed of its sample.
        sample_seed: seed of the sample.
        file: number of the file that is being gone through.
        position: how far in it.
        length: bytes of the list of discrepancies.
        parts: what the parts of the audit keep, by name.
    """

    task: str
    sample_seed: int
    file: int
    position: Position
    length: int
    parts: dict[str, Any]


def task_of(sources: Sequence[Source], *, shelf: Shelf, policy: Policy, list_path: Path | None) -> str:
    """Return the digest of an audit's task: its files, rules and keys, and where its list goes."""
    task = {
        "sources": [[one.path, one.kind, one.size, one.head] for one in sources],
        "rules": shelf.digests(),
        "policy": policy_document(policy),
        "list": None if list_path is None else str(list_path),
    }
    return hashlib.sha256(json.dumps(task, sort_keys=True).encode("utf-8")).hexdigest()


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint in one step: after a crash the old one or the new one is there, whole."""
    position = checkpoint.position
    document = {
        "type": "audit-state",
        "version": VERSION,
        "task": checkpoint.task,
        "sample_seed": checkpoint.sample_seed,
        "file": checkpoint.file,
        "position": [position.offset, position.rows, position.line],
        "length": checkpoint.length,
        "parts": checkpoint.parts,
    }
    body = json.dumps(document, separators=(",", ":"))
    fresh = path.with_name(f".{path.name}.new")
    # It holds server seeds that are revealed, and nothing secret; yet whose history this is concerns nobody else.
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(hashlib.sha256(body.encode("ascii")).hexdigest() + "\n" + body + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read_checkpoint(path: Path, *, task: str) -> Checkpoint | None:
    """Return the checkpoint of a file, None where there is no file.

    Raises:
        HistoryError: the file is damaged, or of another audit.
    """
    try:
        head, _, body = path.read_text(encoding="ascii").partition("\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise HistoryError(f"{path}: cannot be read as a state: {error}") from None
    if hashlib.sha256(body.rstrip("\n").encode("ascii")).hexdigest() != head:
        raise HistoryError(f"{path}: is no state of an audit, or is damaged; remove it to begin again")
    document = json.loads(body)
    if document.get("version") != VERSION:
        raise HistoryError(f"{path}: is the state of an audit by another version of fairlot; remove it to begin again")
    if document.get("task") != task:
        raise HistoryError(f"{path}: is the state of another audit (files, rules, keys or --out differ); remove it")
    return Checkpoint(
        task=task,
        sample_seed=document["sample_seed"],
        file=document["file"],
        position=Position(*document["position"]),
        length=document["length"],
        parts=document["parts"],
    )
