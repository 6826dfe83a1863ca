"""Merkle roots, inclusion and consistency in the verifier."""

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier.published import VECTORS, published
from verifier.merkle import EMPTY_ROOT, check_consistency, check_inclusion, leaf_hash, node_hash, root

FILE: dict[str, Any] = json.loads((VECTORS / "merkle.json").read_text(encoding="utf-8"))
LEAVES = [bytes.fromhex(leaf) for leaf in FILE["leaves"]]

# The published proof of a tree of one leaf against itself has twelve bytes of text for a root, and calls it good,
# because the code it was made for compares the two roots and no more. Here a root that is no hash is refused.
NO_HASH = "sizes-are-equal-one-and-proof-is-empty"


def largest_power_below(n: int) -> int:
    """Return the largest power of two that is smaller than n."""
    return 1 << (n - 1).bit_length() - 1


def inclusion_path(leaves: list[bytes], index: int) -> list[bytes]:
    """Make a path after the recursion of RFC 9162 section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if index < k:
        return [*inclusion_path(leaves[:k], index), root(leaves[k:])]
    return [*inclusion_path(leaves[k:], index - k), root(leaves[:k])]


def consistency_path(leaves: list[bytes], size: int, *, known: bool = True) -> list[bytes]:
    """Make a proof after the recursion of RFC 9162 section 2.1.4.1."""
    if size == len(leaves):
        return [] if known else [root(leaves)]
    k = largest_power_below(len(leaves))
    if size <= k:
        return [*consistency_path(leaves[:k], size, known=known), root(leaves[k:])]
    return [*consistency_path(leaves[k:], size - k, known=False), root(leaves[:k])]


def flipped(value: bytes, bit: int) -> bytes:
    """Return the value with one bit changed."""
    return (int.from_bytes(value, "big") ^ (1 << bit)).to_bytes(len(value), "big")


def test_roots_are_those_of_the_reference_tree() -> None:
    """After each leaf, and before the first."""
    assert EMPTY_ROOT.hex() == FILE["empty_root"] == root([]).hex()
    assert [root(LEAVES[: n + 1]).hex() for n in range(8)] == FILE["roots"]


def test_leaves_and_nodes_are_hashed_apart() -> None:
    """A node's two hashes, given as a leaf, have another hash, so a leaf cannot pose as a node."""
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(left, right) == root([b"a", b"b"]) != leaf_hash(left + right)
    assert leaf_hash(b"a") == hashlib.sha256(b"\0a").digest() != leaf_hash(b"\0a")


def test_a_leaf_that_is_not_bytes_is_refused() -> None:
    """A hex text hashed by mistake would give a root of its own."""
    with pytest.raises(TypeError, match="leaf 1 must be bytes"):
        root([b"", "00"])  # type: ignore[list-item]


def test_every_leaf_of_every_small_tree_is_proved_in_its_place_and_in_no_other() -> None:
    """All trees up to 20 leaves, all places."""
    leaves = [bytes([n]) for n in range(20)]
    for size in range(1, 21):
        top = root(leaves[:size])
        for index in range(size):
            path = inclusion_path(leaves[:size], index)
            for claimed in range(size):
                fault = check_inclusion(top, leaf_digest=leaf_hash(leaves[index]), index=claimed, size=size, path=path)
                assert (fault is None) is (claimed == index)


def test_every_pair_of_small_trees_is_proved_consistent() -> None:
    """All pairs up to 20 leaves; and never another first size under the same proof and roots."""
    leaves = [bytes([n]) for n in range(20)]
    for second in range(1, 21):
        for first in range(1, second + 1):
            path = consistency_path(leaves[:second], first)
            for claimed in range(second + 2):
                fault = check_consistency(
                    root(leaves[:first]),
                    root(leaves[:second]),
                    first_size=claimed,
                    second_size=second,
                    path=path,
                )
                assert (fault is None) is (claimed == first)


@given(st.integers(1, 300), st.data())
def test_a_changed_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    """One bit, one hash more, one hash less, two hashes swapped."""
    leaves = [n.to_bytes(2, "big") for n in range(size)]
    index = data.draw(st.integers(0, size - 1))
    top, leaf, path = root(leaves), leaf_hash(leaves[index]), inclusion_path(leaves, index)
    assert check_inclusion(top, leaf_digest=leaf, index=index, size=size, path=path) is None
    bit = data.draw(st.integers(0, 255))
    place = data.draw(st.integers(0, len(path)))
    assert check_inclusion(flipped(top, bit), leaf_digest=leaf, index=index, size=size, path=path) is not None
    assert check_inclusion(top, leaf_digest=flipped(leaf, bit), index=index, size=size, path=path) is not None
    longer = [*path[:place], top, *path[place:]]
    assert check_inclusion(top, leaf_digest=leaf, index=index, size=size, path=longer) is not None
    if place < len(path):
        changed = [*path[:place], flipped(path[place], bit), *path[place + 1 :]]
        assert check_inclusion(top, leaf_digest=leaf, index=index, size=size, path=changed) is not None
        shorter = path[:place] + path[place + 1 :]
        assert check_inclusion(top, leaf_digest=leaf, index=index, size=size, path=shorter) is not None
    if len(path) > 1:
        swapped = [path[1], path[0], *path[2:]]
        assert check_inclusion(top, leaf_digest=leaf, index=index, size=size, path=swapped) is not None


