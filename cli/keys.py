"""`fairlot keys`: the keys of a service, in the care of the service's own program."""

from __future__ import annotations

import click

from cli.server_process import become_service


@click.command(
    name="keys",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Make and change keys; everything is passed on to `python -m rng.service keys`, --help too."""
    become_service("keys", *arguments)
