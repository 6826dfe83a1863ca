"""Server seed, client seed, nonce, commitment and beacon: the checked values that a round is a function of."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final, NewType, NoReturn, final

SEED_BYTES: Final = 32
"""Length of a server seed and of a commitment, in bytes."""

MAX_CLIENT_SEED_BYTES: Final = 256
"""Longest client seed, in bytes of UTF-8."""

MAX_NONCE: Final = 2**53 - 1
"""Largest nonce; a nonce is exact in every JSON reader."""

Nonce = NewType("Nonce", int)
"""Number of a round under its server seed, 0 to 2^53 - 1, made by ``check_nonce``."""

_SHOWN = 80  # an error shows no more of a text that may be of any length
_HEX_64 = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile("[\u0000-\u001f\u007f-\u009f]")
_BEACON = re.compile(r"([0-9a-f]{64}):([1-9][0-9]{0,15}):([0-9a-f]{64})")


@final
class ServerSeed:
    """Hold the operator's 32 secret bytes, and show them nowhere by accident.

    This is no dataclass on purpose: ``dataclasses.asdict`` and the JSON encoders built on it would copy the secret out
    of any record that holds one. It has no hash, it cannot be pickled, its comparison takes the same time whatever the
    bytes are, and its text is always ``ServerSeed(redacted)``.
    """

    __slots__ = ("_data",)
    _data: bytes

    def __init__(self, data: bytes) -> None:
        """Take exactly 32 bytes.

        Raises:
            TypeError: if data is not bytes.
            ValueError: if there are not 32 of them.
        """
        _require_bytes("server seed", data)
        object.__setattr__(self, "_data", data)

    @classmethod
    def from_hex(cls, text: str) -> ServerSeed:
        """Read 64 lower-case hex characters.

        Raises:
            TypeError: if text is not a str.
            ValueError: for anything but 64 lower-case hex characters; the message never shows the text.
        """
        if not isinstance(text, str):
            raise TypeError(f"server seed in hex must be a str, not {type(text).__name__}")
        if _HEX_64.fullmatch(text) is None:
            raise ValueError(
                f"server seed must be 64 lower-case hex characters; got {len(text)} characters (not shown: secret)"
            )
        return cls(bytes.fromhex(text))

    @property
    def data(self) -> bytes:
        """The 32 secret bytes."""
        return self._data

    def commitment(self) -> Commitment:
        """Return the SHA-256 of the seed, which is published before the first round."""
        return Commitment(hashlib.sha256(self._data).digest())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ServerSeed):
            return NotImplemented
        return hmac.compare_digest(self._data, other._data)

    __hash__ = None  # type: ignore[assignment]  # a secret is no key of a dict

    def __repr__(self) -> str:
        return "ServerSeed(redacted)"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a server seed is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a server seed is immutable")

    def __copy__(self) -> ServerSeed:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> ServerSeed:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a server seed is not pickled; seal its .data under a key-encryption key instead")


@dataclass(frozen=True, slots=True)
class Commitment:
    """Hold the 32 public bytes that bind the operator to a server seed.

    Args:
        data: exactly 32 bytes.

    Raises:
        TypeError, ValueError: if data is not 32 bytes.
    """

    data: bytes

    def __post_init__(self) -> None:
        _require_bytes("commitment", self.data)

    @classmethod
    def from_hex(cls, text: str) -> Commitment:
        """Read 64 lower-case hex characters; ValueError shows the text."""
        return cls(bytes.fromhex(_require_hex("commitment", text)))

    @property
    def hex(self) -> str:
        """The commitment as 64 lower-case hex characters."""
        return self.data.hex()

    def __str__(self) -> str:
        return self.hex


@dataclass(frozen=True, slots=True)
class ClientSeed:
    """Hold the player's text as an evaluator takes it: by its bytes, whatever Unicode version made them.

    Args:
        text: 1 to 256 bytes in UTF-8, without U+0000 to U+001F and U+007F to U+009F and without lone surrogates.

    Raises:
        TypeError: if text is not a str.
        ValueError: for text outside these rules.
    """

    text: str
    data: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise TypeError(f"client seed must be a str, not {type(self.text).__name__}; see ClientSeed.from_bytes")
        try:
            data = self.text.encode("utf-8")
        except UnicodeEncodeError as error:
            shown = f"{self.text[:_SHOWN]!a}"
            raise ValueError(f"client seed has a lone surrogate at character {error.start}: {shown}") from None
        if not 1 <= len(data) <= MAX_CLIENT_SEED_BYTES:
            raise ValueError(f"client seed must be 1 to {MAX_CLIENT_SEED_BYTES} bytes of UTF-8; this has {len(data)}")
        found = _CONTROL.search(self.text)
        if found is not None:
            raise ValueError(f"client seed has a control character at character {found.start()}: {self.text!a}")
        object.__setattr__(self, "data", data)

    @classmethod
    def from_bytes(cls, data: bytes) -> ClientSeed:
        """Read UTF-8 bytes, as they stand in evidence.

        Raises:
            TypeError: if data is not bytes.
            ValueError: if they are not valid UTF-8, or outside the rules.
        """
        if type(data) is not bytes:
            raise TypeError(f"client seed must be bytes, not {type(data).__name__}; see ClientSeed for text")
        try:
            return cls(data.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise ValueError(f"client seed is not UTF-8 at byte {error.start}: {data[:_SHOWN].hex()}") from None

    @property
    def hex(self) -> str:
        """The bytes in hex, to be displayed beside the text because letters look alike."""
        return self.data.hex()

    @property
    def digest_hex(self) -> str:
        """The SHA-256 of the bytes, as 64 lower-case hex characters."""
        return hashlib.sha256(self.data).hexdigest()

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Beacon:
    """Hold one round of a public randomness beacon, as it enters a game key.

    Args:
        chain_hash: 64 lower-case hex characters, the hash of the chain's information.
        round: number of the round, 1 to 2^53 - 1.
        randomness: 64 lower-case hex characters.

    Raises:
        TypeError, ValueError: for anything else.
    """

    chain_hash: str
    round: int
    randomness: str

    def __post_init__(self) -> None:
        _require_hex("beacon chain hash", self.chain_hash)
        _require_hex("beacon randomness", self.randomness)
        if type(self.round) is not int:
            raise TypeError(f"beacon round must be an int, not {type(self.round).__name__}")
        if not 1 <= self.round <= MAX_NONCE:
            raise ValueError(f"beacon round must be 1 to 2^53 - 1, not {_shown(self.round)}")

    @property
    def text(self) -> str:
        """The form that enters a game key: ``{chain_hash}:{round}:{randomness}``."""
        return f"{self.chain_hash}:{self.round}:{self.randomness}"

    def __str__(self) -> str:
        return self.text


def accept_client_seed(text: str) -> ClientSeed:
    """Return the client seed if it also obeys the service's rule for setting one.

    It asks for more than ClientSeed does, so that a seed can be typed again from what is displayed: NFC, assigned code
    points, no white space at either end. It depends on Python's Unicode version, so evidence is never judged by it.

    Raises:
        TypeError, ValueError: as ClientSeed, and for text outside the stricter rule.
    """
    seed = ClientSeed(text)
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError(f"client seed is not in Unicode normal form C: {text!a}; normalise it before it is set")
    for position, character in enumerate(text):
        if unicodedata.category(character) == "Cn":
            raise ValueError(f"client seed has an unassigned code point at character {position}: {text!a}")
    if text != text.strip():
        raise ValueError(f"client seed has white space at one end: {text!a}; remove it")
    return seed


def check_nonce(nonce: int) -> Nonce:
    """Return the nonce if it is an int from 0 to 2^53 - 1.

    Raises:
        TypeError: if it is no int (a bool is none).
        ValueError: if it is out of range.
    """
    if type(nonce) is not int:
        raise TypeError(f"nonce must be an int, not {type(nonce).__name__}")
    if not 0 <= nonce <= MAX_NONCE:
        raise ValueError(f"nonce must be 0 to 2^53 - 1, not {_shown(nonce)}")
    return Nonce(nonce)


def check_rules_digest(digest: str) -> str:
    """Return the digest of a rules document if it is 64 lower-case hex characters; ValueError otherwise."""
    return _require_hex("rules digest", digest)


def parse_beacon(text: str) -> Beacon | None:
    """Read the text form of a beacon; the empty text is the absence of one.

    Raises:
        TypeError: if text is not a str.
        ValueError: if text is neither empty nor ``{chain_hash}:{round}:{randomness}`` in its one spelling.
    """
    if not isinstance(text, str):
        raise TypeError(f"beacon must be a str, not {type(text).__name__}")
    if not text:
        return None
    parts = _BEACON.fullmatch(text)
    if parts is None:
        raise ValueError(f"beacon must be empty or {{chain_hash}}:{{round}}:{{randomness}}, not {text[:200]!a}")
    return Beacon(parts[1], int(parts[2]), parts[3])


def check_beacon(text: str) -> str:
    """Return the text form of a beacon if it is empty or well formed; raises as ``parse_beacon``."""
    parse_beacon(text)
    return text


def _require_bytes(what: str, data: bytes) -> None:
    if type(data) is not bytes:
        raise TypeError(f"{what} must be bytes, not {type(data).__name__}")
    if len(data) != SEED_BYTES:
        raise ValueError(f"{what} must be {SEED_BYTES} bytes; got {len(data)}")


def _require_hex(what: str, text: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{what} must be a str, not {type(text).__name__}")
    if _HEX_64.fullmatch(text) is None:
        raise ValueError(f"{what} must be 64 lower-case hex characters, not {text[:_SHOWN]!a}")
    return text


def _shown(number: int) -> str:
    # An integer of thousands of digits cannot be printed by Python, and nobody would read it.
    return str(number) if number.bit_length() <= 128 else f"an integer of {number.bit_length()} bits"
