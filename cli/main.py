"""The entry point of `fairlot`: finds the command, loads only that, and turns every failure into one line."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module
from types import MappingProxyType
from typing import Any

import click

from cli.errors import EXIT_USAGE
from cli.output import one_line, warn

COMMANDS = MappingProxyType(
    {
        "verify": "Check proof files of rounds.",
        "trust": "Remember the keys of operators.",
        "audit": "Check whole histories again.",
        "outcome": "Compute what a round must be.",
        "commit": "Compute the commitment to a server seed.",
        "games": "Show games: rules, odds, exact return.",
        "play": "Play rounds at a service and verify them all.",
        "stats": "Test bits and outcomes statistically.",
        "stream": "Write the generator's output for outside tools.",
        "serve": "Start the service.",
        "keys": "Make and change the keys of a service.",
        "demo": "Play and verify every game in a service of its own.",
        "doctor": "Say what this installation can do.",
    }
)
"""Command to its line in the help. Each is `command` of the module `cli.<name>`, loaded when it is called for."""

_INTERRUPTED = 130  # what shells give for a command that SIGINT ended


class LazyGroup(click.Group):
    """Load a command's module only when that command is called, so that each starts fast; end every failure well."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command, or return None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"cli.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"cli.{cmd_name}.command is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a reader that closed the pipe, such as `head`, is no failure worth a word."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # What is still in the buffer has nowhere to go; without this the interpreter would complain at its end.
            with contextlib.suppress(OSError, ValueError), open(os.devnull, "w", encoding="utf-8") as nowhere:
                os.dup2(nowhere.fileno(), sys.stdout.fileno())
            ctx.exit(EXIT_USAGE)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command line and end with its exit code: 0 verified, 1 refuted, 2 usage or malformed, 3 undecided."""
        try:
            code = super().main(*args, **{**extra, "standalone_mode": False})
        except click.UsageError as error:
            code = _usage(error)
        except click.ClickException as error:
            warn(f"{_name(error)}: {one_line(error.format_message())}")
            code = error.exit_code
        except click.Abort:
            warn("fairlot: stopped")
            code = _INTERRUPTED
        except Exception as error:  # noqa: BLE001  the last line of defence: never a traceback for a player
            code = _internal(error)
        sys.exit(code if isinstance(code, int) else 0)


def _name(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None) or click.get_current_context(silent=True)
    return context.command_path if context is not None else "fairlot"


def _usage(error: click.UsageError) -> int:
    # click raises this for a group without a command; then the help is the answer.
    if type(error).__name__ == "NoArgsIsHelpError":
        warn(error.format_message())
        return EXIT_USAGE
    name = _name(error)
    message = one_line(error.format_message()).rstrip(".")
    warn(f"{name}: {message}. See '{name} --help'.")
    return EXIT_USAGE


def _internal(error: Exception) -> int:
    if os.environ.get("FAIRLOT_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    # The text of an unforeseen error may hold anything, a secret too, so only its kind is named.
    warn(f"fairlot: internal error ({type(error).__name__}); FAIRLOT_DEBUG=1 shows where, please report it")
    return EXIT_USAGE


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"fairlot {version('fairlot')}")
        except PackageNotFoundError:
            click.echo("fairlot, not installed: running from its source")
        ctx.exit()


@click.group(name="fairlot", cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Show the version."
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Randomness that nobody can rig, with proofs that anybody can check.

    Exit codes: 0 verified or done, 1 refuted, 2 usage or malformed input, 3 undecided.
    """
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        ctx.color = False


def main() -> None:
    """Run the command line of this process."""
    for stream in (sys.stdout, sys.stderr):
        # A card or a name that the terminal cannot show is escaped: no reason to fail.
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            reconfigure(errors="backslashreplace")
    cli.main(prog_name="fairlot")


if __name__ == "__main__":
    main()
