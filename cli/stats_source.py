"""What `fairlot stats bits` says of a noise source when asked: entropy, independence, health, restarts (SP 800-90B)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from cli.errors import CliError
from cli.output import bold, show, table
from cli.stats_shown import show_assessment
from cli.stats_watched import Watched

if TYPE_CHECKING:
    from statistical_tests.bits import Bits
    from statistical_tests.sp800_90b.assess import Assessment
    from statistical_tests.sp800_90b.health import Alarms
    from statistical_tests.sp800_90b.restart import Restarts

FC = TypeVar("FC", bound=Callable[..., Any])

_PERMUTATIONS: Final = 10_000
_RESTARTS: Final = 1_000


def source_options(command: FC) -> FC:
    """Add the options about a noise source to a command."""
    for option in (
        click.option(
            "--symbol-bits",
            type=click.IntRange(1, 8),
            default=8,
            show_default=True,
            help="With --entropy, --iid, --health and --restart: bits of a sample.",
        ),
        click.option(
            "--permutations",
            type=click.IntRange(1, 10**9),
            default=_PERMUTATIONS,
            show_default=True,
            help="With --iid: how many other orders the samples are compared with, at most.",
        ),
        click.option(
            "--health",
            type=float,
            metavar="H",
            help="Also run the health tests of SP 800-90B 4.4, for a source with H bits of min-entropy a sample.",
        ),
        click.option(
            "--restarts",
            type=click.IntRange(1),
            default=_RESTARTS,
            show_default=True,
            help="With --restart: how many there were, each with equally many samples in a row.",
        ),
        click.option(
            "--restart",
            type=float,
            metavar="H",
            help="Also judge as SP 800-90B 3.1.4 does samples that were taken after restarts of a source, for which H "
            "bits of min-entropy a sample were estimated.",
        ),
        click.option(
            "--iid",
            is_flag=True,
            help="Also test as SP 800-90B 5 does whether samples are independent and of one law, each stream alone.",
        ),
        click.option(
            "--entropy", is_flag=True, help="Also estimate the min-entropy as SP 800-90B 6.3 does, of each stream."
        ),
    ):
        command = option(command)
    return command


@dataclass
class Source:
    """Judge streams as samples of a noise source while they pass by.

    Args:
        symbol_bits: bits of a sample.
        entropy: whether the min-entropy is estimated.
        permutations: of the tests of independence; 0 to leave these out.
        health: bits of min-entropy a sample that the health tests are set for, or None to leave these out.
        initial: bits of min-entropy a sample that restarts are held against, or None to leave these out.
        restarts: how many there were.

    Raises:
        CliError: a sample does not have so much min-entropy.
    """

    symbol_bits: int
    entropy: bool
    permutations: int
    health: float | None
    initial: float | None
    restarts: int
    assessed: list[Assessment] = field(default_factory=list)
    alarms: list[tuple[Alarms, Alarms]] = field(default_factory=list)
    restarted: list[Restarts] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.health is not None and not 0 < self.health <= self.symbol_bits:
            raise CliError(
                f"--health {self.health:g}: a sample of {self.symbol_bits} bits has more than 0 and at most "
                f"{self.symbol_bits} bits of min-entropy"
            )

        if self.initial is not None and not 0 <= self.initial <= self.symbol_bits:
            raise CliError(
                f"--restart {self.initial:g}: a sample of {self.symbol_bits} bits has from 0 to {self.symbol_bits} "
                "bits of min-entropy"
            )

    def passing(self, streams: Iterable[Bits], watched: Watched) -> Iterator[Bits]:
        """Yield the streams on, one after another; what is found of their independence goes to `watched`."""
        from statistical_tests.sp800_90b import health
        from statistical_tests.sp800_90b.assess import assess
        from statistical_tests.sp800_90b.iid import iid
        from statistical_tests.sp800_90b.samples import Samples

        for number, stream in enumerate(streams):
            if self.entropy or self.permutations or self.health is not None or self.initial is not None:
                samples = Samples.from_bits(stream, width=self.symbol_bits)
                if self.entropy:
                    self.assessed.append(assess(samples))
                if self.permutations:
                    found = iid(samples, permutations=self.permutations)
                    for _ in watched.passing(one.of_stream(number) for one in found):
                        pass
                if self.health is not None:
                    window = health.WINDOW_OF_BITS if self.symbol_bits == 1 else health.WINDOW_OF_OTHERS
                    repeated = health.repetition_count_cutoff(self.health)
                    often = health.adaptive_proportion_cutoff(self.health, window=window)
                    self.alarms.append(
                        (
                            health.repetition_count(samples, cutoff=repeated),
                            health.adaptive_proportion(samples, cutoff=often, window=window),
                        )
                    )
                if self.initial is not None:
                    # It loads scipy's distributions, 40 MB that nothing else here needs.
                    from statistical_tests.sp800_90b.restart import restart

                    judged = restart(samples, initial=self.initial, restarts=self.restarts)
                    judged = replace(judged, sanity=judged.sanity.of_stream(number))
                    self.restarted.append(judged)
                    for _ in watched.passing([judged.sanity]):
                        pass
            yield stream

    def as_json(self) -> dict[str, Any]:
        """Return the members that go into the answer, of what was asked for alone."""
        found: dict[str, Any] = {}
        if self.entropy:
            found["entropy"] = [one.as_json() for one in self.assessed]
        if self.health is not None:
            found["health"] = [
                {"stream": number, "min_entropy": self.health, **one.as_json()}
                for number, both in enumerate(self.alarms)
                for one in both
            ]
        if self.initial is not None:
            found["restart"] = [{"stream": number, **one.as_json()} for number, one in enumerate(self.restarted)]
        return found

    def show(self, *, streams: int) -> None:
        """Write what was asked for: the estimates of each stream, and the alarms of all."""
        for number, assessed in enumerate(self.assessed):
            show_assessment(assessed, title=f"min-entropy of stream {number}" if streams > 1 else "min-entropy")
        if self.health is not None:
            self._show_alarms(self.health, streams)
        if self.initial is not None:
            self._show_restarts(self.initial)

    def _show_restarts(self, initial: float) -> None:
        show()
        show(
            bold(
                f"restarts: {self.restarts:,} of a source with {initial:g} bits of min-entropy a sample of "
                f"{self.symbol_bits}"
            )
        )
        rows = [
            (f"{number}", *("-" if value is None else f"{value:.6f}" for value in values))
            for number, one in enumerate(self.restarted)
            for values in ((one.h_rows, one.h_columns, one.min_entropy),)
        ]
        for line in table(rows, header=("stream", "of rows", "of columns", "least of all"), right=range(4)):
            show(line)
        for number, one in enumerate(self.restarted):
            if any(value is not None and value < initial / 2 for value in (one.h_rows, one.h_columns)):
                show(f"stream {number}: below half of {initial:g} bits: the standard refuses such a source")

    def _show_alarms(self, health: float, streams: int) -> None:
        show()
        show(bold(f"health tests for {health:g} bits of min-entropy a sample of {self.symbol_bits}"))
        rows = [
            (
                *((f"{number}",) if streams > 1 else ()),
                f"{one.number:,}",
                f"{one.places[0]:,}" if one.number else "-",
                f"{one.cutoff:,}",
                one.name,
                one.section,
            )
            for number, both in enumerate(self.alarms)
            for one in both
        ]
        header = (*(("stream",) if streams > 1 else ()), "alarms", "first at", "cutoff", "test", "described in")
        for line in table(rows, header=header, right=range(len(header) - 2)):
            show(line)
