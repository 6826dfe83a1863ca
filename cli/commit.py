"""`fairlot commit`: compute the commitment to a server seed, to hold it against the one that was published."""

from __future__ import annotations

import click

from cli.errors import CliError
from cli.output import show, show_json
from cli.sources import read_server_seed, server_seed_option
from verifier.schemes import SCHEMES


@click.command(name="commit")
@click.option("--scheme", default="hmac-sha256/v1", show_default=True, help=f"One of: {', '.join(SCHEMES)}.")
@server_seed_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(scheme: str, server_seed: str, as_json: bool) -> None:
    """Compute the commitment to a server seed."""
    if scheme not in SCHEMES:
        raise CliError(f"--scheme {scheme[:80]!r}: is unknown; known: {', '.join(SCHEMES)}")
    commitment = SCHEMES[scheme].commitment(read_server_seed(server_seed)).hex()
    if as_json:
        show_json({"scheme": scheme, "commitment": commitment})
        return
    show(commitment)
