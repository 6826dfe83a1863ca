"""Compute a whole round from its inputs, for players and auditors who have no proof file: ``spec/rules.md`` R8."""

from verifier import schemes
from verifier.canonical import MAX_INTEGER, Json
from verifier.fields import beacon as beacon_field
from verifier.fields import client_seed as client_seed_field
from verifier.fields import integer
from verifier.primitives import Words
from verifier.rounds import bind_draws, make_draws, outcome_of, parameters_scope, payout_of, plan_draws
from verifier.rules import Rules


class TracedWords(Words):
    """Read a stream as `Words` does, and remember every block and every word."""

    __slots__ = ("blocks", "words")

    def __init__(self, *, scheme: schemes.Scheme, game_key: bytes, client_seed: bytes, nonce: int) -> None:
        super().__init__(lambda index: scheme.block(game_key, client_seed=client_seed, nonce=nonce, index=index))
        self.blocks: list[bytes] = []
        self.words: list[tuple[int, int]] = []

    def next(self) -> int:
        """Take the next word, and remember it."""
        word = super().next()
        if (self.taken - 1) % 4 == 0:
            self.blocks.append(self.stream)
        # A word is rejected after it was taken, so the count before this word tells of the last one.
        self.words.append((word, self.rejected))
        return word

    def taken_from(self, start: int) -> list[Json]:
        """Return the words from the one of index ``start`` on, each with whether it was rejected."""
        rejected_before = [count for _, count in self.words] + [self.rejected]
        return [
            {
                "index": index,
                "block": index // 4,
                "word": self.words[index][0].to_bytes(8, "big").hex(),
                "rejected": rejected_before[index + 1] > rejected_before[index],
            }
            for index in range(start, self.taken)
        ]


def compute_outcome(
    scheme: str,
    server_seed: bytes,
    *,
    client_seed: str,
    nonce: int,
    rules: Rules,
    parameters: dict[str, Json],
    beacon: str = "",
    trace: bool = False,
) -> dict[str, Json]:
    """Compute what a round must be, as an object for people and programs.

    Args:
        scheme: the scheme's name, such as ``hmac-sha256/v1``.
        server_seed: 32 bytes.
        client_seed: text of 1 to 256 bytes of UTF-8 without control characters.
        nonce: the round's number, 0 to 2^53 - 1.
        rules: the game's rules, from `verifier.rules.read_rules`.
        parameters: every parameter; `verifier.parameters.with_defaults` fills in those that are not given.
        beacon: empty, or ``{chain_hash}:{round}:{randomness}``.
        trace: also return the game key, the blocks and the words, with the draw that took each.

    Returns:
        ``scheme``, ``game``, ``rules_digest``, ``parameters``, ``client_seed``, ``nonce``, ``beacon``, ``commitment``
        (hex), ``draws``, ``outcome``, ``payout`` (ten-thousandths of the stake, or None), and with ``trace`` also
        ``trace``: ``{"game_key", "blocks": [hex, ...], "draws": [{"name", "words": [{"index", "block", "word" (hex),
        "rejected"}, ...]}, ...]}``.

    Raises:
        TypeError, ValueError: the scheme is unknown, or the server seed is not 32 bytes.
        Malformed: another argument has not its form, or the rules give no value for these parameters.
        TooExpensive: the rules ask for more work than is granted.

    Specification: rules.md R8.
    """
    record = schemes.scheme(scheme)
    client_seed_field(client_seed, "client_seed")
    integer(nonce, "nonce", high=MAX_INTEGER)
    beacon_field(beacon, "beacon")
    scope = parameters_scope(rules, parameters)
    plan = plan_draws(rules, scope)
    game_key = record.game_key(server_seed, rules_digest=rules.digest, beacon=beacon)
    words = TracedWords(scheme=record, game_key=game_key, client_seed=client_seed.encode("utf-8"), nonce=nonce)
    draws: list[Json] = []
    spent: list[Json] = []
    for planned in plan:
        start = words.taken
        draws.extend(make_draws([planned], words))
        if trace:
            spent.append({"name": planned.name, "words": words.taken_from(start)})
    bind_draws(rules, draws, scope)
    result: dict[str, Json] = {
        "scheme": scheme,
        "commitment": record.commitment(server_seed).hex(),
        "client_seed": client_seed,
        "nonce": nonce,
        "beacon": beacon,
        "game": rules.name,
        "rules_digest": rules.digest,
        "parameters": parameters,
        "draws": draws,
        "outcome": {**outcome_of(rules, scope)},
        "payout": payout_of(rules, scope),
    }
    if trace:
        blocks: list[Json] = [block.hex() for block in words.blocks]
        result["trace"] = {"game_key": game_key.hex(), "blocks": blocks, "draws": spent}
    return result
