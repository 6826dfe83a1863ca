"""`fairlot trust`: remember the public keys of operators, so that `fairlot verify` knows whose rounds it checks."""

from __future__ import annotations

import click

from cli.errors import CliError
from cli.output import harmless, show, show_json, table, warn
from cli.policies import pinned_key
from cli.remembered import home, remember, remembered
from verifier import Malformed, PinnedKey, Policy

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group(name="trust")
def command() -> None:
    """Remember the keys of operators.

    Take a key from where the operator publishes it, never from a proof file. The keys are kept in
    trusted-keys.json in the folder FAIRLOT_HOME, or in your own folder for programs.
    """


@command.command("add")
@click.argument("key", metavar="HEX[@ORIGIN]")
@click.option("--note", default="", help="Where the key came from, for yourself.")
@_json
def add(key: str, note: str, as_json: bool) -> None:
    """Remember a public key, good for one origin, or for any without @ORIGIN."""
    given = pinned_key(key)
    try:
        new = PinnedKey(public_key=given.public_key, origin=given.origin, note=note)
    except Malformed as error:
        raise CliError(f"--note: {error}") from None
    memory = remembered()
    # A key that is known already gets the new note; it is never there twice.
    others = [old for old in memory.keys if (old.public_key, old.origin) != (new.public_key, new.origin)]
    path = remember(Policy(keys=(*others, new), require=memory.require))
    if as_json:
        show_json({"added": _shown(new), "file": str(path)})
        return
    show(f"remembered {new.key_id} for {harmless(new.origin) or 'any origin'}")
    if new.origin == "":
        warn("without @ORIGIN it stands for every operator: files that another key signed will be refuted")


@command.command("list")
@_json
def list_keys(as_json: bool) -> None:
    """List the remembered keys."""
    memory = remembered()
    if as_json:
        show_json({"keys": [_shown(key) for key in memory.keys], "folder": str(home())})
        return
    if not memory.keys:
        show("no key is remembered; fairlot trust add HEX@ORIGIN remembers one")
        return
    rows = [(key.public_key.hex(), key.origin or "any origin", key.key_id, key.note) for key in memory.keys]
    for line in table(rows, header=("public key", "origin", "key id", "note")):
        show(line)


@command.command("remove")
@click.argument("key", metavar="HEX")
@_json
def remove(key: str, as_json: bool) -> None:
    """Forget a key, given by the beginning of the public key or its id (8 characters or more), or HEX@ORIGIN."""
    memory = remembered()
    wanted, at, origin = key.partition("@")
    wanted = wanted.lower()
    if len(wanted) < 8:
        raise CliError(f"{key!r} is too short to name a key; give 8 characters or more of the key or of its id")
    found = [
        old
        for old in memory.keys
        if (old.public_key.hex().startswith(wanted) or old.key_id.startswith(wanted))
        and (not at or old.origin == origin)
    ]
    if not found:
        raise CliError(f"no remembered key begins with {wanted[:80]!r}; fairlot trust list shows them")
    if len({old.public_key for old in found}) > 1:
        raise CliError(f"{len(found)} remembered keys begin with {wanted[:80]!r}; give more of it")
    remember(Policy(keys=tuple(old for old in memory.keys if old not in found), require=memory.require))
    if as_json:
        show_json({"removed": [_shown(old) for old in found]})
        return
    for old in found:
        show(f"forgot {old.key_id} for {harmless(old.origin) or 'any origin'}")


def _shown(key: PinnedKey) -> dict[str, str]:
    return {"public_key": key.public_key.hex(), "key_id": key.key_id, "origin": key.origin, "note": key.note}
