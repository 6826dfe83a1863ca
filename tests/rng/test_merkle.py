"""Merkle trees: the reference roots, proofs that a literal check accepts, and a frontier that is the same tree."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.merkle import EMPTY_ROOT, Frontier, consistency_path, inclusion_path, leaf_hash, node_hash, root

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "merkle.json").read_text("utf-8"))
LEAVES = [bytes.fromhex(leaf) for leaf in VECTORS["leaves"]]
ROOTS: list[str] = VECTORS["roots"]
LISTS = st.lists(st.binary(max_size=8), max_size=40)


def tree_hash(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162 section 2.1.1, by its recursive definition."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


def root_from_inclusion(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.3.2, step by step."""
    fn, sn, found = index, size - 1, hashlib.sha256(b"\x00" + leaf).digest()
    for sibling in path:
        assert sn > 0
        if fn & 1 or fn == sn:
            found = hashlib.sha256(b"\x01" + sibling + found).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return found


def roots_from_consistency(first: int, second: int, first_root: bytes, path: list[bytes]) -> tuple[bytes, bytes]:
    """RFC 9162 section 2.1.4.2, step by step, for 0 < first < second."""
    nodes = [first_root, *path] if first & (first - 1) == 0 else list(path)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = nodes[0]
    for node in nodes[1:]:
        assert sn > 0
        if fn & 1 or fn == sn:
            fr = hashlib.sha256(b"\x01" + node + fr).digest()
            sr = hashlib.sha256(b"\x01" + node + sr).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = hashlib.sha256(b"\x01" + sr + node).digest()
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return fr, sr


def test_the_reference_tree_has_its_roots() -> None:
    assert EMPTY_ROOT.hex() == VECTORS["empty_root"] == root([]).hex()
    frontier = Frontier()
    for size, expected in enumerate(ROOTS, start=1):
        frontier = frontier.append(LEAVES[size - 1])
        assert frontier.root().hex() == root(LEAVES[:size]).hex() == expected
    assert frontier.size == len(LEAVES) == 8


def test_the_proofs_in_the_reference_tree_are_the_published_ones() -> None:
    checked = 0
    for case in VECTORS["inclusion"]:
        if case["holds"] and case["size"] <= len(LEAVES) and case["root"] == ROOTS[case["size"] - 1]:
            path = inclusion_path(LEAVES[: case["size"]], case["index"])
            assert [node.hex() for node in path] == case["path"]
            checked += 1
    for case in VECTORS["consistency"]:
        first, second = case["first_size"], case["second_size"]
        if case["holds"] and 1 <= first <= second <= len(LEAVES) and case["second_root"] == ROOTS[second - 1]:
            assert [node.hex() for node in consistency_path(LEAVES[:second], first)] == case["path"]
            checked += 1
    assert checked >= 8


def test_leaves_and_nodes_are_hashed_in_separate_domains() -> None:
    assert leaf_hash(b"x") == hashlib.sha256(b"\x00x").digest()
    left, right = leaf_hash(b"l"), leaf_hash(b"r")
    assert node_hash(left, right) == hashlib.sha256(b"\x01" + left + right).digest()
    assert leaf_hash(left + right) != node_hash(left, right)


@given(LISTS)
def test_the_root_is_the_recursive_definition(leaves: list[bytes]) -> None:
    assert root(leaves) == root(iter(leaves)) == tree_hash(leaves)


@given(LISTS, st.data())
def test_a_frontier_is_the_tree_of_its_leaves_however_they_came(leaves: list[bytes], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(leaves)))
    frontier = Frontier().extend(leaves[:cut])
    assert frontier.root() == tree_hash(leaves[:cut])
    restored = Frontier.from_hex(json.loads(json.dumps(frontier.to_hex())), size=frontier.size)
    assert restored == frontier
    for leaf in leaves[cut:]:
        restored = restored.append(leaf)
    assert restored == frontier.extend(map(leaf_hash, leaves[cut:]), hashed=True) == Frontier().extend(leaves)
    assert restored.root() == tree_hash(leaves)
    assert len(restored.nodes) == len(leaves).bit_count()


@given(LISTS.filter(bool), st.data())
def test_an_inclusion_path_leads_from_the_leaf_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = inclusion_path(leaves, index)
    assert root_from_inclusion(leaves[index], index, len(leaves), path) == tree_hash(leaves)
    assert inclusion_path([leaf_hash(leaf) for leaf in leaves], index, hashed=True) == path


@given(LISTS.filter(bool), st.data())
def test_a_consistency_path_joins_two_sizes_of_one_tree(leaves: list[bytes], data: st.DataObject) -> None:
    first = data.draw(st.integers(1, len(leaves)))
    path = consistency_path(leaves, first)
    assert consistency_path([leaf_hash(leaf) for leaf in leaves], first, hashed=True) == path
    before, after = tree_hash(leaves[:first]), tree_hash(leaves)
    if first == len(leaves):
        assert path == []
    else:
        assert roots_from_consistency(first, len(leaves), before, path) == (before, after)


def test_every_index_and_every_size_of_small_trees_is_proved() -> None:
    for size in range(1, 20):
        leaves = [bytes([number]) for number in range(size)]
        for index in range(size):
            path = inclusion_path(leaves, index)
            assert root_from_inclusion(leaves[index], index, size, path) == tree_hash(leaves)
        for first in range(1, size):
            path = consistency_path(leaves, first)
            before = tree_hash(leaves[:first])
            assert roots_from_consistency(first, size, before, path) == (before, tree_hash(leaves))


def test_appending_leaves_an_older_frontier_as_it_was() -> None:
    older = Frontier().extend(LEAVES[:3])
    newer = older.append(LEAVES[3])
    assert (older.size, newer.size) == (3, 4)
    assert older.root().hex() == ROOTS[2]


@pytest.mark.parametrize(
    ("nodes", "size", "reason"),
    [
        ([], 1, "1 perfect subtrees, not 0"),
        (["00" * 32], 0, "0 perfect subtrees, not 1"),
        (["00" * 32], 3, "2 perfect subtrees, not 1"),
        (["AA" * 32], 1, "lower-case hex"),
        (["00" * 31], 1, "lower-case hex"),
        ([], -1, "must be >= 0"),
    ],
)
def test_a_frontier_that_cannot_be_is_refused(nodes: list[str], size: int, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Frontier.from_hex(nodes, size=size)


@pytest.mark.parametrize("index", [-1, 8, 10**30])
def test_a_proof_of_a_leaf_that_is_not_there_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match="index of a leaf must be 0 to 7"):
        inclusion_path(LEAVES, index)


@pytest.mark.parametrize("size", [0, -1, 9])
def test_a_consistency_proof_from_no_earlier_tree_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="size of the earlier tree must be 1 to 8"):
        consistency_path(LEAVES, size)


def test_hashes_and_leaves_are_bytes_of_the_right_length() -> None:
    wrong: list[Any] = ["text", None, 7]
    for value in wrong:
        with pytest.raises(TypeError, match="bytes"):
            leaf_hash(value)
        with pytest.raises(TypeError, match="bytes"):
            node_hash(value, bytes(32))
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        node_hash(bytes(32), bytes(31))
    with pytest.raises(ValueError, match="32 bytes, not 1"):
        inclusion_path([b"x"], 0, hashed=True)
    with pytest.raises(TypeError, match="an int"):
        inclusion_path(LEAVES, True)
    with pytest.raises(TypeError, match="tuple"):
        Frontier(1, [bytes(32)])  # type: ignore[arg-type]
