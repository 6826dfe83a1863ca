"""`fairlot demo`: the whole way on this machine: commit, play, reveal and verify rounds of every bundled game."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import click

from cli.client import Service
from cli.errors import EXIT_UNDECIDED, CliError, worst
from cli.operator_keys import Operator, pin_operator
from cli.outcome import openssl_lines
from cli.output import bold, coloured, dim, harmless, show, show_json, warn
from cli.own_service import Stopped, own_service
from cli.proofs import Checked, check_proofs
from cli.returns import return_text
from cli.rules import bundled_names, bundled_rules
from cli.seed import Seed, open_seed
from verifier import Rules, compute_outcome
from verifier.canonical import Json

ORIGIN = "demo.invalid/this-machine"
_SETTINGS = 3
_ROUNDS = 2
_BATCH = 4


@dataclass(frozen=True, slots=True)
class Played:
    """Hold what became of one game: its seed, and what came of each of its rounds."""

    rules: Rules
    seed: Seed
    checked: tuple[Checked, ...]

    @property
    def verified(self) -> int:
        """How many rounds are verified."""
        return sum(one.exit_code == 0 for one in self.checked)


@click.command(name="demo")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Play every game in a service of its own, and verify every round.

    Keys, database and service live in a temporary folder and are gone afterwards. The verifier shares no code with the
    service, and knows the operator's key from before the first round. Exit code 0 if every round is verified.
    """
    started = time.monotonic()
    played: list[Played] = []
    names = bundled_names()
    try:
        with own_service(origin=ORIGIN) as own:
            service = Service(own.url, api_key=own.api_key)
            operator = pin_operator(service, (own.pinned_key,))
            if not as_json:
                show(f"service    {own.url}, {operator.origin}")
                show(f"key        {operator.policy.keys[0].public_key.hex()}, pinned before the first round")
                show(f"each game  one seed: {_SETTINGS} settings, a batch, a void, a rotation; then every proof file")
                show()
                show(bold(f"{'game':<22}{'rounds':>7}{'verified':>10}   return"))
            for one in _play_all(service, operator, names):
                played.append(one)
                if not as_json:
                    _show_row(one)
    except Stopped as signal:
        raise CliError(f"ended by {signal}; the service was ended too") from None
    rounds, verified = sum(len(one.checked) for one in played), sum(one.verified for one in played)
    by_hand = _by_hand(played[0])
    codes = [checked.exit_code for one in played for checked in one.checked]
    # Should nothing have been played at all, nothing is shown to be fair.
    code = worst([*codes, by_hand.exit_code]) if len(played) == len(names) and codes else EXIT_UNDECIDED
    if as_json:
        show_json(_summary(played, by_hand, code, seconds=time.monotonic() - started))
    else:
        total = f"{'all ' + str(len(played)) + ' games':<22}{rounds:>7}{verified:>10}"
        show(coloured(total, "verified" if verified == rounds else "refuted"))
        _show_by_hand(by_hand)
        show()
        good = code == 0
        words = "every round of every game is verified" if good else "NOT every round is verified"
        show(coloured(f"{words} ({time.monotonic() - started:.0f} s)", "verified" if good else "refuted"))
    ctx.exit(code)


def _play_all(service: Service, operator: Operator, names: list[str]) -> Iterator[Played]:
    """Play and check one game after the other, each on the seed that the rotation before it opened."""
    seed = open_seed(service, f"demo-{secrets.token_hex(8)}", policy=operator.policy)
    for name in names:
        rules = bundled_rules(name)
        seed.activate(secrets.token_hex(16))
        for parameters in _settings(rules):
            for _ in range(_ROUNDS):
                seed.draw(rules.name, parameters, digest=rules.digest)
        record, shown = seed.draw_batch(rules.name, _settings(rules)[0], digest=rules.digest, count=_BATCH)
        seed.void_next("shows what a void looks like")
        following = seed.rotate()
        batch_draws = dict(enumerate(shown, start=record.first_nonce))
        checked = check_proofs(service, seed, policy=operator.policy, batch_draws=batch_draws)
        yield Played(rules, seed, tuple(checked))
        seed = following


