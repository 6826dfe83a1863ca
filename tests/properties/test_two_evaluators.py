"""The generator and the verifier, written apart from one specification, say the same about everything they share.

Results, words taken and refusals are compared: for drawn inputs, and for the vector files that the verifier makes.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import rng.canonical
import rng.merkle
import rng.primitives
import rng.schemes
import rng.seeds
import verifier.canonical
import verifier.merkle
import verifier.primitives
import verifier.schemes
from tests.verifier.published import VECTORS

TOP = 2**64 - 1
NAMES = ["uniform", "bits", "sample", "permutation", "weighted", "ratio"]

server_seeds = st.binary(min_size=32, max_size=32)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
beacons = st.just("") | st.builds("{}:{}:{}".format, digests, st.integers(1, 2**53 - 1), digests)
client_seeds = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=64)
nonces = st.integers(0, 2**53 - 1) | st.integers(0, 20)
indexes = st.integers(0, 10) | st.integers(0, 2**53 - 1)


def read(name: str) -> dict[str, Any]:
    """Read a vector file."""
    loaded: dict[str, Any] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return loaded


def refuses(call: Callable[[], object]) -> bool:
    """Say whether a call is refused as the caller's error, in one of the two ways that Python has for it."""
    try:
        call()
    except (TypeError, ValueError):
        return True
    return False


# Schemes.


def test_both_know_the_same_schemes() -> None:
    """A scheme that only one of them knows cannot be verified, or cannot be played."""
    assert set(rng.schemes.SCHEMES) == set(verifier.schemes.SCHEMES)
    assert all(rng.schemes.SCHEMES[name].name == name for name in verifier.schemes.SCHEMES)


@pytest.mark.parametrize("name", sorted(verifier.schemes.SCHEMES))
@given(server_seeds, digests, beacons, client_seeds, nonces, indexes)
def test_commitment_game_key_and_blocks_are_the_same(
    name: str, server_seed: bytes, rules_digest: str, beacon: str, client_seed: str, nonce: int, index: int
) -> None:
    """For any inputs in their ranges."""
    made, checked = rng.schemes.SCHEMES[name], verifier.schemes.SCHEMES[name]
    seed, client = rng.seeds.ServerSeed(server_seed), rng.seeds.ClientSeed(client_seed)
    assert made.commitment(seed) == checked.commitment(server_seed)
    made_key = made.game_key(seed, rules_digest=rules_digest, beacon=beacon)
    key = checked.game_key(server_seed, rules_digest=rules_digest, beacon=beacon)
    assert made_key == key
    block = checked.block(key, client_seed=client_seed.encode(), nonce=nonce, index=index)
    assert made.block(made_key, client_seed=client, nonce=nonce, index=index) == block
    assert made.blocks(made_key, client_seed=client, nonce=nonce)(index) == block


@pytest.mark.parametrize("case", read("hmac_sha256_v1.json")["rounds"])
def test_the_generator_makes_the_blocks_of_the_vector_file(case: dict[str, Any]) -> None:
    """The file is the verifier's."""
    scheme = rng.schemes.SCHEMES["hmac-sha256/v1"]
    seed = rng.seeds.ServerSeed(bytes.fromhex(case["server_seed"]))
    assert scheme.commitment(seed).hex() == case["commitment"]
    key = scheme.game_key(seed, rules_digest=case["rules_digest"], beacon=case["beacon"])
    assert key.hex() == case["game_key"]
    client = rng.seeds.ClientSeed(case["client_seed"])
    assert client.data.hex() == case["client_seed_hex"]
    for index, block in case["blocks"].items():
        assert scheme.block(key, client_seed=client, nonce=case["nonce"], index=int(index)).hex() == block


near_beacons = st.from_regex(r"\A([0-9a-fA-F]{63,65}:[+0-9]{1,17}:[0-9a-f]{63,65}|:{0,3})\n?\Z")


