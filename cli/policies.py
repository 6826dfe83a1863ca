"""What the player trusts and requires: from options, a policy file, or memory."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import click

from cli.errors import CliError
from cli.sources import read_file
from verifier import Malformed, PinnedKey, Policy, read_policy
from verifier.policy import MAX_BYTES, REQUIREMENTS
from verifier.proof import read_proof

FC = TypeVar("FC", bound=Callable[..., object])

_KEY: Final = re.compile(r"[0-9a-fA-F]{64}\Z")


@dataclass(frozen=True, slots=True)
class Trust:
    """Hold the policy to verify under, and whether it comes from memory, which speaks for some origins only."""

    policy: Policy
    from_memory: bool

    def policy_for(self, data: bytes) -> Policy:
        """Return the policy for a proof file.

        Raises:
            Malformed: memory was to be asked for the file's origin, and the file is malformed.
        """
        if not self.from_memory or all(key.origin == "" for key in self.policy.keys):
            return self.policy
        from cli.remembered import good_for

        return good_for(self.policy, read_proof(data).epoch.text("origin"))


def trust_options(command: FC) -> FC:
    """Add the options `--key`, `--policy` and `--require` to a command."""
    key = click.option(
        "--key",
        "keys",
        multiple=True,
        metavar="HEX[@ORIGIN]",
        help="Pin an operator's public key, for one origin or any. May be repeated.",
    )
    policy = click.option("--policy", "policy_file", metavar="FILE", help="Pin what a policy file says.")
    require = click.option(
        "--require",
        metavar="LIST",
        help=f"Make evidence mandatory: {', '.join(REQUIREMENTS)}, separated by commas.",
    )
    return key(policy(require(command)))


def trust(keys: tuple[str, ...], policy_file: str | None, require: str | None) -> Trust:
    """Return what the options say; without a key and a policy file among them, what is remembered.

    Raises:
        CliError: an option has another form, or a file cannot be read.
    """
    pinned = [pinned_key(text) for text in keys]
    required: list[str] = []
    from_memory = not keys and policy_file is None
    if policy_file is not None:
        try:
            policy = read_policy(read_file(policy_file, most_bytes=MAX_BYTES))
        except Malformed as error:
            raise CliError(f"{policy_file}: is no policy file: {error}") from None
        pinned.extend(policy.keys)
        required.extend(policy.require)
    elif from_memory:
        # With a key at hand nothing is remembered, and the file's module is not loaded either.
        from cli.remembered import remembered

        memory = remembered()
        pinned.extend(memory.keys)
        required.extend(memory.require)
    for requirement in (require or "").split(",") if require is not None else ():
        name = requirement.strip()
        if name not in REQUIREMENTS:
            raise CliError(f"--require {name!r}: there is no such requirement; there are {', '.join(REQUIREMENTS)}")
        if name not in required:
            required.append(name)
    return Trust(Policy(keys=tuple(pinned), require=tuple(required)), from_memory)


def pinned_key(text: str) -> PinnedKey:
    """Read a key as people give it: `HEX` or `HEX@ORIGIN`.

    Raises:
        CliError: it has another form.
    """
    key, at, origin = text.partition("@")
    if at and not origin:
        raise CliError(f"key {text[:100]!r}: the origin after @ is missing; leave the @ out for any origin")
    if _KEY.match(key) is None:
        raise CliError(f"key {text[:100]!r}: a public key has 64 hex characters; give HEX or HEX@ORIGIN")
    try:
        return PinnedKey(public_key=bytes.fromhex(key), origin=origin)
    except Malformed as error:
        raise CliError(f"key {text[:200]!r}: {error}; give HEX or HEX@ORIGIN") from None
