"""What `fairlot stats bits` says of a noise source when asked: SP 800-90B's min-entropy, independence and health."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
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

FC = TypeVar("FC", bound=Callable[..., Any])

_PERMUTATIONS: Final = 10_000


def source_options(command: FC) -> FC:
    """Add the options about a noise source to a command."""
    for option in (
        click.option(
            "--symbol-bits",
            type=click.IntRange(1, 8),
            default=8,
            show_default=True,
            help="With --entropy, --iid and --health: bits of a sample.",
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

    Raises:
        CliError: a sample does not have so much min-entropy.
    """

    symbol_bits: int
    entropy: bool
    permutations: int
    health: float | None
    assessed: list[Assessment] = field(default_factory=list)
    alarms: list[tuple[Alarms, Alarms]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.health is not None and not 0 < self.health <= self.symbol_bits:
            raise CliError(
                f"--health {self.health:g}: a sample of {self.symbol_bits} bits has more than 0 and at most "
                f"{self.symbol_bits} bits of min-entropy"
            )

    def passing(self, streams: Iterable[Bits], watched: Watched) -> Iterator[Bits]:
        """Yield the streams on, one after another; what is found of their independence goes to `watched`."""
        from statistical_tests.sp800_90b import health
        from statistical_tests.sp800_90b.assess import assess
        from statistical_tests.sp800_90b.iid import iid
        from statistical_tests.sp800_90b.samples import Samples

        for number, stream in enumerate(streams):
            if self.entropy or self.permutations or self.health is not None:
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
        return found

    def show(self, *, streams: int) -> None:
        """Write what was asked for: the estimates of each stream, and the alarms of all."""
        for number, assessed in enumerate(self.assessed):
            show_assessment(assessed, title=f"min-entropy of stream {number}" if streams > 1 else "min-entropy")
        if self.health is None:
            return
        show()
        show(bold(f"health tests for {self.health:g} bits of min-entropy a sample of {self.symbol_bits}"))
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
