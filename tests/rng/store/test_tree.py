"""Paths out of kept page roots are the paths of the tree, and cost the same however many records there are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.merkle import Frontier, inclusion_path, node_hash
from rng.store import tree

SIZE = 70_000


def kept(size: int) -> dict[int, list[bytes]]:
    """Return leaf hashes and page roots as a store keeps them after appending one by one."""
    levels: dict[int, list[bytes]] = {0: []}
    for number in range(size):
        levels[0].append(hashlib.sha256(number.to_bytes(4, "big")).digest())
        for level, page in tree.pages_done(number + 1):
            nodes = levels.setdefault(level, [])
            assert len(nodes) == page
            nodes.append(tree.page_root(levels[level - tree.PAGE_BITS][page * tree.PAGE : (page + 1) * tree.PAGE]))
    return levels


LEVELS = kept(SIZE)


class Reader:
    """Read the kept nodes of a tree of some size, and count them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.read = 0

    def __call__(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        # A node that is not complete yet is not kept.
        assert 0 <= start < stop <= self.size >> level
        self.read += stop - start
        return LEVELS[level][start:stop]


def test_page_roots_are_the_roots_of_their_leaves() -> None:
    assert sorted(LEVELS) == [0, 8, 16]
    assert (len(LEVELS[8]), len(LEVELS[16])) == (SIZE // 256, SIZE // 65536)
    assert LEVELS[8][3] == Frontier().extend(LEVELS[0][768:1024], hashed=True).root()
    assert LEVELS[16][0] == Frontier().extend(LEVELS[0][:65536], hashed=True).root()


EDGES = [1, 2, 3, 255, 256, 257, 511, 512, 513, 1000, 65535, 65536, 65537, 65792, SIZE]


@pytest.mark.parametrize("size", EDGES)
def test_a_path_is_that_of_the_whole_tree_at_every_edge(size: int) -> None:
    leaves = LEVELS[0][:size]
    for index in {0, size // 2, size - 1}:
        assert tree.inclusion_path(index, size, Reader(size)) == inclusion_path(leaves, index, hashed=True)


@given(size=st.integers(1, 3000), data=st.data())
def test_a_path_is_that_of_the_whole_tree(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    assert tree.inclusion_path(index, size, Reader(size)) == inclusion_path(LEVELS[0][:size], index, hashed=True)


@given(size=st.integers(1, SIZE), data=st.data())
def test_a_path_leads_to_the_root_and_reads_few_nodes(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    reader = Reader(size)
    path = tree.inclusion_path(index, size, reader)
    node, position, last = LEVELS[0][index], index, size - 1
    for sibling in path:
        # RFC 9162 section 2.1.3.2
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    assert last == 0
    assert node == Frontier().extend(LEVELS[0][:size], hashed=True).root()
    assert reader.read < 3 * 2 * tree.PAGE


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (5, 3)])
def test_a_leaf_that_is_not_there_has_no_path(index: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"a tree of {size} leaves has no leaf {index}"):
        tree.inclusion_path(index, size, Reader(size))


@pytest.mark.parametrize("count", [0, 255, 257])
def test_a_page_is_full(count: int) -> None:
    with pytest.raises(ValueError, match=f"not {count}"):
        tree.page_root(LEVELS[0][:count])


def test_pages_are_done_at_multiples_of_their_size() -> None:
    assert list(tree.pages_done(0)) == []
    assert list(tree.pages_done(255)) == []
    assert list(tree.pages_done(512)) == [(8, 1)]
    assert list(tree.pages_done(131_072)) == [(8, 511), (16, 1)]
