"""The archive of rules: every document that was ever in force, by its digest, beside the database."""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from rng.canonical import CanonicalError, decode, encode
from rng.games import Rules, RulesError, parse_rules

__all__ = ["RulesArchive"]

_LOG: Final = logging.getLogger("fairlot.service")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
_KEPT_IN_MEMORY: Final = 256


class RulesArchive:
    """Keep rules documents as files named by their digests.

    An epoch fixes the digests of its rules. When an operator mends a game, open seeds go on under the old document,
    and proofs of old rounds need it for ever.

    Args:
        folder: made if it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)
        self._read = lru_cache(maxsize=_KEPT_IN_MEMORY)(self._read_file)

    def add(self, games: Iterable[Rules]) -> None:
        """Write the documents that are not there yet; each is whole or absent, whatever happens meanwhile."""
        for rules in games:
            path = self._path(rules.digest)
            if path.exists():
                continue
            fresh = path.with_suffix(f".{os.getpid()}.new")
            with fresh.open("wb") as file:
                file.write(encode(dict(rules.document)))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)

    def get(self, digest: str) -> Rules | None:
        """Return the rules of a digest, or None if they are not here or the file is not what its name says."""
        if not _DIGEST.match(digest):
            return None
        try:
            return self._read(digest)
        except FileNotFoundError:
            return None
        except (OSError, CanonicalError, RulesError) as error:
            _LOG.error("archived rules cannot be read", extra={"rules_digest": digest[:16], "cause": str(error)})
            return None

    def _read_file(self, digest: str) -> Rules:
        data = self._path(digest).read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            raise CanonicalError(f"the archived rules {digest} are damaged: restore the file, or remove it")
        return parse_rules(decode(data))

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.json"
