"""Pin an operator's keys before the first round."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cli.client import Service
from cli.errors import CliError
from cli.output import one_line
from cli.policies import pinned_key
from cli.remembered import good_for, remembered
from cli.sources import read_file
from verifier import Malformed, PinnedKey, Policy, read_policy
from verifier.fields import hexadecimal, items
from verifier.policy import MAX_BYTES
from verifier.statements import check_origin


@dataclass(frozen=True, slots=True)
class Operator:
    """Hold an operator's origin, the policy that pins its keys, and the words for where those come from."""

    origin: str
    policy: Policy
    pinned_by: str


def pin_operator(service: Service, keys: tuple[str, ...] = (), *, policy_file: Path | None = None) -> Operator:
    """Ask a service for its keys and pin them, or hold them against what is pinned already.

    Args:
        service: the service.
        keys: what `--key` gives; it wins.
        policy_file: a policy that an earlier play left, if it is there. What is remembered of the origin comes before
            it, for it may hold no more than the service's own word then; that word itself comes last.

    Raises:
        CliError: the service signs with a key that is not pinned, or a key or file is not valid.
    """
    origin, listed, current = _listed_keys(service)
    memory = Policy() if keys else good_for(remembered(), origin)
    if keys:
        pinned = Policy(keys=tuple(pinned_key(text) for text in keys))
        source = "given with --key"
    elif memory.keys:
        pinned = memory
        source = "remembered by fairlot trust"
    elif policy_file is not None and policy_file.is_file():
        try:
            pinned = read_policy(read_file(str(policy_file), most_bytes=MAX_BYTES))
        except Malformed as error:
            raise CliError(f"{policy_file}: is no policy file: {error}; mend or remove it") from None
        source = f"pinned before, in {policy_file}"
    else:
        own_word = "the service's own word before the first round"
        notes = [PinnedKey(public_key=key, origin=origin, note=own_word) for key in listed]
        return Operator(
            origin,
            Policy(keys=tuple(notes), require=memory.require),
            f"{own_word}; hold it against where the operator publishes it",
        )
    if not any(key.public_key == current and key.origin in ("", origin) for key in pinned.keys):
        raise CliError(
            f"{service.url}: signs for {origin} with key {current.hex()}, which is not {source}; nothing was played"
        )
    # A key that is good for any origin stands for this one here, so that no statement can be of another.
    own = [PinnedKey(public_key=key.public_key, origin=key.origin or origin, note=key.note) for key in pinned.keys]
    return Operator(origin, Policy(keys=tuple(own), require=pinned.require), source)


def _listed_keys(service: Service) -> tuple[str, list[bytes], bytes]:
    """Return origin, all public keys, and the current one, as the service lists them."""
    answer = service.get("/v1/keys", what="asking for the operator's keys")
    current = []
    listed = []
    try:
        origin = check_origin(answer.get("origin"), "$.origin")
        for index, element in enumerate(items(answer.get("keys"), "$.keys", least=1, most=1000)):
            if not isinstance(element, dict):
                raise Malformed("must be an object", f"$.keys[{index}]")
            key = bytes.fromhex(hexadecimal(element.get("public_key"), f"$.keys[{index}].public_key", size=32))
            listed.append(key)
            if element.get("current") is True:
                current.append(key)
    except Malformed as error:
        raise CliError(
            f"asking for the operator's keys: the answer {one_line(str(error))}; is this a fairlot service?"
        ) from None
    if len(current) != 1:
        raise CliError(f"asking for the operator's keys: {len(current)} of them are called current; one must be")
    return origin, listed, current[0]