@given(st.integers(1, 300), st.data())
def test_a_changed_consistency_proof_is_refused(second: int, data: st.DataObject) -> None:
    """One bit in a root or a hash, one hash more, one hash less, the roots swapped."""
    leaves = [n.to_bytes(2, "big") for n in range(second)]
    first = data.draw(st.integers(1, second))
    one, two, path = root(leaves[:first]), root(leaves), consistency_path(leaves, first)

    def fault(one: bytes = one, two: bytes = two, path: list[bytes] = path) -> str | None:
        return check_consistency(one, two, first_size=first, second_size=second, path=path)

    assert fault() is None
    bit = data.draw(st.integers(0, 255))
    place = data.draw(st.integers(0, len(path)))
    assert fault(one=flipped(one, bit)) is not None
    assert fault(two=flipped(two, bit)) is not None
    assert fault(path=[*path[:place], two, *path[place:]]) is not None
    if first < second:
        assert fault(one=two, two=one) is not None
    if place < len(path):
        assert fault(path=[*path[:place], flipped(path[place], bit), *path[place + 1 :]]) is not None
        assert fault(path=path[:place] + path[place + 1 :]) is not None


@given(st.integers(2, 60), st.data())
def test_a_rewritten_past_is_refused(second: int, data: st.DataObject) -> None:
    """An honest proof of the new history never joins it to the root of the old one."""
    leaves = [n.to_bytes(2, "big") for n in range(second)]
    first = data.draw(st.integers(1, second))
    changed = data.draw(st.integers(0, first - 1))
    rewritten = [*leaves[:changed], b"another", *leaves[changed + 1 :]]
    path = consistency_path(rewritten, first)
    fault = check_consistency(root(leaves[:first]), root(rewritten), first_size=first, second_size=second, path=path)
    assert fault is not None


def published_cases(kind: str) -> list[dict[str, Any]]:
    """Return the restated proofs and, where they are at hand, all published ones, in the restated form."""
    cases: list[dict[str, Any]] = list(FILE[kind])
    new_names = {
        "leafIdx": "index",
        "treeSize": "size",
        "leafHash": "leaf_digest",
        "root": "root",
        "size1": "first_size",
        "size2": "second_size",
        "root1": "first_root",
        "root2": "second_root",
    }
    for path in published(f"merkle/testdata/{kind}/**/*.json"):
        raw = json.loads(path.read_text(encoding="utf-8"))
        case = {new: raw[old] for old, new in new_names.items() if old in raw}
        for name, value in case.items():
            if isinstance(value, str):
                case[name] = base64.b64decode(value).hex()
        case["path"] = [base64.b64decode(value).hex() for value in raw["proof"] or []]
        case["case"] = path.stem
        case["holds"] = not raw["wantErr"] and path.stem != NO_HASH
        cases.append(case)
    return cases


def test_every_published_inclusion_proof_is_judged_right() -> None:
    """The good ones hold, the spoilt ones are refused."""
    cases = published_cases("inclusion")
    assert {case["holds"] for case in cases} == {True, False}
    for case in cases:
        fault = check_inclusion(
            bytes.fromhex(case["root"]),
            leaf_digest=bytes.fromhex(case["leaf_digest"]),
            index=case["index"],
            size=case["size"],
            path=[bytes.fromhex(value) for value in case["path"]],
        )
        assert (fault is None) is case["holds"], case["case"]


def test_every_published_consistency_proof_is_judged_right() -> None:
    """The good ones hold, the spoilt ones are refused."""
    cases = published_cases("consistency")
    assert {case["holds"] for case in cases} == {True, False}
    for case in cases:
        fault = check_consistency(
            bytes.fromhex(case["first_root"]),
            bytes.fromhex(case["second_root"]),
            first_size=case["first_size"],
            second_size=case["second_size"],
            path=[bytes.fromhex(value) for value in case["path"]],
        )
        assert (fault is None) is case["holds"], case["case"]


@pytest.mark.parametrize("length", [0, 12, 31, 33, 64])
def test_a_hash_of_another_length_is_refused(length: int) -> None:
    """Also where only equality would be asked of it."""
    odd = bytes(length)
    good = leaf_hash(b"")
    assert check_consistency(odd, odd, first_size=1, second_size=1, path=[]) == f"a hash must be 32 bytes, not {length}"
    for top, leaf, path in ((odd, good, []), (good, odd, []), (good, good, [odd])):
        fault = check_inclusion(top, leaf_digest=leaf, index=0, size=2, path=path)
        assert fault == f"a hash must be 32 bytes, not {length}"


def test_arguments_of_the_wrong_type_are_the_callers_error() -> None:
    """Hex instead of bytes, or a size that is no integer, is no verdict about a proof."""
    good = leaf_hash(b"")
    with pytest.raises(TypeError, match="a hash must be bytes"):
        check_inclusion(good.hex(), leaf_digest=good, index=0, size=1, path=[])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be an integer"):
        check_inclusion(good, leaf_digest=good, index=False, size=1, path=[])
    with pytest.raises(TypeError, match="must be an integer"):
        check_consistency(good, good, first_size=1.0, second_size=1, path=[])  # type: ignore[arg-type]
