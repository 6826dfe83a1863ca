"""Choices: going through what an atom, or a group of atoms alike, can be, one alternative after the other, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import comb

from rng.games.operators import Value
from rng.games.universe import Intractable, Region, Universe
from rng.games.view import Atom, View

BUDGET = 300_000


class GroupSplitError(Exception):
    """Say that an atom was asked for alone after it had been taken as one of a group where the order does not count."""

    def __init__(self, group: frozenset[Atom]) -> None:
        """Keep the group."""
        super().__init__("an atom of a group was asked for alone")
        self.group = group


class Choices:
    """What is known at one point of an enumeration.

    `one` and `group` are generators: each sets what is known, yields, and when it is resumed goes on to the next
    alternative; at its end everything is as before. Nested loops over them visit every case.
    """

    def __init__(self, universes: Sequence[Universe], *, budget: int) -> None:
        """Begin with nothing known.

        Args:
            universes: the universes of all draws.
            budget: how many alternatives may be tried in all.
        """
        self._universes = universes
        self._left = self._budget = budget
        self._factor = 1
        self._alone: set[Atom] = set()

    def restart(self, group: frozenset[Atom]) -> None:
        """Begin again, and take the atoms of a group one by one from now on."""
        self._alone |= group
        self._factor = 1
        for universe in self._universes:
            universe.forget()

    def refill(self) -> None:
        """Begin another walk with the whole budget; nothing is known, and no atom has to be taken alone."""
        self._left = self._budget
        self._alone.clear()

    @property
    def spent(self) -> int:
        """Return how many alternatives were tried."""
        return self._budget - self._left

    def probability(self) -> tuple[int, int]:
        """Return the probability of all that is known, as numerator and denominator."""
        numerator, denominator = self._factor, 1
        for universe in self._universes:
            if universe.tally:
                ways, of = universe.weight()
                numerator, denominator = numerator * ways, denominator * of
        return numerator, denominator

    def spend(self) -> None:
        """Count one alternative.

        Raises:
            Intractable: the budget is used up.
        """
        self._left -= 1
        if self._left < 0:
            raise Intractable(f"there are more than {self._budget} cases to tell apart")

    def one(self, view: View) -> Iterator[Value]:
        """Go through the values of a view."""
        atom = view.atom
        if atom.group is not None:
            raise GroupSplitError(atom.group)
        classes = view.function.classes(atom.left())
        if len(classes) == 1:
            yield classes[0][0]
            return
        before = atom.region
        for value, region in classes:
            self.spend()
            atom.narrow(region)
            if atom.universe.weight()[0]:
                yield value
            atom.narrow(before)

    def can_group(self, views: Sequence[View]) -> bool:
        """Return whether views are alike: one function of different atoms of one draw, none of which is taken alone."""
        if len(views) < 2:
            return False
        first = views[0].function
        atoms = {view.atom for view in views}
        return (
            len(atoms) == len(views)
            and all(view.function is first for view in views)
            and not any(atom in self._alone for atom in atoms)
        )

    def group(self, views: Sequence[View]) -> Iterator[list[Value]]:
        """Go through the values of views that are alike, up to their order.

        What is yielded stands for all its rearrangements, and the probability counts them all. So whoever asks must not
        depend on the order, and atoms of the group cannot be asked for alone before it is left.

        Raises:
            GroupSplitError: some of the atoms are in another group.
        """
        atoms = frozenset(view.atom for view in views)
        for atom in atoms:
            if atom.group is not None and atom.group != atoms:
                raise GroupSplitError(atom.group | atoms)
        blocks: dict[Region | None, list[int]] = {}
        for place, view in enumerate(views):
            blocks.setdefault(view.atom.region, []).append(place)
        values: list[Value] = [None] * len(views)
        marked = [atom for atom in atoms if atom.group is None]
        for atom in marked:
            atom.group = atoms
        yield from self._blocks(views, list(blocks.values()), values)
        for atom in marked:
            atom.group = None

    def _blocks(self, views: Sequence[View], blocks: list[list[int]], values: list[Value]) -> Iterator[list[Value]]:
        if not blocks:
            yield list(values)
            return
        block = blocks[-1]
        function, atom = views[block[0]].function, views[block[0]].atom
        classes = function.classes(atom.left(len(block)))
        # The narrowest come first: where values are not put back, few atoms fit in, and the rest is quickly told.
        for _ in self._multisets(views, sorted(classes, key=_width), block, values):
            yield from self._blocks(views, blocks[:-1], values)

    def _multisets(
        self, views: Sequence[View], classes: list[tuple[Value, Region]], block: list[int], values: list[Value]
    ) -> Iterator[None]:
        """Give the atoms of a block, of which the same is known, values of the classes in every way but for order."""
        value, region = classes[0]
        before, factor = views[block[0]].atom.region, self._factor
        last = len(classes) == 1
        for count in range(len(block) if last else 0, len(block) + 1):
            self.spend()
            for place in block[:count]:
                views[place].atom.narrow(region)
                values[place] = value
            if count and not views[block[0]].atom.universe.weight()[0]:
                # More atoms in this class have no room either.
                for place in block[:count]:
                    views[place].atom.narrow(before)
                return
            self._factor = factor * comb(len(block), count)
            if count == len(block):
                yield
            else:
                yield from self._multisets(views, classes[1:], block[count:], values)
            for place in block[:count]:
                views[place].atom.narrow(before)
            self._factor = factor


def _width(part: tuple[Value, Region]) -> int:
    return part[1].size
