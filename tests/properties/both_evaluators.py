"""Hold the two evaluators of the rules language against each other, step by step (rules.md R8).

Each step gives a tag and a value; a refusal is a tag too. An error that is none of the evaluator's own is not caught,
so that the test fails with it.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import rng.games.rules
import verifier
from rng.games import ExpressionError, ParameterError, RulesError, parse_rules
from rng.rounds import prepare
from rng.schemes import SCHEMES
from rng.seeds import ClientSeed, ServerSeed
from verifier.canonical import Malformed
from verifier.expression import Scope, TooExpensive, evaluate
from verifier.primitives import Words
from verifier.rounds import bind_draws, make_draws, outcome_of, parameters_scope, payout_of, plan_draws, row_bytes
from verifier.rules import check_rules
from verifier.schemes import hmac_sha256_v1

SCHEME = "hmac-sha256/v1"

Found = dict[str, Any]
"""What an evaluator says of each step, by the step's name; a step that an earlier refusal left out is missing."""

REFUSED, EXPENSIVE = "refused", "too expensive"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Hold what a round is a function of, the rules and the parameters aside."""

    server_seed: bytes = bytes(range(32))
    client_seed: str = "a client seed"
    nonce: int = 0
    beacon: str = ""


_SHOWN = 20_000


def written(value: Any) -> str:
    """Return a value as text that keeps types apart; its beginning where it holds itself many times over."""
    pieces: list[str] = []
    left = [value]
    while left and len(pieces) < _SHOWN:
        part = left.pop()
        if isinstance(part, list):
            pieces.append(f"{len(part)}[")
            left.extend(reversed(part))
        else:
            pieces.append(repr(part))
    return " ".join(pieces)


def copied(document: Any) -> Any:
    """Return a copy that shares nothing, as a program has it that reads the document for itself."""
    return copy.deepcopy(document)


def of_generator(document: Any, parameters: Any, inputs: Inputs) -> Found:
    """Return what `rng` says."""
    found: Found = {}
    try:
        rules = parse_rules(copied(document))
    except RulesError as error:
        return {"document": _generator_tag(error)}
    found["document"] = rules.digest
    try:
        player = prepare(
            SCHEMES[SCHEME],
            ServerSeed(inputs.server_seed),
            client_seed=ClientSeed(inputs.client_seed),
            rules=rules,
            parameters=copied(parameters),
            beacon=inputs.beacon,
        )
    except (ParameterError, ExpressionError) as error:
        return {**found, "plan": _generator_tag(error)}
    found["plan"] = player.prepared.width
    values = player.draw(inputs.nonce)
    found["draws"] = written(values)
    found["row"] = player.row(inputs.nonce).hex()
    for kind, formulas in (("let", rules.lets), ("outcome", rules.outcome), ("odds", rules.odds)):
        for formula in formulas:
            try:
                value: Any = written(rng.games.rules.evaluate(player.prepared, values, formula))
            except ExpressionError as error:
                value = _generator_tag(error)
            found[f"{kind} {formula.name}"] = value
    try:
        played = player.play(inputs.nonce)
    except ExpressionError as error:
        return {**found, "round": _generator_tag(error)}
    return {**found, "round": _round(played.draws, played.outcome, played.payout)}


def of_verifier(document: Any, parameters: Any, inputs: Inputs) -> Found:
    """Return what `verifier` says."""
    found: Found = {}
    try:
        rules = check_rules(copied(document))
    except Malformed:
        return {"document": REFUSED}
    found["document"] = rules.digest
    try:
        plan = plan_draws(rules, parameters_scope(rules, copied(parameters)))
    except Malformed:
        return {**found, "plan": REFUSED}
    except TooExpensive:
        return {**found, "plan": EXPENSIVE}
    found["plan"] = sum(planned.width for planned in plan)
    key = hmac_sha256_v1.game_key(inputs.server_seed, rules_digest=rules.digest, beacon=inputs.beacon)
    client_seed = inputs.client_seed.encode("utf-8")
    words = Words(lambda i: hmac_sha256_v1.block(key, client_seed=client_seed, nonce=inputs.nonce, index=i))
    draws = make_draws(plan, words)
    found["draws"] = written([draw["value"] for draw in draws if isinstance(draw, dict)])
    found["row"] = row_bytes(draws).hex()

    def begin() -> Scope:
        scope = parameters_scope(rules, copied(parameters))
        plan_draws(rules, scope)
        bind_draws(rules, draws, scope)
        return scope

    named = [("let " + entry["name"], entry["is"]) for entry in document["let"]]
    named += [("outcome " + field, expression) for field, expression in document["outcome"].items()]
    named += [("odds " + entry["name"], entry["of"]) for entry in document["odds"]]
    for name, expression in named:
        try:
            value: Any = written(evaluate(expression, begin()))
        except Malformed:
            value = REFUSED
        except TooExpensive:
            value = EXPENSIVE
        found[name] = value
    try:
        scope = begin()
        played = _round(draws, outcome_of(rules, scope), payout_of(rules, scope))
    except Malformed:
        played = REFUSED
    except TooExpensive:
        played = EXPENSIVE
    return {**found, "round": played}


def computed(document: Any, parameters: Any, inputs: Inputs) -> str:
    """Return the round as `verifier.compute_outcome` has it, the one call that players make."""
    result = verifier.compute_outcome(
        SCHEME,
        inputs.server_seed,
        client_seed=inputs.client_seed,
        nonce=inputs.nonce,
        rules=check_rules(copied(document)),
        parameters=copied(parameters),
        beacon=inputs.beacon,
    )
    payout = result["payout"]
    assert payout is None or isinstance(payout, int)
    return _round(result["draws"], result["outcome"], payout)


def compare(document: Any, parameters: Any, inputs: Inputs | None = None) -> Found:
    """Assert that both say the same, and return what they say (the generator's side).

    Where the generator stops because of the work that a round takes, the verifier may go on: it grants more (R9). The
    other way round is a fault: a round that was played and that the verifier has no steps for cannot be verified.
    """
    inputs = inputs or Inputs()
    made, checked = of_generator(document, parameters, inputs), of_verifier(document, parameters, inputs)
    for step, value in made.items():
        if value == EXPENSIVE:
            continue
        assert checked.get(step) == value, (step, value, checked.get(step))
    if EXPENSIVE not in made.values():
        assert made.keys() == checked.keys()
    if made.get("round", REFUSED) not in (REFUSED, EXPENSIVE):
        assert computed(document, parameters, inputs) == made["round"]
    return made


def _generator_tag(error: ValueError) -> str:
    return EXPENSIVE if "too expensive" in str(error) else REFUSED


def _round(draws: Any, outcome: Any, payout: int | None) -> str:
    named = [[draw["name"], draw["value"]] for draw in draws]
    return written([named, [[field, outcome[field]] for field in sorted(outcome)], payout])
