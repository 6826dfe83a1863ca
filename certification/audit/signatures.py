"""Signatures of many statements: each checked by libsodium, in this process or in several."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from types import TracebackType
from typing import Final

from nacl import bindings
from nacl.exceptions import BadSignatureError

from certification.history_statements import Line
from verifier import Policy
from verifier.signature import check_signature

_MOST: Final = 256
"""Statements that pass to another process at a time."""


class Signatures:
    """Check statements under pinned keys.

    The strict profile asks that A and R be points of prime order, encoded canonically. A is looked at once a key. Where
    A is of prime order, R = S B - h A is too, and libsodium compares its canonical encoding with what the signature
    holds; so what libsodium accepts then is what the profile accepts (signature.md). Refused ones the verifier judges.

    Args:
        policy: the pinned keys; without any no signature is checked.
        processes: how many processes check, 1 for this one.
    """

    def __init__(self, policy: Policy, *, processes: int = 1) -> None:
        self._keys: dict[str, list[tuple[bytes, str]]] = {}
        for key in policy.keys:
            self._keys.setdefault(key.key_id, []).append((key.public_key, key.origin))
        self._fine: dict[bytes, bool] = {}
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Signatures:
        if self._processes > 1:
            # Started anew rather than forked: a fork copies the locks of threads that it does not copy.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._processes, mp_context=context)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def is_pinned(self) -> bool:
        """Whether there is a key at all."""
        return bool(self._keys)

    def key_of(self, line: Line) -> bytes | str:
        """Return the pinned key that a statement names, or why there is none that is good for it."""
        key_id, origin = str(line.body["key_id"]), str(line.body["origin"])
        known = self._keys.get(key_id)
        if known is None:
            return f"key {key_id} is not pinned"
        for key, good_for in known:
            if good_for in ("", origin):
                return key
        return f"key {key_id} is not pinned for {origin}"

    def speaks_for(self, origin: str) -> bool:
        """Say whether a pinned key is good for an origin."""
        return any(good_for in ("", origin) for known in self._keys.values() for _, good_for in known)

    def check(self, signed: Sequence[tuple[bytes, Line]]) -> list[bool]:
        """Return which signatures are good.

        Args:
            signed: statements, each with the key that it is to be checked under.
        """
        fine = [self._is_fine(key) for key, _ in signed]
        keys = [key for key, _ in signed]
        messages = [bytes.fromhex(line.body["signature"]) + line.signed for _, line in signed]
        if self._pool is None or len(signed) < 2 * _MOST:
            good = _opened(keys, messages)
        else:
            parts = range(0, len(signed), _MOST)
            good = [
                one
                for part in self._pool.map(
                    _opened, (keys[at : at + _MOST] for at in parts), (messages[at : at + _MOST] for at in parts)
                )
                for one in part
            ]
        return [a and b for a, b in zip(fine, good, strict=True)]

    def _is_fine(self, key: bytes) -> bool:
        if key not in self._fine:
            # The strict profile looks at the key first, and names it in what it says.
            fault = check_signature(key, b"", bytes(64))
            self._fine[key] = fault is None or "public key A" not in fault
        return self._fine[key]


def _opened(keys: Sequence[bytes], messages: Sequence[bytes]) -> list[bool]:
    found = []
    for key, message in zip(keys, messages, strict=True):
        try:
            bindings.crypto_sign_open(message, key)
        except (BadSignatureError, ValueError):
            found.append(False)
        else:
            found.append(True)
    return found
