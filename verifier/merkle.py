"""Merkle trees of RFC 9162 section 2.1 (the trees of RFC 6962), checking side; steps M1 ... of ``spec/merkle.md``.

The two ``check_`` functions return the reason for a refusal as text, or None when the proof holds. Compare with
``is None``; a reason is a true value.
"""

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of one leaf's data: SHA-256 of a zero byte and the data. Specification: merkle.md, step M1."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node from its children's, 32 bytes each. Specification: merkle.md, step M2."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over the leaves' data in order, 32 bytes; without leaves it is the SHA-256 of nothing.

    Raises:
        TypeError: a leaf is not bytes.

    Specification: merkle.md, step M3.
    """
    for index, leaf in enumerate(leaves):
        if not isinstance(leaf, bytes):
            raise TypeError(f"leaf {index} must be bytes, not {type(leaf).__name__}")
    return EMPTY_ROOT if len(leaves) == 0 else _subtree(leaves, 0, len(leaves))


def check_inclusion(root: bytes, *, leaf_digest: bytes, index: int, size: int, path: Sequence[bytes]) -> str | None:
    """Say why a path does not prove that a leaf stands in a tree, or return None when it does.

    Args:
        root: the tree's root, 32 bytes.
        leaf_digest: the leaf's hash from `leaf_hash`, 32 bytes.
        index: the leaf's place, from 0.
        size: how many leaves the tree has.
        path: the hashes from the leaf's sibling up, 32 bytes each.

    Raises:
        TypeError: an argument has the wrong type.

    Specification: merkle.md, step M4.
    """
    _check_types(hashes=[root, leaf_digest, *path], numbers=[index, size])
    if not 0 <= index < size:
        return f"index {index} lies outside a tree of {size} leaves"
    fault = _length_fault([root, leaf_digest, *path])
    if fault is not None:
        return fault
    fn, sn = index, size - 1
    r = leaf_digest
    for p in path:
        if sn == 0:
            return f"the path of {len(path)} hashes is too long for leaf {index} of {size}"
        if fn % 2 == 1 or fn == sn:
            r = node_hash(p, r)
            while fn % 2 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        return f"the path of {len(path)} hashes is too short for leaf {index} of {size}"
    if r != root:
        return f"the path leads to the root {r.hex()}, not to {root.hex()}"
    return None


def check_consistency(
    first_root: bytes, second_root: bytes, *, first_size: int, second_size: int, path: Sequence[bytes]
) -> str | None:
    """Say why a path does not prove that one tree is the beginning of another, or return None when it does.

    Args:
        first_root: the root of the smaller tree, 32 bytes.
        second_root: the root of the larger tree, 32 bytes.
        first_size: how many leaves the smaller tree has; the proof of an empty tree says nothing and is refused.
        second_size: how many leaves the larger tree has.
        path: the hashes of the proof, 32 bytes each.

    Raises:
        TypeError: an argument has the wrong type.

    Specification: merkle.md, step M5.
    """
    _check_types(hashes=[first_root, second_root, *path], numbers=[first_size, second_size])
    if not 1 <= first_size <= second_size:
        return f"sizes must be 1 <= first <= second, not {first_size} and {second_size}"
    fault = _length_fault([first_root, second_root, *path])
    if fault is not None:
        return fault
    if first_size == second_size:
        if len(path) != 0:
            return f"the path between two trees of one size must be empty, not {len(path)} hashes"
        if first_root != second_root:
            return f"two roots for one size of {first_size}: {first_root.hex()} and {second_root.hex()}"
        return None
    if len(path) == 0:
        return "the path between two trees of different sizes must not be empty"
    hashes = list(path)
    if first_size & (first_size - 1) == 0:
        # The first tree is a complete subtree of the second, so its root stands in for the proof's first hash.
        hashes.insert(0, first_root)
    fn, sn = first_size - 1, second_size - 1
    while fn % 2 == 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = hashes[0]
    for c in hashes[1:]:
        if sn == 0:
            return f"the path of {len(path)} hashes is too long for sizes {first_size} and {second_size}"
        if fn % 2 == 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while fn % 2 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        return f"the path of {len(path)} hashes is too short for sizes {first_size} and {second_size}"
    if fr != first_root:
        return f"the path leads to the first root {fr.hex()}, not to {first_root.hex()}"
    if sr != second_root:
        return f"the path leads to the second root {sr.hex()}, not to {second_root.hex()}"
    return None


def _subtree(leaves: Sequence[bytes], start: int, stop: int) -> bytes:
    if stop - start == 1:
        return leaf_hash(leaves[start])
    k = 1
    while 2 * k < stop - start:
        k *= 2
    return node_hash(_subtree(leaves, start, start + k), _subtree(leaves, start + k, stop))


def _check_types(*, hashes: Sequence[bytes], numbers: Sequence[int]) -> None:
    for value in hashes:
        if not isinstance(value, bytes):
            raise TypeError(f"a hash must be bytes, not {type(value).__name__}")
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int):
            raise TypeError(f"an index or a size must be an integer, not {number!r}")


def _length_fault(hashes: Sequence[bytes]) -> str | None:
    for value in hashes:
        if len(value) != HASH_BYTES:
            return f"a hash must be {HASH_BYTES} bytes, not {len(value)}"
    return None
