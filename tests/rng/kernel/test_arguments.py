"""What does not fit is refused in words, on every engine with the same ones, and nothing secret is among them."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rng import kernel
from tests.rng.kernel.reference import digest, on_every_engine, sha256, using

SECRET = b"\xabSECRET-SECRET-SECRET-SECRET-32b"
LAST = 2**53 - 1


def nonces(**changes: Any) -> Any:
    return kernel.hmac_nonces(**{"key": SECRET, "prefix": b"c:", "first_nonce": 0, "count": 2, **changes})


def rounds(**changes: Any) -> Any:
    given = {"prefixes": b"a:b:", "offsets": array("q", [0, 2, 4]), "nonces": array("q", [7, 8]), **changes}
    return kernel.hmac_rounds(given.pop("keys", SECRET * 2), **given)


def rows(**changes: Any) -> Any:
    given = {"messages": b"aabb", "offsets": array("q", [0, 2, 4]), **changes}
    return kernel.hmac_rows(given.pop("keys", SECRET * 2), **given)


def hashes(**changes: Any) -> Any:
    given = {"width": 32, **changes}
    return kernel.sha256_rows(given.pop("rows", SECRET * 2), **given)


def chains(**changes: Any) -> Any:
    given = {"label": b"l", "links": 2, **changes}
    return kernel.chain_links(given.pop("starts", SECRET * 2), **given)


WRONG: list[tuple[Callable[..., Any], dict[str, Any], type[Exception], str]] = [
    (nonces, {"first_nonce": -1}, ValueError, r"first_nonce must be 0 to 2\^53 - 1, not -1"),
    (
        nonces,
        {"first_nonce": 2**53, "count": 0},
        ValueError,
        r"first_nonce must be 0 to 2\^53 - 1, not 9007199254740992",
    ),
    (nonces, {"first_nonce": LAST, "count": 2}, ValueError, r"first_nonce 9007199254740991 and count 2 go past"),
    (nonces, {"first_block": LAST, "blocks": 2}, ValueError, r"first_block 9007199254740991 and blocks 2 go past"),
    (nonces, {"count": -1}, ValueError, r"count must be 0 to 2\^53, not -1"),
    (nonces, {"count": 10**400}, ValueError, "not an integer of more than 128 bits"),
    (nonces, {"count": 2**53, "blocks": 2**53, "first_nonce": 0}, ValueError, "more than a result can have"),
    (nonces, {"first_nonce": 1.0}, TypeError, "first_nonce must be an int, not float"),
    (nonces, {"first_nonce": True}, TypeError, "first_nonce must be an int, not bool"),
    (nonces, {"middle": b"m" * 40, "suffix": b"s" * 25}, ValueError, "64 bytes together, not 65"),
    (nonces, {"middle": None, "blocks": 2}, ValueError, "without middle there is one block, 0; not 2 from 0"),
    (nonces, {"middle": None, "first_block": 1}, ValueError, "without middle there is one block, 0; not 1 from 1"),
    (nonces, {"prefix": "text"}, TypeError, "bytes-like"),
    (nonces, {"key": "text"}, TypeError, "bytes-like"),
    (nonces, {"out": bytearray(63)}, ValueError, r"out must have 64 bytes \(2 nonces of 1 blocks\), not 63"),
    (nonces, {"out": bytes(64)}, ValueError, "out must be writable"),
    (nonces, {"out": memoryview(bytearray(128))[::2]}, ValueError, "out must lie in one piece"),
    (nonces, {"out": [0] * 64}, TypeError, "bytes-like"),
    (rounds, {"keys": SECRET + b"!"}, ValueError, "keys must be rows of 32 bytes, and 33 bytes are no whole rows"),
    (rounds, {"nonces": array("q", [1])}, ValueError, "nonces must have 2 integers, not 1"),
    (rounds, {"nonces": array("i", [1, 2])}, TypeError, "nonces must be signed 64-bit integers"),
    (rounds, {"nonces": array("d", [1, 2])}, TypeError, "not elements of format 'd' and 8 bytes"),
    (rounds, {"nonces": array("Q", [1, 2])}, TypeError, "not elements of format 'Q' and 8 bytes"),
    (rounds, {"nonces": array("q", [1, -1])}, ValueError, r"a nonce is 0 to 2\^53 - 1; nonces\[1\] is -1"),
    (rounds, {"nonces": array("q", [2**53, 1])}, ValueError, r"nonces\[0\] is 9007199254740992"),
    (rounds, {"offsets": array("q", [0, 4])}, ValueError, "offsets must have 3 integers, not 2"),
    (rounds, {"offsets": array("q", [0, 3, 2])}, ValueError, r"from 0 to 4 without going back; offsets\[2\] is 2"),
    (rounds, {"offsets": array("q", [1, 2, 4])}, ValueError, r"offsets\[0\] is 1"),
    (rounds, {"offsets": array("q", [0, 5, 4])}, ValueError, r"offsets\[1\] is 5"),
    (rounds, {"offsets": array("q", [0, 2, 3])}, ValueError, r"offsets\[2\] is 3"),
    (rounds, {"offsets": array("q", [0, -(2**63), 4])}, ValueError, r"offsets\[1\] is -9223372036854775808"),
    (rounds, {"block": 2**53}, ValueError, r"block must be 0 to 2\^53 - 1"),
    (rounds, {"middle": None, "block": 3}, ValueError, "without middle there is one block, 0; not 3"),
    (rounds, {"out": bytearray(65)}, ValueError, r"out must have 64 bytes \(2 rows\), not 65"),
    (rows, {"offsets": array("q", [0, 2**62, 4])}, ValueError, r"offsets\[1\] is 4611686018427387904"),
    (rows, {"offsets": array("q", [0, 2, 5])}, ValueError, r"offsets\[2\] is 5"),
    (rows, {"keys": b"", "messages": b"x", "offsets": array("q", [0])}, ValueError, r"offsets\[0\] is 0"),
    (rows, {"out": bytearray(32)}, ValueError, "out must have 64 bytes"),
    (hashes, {"width": 0}, ValueError, r"width must be 1 to 2\^53 - 1, not 0"),
    (hashes, {"width": 33}, ValueError, "rows must be whole rows of 33 bytes, and 64 bytes are not"),
    (hashes, {"out": bytearray(0)}, ValueError, "out must have 64 bytes"),
    (chains, {"links": -1}, ValueError, r"links must be 0 to 2\^53 - 1, not -1"),
    (chains, {"every": 2**53}, ValueError, r"every must be 0 to 2\^53 - 1"),
    (chains, {"links": LAST, "starts": SECRET * 100}, ValueError, "more than a result can have"),
    (chains, {"starts": SECRET[:31]}, ValueError, "starts must be rows of 32 bytes"),
]


@on_every_engine
@pytest.mark.parametrize(("function", "changes", "error", "text"), WRONG)
def test_what_does_not_fit_is_refused(
    engine: str, function: Callable[..., Any], changes: dict[str, Any], error: type[Exception], text: str
) -> None:
    with using(engine), pytest.raises(error, match=text) as caught:
        function(**changes)
    assert "SECRET" not in str(caught.value)


@on_every_engine
@pytest.mark.parametrize("function", [nonces, rounds, rows, hashes, chains])
def test_what_fits_is_taken(engine: str, function: Callable[..., Any]) -> None:
    """Or the refusals above would prove nothing."""
    with using(engine):
        assert len(function()) in (64, 128)


@on_every_engine
@pytest.mark.parametrize("function", [rows, hashes, chains])
def test_empty_input_gives_an_empty_result(engine: str, function: Callable[..., Any]) -> None:
    empty: dict[Callable[..., Any], dict[str, Any]] = {
        rows: {"keys": b"", "messages": b"", "offsets": array("q", [0])},
        hashes: {"rows": b""},
        chains: {"starts": b""},
    }
    with using(engine):
        assert function(**empty[function]) == b""
        assert nonces(count=0) == nonces(blocks=0) == b""
        assert rounds(keys=b"", prefixes=b"", offsets=array("q", [0]), nonces=array("q")) == b""


@on_every_engine
def test_a_result_goes_to_where_it_was_sent_and_nowhere_else(engine: str) -> None:
    memory = bytearray(b"#" * (64 + 2 * 32))
    out = memoryview(memory)[32:96]
    with using(engine):
        assert nonces(out=out) is out
    assert memory == b"#" * 32 + digest(SECRET, b"c:0:0") + digest(SECRET, b"c:1:0") + b"#" * 32


@on_every_engine
@pytest.mark.parametrize("shift", [0, 1, 31, 32, 63])
def test_memory_of_an_input_is_no_place_for_a_result(engine: str, shift: int) -> None:
    memory = bytearray(SECRET * 4)
    before = bytes(memory)
    inputs, out = memoryview(memory)[:64], memoryview(memory)[shift : shift + 64]
    with using(engine):
        for function, name in ((rounds, "keys"), (rows, "keys"), (hashes, "rows")):
            with pytest.raises(ValueError, match="out overlaps an input"):
                function(**{name: inputs, "out": out})
        with pytest.raises(ValueError, match="out overlaps an input"):
            chains(starts=inputs, links=1, out=out)
        with pytest.raises(ValueError, match="out overlaps an input"):
            nonces(key=memoryview(memory)[40:72], out=out)
        with pytest.raises(ValueError, match="out overlaps an input"):
            rounds(offsets=numbers_in(memory, 0, [0, 2, 4]), out=memoryview(memory)[16:80])
    assert memory[64:] == before[64:]


def numbers_in(memory: bytearray, at: int, numbers: list[int]) -> memoryview:
    view = memoryview(memory)[at : at + 8 * len(numbers)].cast("q")
    for index, number in enumerate(numbers):
        view[index] = number
    return view


@on_every_engine
def test_memory_beside_an_input_is_a_place_for_a_result(engine: str) -> None:
    memory = bytearray(SECRET * 2 + bytes(64))
    with using(engine):
        hashes(rows=memoryview(memory)[:64], out=memoryview(memory)[64:])
    assert memory == SECRET * 2 + sha256(SECRET) * 2


@on_every_engine
def test_arrays_of_numpy_come_in_and_go_out(engine: str) -> None:
    keys = np.frombuffer(SECRET * 3, dtype=np.uint8).reshape(3, 32)
    offsets, numbers = np.array([0, 1, 2, 3], dtype=np.int64), np.arange(3, dtype=np.int64)
    out = np.empty((3, 4), dtype=">u8")
    with using(engine):
        found = kernel.hmac_rounds(keys, prefixes=b"abc", offsets=offsets, nonces=numbers, out=out)
    assert found is out
    assert found.tobytes() == b"".join(digest(SECRET, text) for text in (b"a0:0", b"b1:0", b"c2:0"))
    none = np.empty((0, 32), np.uint8)
    with using(engine):
        assert kernel.hmac_rounds(none, prefixes=b"", offsets=offsets[:1], nonces=numbers[:0], out=none) is none
        assert kernel.merkle_root(none) == sha256(b"")
    with using(engine), pytest.raises(ValueError, match="keys must lie in one piece"):
        kernel.hmac_rounds(np.zeros((3, 64), np.uint8)[:, ::2], prefixes=b"abc", offsets=offsets, nonces=numbers)
