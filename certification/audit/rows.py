"""Rows of a block that have a form: their seeds as bytes, their nonces as numbers, everything else as texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from certification.audit.compare import cell_text
from certification.history import Array, Block, Cells, Texts, Whole, texts_of
from rng.bulk import commitments
from rng.seeds import MAX_NONCE, ClientSeed

REQUIRED: Final = ("server_seed", "client_seed", "nonce", "game")
"""Columns without which nothing can be checked."""

TEXTS: Final = ("server_seed", "commitment", "client_seed", "scheme", "game", "rules_digest", "parameters", "beacon")
"""Columns that are texts."""

_HEX_64: Final = re.compile(r"[0-9a-f]{64}\Z")
_NUMBER: Final = re.compile(r"[0-9]{1,16}\Z")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Hold rows that have a form.

    Args:
        places: their places in the block, ascending.
        lines: their lines.
        seed_codes: for each row the place of its server seed among `seeds`.
        seeds: the distinct server seeds, uint8 of shape (distinct, 32).
        commitments: their commitments, of the same shape.
        nonces: int64.
        texts: the columns of `TEXTS` that are there, of these rows; among the client seeds only such as they have.
        block: where everything else stands.
    """

    places: Array
    lines: Array
    seed_codes: Array
    seeds: Array
    commitments: Array
    nonces: Array
    texts: Mapping[str, Texts]
    block: Block

    def cells(self, name: str) -> Cells | None:
        """Return a column of these rows, None where the table has none of that name."""
        found = self.block.columns.get(name)
        return found if found is None or len(self.places) == len(self.block) else found.take(self.places)

    def commitment(self, place: int) -> str:
        """Return the commitment to the server seed of one row, hex."""
        return bytes(self.commitments[int(self.seed_codes[place])]).hex()


def formed(block: Block) -> tuple[Rows, list[tuple[int, str, str]]]:
    """Return the rows of a block that have a form, and for each of the others its line, the reason, and the cell.

    Args:
        block: with the columns of `REQUIRED`.
    """
    texts = {name: _as_texts(block.columns[name]) for name in TEXTS if name in block.columns}
    # A dictionary may hold texts of other blocks: only those that rows of this one have are looked at.
    texts |= {name: _used(texts[name]) for name in ("server_seed", "client_seed")}
    nonces, nonce_is = _nonces(block.columns["nonce"])
    seed_is = np.array([_HEX_64.match(value) is not None for value in texts["server_seed"].values], dtype=np.bool_)
    client_is = np.array([_is_client_seed(value) for value in texts["client_seed"].values], dtype=np.bool_)
    checks = (
        ("server_seed", seed_is[texts["server_seed"].codes], "is not 64 lower-case hex characters"),
        ("client_seed", client_is[texts["client_seed"].codes], "is not 1 to 256 bytes without control characters"),
        ("nonce", nonce_is, "is no integer from 0 to 2^53 - 1"),
    )
    good = np.ones(len(block), dtype=np.bool_)
    unformed: list[tuple[int, str, str]] = []
    for name, fine, reason in checks:
        for row in np.flatnonzero(~fine & good).tolist():
            # A server seed with a slip in it may be another one's secret.
            shown = "" if name == "server_seed" else cell_text(block.columns[name].at(row))
            unformed.append((int(block.lines[row]), f"{name} {reason}", shown))
        good &= fine
    everything = bool(good.all())
    places = np.arange(len(block)) if everything else np.flatnonzero(good)
    if not everything:
        texts = {name: cells.take(places) for name, cells in texts.items()}
        texts |= {name: _used(texts[name]) for name in ("server_seed", "client_seed")}
        nonces = nonces[places]
    servers = texts["server_seed"]
    seeds = np.frombuffer(bytes.fromhex("".join(servers.values)), dtype=np.uint8).reshape(-1, 32)
    rows = Rows(places, block.lines[places], servers.codes, seeds, commitments(seeds), nonces, texts, block)
    return rows, unformed


def _used(cells: Texts) -> Texts:
    """Return a column whose values are distinct, and each of which some row has."""
    held = np.zeros(len(cells.values), dtype=np.bool_)
    held[cells.codes] = True
    # Two places of a dictionary may hold one text.
    distinct: dict[str, int] = {}
    places = np.zeros(len(cells.values), dtype=np.int64)
    for place in np.flatnonzero(held).tolist():
        places[place] = distinct.setdefault(cells.values[place], len(distinct))
    return Texts(places[cells.codes], tuple(distinct))


def _as_texts(cells: Cells) -> Texts:
    if isinstance(cells, Texts):
        return cells
    return texts_of([cell_text(cells.at(row)) for row in range(len(cells))])


def _nonces(cells: Cells) -> tuple[Array, Array]:
    if isinstance(cells, Texts):
        fine = np.array([_NUMBER.match(value) is not None for value in cells.values], dtype=np.bool_)
        numbers = np.array([int(value) if _NUMBER.match(value) else 0 for value in cells.values], dtype=np.int64)
        return numbers[cells.codes], fine[cells.codes] & (numbers[cells.codes] <= MAX_NONCE)
    if not isinstance(cells, Whole):
        return np.zeros(len(cells), dtype=np.int64), np.zeros(len(cells), dtype=np.bool_)
    fine = (cells.data >= 0) & (cells.data <= MAX_NONCE)
    return cells.data, fine if cells.known is None else fine & cells.known


def _is_client_seed(text: str) -> bool:
    try:
        ClientSeed(text)
    except ValueError:
        return False
    return True
