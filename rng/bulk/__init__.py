"""Bulk: any scheme and any game over ranges of nonces or over rows of rounds, to numpy arrays.

Bulk equals scalar: whatever the scheme, game, parameters and nonces, the values are those of `rng.rounds.play`, in
every draw, every field of the outcome and the payout; and where that raises an error, so does this. A test holds it
there. Memory is bounded by chunks. `rng.bulk.pool` plays ranges on several cores and is imported by name, for it starts
processes; everything here is pure.
"""

from rng.bulk.client_seeds import ClientSeeds
from rng.bulk.columns import Column, Columns, join_columns
from rng.bulk.leaves import draws_root, leaf_hashes
from rng.bulk.play import BulkPlayer, play_columns, play_range, prepare_bulk
from rng.bulk.rows import RowPlayer, commitments, play_rows, prepare_rows

__all__ = [
    "BulkPlayer",
    "ClientSeeds",
    "Column",
    "Columns",
    "RowPlayer",
    "commitments",
    "draws_root",
    "join_columns",
    "leaf_hashes",
    "play_columns",
    "play_range",
    "play_rows",
    "prepare_bulk",
    "prepare_rows",
]
