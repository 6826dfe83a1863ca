"""Errors that a person can act on: one line, what was wrong, where, and what to do."""

from __future__ import annotations

import click

EXIT_VERIFIED = 0
EXIT_REFUTED = 1
EXIT_USAGE = 2
EXIT_UNDECIDED = 3

_WORST_FIRST = (EXIT_REFUTED, EXIT_USAGE, EXIT_UNDECIDED, EXIT_VERIFIED)


class CliError(click.ClickException):
    """End the command with one line on standard error and exit code 2.

    The message names the offending value (never a secret) and says what to do.
    """

    exit_code = EXIT_USAGE

    def __init__(self, message: str) -> None:
        super().__init__(message)
        # Kept, for the command's name is asked for when its context is gone.
        self.ctx = click.get_current_context(silent=True)


def worst(codes: list[int]) -> int:
    """Return the exit code of several answers together: refuted before malformed before undecided before verified."""
    return next((code for code in _WORST_FIRST if code in codes), EXIT_VERIFIED)
