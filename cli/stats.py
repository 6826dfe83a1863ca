"""`fairlot stats`: statistical tests of bits and of outcomes, and the tests held against ideal data."""

from __future__ import annotations

import click

from cli.stats_bits import command as bits
from cli.stats_calibrate import command as calibrate
from cli.stats_nist import command as nist
from cli.stats_outcomes import command as outcomes


@click.group(name="stats")
def command() -> None:
    """Judge bits and outcomes: p-values, and no verdict on them.

    A finding says what was computed, and how likely that, or worse, is of ideal data. One small p-value among many
    is to be expected, so nothing is refused unless --alpha A asks for it: then one rule over all p-values together,
    Holm's, decides. It refuses ideal data with probability A at most, as far as the p-values are exact.

    Exit codes: 0 the tests were made, whatever they found; 1 with --alpha: the rule refuses; 2 the input or the
    command line is not what it must be, and nothing is printed; 130 stopped by Ctrl-C.
    """


for _one in (nist, bits, outcomes, calibrate):
    command.add_command(_one)
