"""Live seeds: what a draw needs of an open seed and never changes, kept in memory for those in use."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rng.canonical import encode
from rng.epoch import Epoch
from rng.games import Rules
from rng.rounds import Player, prepare
from rng.schemes import scheme
from rng.seeds import ClientSeed, ServerSeed

__all__ = ["LiveSeed", "LiveSeeds"]

_MOST_SEEDS: Final = 4096
_MOST_PLAYERS: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class LiveSeed:
    """Hold the parts of an active epoch that stay as they are until its reveal, and its server seed."""

    seed_id: str
    tenant: str
    scheme: str
    rules: Mapping[str, str]
    client_seed: ClientSeed
    server_seed: ServerSeed
    players: OrderedDict[bytes, Player]

    def player(self, rules: Rules, parameters: Mapping[str, object]) -> Player:
        """Return what plays rounds of a game with these parameters; the last few are kept ready.

        Raises:
            ParameterError, ExpressionError: as `rng.rounds.prepare`.
        """
        key = rules.digest.encode() + encode(dict(parameters))
        found = self.players.get(key)
        if found is None:
            found = prepare(
                scheme(self.scheme),
                self.server_seed,
                client_seed=self.client_seed,
                rules=rules,
                parameters=parameters,
            )
            self.players[key] = found
            while len(self.players) > _MOST_PLAYERS:
                self.players.popitem(last=False)
        else:
            self.players.move_to_end(key)
        return found


class LiveSeeds:
    """Keep the seeds in use, the least recently used leaving first. All of it is used from the event loop only."""

    def __init__(self, most: int = _MOST_SEEDS) -> None:
        self._most = most
        self._seeds: OrderedDict[str, LiveSeed] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seeds)

    def __repr__(self) -> str:
        return f"LiveSeeds({len(self._seeds)} seeds, redacted)"

    def get(self, seed_id: str) -> LiveSeed | None:
        """Return a seed that is in memory, or None."""
        found = self._seeds.get(seed_id)
        if found is not None:
            self._seeds.move_to_end(seed_id)
        return found

    def put(self, epoch: Epoch, server_seed: ServerSeed) -> LiveSeed:
        """Keep an active epoch with its server seed.

        Raises:
            ValueError: if the epoch has no client seed yet.
        """
        if epoch.client_seed is None:
            raise ValueError(f"seed {epoch.seed_id} has no client seed")
        live = LiveSeed(
            seed_id=epoch.seed_id,
            tenant=epoch.tenant,
            scheme=epoch.scheme,
            rules=dict(epoch.rules),
            client_seed=epoch.client_seed,
            server_seed=server_seed,
            players=OrderedDict(),
        )
        self._seeds[epoch.seed_id] = live
        while len(self._seeds) > self._most:
            self._seeds.popitem(last=False)
        return live

    def forget(self, seed_id: str) -> None:
        """Drop a seed, at its reveal."""
        self._seeds.pop(seed_id, None)
