"""`fairlot outcome`: compute what a round must be, by the verifier's evaluator, from the seeds alone."""

from __future__ import annotations

import shlex

import click

from cli.errors import CliError
from cli.output import bold, compact, dim, draws_text, harmless, payout_text, show, show_json
from cli.rules import all_parameters, chosen_rules
from cli.sources import read_server_seed, server_seed_option
from verifier import Malformed, TooExpensive, compute_outcome
from verifier.canonical import Json
from verifier.schemes import SCHEMES


@click.command(name="outcome")
@click.option("--scheme", default="hmac-sha256/v1", show_default=True, help=f"One of: {', '.join(SCHEMES)}.")
@click.option("--game", metavar="NAME", help="A bundled game; fairlot games lists them.")
@click.option("--rules", "rules_file", metavar="FILE", help="The game's rules document, instead of a bundled one.")
@server_seed_option
@click.option("--client-seed", required=True, metavar="TEXT", help="1 to 256 bytes of UTF-8.")
@click.option("--nonce", required=True, type=click.IntRange(0, 2**53 - 1), help="The round's number, from 0.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter; a set as NAME=1,2,3.")
@click.option("--beacon", default="", metavar="TEXT", help="chain_hash:round:randomness; empty where there is none.")
@click.option("--trace", is_flag=True, help="Show the game key, the hash bytes and the words that each draw took.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    scheme: str,
    game: str | None,
    rules_file: str | None,
    server_seed: str,
    client_seed: str,
    nonce: int,
    params: tuple[str, ...],
    beacon: str,
    trace: bool,
    as_json: bool,
) -> None:
    """Compute what a round must be.

    Parameters that are not given take the document's defaults. The computation is the verifier's; it shares no code
    with the generator.
    """
    if scheme not in SCHEMES:
        raise CliError(f"--scheme {scheme[:80]!r}: is unknown; known: {', '.join(SCHEMES)}")
    rules = chosen_rules(game, rules_file)
    parameters = all_parameters(rules, params)
    seed = read_server_seed(server_seed)
    try:
        found = compute_outcome(
            scheme,
            seed,
            client_seed=client_seed,
            nonce=nonce,
            rules=rules,
            parameters=parameters,
            beacon=beacon,
            trace=trace,
        )
    except (Malformed, TooExpensive) as error:
        raise CliError(f"{rules.name}: {error}") from None
    if as_json:
        show_json(found)
        return
    _show(found)


def _show(found: dict[str, Json]) -> None:
    seed = str(found["client_seed"])
    lines = [
        ("game", f"{bold(harmless(str(found['game'])))} {compact(found['parameters'])}"),
        ("rules", str(found["rules_digest"])),
        ("scheme", str(found["scheme"])),
        ("commitment", str(found["commitment"])),
        ("client seed", f"{harmless(seed)} (bytes {seed.encode('utf-8').hex()})"),
        ("nonce", str(found["nonce"])),
        *([("beacon", str(found["beacon"]))] if found["beacon"] else []),
        ("draws", draws_text(found["draws"])),
        ("outcome", bold(compact(found["outcome"]))),
        ("payout", payout_text(found["payout"])),
    ]
    for label, text in lines:
        show(f"{label:<12} {text}")
    if isinstance(trace := found.get("trace"), dict):
        show()
        _show_trace(found, trace)


def _show_trace(found: dict[str, Json], trace: dict[str, Json]) -> None:
    show(f"{'game key':<12} {trace['game_key']}")
    for index, block in enumerate(_elements(trace["blocks"])):
        show(f"{f'block {index}':<12} {block}")
    for draw in _elements(trace["draws"]):
        if not isinstance(draw, dict):
            continue
        for word in _elements(draw["words"]):
            if isinstance(word, dict):
                number = int(str(word["word"]), 16)
                fate = dim(" rejected, the next one is taken") if word["rejected"] else ""
                show(f"{harmless(str(draw['name'])):<12} word {word['index']} {word['word']} = {number}{fate}")
    if found["scheme"] == "hmac-sha256/v1":
        show()
        show(dim("game key and block 0 by hand (put the server seed for $SERVER_SEED):"))
        for line in openssl_lines(found, server_seed="$SERVER_SEED", game_key=str(trace["game_key"])):
            show(dim(f"  {line}"))


def _elements(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def openssl_lines(found: dict[str, Json], *, server_seed: str, game_key: str) -> tuple[str, str]:
    """Return two shell lines that make the game key and the first block of a round (hmac_sha256_v1.md S3, S4).

    Args:
        found: from `verifier.compute_outcome`; scheme, rules_digest, beacon, client_seed and nonce are read.
        server_seed: 64 hex characters, or a shell variable that holds them.
        game_key: 64 hex characters.
    """
    first = f"fairlot/{found['scheme']}:{found['rules_digest']}:{found['beacon']}"
    second = f"{found['client_seed']}:{found['nonce']}:0"
    return (
        f'printf %s {shlex.quote(first)} | openssl dgst -sha256 -mac HMAC -macopt "hexkey:{server_seed}"',
        f'printf %s {shlex.quote(second)} | openssl dgst -sha256 -mac HMAC -macopt "hexkey:{game_key}"',
    )
