"""`fairlot stream`: write the generator's output for outside tools such as dieharder, PractRand or TestU01."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import click

from cli.errors import CliError
from cli.output import warn
from cli.rules import all_parameters, chosen_rules
from cli.sources import read_server_seed

if TYPE_CHECKING:
    from rng.bulk import Columns

NO_GAME: Final = "0" * 64
"""Rules digest of the raw stream: no rules document has it, so these bytes are those of no round."""

_RAW_NONCES: Final = 2**13
"""Blocks at a time: 256 KiB, which stay near the processor on their way into the pipe."""

_PIPE_BYTES: Final = 2**20
_MAX_NONCE: Final = 2**53 - 1


@click.command(name="stream")
@click.option("--game", metavar="NAME", help="Stream rounds of a bundled game instead of raw bytes.")
@click.option("--rules", "rules_file", metavar="FILE", help="The game's rules document, instead of a bundled one.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter; a set as NAME=1,2,3.")
@click.option(
    "--as",
    "form",
    type=click.Choice(["draws", "outcome", "packed"]),
    default="draws",
    show_default=True,
    help="Of a game: draws in decimal, or the outcome as JSON, one round a line; or draws in 8 bytes each.",
)
@click.option(
    "--server-seed", metavar="HEX|-", help="64 hex characters, or - for standard input; a fresh one by default."
)
@click.option("--client-seed", default="stream", show_default=True, metavar="TEXT", help="1 to 256 bytes of UTF-8.")
@click.option("--first-nonce", type=click.IntRange(0, _MAX_NONCE), default=0, show_default=True, help="Where to begin.")
@click.option("--rounds", type=click.IntRange(1), help="Of a game: end after so many rounds.")
@click.option("--bytes", "length", type=click.IntRange(1), help="End after so many bytes.")
@click.pass_context
def command(
    ctx: click.Context,
    game: str | None,
    rules_file: str | None,
    params: tuple[str, ...],
    form: str,
    server_seed: str | None,
    client_seed: str,
    first_nonce: int,
    rounds: int | None,
    length: int | None,
) -> None:
    """Write the generator's output to standard output, without end unless one is given.

    Without --game: block 0 of hmac-sha256/v1 of the nonces 0, 1, 2 ..., one after another, under the rules digest of
    64 zeros; for example: fairlot stream | RNG_test stdin64. It ends well when the reader closes the pipe.
    """
    from rng.seeds import ClientSeed, ServerSeed

    if sys.stdout.isatty() and (form == "packed" or (game is None and rules_file is None)):
        raise CliError("raw bytes would garble the terminal; pipe them into a tool or a file")
    try:
        client = ClientSeed(client_seed)
    except ValueError as error:
        raise CliError(f"--client-seed: {error}") from None
    data = secrets.token_bytes(32) if server_seed is None else read_server_seed(server_seed)
    seed = ServerSeed(data)
    if server_seed is None:
        # It is nobody's secret: without it the stream could not be made again.
        warn(f"server seed {data.hex()} (fresh), commitment {seed.commitment().hex}, client seed {client_seed!a}")
    if game is None and rules_file is None:
        if params or rounds is not None:
            raise CliError("--param and --rounds are for the rounds of a game; name one with --game")
        pieces: Iterator[bytes | bytearray] = _raw(seed, client, first_nonce)
    else:
        pieces = _game(seed, client, game, rules_file, params, form, first_nonce, rounds)
    _write(pieces, length)
    ctx.exit(0)


def _raw(seed: Any, client: Any, first_nonce: int) -> Iterator[bytearray]:
    """Yield blocks, each time in the same buffer."""
    from rng import kernel
    from rng.schemes import hmac_sha256_v1

    key = hmac_sha256_v1.game_key(seed, rules_digest=NO_GAME, beacon="")
    prefix = client.data + b":"
    buffer = bytearray(_RAW_NONCES * kernel.DIGEST_BYTES)
    nonce = first_nonce
    while nonce + _RAW_NONCES - 1 <= _MAX_NONCE:
        yield kernel.hmac_nonces(key, prefix=prefix, first_nonce=nonce, count=_RAW_NONCES, out=buffer)
        nonce += _RAW_NONCES
    if nonce <= _MAX_NONCE:
        yield bytearray(kernel.hmac_nonces(key, prefix=prefix, first_nonce=nonce, count=_MAX_NONCE - nonce + 1))


def _game(
    seed: Any,
    client: Any,
    game: str | None,
    rules_file: str | None,
    params: tuple[str, ...],
    form: str,
    first_nonce: int,
    rounds: int | None,
) -> Iterator[bytes]:
    try:
        from rng.bulk import play_range
    except ImportError as error:
        raise CliError(f"streams of games need {error.name}; install it with: pip install 'fairlot[audit]'") from None
    from rng.games import ExpressionError, ParameterError, RulesError, check_parameters, parse_rules
    from rng.schemes import SCHEMES, hmac_sha256_v1

    document = chosen_rules(game, rules_file)
    writers: dict[str, Callable[[Columns], bytes]] = {"draws": _draws, "outcome": _outcome, "packed": _packed}
    most = _MAX_NONCE - first_nonce + 1
    try:
        rules = parse_rules(document.document)
        parameters = check_parameters(rules, all_parameters(document, params), fill_defaults=False)
        for columns in play_range(
            SCHEMES[hmac_sha256_v1.NAME],
            seed,
            client_seed=client,
            first_nonce=first_nonce,
            count=most if rounds is None else min(rounds, most),
            rules=rules,
            parameters=parameters,
        ):
            yield writers[form](columns)
    except (ParameterError, ExpressionError, RulesError) as error:
        raise CliError(f"{document.name}: {error}") from None


def _draws(columns: Columns) -> bytes:
    parts = [draw[:, None] if draw.ndim == 1 else draw for draw in columns.draws.values()]
    rows = zip(*(column for part in parts for column in part.T.tolist()), strict=True)
    return "".join(" ".join(map(str, row)) + "\n" for row in rows).encode("ascii")


def _outcome(columns: Columns) -> bytes:
    names = list(columns.outcome)
    encoder = json.JSONEncoder(separators=(",", ":"))
    rows = zip(*(column.to_list() for column in columns.outcome.values()), strict=True)
    return "".join(encoder.encode(dict(zip(names, row, strict=True))) + "\n" for row in rows).encode("ascii")


def _packed(columns: Columns) -> bytes:
    return columns.rows().tobytes()


def _write(pieces: Iterator[bytes | bytearray], length: int | None) -> None:
    """Write pieces to standard output, up to a length; a reader that has enough closes the pipe, and that is an end."""
    sys.stdout.flush()
    descriptor = sys.stdout.fileno()
    _widen(descriptor)
    left = length
    try:
        for piece in pieces:
            view = memoryview(piece)
            if left is not None:
                view = view[:left]
                left -= len(view)
            while view:
                view = view[os.write(descriptor, view) :]
            if left == 0:
                return
    except BrokenPipeError:
        # Nothing of ours is in a buffer; what click would flush has nowhere to go.
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), descriptor)


def _widen(descriptor: int) -> None:
    """Ask for a pipe that holds more, so that writer and reader wake one another less often; where that is possible."""
    try:
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except (ImportError, AttributeError, OSError):
        return
