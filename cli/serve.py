"""`fairlot serve`: the service, which is a program of its own."""

from __future__ import annotations

import click

from cli.server_process import become_service


@click.command(
    name="serve",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Start the service; everything is passed on to `python -m rng.service serve`, --help too."""
    become_service("serve", *arguments)