@given(beacons | near_beacons | st.text(max_size=10))
@example("0f" * 32 + ":0:" + "0f" * 32)
@example("0f" * 32 + ":01:" + "0f" * 32)
@example("0f" * 32 + ":1:" + "0f" * 32 + "\n")
@example("0f" * 32 + ":9007199254740991:" + "0f" * 32)
@example("0f" * 32 + ":9007199254740992:" + "0f" * 32)
@example("0f" * 32 + ":\u0661:" + "0f" * 32)
@example("0F" * 32 + ":1:" + "0f" * 32)
def test_both_take_the_same_beacons(beacon: str) -> None:
    """A beacon that only one of them takes would make a round that cannot be checked."""
    made, checked = rng.schemes.SCHEMES["hmac-sha256/v1"], verifier.schemes.SCHEMES["hmac-sha256/v1"]
    seed = rng.seeds.ServerSeed(bytes(32))
    assert refuses(lambda: made.game_key(seed, rules_digest="ab" * 32, beacon=beacon)) is refuses(
        lambda: checked.game_key(bytes(32), rules_digest="ab" * 32, beacon=beacon)
    )


@given(st.text(st.characters(exclude_categories=[]), max_size=6) | st.integers(80, 260).map("é".__mul__))
@example("")
@example("\x1f")
@example("\x20")
@example("\x7f")
@example("\x9f")
@example("\xa0")
@example("\ud800")
@example("a" * 256)
@example("a" * 257)
@example("é" * 128)
@example("é" * 129)
def test_both_take_the_same_client_seeds(text: str) -> None:
    """Length in bytes, control characters, surrogates."""
    checked = verifier.schemes.SCHEMES["hmac-sha256/v1"]
    data = text.encode("utf-8", "surrogatepass")
    assert refuses(lambda: rng.seeds.ClientSeed(text)) is refuses(
        lambda: checked.block(bytes(32), client_seed=data, nonce=0, index=0)
    )


@given(st.integers(-2, 2) | st.integers(2**53 - 2, 2**53 + 1), st.integers(-2, 2) | st.integers(2**53 - 2, 2**53 + 1))
def test_both_take_the_same_nonces_and_block_numbers(nonce: int, index: int) -> None:
    """Both are below 2^53."""
    made, checked = rng.schemes.SCHEMES["hmac-sha256/v1"], verifier.schemes.SCHEMES["hmac-sha256/v1"]
    client = rng.seeds.ClientSeed("a")
    refused = refuses(lambda: checked.block(bytes(32), client_seed=b"a", nonce=nonce, index=index))
    assert refuses(lambda: made.block(bytes(32), client_seed=client, nonce=nonce, index=index)) is refused
    assert refused is not (0 <= nonce < 2**53 and 0 <= index < 2**53)


# Primitives.


@st.composite
def streams(draw: st.DrawFn) -> Callable[[], Callable[[int], bytes]]:
    """Draw a stream whose first words are often at the edges, where words are rejected, and which never ends."""
    edges = st.integers(TOP - 2**53, TOP) | st.sampled_from([0, 1, TOP, TOP - 1, 2**63]) | st.integers(0, TOP)
    head = b"".join(word.to_bytes(8, "big") for word in draw(st.lists(edges, max_size=12)))
    head = head[: len(head) // 32 * 32]
    label = draw(st.binary(max_size=8))

    def block(index: int) -> bytes:
        if 32 * index < len(head):
            return head[32 * index : 32 * index + 32]
        return hashlib.sha256(label + index.to_bytes(8, "big")).digest()

    return lambda: block


@st.composite
def weights_in_range(draw: st.DrawFn) -> list[int]:
    """Draw weights with a sum of 1 to 2^53."""
    small = st.integers(0, 100)
    large = st.integers(0, 2**50)
    return draw(st.lists(small | large, min_size=1, max_size=8).filter(lambda weights: sum(weights) >= 1))


ARGUMENTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "uniform": st.fixed_dictionaries({"n": st.integers(1, 2**53) | st.integers(1, 100)}),
    "bits": st.fixed_dictionaries({"n": st.integers(1, 64)}),
    "sample": (st.integers(0, 150) | st.integers(1000, 1050) | st.integers(0, 2**32)).flatmap(
        lambda n: st.fixed_dictionaries({"n": st.just(n), "k": st.integers(0, min(n, 60))})
    ),
    "permutation": st.fixed_dictionaries({"n": st.integers(0, 120)}),
    "weighted": st.fixed_dictionaries({"weights": weights_in_range()}),
    "ratio": st.fixed_dictionaries({"edge": st.integers(0, 9999), "cap": st.integers(100, 10**10)}),
}


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
def test_a_primitive_gives_the_same_and_takes_the_same_words(name: str, data: st.DataObject) -> None:
    """Also the word after it is the same, so that draws in a row stay together."""
    stream = data.draw(streams())
    arguments = data.draw(ARGUMENTS[name])
    made, checked = rng.primitives.Words(stream()), verifier.primitives.Words(stream())
    assert getattr(rng.primitives, name)(made, **arguments) == getattr(verifier.primitives, name)(checked, **arguments)
    assert (made.taken, made.rejected) == (checked.taken, checked.rejected)
    assert made.next() == checked.next()


