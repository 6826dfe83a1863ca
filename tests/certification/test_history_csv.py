"""CSV whose lines repeat their heads: folded or not, it gives the same rows, whatever stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certification.history import Array, Position
from certification.history_csv import read_csv
from certification.history_csv_repeats import Folded, fold, line_ends

pytest.importorskip("pyarrow", reason="pyarrow, the extra fairlot[audit], is not installed")

TEXTS = [
    "a" * 64,
    "b" * 64,
    "",
    "x,y",
    'said "so"',
    "é",
    " spaced ",
    "07",
    "null",
    "true",
    "\\",
    "'",
    "0123456789" * 30,
]


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(one in text for one in ',"') else text


heads = st.tuples(*[st.sampled_from(TEXTS).map(quoted) | st.sampled_from(['"a"', '""', 'b"c', '"d"e'])] * 3)
numbers = st.integers(-(10**17), 10**17).map(str) | st.sampled_from(["", "007", "-0"])
tails = st.tuples(numbers, st.sampled_from(["1", "2", "x", "", '"3"']), numbers)
odd = st.sampled_from(["", "a", "a,b,c,1,2,3,4", 'a,b,c,1,"2,3', "a,b,c,one,2,3", "a,b,c,1,2\udcff,3"])


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Return a file whose lines repeat their heads in runs, a few of them odd, with one line break or the other."""
    lines: list[str] = ["seed,game,parameters,nonce,draws.roll,payout"]
    for head in draw(st.lists(heads, min_size=1, max_size=4)):
        count = draw(st.sampled_from([1, 3, 20, 600]))
        few = draw(st.lists(tails, min_size=1, max_size=5))
        lines += [",".join((*head, *few[at % len(few)])) for at in range(count)]
        lines += draw(st.lists(odd, max_size=1) if draw(st.integers(0, 3)) == 0 else st.just([]))
    ended = draw(st.sampled_from(["\n", "\r\n"]))
    whole = ended.join(lines) + draw(st.sampled_from(["", ended]))
    return whole.encode("utf-8", "surrogateescape")


def rows_in(path: Path) -> Iterator[Any]:
    """Yield the rows of a file, the bad ones, and the positions, in order; cells with their type."""
    for block, position in read_csv(path, start=Position(), fast=True):
        for row, line in enumerate(block.lines.tolist()):
            yield line, {name: (type(cells), cells.at(row)) for name, cells in block.columns.items()}
        yield block.bad, position


@given(data=files(), block_bytes=st.sampled_from([700, 5000, 2**22]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
def test_a_file_gives_the_same_rows_whether_its_heads_are_folded_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, block_bytes: int
) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes(data)
    monkeypatch.setattr("certification.history_csv.BLOCK_BYTES", block_bytes)
    folded = list(rows_in(path))
    with monkeypatch.context() as patch:
        patch.setattr("certification.history_csv.fold", lambda *_, **__: None)
        assert list(rows_in(path)) == folded


def folded_of(lines: list[bytes], columns: int) -> Folded | None:
    data = memoryview(bytearray(b"\n".join(lines) + b"\n"))
    return fold(data, line_ends(data), columns=columns)


def test_a_block_of_two_seeds_is_folded_to_two_heads_and_the_rest_of_its_lines() -> None:
    lines = [b'%d,"a,""b""",%d,x' % (number // 1000, number) for number in range(2000)]
    found = folded_of(lines, 2)
    assert found is not None
    assert found.heads == b'0,"a,""b"""\n1,"a,""b"""\n'
    assert found.counts.tolist() == [1000, 1000]
    assert bytes(found.tails) == b"".join(b"%d,x\n" % number for number in range(2000))


@pytest.mark.parametrize("first", [b'a"b,1,2', b'"a"b,1,2', b'"a,1,2', b"a", b'"a\rb",1,2', b"a\rb,1,2"])
def test_a_head_that_readers_may_take_apart_in_two_ways_is_not_folded(first: bytes) -> None:
    assert folded_of([first] * 100, 1) is None


def test_a_block_whose_lines_repeat_too_little_is_not_folded_and_the_file_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folded_of([b"%d,x" % (number // 7) for number in range(1000)], 1) is None
    assert folded_of([b"%d,x" % (number // 8) for number in range(1000)], 1) is not None
    tries: list[Folded | None] = []

    def counted(data: memoryview, ends: Array, *, columns: int) -> Folded | None:
        tries.append(fold(data, ends, columns=columns))
        return tries[-1]

    monkeypatch.setattr("certification.history_csv.BLOCK_BYTES", 1000)
    monkeypatch.setattr("certification.history_csv.fold", counted)
    path = tmp_path / "h.csv"
    path.write_bytes(b"seed,nonce\n" + b"".join(b"%d,0\n" % number for number in range(1000)))
    assert sum(len(block) for block, _ in read_csv(path, start=Position(), fast=True)) == 1000
    assert tries == [None]
