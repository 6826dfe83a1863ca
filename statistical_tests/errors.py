"""What the tests say of input that they cannot take."""

from __future__ import annotations


class BadInput(ValueError):
    """Say what was wrong with an argument or with data, where, and what to do."""


class ShortInput(BadInput):
    """Say that there are fewer bits than a test needs: how many came, and how many are needed."""

    def __init__(self, *, came: int, needed: int) -> None:
        empty = "" if came else ": the input is empty"
        super().__init__(f"{needed:,} bits are needed, and {came:,} came{empty}")
        self.came = came
        self.needed = needed

    def __reduce__(self) -> tuple[object, ...]:
        # Errors travel between processes by their arguments, and here these are keywords.
        return _short_input, (self.came, self.needed)


def _short_input(came: int, needed: int) -> ShortInput:
    return ShortInput(came=came, needed=needed)
