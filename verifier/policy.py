"""Hold what a player trusts and requires: ``spec/verify.md``. A key is never trusted because a file contains it."""

import hashlib
from dataclasses import dataclass

from verifier.canonical import Json, Malformed
from verifier.fields import hexadecimal, integer, items, members, one_of, text
from verifier.plain_json import read_json
from verifier.statements import check_origin

MAX_BYTES = 1024 * 1024
REQUIREMENTS = ("log", "witness", "beacon")


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """Hold a public key that the player trusts.

    Args:
        public_key: 32 bytes.
        origin: the only origin that the key is good for, or empty for any.
        note: for people: where the key came from; at most 500 characters, or empty.

    Raises:
        TypeError: the key is not bytes.
        ValueError: an argument has another form.
    """

    public_key: bytes
    origin: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Check the arguments."""
        if not isinstance(self.public_key, bytes):
            raise TypeError(f"public_key must be bytes (bytes.fromhex), not {type(self.public_key).__name__}")
        if len(self.public_key) != 32:
            raise ValueError(f"public_key must be 32 bytes, not {len(self.public_key)}")
        if self.origin != "":
            check_origin(self.origin, "origin")
        if self.note != "":
            text(self.note, "note", most=500)

    @property
    def key_id(self) -> str:
        """The key's id: the SHA-256 of its 32 bytes, in hex (statements.md T1)."""
        return hashlib.sha256(self.public_key).hexdigest()


@dataclass(frozen=True, slots=True)
class Policy:
    """Hold pinned keys, and what is required beyond the checks that always are.

    Args:
        keys: pinned keys; several may be good for one origin.
        require: out of ``log``, ``witness``, ``beacon``; each once.

    Raises:
        TypeError: a key is no `PinnedKey`.
        Malformed: a requirement is unknown or there twice.
    """

    keys: tuple[PinnedKey, ...] = ()
    require: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the arguments."""
        for key in self.keys:
            if not isinstance(key, PinnedKey):
                raise TypeError(f"keys must be PinnedKey values, not {key!r}")
        for index, requirement in enumerate(self.require):
            one_of(requirement, f"require[{index}]", REQUIREMENTS)
        if len(set(self.require)) != len(self.require):
            raise Malformed(f"must name each requirement once, not {self.require!r}", "require")


def read_policy(data: bytes) -> Policy:
    """Read a policy file: ``{"type": "policy", "version": 1, "keys": [...], "require": [...]}``.

    Args:
        data: the file's bytes, JSON with any white space. A key is ``{"public_key", "origin", "note"}``, all three
            there, origin and note may be empty.

    Raises:
        TypeError: ``data`` is not bytes.
        Malformed: it is no policy.

    Specification: verify.md, "Policy files".
    """
    document = members(read_json(data, most_bytes=MAX_BYTES), "$", ("type", "version", "keys", "require"))
    one_of(document["type"], "$.type", ("policy",))
    integer(document["version"], "$.version", low=1, high=1)
    keys = []
    for index, element in enumerate(items(document["keys"], "$.keys", most=1000)):
        here = f"$.keys[{index}]"
        key = members(element, here, ("public_key", "origin", "note"))
        keys.append(
            PinnedKey(
                public_key=bytes.fromhex(hexadecimal(key["public_key"], f"{here}.public_key", size=32)),
                origin="" if key["origin"] == "" else check_origin(key["origin"], f"{here}.origin"),
                note="" if key["note"] == "" else text(key["note"], f"{here}.note", most=500),
            )
        )
    require = items(document["require"], "$.require", most=len(REQUIREMENTS))
    return Policy(
        keys=tuple(keys),
        require=tuple(one_of(element, f"$.require[{index}]", REQUIREMENTS) for index, element in enumerate(require)),
    )


def policy_document(policy: Policy) -> dict[str, Json]:
    """Return the JSON form of a policy, which `read_policy` reads back to an equal one.

    Args:
        policy: the policy.

    Specification: verify.md, "Policy files".
    """
    keys: list[Json] = [
        {"public_key": key.public_key.hex(), "origin": key.origin, "note": key.note} for key in policy.keys
    ]
    return {"type": "policy", "version": 1, "keys": keys, "require": [*policy.require]}
