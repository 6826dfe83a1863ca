"""Rounds: draw one, and void one; durable before the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from rng.epoch import Epoch, EpochError
from rng.games import ExpressionError, ParameterError, Rules, check_parameters
from rng.history import draw, void
from rng.rounds import Player, Round
from rng.service.auth import Caller
from rng.service.core import Service, from_epoch_error
from rng.service.errors import ServiceError
from rng.service.live import LiveSeed
from rng.statement import Document
from rng.store import Advance, Found, Once

__all__ = ["no_value", "play_round", "prepared_game", "void_round"]

_WIDE: Final = 256
"""Integers in a round from which on it is computed before the store's turn rather than within it."""


def prepared_game(
    service: Service, live: LiveSeed, *, game: str, params: Mapping[str, object]
) -> tuple[Rules, dict[str, object], Player]:
    """Return the rules in force for a game, all parameters, and what plays its rounds.

    Raises:
        ServiceError: `game_not_in_force` or `invalid_params`.
    """
    digest = live.rules.get(game)
    rules = service.rules_of(digest) if digest is not None else None
    if rules is None:
        raise ServiceError(
            "game_not_in_force",
            f"game {game!r} is not in force under seed {live.seed_id}; in force are: {', '.join(sorted(live.rules))}",
        )
    try:
        parameters: dict[str, object] = dict(check_parameters(rules, params, fill_defaults=True))
        return rules, parameters, live.player(rules, parameters)
    except (ParameterError, ExpressionError) as error:
        raise ServiceError("invalid_params", str(error)) from None


def no_value(game: str) -> ServiceError:
    """Return the problem for rules that gave no value for the draws of a round.

    A document that the linter passed gives values for every draw; an operator's own may not have met it. What exactly
    went wrong is not said: the nonce is still to be drawn, and the fault names values of its draws.
    """
    return ServiceError(
        "invalid_params", f"the rules of game {game!r} gave no value with these parameters; the operator must mend them"
    )


async def play_round(
    service: Service, caller: Caller, *, seed_id: str, game: str, params: Mapping[str, object], once: Once | None
) -> tuple[Document, bool]:
    """Draw the next round of a seed.

    Args:
        service: the service.
        caller: with scope play, of the seed's tenant.
        seed_id: the seed.
        game: name of a game in force.
        params: parameters; what is missing takes its default.
        once: the idempotent request, or None.

    Returns:
        The receipt, and whether it had been made before by the same request.

    Raises:
        ServiceError: `seed_not_found`, `no_client_seed`, `seed_revealed`, `past_reveal_by`, `max_rounds_reached`,
            `game_not_in_force`, `invalid_params`, `entropy_failed`.
    """
    if once is not None and (service.gate.reason is not None or service.live.get(seed_id) is None):
        # A receipt that was given is given again, even where nothing new could be drawn any more.
        await service.own_epoch(seed_id, caller)
        before = await service.store.recall(once)
        if before is not None and before[0].document is not None:
            return before[0].document, True
    await service.gate.require()
    live = await service.live_seed(seed_id, caller)
    rules, parameters, player = prepared_game(service, live, game=game, params=params)
    await service.turns.shared(seed_id)
    try:
        ready = await _ahead(service, seed_id, player)
    except ExpressionError:
        raise no_value(game) from None

    def decide(state: Epoch, _: Found) -> tuple[Epoch, Document]:
        nonce = state.next_nonce
        played = ready[nonce] if nonce in ready else player.play(nonce)
        return draw(
            state,
            nonce=nonce,
            game=rules.name,
            rules_digest=rules.digest,
            parameters=parameters,
            draws=played.draws,
            outcome=played.outcome,
            payout=played.payout,
            time=service.clock(),
            signer=service.signer,
        )

    try:
        results = await service.store.commit([Advance(seed_id, decide)], once=once)
    except EpochError as error:
        service.live.forget(seed_id)
        raise from_epoch_error(error) from None
    except ExpressionError:
        raise no_value(game) from None
    document, replayed = results[0].document, results[0].replayed
    if document is None:
        raise TypeError("the store gave no receipt for a round")
    if not replayed:
        service.metrics.rounds.labels(game=game, kind="single").inc()
    return document, replayed


async def void_round(
    service: Service, caller: Caller, *, seed_id: str, nonce: int, reason: str, once: Once | None
) -> tuple[Document, bool]:
    """Void a drawn round, which keeps its outcome, or the next nonce, which the void uses up.

    Args:
        service: the service.
        caller: with scope admin, of the seed's tenant.
        seed_id: the seed.
        nonce: the next nonce or one before it.
        reason: for the player.
        once: the idempotent request, or None.

    Raises:
        ServiceError: `seed_not_found`, `no_client_seed`, `seed_revealed`, `past_reveal_by`, `nonce_not_next`,
            `nonce_already_voided`, `invalid_request`.
    """
    await service.own_epoch(seed_id, caller)

    def decide(state: Epoch, found: Found) -> tuple[Epoch, Document]:
        return void(
            state,
            nonce=nonce,
            reason=reason,
            time=service.clock(),
            signer=service.signer,
            drawn_by=found.drawn_by,
            voided=found.voided,
        )

    try:
        results = await service.store.commit([Advance(seed_id, decide, nonce=nonce)], once=once)
    except EpochError as error:
        raise from_epoch_error(error) from None
    except ValueError as error:
        raise ServiceError("invalid_request", str(error), errors=[{"at": "reason", "message": str(error)}]) from None
    document, replayed = results[0].document, results[0].replayed
    if document is None:
        raise TypeError("the store gave no statement for a void")
    if not replayed:
        service.metrics.voids.inc()
    return document, replayed


async def _ahead(service: Service, seed_id: str, player: Player) -> dict[int, Round]:
    """Compute a wide round for the nonce that is likely to be next, away from the event loop and the store's writer."""
    if player.prepared.width <= _WIDE:
        return {}
    epoch = await service.store.epoch(seed_id)
    if epoch is None:
        return {}
    return {epoch.next_nonce: await asyncio.to_thread(player.play, epoch.next_nonce)}
