"""`fairlot play`: play rounds at a service as a careful player does, and verify every one of them."""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from cli.client import Service
from cli.errors import CliError, worst
from cli.operator_keys import Operator, pin_operator
from cli.output import bold, coloured, compact, dim, harmless, payout_text, show, show_json, warn
from cli.proofs import Checked, check_proofs, write_statements
from cli.remembered import write_policy
from cli.rules import bundled_names, bundled_rules, given_parameters
from cli.seed import Contradiction, Seed, open_seed
from cli.verify import show_verdict
from verifier import Malformed, Rules, TooExpensive, with_defaults
from verifier.canonical import Json
from verifier.rounds import parameters_scope, plan_draws
from verifier.rules import check_rules

POLICY_FILE = "policy.json"
STATEMENTS_FILE = "statements.jsonl"
_SHOWN_IN_FULL = 3


@dataclass(frozen=True, slots=True)
class Game:
    """Hold the game that is played: its rules as the service publishes them, and every parameter."""

    rules: Rules
    parameters: dict[str, Json]


@click.command(name="play")
@click.option("--url", required=True, help="The service's address: https, or http on this machine.")
@click.option("--game", "game_name", required=True, metavar="NAME", help="The game.")
@click.option("--rounds", required=True, type=click.IntRange(1, 100_000), help="How many rounds.")
@click.option("--out", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Where the files go.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter; a set as NAME=1,2,3.")
@click.option("--batch", is_flag=True, help="Play all rounds as one batch.")
@click.option("--player", metavar="ID", help="The operator's id of the player; a new one for each play by default.")
@click.option(
    "--api-key", envvar="FAIRLOT_API_KEY", default="", metavar="KEY", help="API key; better in FAIRLOT_API_KEY."
)
@click.option("--key", "keys", multiple=True, metavar="HEX[@ORIGIN]", help="Pin the operator's public key.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(
    ctx: click.Context,
    url: str,
    game_name: str,
    rounds: int,
    out: Path,
    params: tuple[str, ...],
    batch: bool,
    player: str | None,
    api_key: str,
    keys: tuple[str, ...],
    as_json: bool,
) -> None:
    """Play rounds and verify them all.

    In this order: the operator's key is pinned; the seed is opened and its commitment checked; the client seed is made
    here; the rounds are played; the seed is rotated; every proof file is fetched and verified. The proof files,
    policy.json and all signed statements (statements.jsonl) stay in DIR.

    Exit codes as fairlot verify: 0 verified, 1 refuted, 2 usage or refused, 3 undecided.
    """
    service = Service(url, api_key=api_key.strip())
    _make_folder(out)
    operator = pin_operator(service, keys, policy_file=out / POLICY_FILE)
    game = _game(service, game_name, params)
    with _writing(out):
        write_policy(out / POLICY_FILE, operator.policy)
    with _evidence(out):
        seed = open_seed(service, player or f"fairlot-{secrets.token_hex(8)}", policy=operator.policy)
    if _in_force(seed).get(game.rules.name) != game.rules.digest:
        raise CliError(f"{game.rules.name} with digest {game.rules.digest} is not in force under seed {seed.seed_id}")
    batch_draws: dict[int, list[Json]] = {}
    try:
        # Only now: a client seed that was known before the commitment would have let the operator choose.
        seed.activate(secrets.token_hex(16))
        if batch:
            record, shown = seed.draw_batch(game.rules.name, game.parameters, digest=game.rules.digest, count=rounds)
            batch_draws.update(enumerate(shown, start=record.first_nonce))
        else:
            for _ in range(rounds):
                seed.draw(game.rules.name, game.parameters, digest=game.rules.digest)
        with _evidence(out):
            seed.rotate()
    finally:
        # Whatever went wrong: what the operator signed is the player's evidence.
        with _writing(out):
            write_statements(out / f"{seed.seed_id[:16]}-{STATEMENTS_FILE}", seed.statements)
    checked = []
    for one in check_proofs(service, seed, policy=operator.policy, batch_draws=batch_draws):
        with _writing(out):
            (out / one.file_name).write_bytes(one.data)
        checked.append(one)
    code = worst([one.exit_code for one in checked])
    if as_json:
        show_json(_summary(operator, seed, game, checked, out, code))
    else:
        _show(operator, seed, game, checked, out)
    ctx.exit(code)


def _make_folder(out: Path) -> None:
    with _writing(out):
        out.mkdir(parents=True, exist_ok=True)
        if not os.access(out, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")


@contextlib.contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CliError(f"--out {out}: cannot be written: {error.strerror}; name another folder") from None


@contextlib.contextmanager
def _evidence(out: Path) -> Iterator[None]:
    """Keep signed statements that contradict one another and are part of no seed's own."""
    try:
        yield
    except Contradiction as error:
        if error.statements:
            with _writing(out):
                write_statements(out / f"{error.statements[-1].digest[:16]}-contradiction.jsonl", error.statements)
        raise


def _game(service: Service, name: str, params: tuple[str, ...]) -> Game:
    """Return the game as the service publishes it. What counts is that its digest stands in the signed epoch."""
    if not (name.isascii() and name.replace("-", "").isalnum()):
        raise CliError(f"--game {name[:80]!r}: a game's name has a to z, 0 to 9 and hyphens only")
    answer = service.get(f"/v1/games/{name}", what=f"asking for the rules of {name}")
    try:
        rules = check_rules(answer.get("rules"), "$.rules")
    except Malformed as error:
        raise CliError(f"the service's rules of {name} are malformed: {error}; nothing was played") from None
    if rules.name != name:
        raise CliError(f"asked for the rules of {name}, the service gave those of {rules.name!r}; nothing was played")
    if name in bundled_names() and bundled_rules(name).digest != rules.digest:
        warn(f"note: the service's {name} has other rules than the {name} that comes with fairlot: read them first")
    parameters = with_defaults(rules.document, given_parameters(rules, params))
    try:
        # Before a seed is opened for nothing.
        plan_draws(rules, parameters_scope(rules, parameters))
    except (Malformed, TooExpensive) as error:
        raise CliError(f"{name}: {error}; nothing was played") from None
    return Game(rules, parameters)


def _in_force(seed: Seed) -> dict[str, Json]:
    rules = seed.epoch.body["rules"]
    return rules if isinstance(rules, dict) else {}


def paid(checked: list[Checked]) -> tuple[int, int]:
    """Return how many rounds have a payout, and its sum in ten-thousandths of the stake."""
    payouts = [one.verdict.round.get("payout") for one in checked if one.verdict is not None]
    amounts = [payout for payout in payouts if isinstance(payout, int)]
    return len(amounts), sum(amounts)


def _summary(
    operator: Operator, seed: Seed, game: Game, checked: list[Checked], out: Path, code: int
) -> dict[str, object]:
    settled, total = paid(checked)
    return {
        "origin": operator.origin,
        "key_ids": [key.key_id for key in operator.policy.keys],
        "pinned_by": operator.pinned_by,
        "seed_id": seed.seed_id,
        "commitment": seed.epoch.body["commitment"],
        "client_seed": seed.client_seed,
        "game": game.rules.name,
        "rules_digest": game.rules.digest,
        "parameters": game.parameters,
        "rounds": len(checked),
        "verified": sum(one.exit_code == 0 for one in checked),
        "rounds_with_payout": settled,
        "payout_sum": total,
        "folder": str(out),
        "policy": str(out / POLICY_FILE),
        "results": [
            {"nonce": one.nonce, "file": str(out / one.file_name), "headline": one.headline, "exit_code": one.exit_code}
            for one in checked
        ],
        "exit_code": code,
    }


def _show(operator: Operator, seed: Seed, game: Game, checked: list[Checked], out: Path) -> None:
    verified = sum(one.exit_code == 0 for one in checked)
    settled, total = paid(checked)
    good = verified == len(checked)
    folder = harmless(shlex.quote(str(out)))
    lines = [
        ("operator", f"{harmless(operator.origin)}, key {', '.join(key.key_id for key in operator.policy.keys)}"),
        ("", dim(harmless(operator.pinned_by))),
        ("seed", seed.seed_id),
        ("commitment", f"{seed.epoch.body['commitment']}, known before the client seed was made"),
        ("client seed", f"{seed.client_seed}, made here"),
        ("game", f"{game.rules.name} {compact(game.parameters)}, rules {game.rules.digest}"),
        ("payout", f"{payout_text(total)} in all" if settled else "none; the engine settles"),
        ("verified", coloured(f"{verified} of {len(checked)} rounds", "verified" if good else "refuted")),
        ("files", harmless(str(out))),
        ("", dim(f"check them again: fairlot verify {folder}/*.proof.json --policy {folder}/{POLICY_FILE}")),
    ]
    for label, text in lines:
        show(f"{label:<12} {text}")
    bad = [one for one in checked if one.exit_code != 0]
    for one in bad[:_SHOWN_IN_FULL]:
        show()
        for objection in one.objections:
            show(coloured(f"{one.file_name}: {harmless(objection)}", "refuted"))
        if one.verdict is not None:
            show_verdict(one.verdict, name=one.file_name)
    for one in bad[_SHOWN_IN_FULL:]:
        show(f"{bold(one.file_name)}: {harmless(one.headline)}")
