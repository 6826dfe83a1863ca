"""Merkle trees of RFC 6962 and RFC 9162, the writing side: roots, proofs, and a frontier that grows leaf by leaf."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HASH_BYTES = 32

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves (RFC 9162 section 2.1.1)."""

_LEAF = b"\x00"
_NODE = b"\x01"
_HEX_64 = re.compile(r"[0-9a-f]{64}")


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf's bytes: SHA-256(0x00 || leaf). RFC 9162 section 2.1.1."""
    if not isinstance(leaf, bytes):
        raise TypeError(f"a leaf is bytes, not {type(leaf).__name__}")
    return hashlib.sha256(_LEAF + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 || left || right). RFC 9162 section 2.1.1.

    Raises:
        TypeError, ValueError: if a child is not 32 bytes.
    """
    _require_hash(left)
    _require_hash(right)
    return hashlib.sha256(_NODE + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the tree hash of the leaves in order; memory is O(log n). RFC 9162 section 2.1.1."""
    return Frontier().extend(leaves).root()


def inclusion_path(leaves: Sequence[bytes], index: int, *, hashed: bool = False) -> list[bytes]:
    """Return the proof that the leaf at an index is in the tree, the leaf's sibling first.

    Args:
        leaves: the leaves in order.
        index: place of the leaf, 0 to len(leaves) - 1.
        hashed: whether the leaves are leaf hashes already, as a store keeps them.

    Raises:
        TypeError, ValueError: if index is no int in range.

    Source: RFC 9162 section 2.1.3.1.
    """
    level = _hashes(leaves, hashed)
    _require_index("index of a leaf", index, 0, len(level) - 1)
    path: list[bytes] = []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        # An odd last node has no sibling: it is the root of its subtree one level up, unchanged.
        level = [node_hash(*level[at : at + 2]) if at + 1 < len(level) else level[at] for at in range(0, len(level), 2)]
        index //= 2
    return path


def consistency_path(leaves: Sequence[bytes], size: int, *, hashed: bool = False) -> list[bytes]:
    """Return the proof that the tree of the first leaves is a prefix of the tree of all of them.

    Args:
        leaves: all leaves in order.
        size: how many leaves the earlier tree had, 1 to len(leaves).
        hashed: whether the leaves are leaf hashes already, as a store keeps them.

    Raises:
        TypeError, ValueError: if size is no int in range: every tree extends the empty one, so there is no proof of it.

    Source: RFC 9162 section 2.1.4.1.
    """
    nodes = _hashes(leaves, hashed)
    _require_index("size of the earlier tree", size, 1, len(nodes))
    return _subproof(nodes, size, whole=True)


def _subproof(nodes: Sequence[bytes], size: int, *, whole: bool) -> list[bytes]:
    """Return SUBPROOF(size, nodes, whole) of RFC 9162 section 2.1.4.1; it recurses once a level of the tree."""
    if size == len(nodes):
        return [] if whole else [_root_of(nodes)]
    split = 1 << (len(nodes) - 1).bit_length() - 1
    if size <= split:
        return [*_subproof(nodes[:split], size, whole=whole), _root_of(nodes[split:])]
    return [*_subproof(nodes[split:], size - split, whole=False), _root_of(nodes[:split])]


@dataclass(frozen=True, slots=True)
class Frontier:
    """Hold what a tree must remember to grow: the roots of its perfect subtrees, O(log n) hashes.

    Args:
        size: how many leaves the tree has.
        nodes: the roots of the perfect subtrees from left to right, largest first: one of 32 bytes for each bit that is
            set in size, from the most significant one.

    Raises:
        TypeError, ValueError: if the number of nodes does not fit the size, or a node is not 32 bytes.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if type(self.size) is not int or type(self.nodes) is not tuple:
            raise TypeError("a frontier takes an int and a tuple of hashes")
        if self.size < 0:
            raise ValueError(f"size of a tree must be >= 0, not {self.size}")
        if self.size.bit_count() != len(self.nodes):
            raise ValueError(
                f"a tree of {self.size} leaves has {self.size.bit_count()} perfect subtrees, not {len(self.nodes)}"
            )
        for node in self.nodes:
            _require_hash(node)

    def append(self, leaf: bytes) -> Frontier:
        """Return the frontier with one leaf more, after O(log n) hashes at most."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes], *, hashed: bool = False) -> Frontier:
        """Return the frontier with these leaves after the present ones.

        Args:
            leaves: the new leaves in order.
            hashed: whether they are leaf hashes already.
        """
        size, nodes = self.size, list(self.nodes)
        for leaf in leaves:
            node = _require_hash(leaf) if hashed else leaf_hash(leaf)
            # As in a binary counter, each trailing one bit of the size is a perfect subtree that the carry joins.
            carry = size
            while carry & 1:
                node = node_hash(nodes.pop(), node)
                carry >>= 1
            nodes.append(node)
            size += 1
        return Frontier(size, tuple(nodes))

    def root(self) -> bytes:
        """Return the tree hash of all leaves so far, 32 bytes. RFC 9162 section 2.1.1."""
        if not self.nodes:
            return EMPTY_ROOT
        *rest, node = self.nodes
        for left in reversed(rest):
            node = node_hash(left, node)
        return node

    def to_hex(self) -> list[str]:
        """Return the nodes as lower-case hex, largest subtree first; a store keeps them beside the size."""
        return [node.hex() for node in self.nodes]

    @classmethod
    def from_hex(cls, nodes: Sequence[str], *, size: int) -> Frontier:
        """Read what ``to_hex`` wrote, with the size that belongs to it.

        Raises:
            ValueError: if a node is not 64 lower-case hex characters, or their number does not fit the size.
        """
        for node in nodes:
            if _HEX_64.fullmatch(node) is None:
                raise ValueError(f"a node must be 64 lower-case hex characters, not {node!r:.80}")
        return cls(size, tuple(bytes.fromhex(node) for node in nodes))


def _hashes(leaves: Sequence[bytes], hashed: bool) -> list[bytes]:
    return [_require_hash(leaf) if hashed else leaf_hash(leaf) for leaf in leaves]


def _root_of(hashes: Sequence[bytes]) -> bytes:
    return Frontier().extend(hashes, hashed=True).root()


def _require_hash(node: bytes) -> bytes:
    if not isinstance(node, bytes):
        raise TypeError(f"a hash is bytes, not {type(node).__name__}")
    if len(node) != HASH_BYTES:
        raise ValueError(f"a hash is {HASH_BYTES} bytes, not {len(node)}: {node.hex():.80}")
    return node


def _require_index(what: str, value: int, low: int, high: int) -> None:
    if type(value) is not int:
        raise TypeError(f"{what} must be an int, not {type(value).__name__}")
    if not low <= value <= high:
        raise ValueError(f"{what} must be {low} to {high}, not {value!r:.40}")