@given(streams(), st.lists(st.sampled_from(NAMES), min_size=1, max_size=8), st.data())
def test_a_round_of_several_draws_gives_the_same(
    stream: Callable[[], Callable[[int], bytes]], names: list[str], data: st.DataObject
) -> None:
    """Draws of all kinds from one stream, in order."""
    made, checked = rng.primitives.Words(stream()), verifier.primitives.Words(stream())
    for name in names:
        arguments = data.draw(ARGUMENTS[name])
        one = getattr(rng.primitives, name)(made, **arguments)
        assert one == getattr(verifier.primitives, name)(checked, **arguments)
    assert made.taken == checked.taken


@pytest.mark.parametrize(
    "case", read("primitives.json")["cases"], ids=lambda case: f"{case['primitive']}: {case['why']}"
)
def test_the_generator_draws_what_the_vector_file_says(case: dict[str, Any]) -> None:
    """The file is the verifier's."""
    data = bytes.fromhex(case["stream"])
    words = rng.primitives.Words([data[start : start + 32] for start in range(0, len(data), 32)].__getitem__)
    assert getattr(rng.primitives, case["primitive"])(words, **case["arguments"]) == case["result"]
    assert words.taken == case["words_taken"]


@pytest.mark.parametrize(
    "case", read("primitives.json")["refused"], ids=lambda case: f"{case['primitive']} {case['arguments']}"
)
def test_the_generator_refuses_what_the_vector_file_says(case: dict[str, Any]) -> None:
    """Before it takes a word."""
    words = rng.primitives.Words(lambda _: bytes(32))
    with pytest.raises(ValueError, match=r"."):
        getattr(rng.primitives, case["primitive"])(words, **case["arguments"])
    assert words.taken == 0


odd = st.integers(-2, 3) | st.sampled_from([64, 65, 99, 100, 9999, 10_000, 2**32 + 1, 2**53, 2**53 + 1, 10**10 + 1])
not_integers: st.SearchStrategy[Any] = st.sampled_from([True, False, 1.0, "1", None])
ANY_ARGUMENTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "uniform": st.fixed_dictionaries({"n": odd | not_integers}),
    "bits": st.fixed_dictionaries({"n": odd | not_integers}),
    "sample": st.fixed_dictionaries({"n": odd | not_integers, "k": st.integers(-2, 5) | not_integers}),
    "permutation": st.fixed_dictionaries({"n": st.integers(-2, 3) | st.just(2**32 + 1) | not_integers}),
    "weighted": st.fixed_dictionaries({"weights": st.lists(odd | not_integers, max_size=4)}),
    "ratio": st.fixed_dictionaries({"edge": odd | not_integers, "cap": odd | not_integers}),
}


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
def test_both_refuse_the_same_arguments(name: str, data: st.DataObject) -> None:
    """At the edges of every range, and for what is no integer."""
    arguments = data.draw(ANY_ARGUMENTS[name])
    made, checked = rng.primitives.Words(lambda _: bytes(32)), verifier.primitives.Words(lambda _: bytes(32))
    assert refuses(lambda: getattr(rng.primitives, name)(made, **arguments)) is refuses(
        lambda: getattr(verifier.primitives, name)(checked, **arguments)
    )
    assert made.taken == checked.taken


