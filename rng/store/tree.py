"""Inclusion paths over many records: roots of pages of 256 nodes are kept, so that a path reads few hashes.

Beside the leaf hashes (level 0) a store keeps the root of every perfect subtree of 2^8, 2^16, 2^24 … leaves: one hash
more for 256. A path then reads fewer than 512 hashes of each kept level, whatever the number of records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from rng.merkle import Frontier, node_hash

__all__ = ["PAGE", "PAGE_BITS", "Fetch", "inclusion_path", "page_root", "pages_done"]

PAGE_BITS: Final = 8
PAGE: Final = 1 << PAGE_BITS
"""How many nodes make a page."""

Fetch: TypeAlias = Callable[[int, int, int], Sequence[bytes]]
"""Read nodes: (level, start, stop) to the hashes of that level from position start to stop - 1."""


def pages_done(size: int) -> Iterator[tuple[int, int]]:
    """Yield (level, position) of each page root that the newest leaf of a tree of this size completes, lowest first."""
    level = PAGE_BITS
    while size and size % (1 << level) == 0:
        yield level, (size >> level) - 1
        level += PAGE_BITS


def page_root(nodes: Sequence[bytes]) -> bytes:
    """Return the root of a full page of 256 nodes.

    Raises:
        ValueError: if there are not 256.
    """
    if len(nodes) != PAGE:
        raise ValueError(f"a page has {PAGE} nodes, not {len(nodes)}")
    return Frontier().extend(nodes, hashed=True).root()


def inclusion_path(index: int, size: int, fetch: Fetch) -> list[bytes]:
    """Return the path of a leaf, its sibling first (RFC 9162 section 2.1.3.1).

    Args:
        index: place of the leaf, 0 to size - 1.
        size: how many leaves the tree has.
        fetch: reads leaf hashes (level 0) and page roots (levels 8, 16, …).

    Raises:
        ValueError: if there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path: list[bytes] = []
    for level in range((size - 1).bit_length()):
        start = (index >> level ^ 1) << level
        # Where there is no sibling the node is the root of its subtree one level up, unchanged.
        if start < size:
            path.append(_root(start, min(start + (1 << level), size), level, fetch))
    return path


def _root(start: int, stop: int, level: int, fetch: Fetch) -> bytes:
    """Return the root over the leaves start to stop - 1, which begin a subtree of the level."""
    perfect: list[tuple[int, bytes]] = []
    kept = level - level % PAGE_BITS
    while start < stop:
        first, last = start >> kept, stop >> kept
        for fetched in fetch(kept, first, last) if first < last else ():
            height, node = kept, fetched
            while perfect and perfect[-1][0] == height:
                node = node_hash(perfect.pop()[1], node)
                height += 1
            perfect.append((height, node))
        start = last << kept
        kept -= PAGE_BITS
    *rest, (_, node) = perfect
    for _, left in reversed(rest):
        node = node_hash(left, node)
    return node
