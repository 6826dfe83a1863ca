"""`fairlot verify`: check proof files by the verifier, which shares nothing with the generator."""

from __future__ import annotations

import click

from cli.errors import EXIT_USAGE, CliError, worst
from cli.output import (
    bold,
    clipped,
    coloured,
    compact,
    dim,
    draws_text,
    harmless,
    payout_text,
    show,
    show_json,
    time_text,
)
from cli.policies import Trust, trust, trust_options
from cli.sources import read_source
from verifier import Malformed, Verdict, verify
from verifier.proof import MAX_BYTES
from verifier.verdict import FAILED, NOT_CHECKED, Check


@click.command(name="verify")
@click.argument("files", nargs=-1, required=True, metavar="FILE|URL|-...")
@trust_options
@click.option("-q", "--quiet", is_flag=True, help="Print one line for each file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each file, one a line.")
@click.pass_context
def command(
    ctx: click.Context,
    files: tuple[str, ...],
    keys: tuple[str, ...],
    policy_file: str | None,
    require: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Check proof files of rounds: every numbered check, with what was compared.

    A file is verified only under a key that you pinned: with --key, a policy file, or fairlot trust. A key is never
    trusted because the file contains it.

    Exit codes: 0 verified, 1 refuted, 2 malformed, 3 undecided; of several files the worst (1, then 2, 3, 0).
    """
    pinned = trust(keys, policy_file, require)
    if files.count("-") > 1:
        raise CliError("standard input (-) can be read once; name it once")
    codes = []
    for place, source in enumerate(files):
        if place and not quiet and not as_json:
            show()
        codes.append(_check_one(source, pinned, quiet=quiet, as_json=as_json))
    if len(files) > 1 and not as_json:
        if not quiet:
            show()
        show(_summary(codes))
    ctx.exit(worst(codes))


def _check_one(source: str, pinned: Trust, *, quiet: bool, as_json: bool) -> int:
    name = "standard input" if source == "-" else harmless(source)
    try:
        data = read_source(source, most_bytes=MAX_BYTES + 1)
        verdict = verify(data, pinned.policy_for(data))
    except Malformed as error:
        return _malformed(source, name, str(error), path=error.path, quiet=quiet, as_json=as_json)
    except CliError as error:
        # One file that cannot be read is no reason to leave the others unchecked.
        return _malformed(source, name, error.message, path="", quiet=quiet, as_json=as_json)
    if as_json:
        show_json({"file": source, **verdict.as_json()})
    elif quiet:
        show(f"{name}: {coloured(harmless(verdict.headline), verdict.status)}")
    else:
        show_verdict(verdict, name=name)
    return verdict.exit_code


def _malformed(source: str, name: str, message: str, *, path: str, quiet: bool, as_json: bool) -> int:
    status = "malformed" if path else "unreadable"
    if as_json:
        show_json({"file": source, "status": status, "headline": message, "path": path, "exit_code": EXIT_USAGE})
    else:
        where = message.removeprefix(f"{source}: ")
        show(f"{bold(name)}: {coloured(status, status)}: {clipped(harmless(where))}")
        if path and not quiet:
            show("  It is no evidence for anything. Fetch it again from the operator, byte for byte.")
    return EXIT_USAGE


def _summary(codes: list[int]) -> str:
    names = {0: "verified", 1: "refuted", 2: "malformed or unreadable", 3: "undecided"}
    counts = [f"{codes.count(code)} {name}" for code, name in names.items() if code in codes]
    return f"{len(codes)} files: {', '.join(counts)}"


def show_verdict(verdict: Verdict, *, name: str) -> None:
    """Write a verdict for people: the headline, the round, every check, and what follows."""
    show(f"{bold(name)}: {coloured(harmless(verdict.headline), verdict.status)}")
    for label, text in _round(verdict):
        show(f"  {label:<12} {text}")
    show()
    for check in verdict.checks:
        _show_check(check, required=check.number in verdict.required)
    if verdict.status == "refuted":
        show()
        show(
            coloured(
                "  The evidence contradicts the claim. For the claim to hold all the same, it would have to be that:",
                "refuted",
            )
        )
        for check in verdict.checks:
            if check.status == FAILED:
                show(f"  {check.label}: {harmless(check.unless)}")
    elif verdict.status == "undecided":
        show()
        for line in _what_to_do(verdict):
            show(coloured(f"  {line}", "undecided"))


def _round(verdict: Verdict) -> list[tuple[str, str]]:
    found = verdict.round
    operator = f"{harmless(str(found['origin']))}, tenant {harmless(str(found['tenant']))}"
    lines = [
        ("round", f"nonce {found['nonce']} of seed {found['seed_id']}"),
        ("operator", f"{operator}, {time_text(_integer(found['time']))}"),
    ]
    if found["record"] == "void":
        lines.append(("void", harmless(str(found["reason"]))))
    else:
        seed = harmless(str(found["client_seed"]))
        by = "by the player" if found["client_seed_source"] == "player" else "by the operator"
        lines += [
            ("game", f"{harmless(str(found['game']))} {clipped(compact(found['parameters']))}"),
            ("client seed", f"{seed} (bytes {found['client_seed_bytes']}), chosen {by}"),
            ("draws", clipped(draws_text(found["draws"]))),
            ("outcome", clipped(compact(found["outcome"]))),
            ("payout", payout_text(found["payout"])),
        ]
    lines.append(("file", f"SHA-256 {verdict.sha256}"))
    return lines


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0


def _show_check(check: Check, *, required: bool) -> None:
    status = f"{check.status:<11}"
    # A check that nobody asked for is no warning.
    mark = dim(status) if check.status == NOT_CHECKED and not required else coloured(status, check.status)
    show(f"  {'V' + str(check.number):<4}{check.name:<15}{mark} {harmless(check.compared)}")
    indent = " " * 31
    if check.expected == check.found and check.expected:
        show(dim(f"{indent}both: {harmless(check.found)}"))
    else:
        for label, text in (("expected", check.expected), ("found", check.found)):
            if text:
                line = f"{indent}{label}: {harmless(text)}"
                show(coloured(line, "failed") if check.status == FAILED else dim(line))
    if check.note:
        show(dim(f"{indent}{harmless(check.note)}"))


def _what_to_do(verdict: Verdict) -> list[str]:
    missing = {
        check.number for check in verdict.checks if check.number in verdict.required and check.status == NOT_CHECKED
    }
    lines = []
    if 2 in missing:
        lines.append(
            "No key is pinned: take the operator's key from where it is published, then --key HEX or fairlot trust add."
        )
    if 7 in missing:
        lines.append("The server seed is not revealed yet: rotate the seed, fetch the file again, verify again.")
    elif missing - {2}:
        lines.append(
            "What is required and could not be checked: "
            + ", ".join(verdict.check(number).label for number in sorted(missing - {2}))
            + "."
        )
    if verdict.check(15).found:
        lines.append("The operator voided this round after its outcome was known: ask why.")
    return lines
