"""Chains step by step and side by side, and Merkle trees level by level."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rng import kernel, merkle
from tests.rng.kernel.reference import on_every_engine, sha256, using


def link_after(start: bytes, label: bytes, steps: int) -> bytes:
    for _ in range(steps):
        start = sha256(label + start)
    return start


@on_every_engine
@settings(max_examples=60)
@given(
    starts=st.lists(st.binary(min_size=32, max_size=32), max_size=70),
    label=st.one_of(st.binary(max_size=70), st.sampled_from([b"l" * n for n in range(20, 70)]), st.just(b"l" * 200)),
    steps=st.integers(0, 6),
)
def test_a_chain_is_stepped_as_often_as_was_said(engine: str, starts: list[bytes], label: bytes, steps: int) -> None:
    with using(engine):
        found = kernel.chain_steps(b"".join(starts), label=label, steps=steps)
    assert found == b"".join(link_after(start, label, steps) for start in starts)


@on_every_engine
@pytest.mark.parametrize("length", range(130))
def test_every_length_of_a_label_is_hashed_whole(engine: str, length: int) -> None:
    label, starts = bytes(range(1, length + 1)), [bytes([row]) * 32 for row in range(9)]
    with using(engine):
        found = kernel.chain_steps(b"".join(starts), label=label, steps=2)
    assert found == b"".join(link_after(start, label, 2) for start in starts)


@on_every_engine
@pytest.mark.parametrize(
    ("chains", "links", "every"), [(1, 50, 1), (3, 7, 4), (70, 3, 2), (5, 0, 3), (0, 5, 1), (4, 2, 0)]
)
def test_links_on_the_way_are_those_of_single_steps(engine: str, chains: int, links: int, every: int) -> None:
    label, starts = b"fairlot/hash-chain/v1/link", [bytes([row]) * 32 for row in range(chains)]
    with using(engine):
        found = kernel.chain_links(b"".join(starts), label=label, links=links, every=every)
    assert found == b"".join(link_after(start, label, every * (link + 1)) for start in starts for link in range(links))


@on_every_engine
@pytest.mark.parametrize("leaves", [*range(36), 63, 64, 65, 127, 129, 1000])
def test_a_root_is_that_of_the_log(engine: str, leaves: int) -> None:
    rows = [b"%09d" % leaf for leaf in range(leaves)]
    with using(engine):
        hashes = kernel.sha256_rows(b"".join(rows), width=9, prefix=b"\x00")
        assert kernel.merkle_root(hashes) == merkle.root(rows)
        levels = kernel.merkle_levels(hashes)
    assert [len(level) // 32 for level in levels] == level_sizes(leaves)
    assert not levels or (levels[0] == hashes and levels[-1] == merkle.root(rows))


def level_sizes(leaves: int) -> list[int]:
    sizes = [leaves] if leaves else []
    while sizes and sizes[-1] > 1:
        sizes.append((sizes[-1] + 1) // 2)
    return sizes


def test_the_tree_without_leaves_is_the_hash_of_nothing() -> None:
    assert kernel.merkle_root(b"") == hashlib.sha256(b"").digest()
