"""The ledger of nonces: whatever the order and the blocks, it finds the gaps and doubles that plain sets find."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from certification.audit.ledger import Ledger

SEEDS = np.frombuffer(bytes(range(7)) * 16, dtype=np.uint8).reshape(7, 16)
CLIENTS = np.array([b"a" * 16, b"b" * 16], dtype="S16")

rows = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 12) | st.sampled_from([2**53 - 1, 2**53 - 2])), max_size=60)
cuts = st.lists(st.integers(0, 60), max_size=5)


def _add(ledger: Ledger, part: list[tuple[int, int]], first_line: int) -> list[bool]:
    codes = np.array([seed for seed, _ in part], dtype=np.int64)
    nonces = np.array([nonce for _, nonce in part], dtype=np.int64)
    lines = np.arange(first_line, first_line + len(part), dtype=np.int64)
    clients = CLIENTS[np.zeros(len(part), dtype=np.int64)]
    double, other = ledger.add(SEEDS, codes, nonces, file=3, lines=lines, clients=clients)
    assert not other.any()
    found: list[bool] = double.tolist()
    return found


@given(rows=rows, cuts=cuts)
def test_doubles_and_gaps_are_those_of_plain_sets(rows: list[tuple[int, int]], cuts: list[int]) -> None:
    ledger, found = Ledger(), []
    bounds = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    for start, stop in pairwise(bounds):
        found += _add(ledger, rows[start:stop], start)
        kept = json.loads(json.dumps(ledger.state()))
        ledger = Ledger()
        ledger.restore(kept)
    seen: set[tuple[int, int]] = set()
    lines: dict[tuple[int, int], int] = {}
    for line, row in enumerate(rows):
        assert found[line] is (row in seen)
        seen.add(row)
        lines.setdefault(row, line)
    expected = []
    for seed in sorted({seed for seed, _ in seen}, key=lambda seed: SEEDS[seed].tobytes()):
        wanted = 0
        for nonce in sorted(nonce for one, nonce in seen if one == seed):
            if nonce != wanted:
                expected.append((SEEDS[seed].tobytes(), wanted, nonce - 1, 3, lines[seed, nonce]))
            wanted = nonce + 1
    assert [(gap.seed, gap.first, gap.last, gap.file, gap.line) for gap in ledger.gaps()] == expected
    assert ledger.seeds() == len({seed for seed, _ in seen})


@given(rows=rows, cuts=cuts, others=st.sets(st.integers(0, 60), max_size=6))
def test_the_client_seed_of_a_server_seed_is_that_of_its_first_row_however_the_rows_are_cut(
    rows: list[tuple[int, int]], cuts: list[int], others: set[int]
) -> None:
    ledger, found = Ledger(), []
    which = np.array([int(row in others) for row in range(len(rows))], dtype=np.int64)
    bounds = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    for start, stop in pairwise(bounds):
        codes = np.array([seed for seed, _ in rows[start:stop]], dtype=np.int64)
        nonces = np.array([nonce for _, nonce in rows[start:stop]], dtype=np.int64)
        lines = np.arange(start, stop, dtype=np.int64)
        _, other = ledger.add(SEEDS, codes, nonces, file=3, lines=lines, clients=CLIENTS[which[start:stop]])
        found += other.tolist()
    first: dict[int, int] = {}
    for (seed, _), client in zip(rows, which.tolist(), strict=True):
        first.setdefault(seed, client)
    assert found == [client != first[seed] for (seed, _), client in zip(rows, which.tolist(), strict=True)]


def test_a_second_client_seed_is_seen_in_the_same_block_and_in_a_later_one() -> None:
    ledger = Ledger()
    codes, lines = np.array([0, 0, 1]), np.array([1, 2, 3])
    _, other = ledger.add(SEEDS, codes, np.array([0, 1, 0]), file=0, lines=lines, clients=CLIENTS[[0, 1, 1]])
    assert other.tolist() == [False, True, False]
    _, other = ledger.add(SEEDS, codes, np.array([2, 5, 1]), file=0, lines=lines, clients=CLIENTS[[1, 0, 1]])
    assert other.tolist() == [True, False, False]


def test_a_seed_whose_rounds_are_all_there_takes_one_interval_however_many_there_are() -> None:
    ledger = Ledger()
    for block in range(20):
        nonces = np.arange(block * 1000, block * 1000 + 1000, dtype=np.int64)
        codes = np.zeros(1000, dtype=np.int64)
        ledger.add(SEEDS, codes, nonces, file=0, lines=nonces, clients=CLIENTS[codes])
    assert len(ledger.state()["ends"]) == len("AAAAAAAAAAA=")
    assert list(ledger.gaps()) == []
