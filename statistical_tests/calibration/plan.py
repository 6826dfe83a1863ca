"""What is calibrated, on which ideal data, and by which batteries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from statistical_tests import arguments, ideal
from statistical_tests.bit_tests import battery as bit_tests
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding
from statistical_tests.outcomes import battery as outcomes
from statistical_tests.sp800_22 import battery as sp800_22

Battery: TypeAlias = "Callable[[Plan, int], list[Finding]]"
"""What runs its tests on the ideal data of one stream of a plan."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold what is calibrated and on what data; from it anyone makes the same table again.

    Args:
        streams: how many ideal streams, 10 or more.
        batteries: names of batteries; `BATTERIES` has those there are.
        stream_bits: how many bits a stream has, for tests of bits.
        outcomes: how many outcomes a stream has, for tests of outcomes.
        kinds: of how many equally likely kinds outcomes are.
        draws: how many draws a stream has, for tests of draws without replacement.
        balls: of how many balls each is drawn.
        drawn: how many balls a draw takes.
        decks: how many decks a stream has, for tests of shuffles.
        cards: how many cards a deck has.
        seed: any text; with the stream's number it keys the generator.
        generator: a key of `ideal.GENERATORS`.

    Raises:
        BadInput: an argument is not in its range.
    """

    streams: int
    batteries: tuple[str, ...] = ("nist", "bits", "outcomes", "draws", "shuffles")
    stream_bits: int = 1_000_000
    outcomes: int = 100_000
    kinds: int = 37
    draws: int = 10_000
    balls: int = 49
    drawn: int = 6
    decks: int = 1_000
    cards: int = 52
    seed: str = "1"
    generator: str = "shake256"

    def __post_init__(self) -> None:
        arguments.whole_number(self.streams, "streams", least=10)
        for name, least in (
            ("stream_bits", 1),
            ("outcomes", 1),
            ("kinds", 2),
            ("draws", 1),
            ("balls", 2),
            ("decks", 1),
            ("cards", 2),
        ):
            arguments.whole_number(getattr(self, name), name, least=least)
        arguments.whole_number(self.drawn, "drawn", least=1, most=self.balls)
        if self.generator not in ideal.GENERATORS:
            raise BadInput(f"generator {self.generator!r} is none of {', '.join(ideal.GENERATORS)}")


def _nist(plan: Plan, stream: int) -> list[Finding]:
    return sp800_22.run(_bits(plan, stream))


def _nist_compat(plan: Plan, stream: int) -> list[Finding]:
    return sp800_22.run(_bits(plan, stream), mode="nist-compat")


def _bit_tests(plan: Plan, stream: int) -> list[Finding]:
    return bit_tests.run(_bits(plan, stream))


def _outcomes(plan: Plan, stream: int) -> list[Finding]:
    even = [Fraction(1, plan.kinds)] * plan.kinds
    values = ideal.ideal_outcomes(
        plan.outcomes, probabilities=even, seed=plan.seed, stream=stream, generator=plan.generator
    )
    return outcomes.run(values, probabilities=even)


def _draws(plan: Plan, stream: int) -> list[Finding]:
    # The first cards of a shuffled deck are balls drawn without putting any back.
    balls = ideal.ideal_shuffles(plan.draws, cards=plan.balls, seed=plan.seed, stream=stream, generator=plan.generator)
    return outcomes.run_draws(balls[:, : plan.drawn], kinds=plan.balls)


def _shuffles(plan: Plan, stream: int) -> list[Finding]:
    decks = ideal.ideal_shuffles(plan.decks, cards=plan.cards, seed=plan.seed, stream=stream, generator=plan.generator)
    return outcomes.run_shuffles(decks)


def _bits(plan: Plan, stream: int) -> Bits:
    return ideal.ideal_bits(plan.stream_bits, seed=plan.seed, stream=stream, generator=plan.generator)


BATTERIES: Mapping[str, Battery] = {
    "nist": _nist,
    "nist-compat": _nist_compat,
    "bits": _bit_tests,
    "outcomes": _outcomes,
    "draws": _draws,
    "shuffles": _shuffles,
}