# Documents.


def decoded(decode: Callable[[Any], Any], data: Any) -> tuple[str, Any]:
    """Decode or encode, with a refusal as a value. The repr keeps True apart from 1."""
    try:
        value = decode(data)
    except ValueError:
        return ("refused", None)
    return ("value", repr(value))


names = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=4)
scalars = st.none() | st.booleans() | st.integers(-(2**53) - 1, 2**53 + 1) | st.text(max_size=6)
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)


def usual(value: Any, *, compact: bool, ascii_only: bool, sort: bool) -> bytes:
    """Print a value in one of the usual ways; one of them is the canonical one."""
    separators = (",", ":") if compact else None
    text = json.dumps(value, separators=separators, ensure_ascii=ascii_only, sort_keys=sort)
    return text.encode("utf-8", "surrogatepass")


printed = st.builds(usual, values, compact=st.booleans(), ascii_only=st.booleans(), sort=st.booleans())


@given(printed | st.binary(max_size=30), st.data())
def test_both_read_the_same_documents_and_refuse_the_same(data: bytes, choice: st.DataObject) -> None:
    """Canonical ones, nearly canonical ones, and each of them with a byte changed."""
    if data and choice.draw(st.booleans()):
        place = choice.draw(st.integers(0, len(data) - 1))
        data = data[:place] + choice.draw(st.binary(max_size=2)) + data[place + 1 :]
    assert decoded(rng.canonical.decode, data) == decoded(verifier.canonical.decode, data)


@given(values)
def test_both_write_the_same_bytes_and_digest(value: Any) -> None:
    """Or both refuse to."""
    assert decoded(rng.canonical.encode, value) == decoded(verifier.canonical.encode, value)
    assert decoded(rng.canonical.digest, value) == decoded(verifier.canonical.digest, value)


@pytest.mark.parametrize("case", read("canonical.json")["documents"], ids=lambda case: case["digest"][:8])
def test_the_generator_reads_the_documents_of_the_vector_file(case: dict[str, Any]) -> None:
    """The file is the verifier's."""
    value = rng.canonical.decode(bytes.fromhex(case["bytes"]))
    assert repr(value) == repr(case["value"])
    assert rng.canonical.digest(value) == case["digest"]


@pytest.mark.parametrize(
    "case", read("canonical.json")["malformed"], ids=lambda case: f"{case['step']} {case['bytes'][:40]}"
)
def test_the_generator_refuses_the_malformed_documents_of_the_vector_file(case: dict[str, Any]) -> None:
    """One fault each."""
    with pytest.raises(ValueError, match=r"."):
        rng.canonical.decode(bytes.fromhex(case["bytes"]))


# Trees.


@given(st.lists(st.binary(max_size=6), max_size=70), st.data())
def test_proofs_of_the_generator_hold_for_the_verifier(leaves: list[bytes], data: st.DataObject) -> None:
    """Roots are the same, and every path that one makes the other checks."""
    top = verifier.merkle.root(leaves)
    assert rng.merkle.root(leaves) == top
    if not leaves:
        return
    size = len(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = rng.merkle.inclusion_path(leaves, index)
    leaf = verifier.merkle.leaf_hash(leaves[index])
    assert verifier.merkle.check_inclusion(top, leaf_digest=leaf, index=index, size=size, path=path) is None
    first = index + 1
    fault = verifier.merkle.check_consistency(
        verifier.merkle.root(leaves[:first]),
        top,
        first_size=first,
        second_size=size,
        path=rng.merkle.consistency_path(leaves, first),
    )
    assert fault is None
