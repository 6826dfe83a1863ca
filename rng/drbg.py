"""HMAC_DRBG with SHA-256: a state, and functions from state to state.

Source: NIST SP 800-90A revision 1, section 10.1.2, with the checks of sections 9.1 to 9.3 and the limits of Table 2.
The functions read no entropy: it comes in as an argument, and ``ReseedRequired`` says when it must.
"""

from __future__ import annotations

import hmac
from typing import NoReturn, final

SECURITY_STRENGTH = 256
"""Bits of security of every state."""

MIN_ENTROPY_BYTES = SECURITY_STRENGTH // 8
MIN_NONCE_BYTES = SECURITY_STRENGTH // 16
MAX_REQUEST_BYTES = 2**19 // 8
"""Most bytes of one ``generate``: 2^19 bits."""

MAX_RESEED_INTERVAL = 2**48
"""Most calls of ``generate`` between two seeds."""

MAX_INPUT_BYTES = 2**35 // 8

_OUT_BYTES = 32


class ReseedRequired(Exception):
    """Say that a state has made as many outputs as its reseed interval allows."""


@final
class DrbgState:
    """Hold the working state of one instance; its secrets are left out of its text.

    This is no dataclass on purpose: ``dataclasses.asdict`` and the encoders that take dataclasses apart would copy the
    secrets out. It cannot be changed, hashed, pickled or copied.

    Attributes:
        key: 32 secret bytes.
        value: 32 secret bytes, ``V`` in the standard.
        reseed_counter: number of the next ``generate`` since the last seed, from 1.
        reseed_interval: calls of ``generate`` that one seed allows, 1 to 2^48.
    """

    __slots__ = ("key", "reseed_counter", "reseed_interval", "value")
    key: bytes
    value: bytes
    reseed_counter: int
    reseed_interval: int

    def __init__(self, key: bytes, value: bytes, *, reseed_counter: int, reseed_interval: int) -> None:
        """Take the state as ``instantiate``, ``reseed`` and ``generate`` leave it; nobody else makes one."""
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "reseed_counter", reseed_counter)
        object.__setattr__(self, "reseed_interval", reseed_interval)

    __hash__ = None  # type: ignore[assignment]  # a secret is no key of a dict

    def __repr__(self) -> str:
        return f"DrbgState(redacted, reseed_counter={self.reseed_counter}, reseed_interval={self.reseed_interval})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("the state of a generator is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("the state of a generator is immutable")

    def __reduce__(self) -> NoReturn:
        # Two instances that go on from one state would make the same bytes, so a state has no copies elsewhere.
        raise TypeError("the state of a generator is not pickled and not copied")


def instantiate(
    entropy_input: bytes,
    nonce: bytes,
    *,
    personalization: bytes = b"",
    reseed_interval: int = MAX_RESEED_INTERVAL,
) -> DrbgState:
    """Return a first state.

    Args:
        entropy_input: at least 32 bytes with at least 256 bits of min-entropy together.
        nonce: at least 16 bytes with 128 bits of min-entropy, or never used before.
        personalization: bytes that set this instance apart; they need not be secret.
        reseed_interval: calls of ``generate`` that one seed allows, 1 to 2^48.

    Raises:
        TypeError, ValueError: for an argument of another form; none is shown.

    Source: SP 800-90A revision 1, sections 9.1 and 10.1.2.3.
    """
    _require_input("entropy input", entropy_input, MIN_ENTROPY_BYTES)
    _require_input("nonce", nonce, MIN_NONCE_BYTES)
    _require_input("personalization", personalization, 0)
    if type(reseed_interval) is not int:
        raise TypeError(f"reseed interval must be an int, not {type(reseed_interval).__name__}")
    if not 1 <= reseed_interval <= MAX_RESEED_INTERVAL:
        raise ValueError(f"reseed interval must be 1 to 2^48 calls, not {reseed_interval}")
    key, value = _update(bytes(_OUT_BYTES), b"\x01" * _OUT_BYTES, entropy_input + nonce + personalization)
    return DrbgState(key, value, reseed_counter=1, reseed_interval=reseed_interval)


def reseed(state: DrbgState, entropy_input: bytes, *, additional: bytes = b"") -> DrbgState:
    """Return the state with fresh entropy mixed in.

    Args:
        state: the present state.
        entropy_input: at least 32 bytes with at least 256 bits of min-entropy together.
        additional: bytes to mix in besides; they need not be secret.

    Raises:
        TypeError, ValueError: for an argument of another form; none is shown.

    Source: SP 800-90A revision 1, sections 9.2 and 10.1.2.4.
    """
    _require_input("entropy input", entropy_input, MIN_ENTROPY_BYTES)
    _require_input("additional input", additional, 0)
    key, value = _update(state.key, state.value, entropy_input + additional)
    return DrbgState(key, value, reseed_counter=1, reseed_interval=state.reseed_interval)


def generate(state: DrbgState, size: int, *, additional: bytes = b"") -> tuple[bytes, DrbgState]:
    """Return output and the next state; the given state must not be used again.

    For prediction resistance call ``reseed`` with the additional input first and then this without it, as section
    9.3.1 does.

    Args:
        state: the present state.
        size: how many bytes, 0 to 65536 (2^19 bits).
        additional: bytes to mix in before; they need not be secret.

    Raises:
        ReseedRequired: if the state has reached its reseed interval; nothing was made.
        TypeError, ValueError: for an argument of another form.

    Source: SP 800-90A revision 1, sections 9.3 and 10.1.2.5.
    """
    if type(size) is not int:
        raise TypeError(f"size must be an int, not {type(size).__name__}")
    if not 0 <= size <= MAX_REQUEST_BYTES:
        raise ValueError(f"size must be 0 to {MAX_REQUEST_BYTES} bytes, not {size}; ask for less at a time")
    _require_input("additional input", additional, 0)
    if state.reseed_counter > state.reseed_interval:
        raise ReseedRequired(f"{state.reseed_interval} outputs were made from one seed; call reseed first")
    key, value = state.key, state.value
    if additional:
        key, value = _update(key, value, additional)
    output = bytearray()
    while len(output) < size:
        value = hmac.digest(key, value, "sha256")
        output += value
    key, value = _update(key, value, additional)
    following = DrbgState(key, value, reseed_counter=state.reseed_counter + 1, reseed_interval=state.reseed_interval)
    return bytes(output[:size]), following


def _update(key: bytes, value: bytes, provided: bytes) -> tuple[bytes, bytes]:
    """HMAC_DRBG_Update, SP 800-90A revision 1, section 10.1.2.2."""
    key = hmac.digest(key, value + b"\x00" + provided, "sha256")
    value = hmac.digest(key, value, "sha256")
    if provided:
        key = hmac.digest(key, value + b"\x01" + provided, "sha256")
        value = hmac.digest(key, value, "sha256")
    return key, value


def _require_input(what: str, data: bytes, least: int) -> None:
    if type(data) is not bytes:
        raise TypeError(f"{what} must be bytes, not {type(data).__name__}")
    if not least <= len(data) <= MAX_INPUT_BYTES:
        raise ValueError(f"{what} must be {least} to {MAX_INPUT_BYTES} bytes; got {len(data)}")
