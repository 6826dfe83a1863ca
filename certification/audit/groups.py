"""Groups of rows that are computed together: one scheme, game, parameters and beacon, whatever seeds and nonces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from certification.audit.discrepancy import Status
from certification.audit.rows import Rows
from certification.audit.rules import Game, Shelf
from certification.history import Array
from rng.bulk import ClientSeeds, Columns, RowPlayer, prepare_rows
from rng.games import ExpressionError, ParameterError, check_parameters
from rng.schemes import SCHEMES
from verifier import Malformed
from verifier.plain_json import read_json

DEFAULTS: Final[Mapping[str, str]] = {
    "scheme": "hmac-sha256/v1",
    "game": "",
    "rules_digest": "",
    "parameters": "{}",
    "beacon": "",
}
"""The columns that make a group, with what stands for a column or cell that is empty."""

_MOST_KEPT: Final = 512
_MOST_BYTES: Final = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Hold what the rows of a group share, and what plays them."""

    scheme: str
    game: Game
    parameters: dict[str, Any]
    beacon: str
    player: RowPlayer

    @property
    def draws(self) -> tuple[str, ...]:
        """The names of the draws, in order."""
        return tuple(draw.name for draw in self.game.engine.draws)

    @property
    def outcome(self) -> tuple[str, ...]:
        """The names of the outcome's fields, in order."""
        return tuple(shown.name for shown in self.game.engine.outcome)


@dataclass(frozen=True, slots=True)
class Fault:
    """Say why rows cannot be computed: the check that fails, its status, and the reason."""

    check: str
    status: Status
    note: str


class Grouper:
    """Find the groups of blocks; those of one key are prepared once.

    Args:
        shelf: the rules.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._kept: dict[tuple[str, ...], Group | Fault] = {}

    def groups(self, rows: Rows) -> Iterator[tuple[Group | Fault, Array]]:
        """Yield each group of rows with the places of its rows among them, ascending."""
        count = len(rows.places)
        if not count:
            return
        code = np.zeros(count, dtype=np.int64)
        columns = {name: rows.texts[name] for name in DEFAULTS if name in rows.texts}
        for cells in columns.values():
            here = cells.codes
            if here.min() != here.max():
                _, code = np.unique(code * len(cells.values) + here, return_inverse=True)
        order = np.arange(count) if code.min() == code.max() else np.argsort(code, kind="stable")
        starts = np.flatnonzero(np.append(True, code[order][1:] != code[order][:-1]))
        for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), count], strict=True):
            places = order[start:stop]
            first = int(places[0])
            key = tuple(
                (columns[name].at(first) if name in columns else "") or default for name, default in DEFAULTS.items()
            )
            yield self.group(*key), places

    def group(self, scheme: str, game: str, rules_digest: str, parameters: str, beacon: str) -> Group | Fault:
        """Return the group of these cells, or why there is none."""
        key = (scheme, game, rules_digest, parameters, beacon)
        if key not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = self._group(*key)
        return self._kept[key]

    def _group(self, scheme: str, name: str, rules_digest: str, parameters: str, beacon: str) -> Group | Fault:
        try:
            given = read_json(parameters.encode("utf-8", "surrogatepass"), most_bytes=_MOST_BYTES)
        except Malformed as error:
            return Fault("form", "malformed", f"the parameters {error.reason}"[:500])
        if not isinstance(given, dict):
            return Fault("form", "malformed", "the parameters are no JSON object")
        return self.prepared(scheme, name, rules_digest, given, beacon, fill_defaults=True)

    def prepared(
        self, scheme: str, name: str, rules_digest: str, given: Mapping[str, Any], beacon: str, *, fill_defaults: bool
    ) -> Group | Fault:
        """Return the group of these values, or why there is none."""
        if scheme not in SCHEMES:
            return Fault("draws", "undecided", f"the scheme {scheme!r:.80} is not known here")
        game = self._shelf.find(name, rules_digest)
        if game is None:
            which = f"rules {rules_digest:.64}" if rules_digest else f"rules of {name!r:.80}"
            return Fault("rules", "undecided", f"the {which} are not at hand; give them with --rules")
        if game.name != name:
            return Fault("rules", "refuted", f"rules {rules_digest} are of {game.name!r}, not of {name!r:.80}")
        try:
            values = check_parameters(game.engine, given, fill_defaults=fill_defaults)
            player = prepare_rows(SCHEMES[scheme], rules=game.engine, parameters=values, beacon=beacon)
        except (ParameterError, ExpressionError) as error:
            return Fault("rules", "refuted", f"the rules do not allow the parameters: {error}"[:500])
        except ValueError as error:
            return Fault("form", "malformed", str(error)[:500])
        return Group(scheme, game, dict(values), beacon, player)


def play(group: Group, rows: Rows, places: Array) -> Iterator[tuple[Array, Columns | str]]:
    """Yield parts of the places with what was computed; where the rules give no value, single ones with the reason."""
    yield from in_parts(
        lambda part: group.player.play(
            rows.seeds[rows.seed_codes[part]],
            client_seeds=ClientSeeds.gather(rows.texts["client_seed"].values, rows.texts["client_seed"].codes[part]),
            nonces=rows.nonces[part],
        ),
        places,
    )


def in_parts(compute: Callable[[Array], Columns], places: Array) -> Iterator[tuple[Array, Columns | str]]:
    """Yield places with what is computed for them: halved where the rules give no value, down to the ones at fault."""
    try:
        columns = compute(places)
    except ExpressionError as error:
        if len(places) == 1:
            yield places, str(error)[:500]
            return
        middle = len(places) // 2
        yield from in_parts(compute, places[:middle])
        yield from in_parts(compute, places[middle:])
        return
    yield places, columns