def _settings(rules: Rules) -> list[dict[str, Json]]:
    """Return the defaults, and other settings from one end of what the game allows to the other."""
    from rng.games import parse_rules
    from rng.games.settings import choose_settings
    from verifier import with_defaults

    found = [with_defaults(rules.document, {})]
    others: list[dict[str, Json]] = [
        dict(setting) for setting in choose_settings(parse_rules(rules.document), limit=200).chosen
    ]
    step = max(1, len(others) // (_SETTINGS - 1))
    found += [setting for setting in others[step - 1 :: step] if setting not in found]
    return found[:_SETTINGS]


def _show_row(one: Played) -> None:
    line = f"{one.rules.name:<22}{len(one.checked):>7}{one.verified:>10}"
    good = one.verified == len(one.checked)
    show(f"{coloured(line, 'verified' if good else 'refuted')}   {return_text(one.rules)}")
    for checked in one.checked:
        if checked.exit_code != 0:
            warn(f"  {one.rules.name}, nonce {checked.nonce}: {harmless(checked.headline)}")


@dataclass(frozen=True, slots=True)
class ByHand:
    """Hold the two openssl lines of a round, what they should print, and what they printed (None without openssl)."""

    lines: tuple[str, str]
    expected: tuple[str, str]
    printed: tuple[str, str] | None
    what: str

    @property
    def exit_code(self) -> int:
        """0, or 1 where openssl says something else."""
        return int(self.printed is not None and self.printed != self.expected)


def _by_hand(one: Played) -> ByHand:
    record = next(record for record in one.seed.records if record.type == "receipt")
    assert one.seed.reveal is not None
    parameters = record.body["parameters"]
    server_seed = one.seed.reveal.text("server_seed")
    found = compute_outcome(
        record.text("scheme"),
        bytes.fromhex(server_seed),
        client_seed=record.text("client_seed"),
        nonce=record.number("nonce"),
        rules=one.rules,
        parameters=parameters if isinstance(parameters, dict) else {},
        beacon=record.text("beacon"),
        trace=True,
    )
    trace = found["trace"]
    assert isinstance(trace, dict)
    blocks = trace["blocks"]
    assert isinstance(blocks, list)
    expected = (str(trace["game_key"]), str(blocks[0]))
    lines = openssl_lines(found, server_seed=server_seed, game_key=expected[0])
    what = f"{one.rules.name}, nonce {record.number('nonce')}"
    return ByHand(lines, expected, _run(lines) if shutil.which("openssl") else None, what)


def _run(lines: tuple[str, str]) -> tuple[str, str]:
    # The lines themselves are run, as they are shown: their only free text, the client seed, was made here in hex.
    printed = []
    for line in lines:
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=60, check=False)
        printed.append(done.stdout.rpartition("= ")[2].strip())
    return printed[0], printed[1]


def _show_by_hand(by_hand: ByHand) -> None:
    show()
    show(f"By hand: game key and first block of {by_hand.what}, in two lines of openssl")
    for place, line in enumerate(by_hand.lines):
        show(f"  {line}")
        if by_hand.printed is None:
            show(dim(f"  should print {by_hand.expected[place]}; openssl is not installed here"))
        elif by_hand.printed[place] == by_hand.expected[place]:
            show(f"  {coloured(by_hand.printed[place], 'verified')}, as the verifier says")
        else:
            show(
                coloured(f"  prints {by_hand.printed[place]!r}, the verifier says {by_hand.expected[place]}", "refuted")
            )


def _summary(played: list[Played], by_hand: ByHand, code: int, *, seconds: float) -> dict[str, object]:
    return {
        "games": [
            {
                "name": one.rules.name,
                "rules_digest": one.rules.digest,
                "seed_id": one.seed.seed_id,
                "rounds": len(one.checked),
                "verified": one.verified,
                "return": return_text(one.rules),
                "not_verified": [
                    {"nonce": checked.nonce, "headline": checked.headline}
                    for checked in one.checked
                    if checked.exit_code != 0
                ],
            }
            for one in played
        ],
        "rounds": sum(len(one.checked) for one in played),
        "verified": sum(one.verified for one in played),
        "openssl": {
            "lines": list(by_hand.lines),
            "expected": list(by_hand.expected),
            "printed": None if by_hand.printed is None else list(by_hand.printed),
        },
        "seconds": round(seconds, 1),
        "exit_code": code,
    }
