"""The kernel on hashlib, where nothing was compiled: the same functions with the same results, row by row.

What the compiled part checks by itself (offsets, nonces, memory that overlaps) is checked here with the same words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from rng.kernel.arguments import DIGEST_BYTES, MAX_COUNTER

_BLOCK_BYTES = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_INVERSE = bytes(byte ^ 0xFF for byte in range(256))


def hmac_nonces(
    key: memoryview,
    prefix: memoryview,
    middle: bytes | None,
    suffix: bytes,
    first_nonce: int,
    count: int,
    first_block: int,
    blocks: int,
    out: memoryview,
    /,
) -> None:
    """Write the HMAC of every nonce and block of a range; see rng.kernel.hmac_nonces."""
    _require_apart(out, key, prefix)
    digest = _hmac(key)
    head = bytes(prefix)
    tails = _tails(middle, suffix, range(first_block, first_block + blocks))
    at = 0
    for nonce in range(first_nonce, first_nonce + count):
        start = head + b"%d" % nonce
        for tail in tails():
            out[at : at + DIGEST_BYTES] = digest(start + tail)
            at += DIGEST_BYTES


def hmac_rounds(
    keys: memoryview,
    prefixes: memoryview,
    offsets: memoryview,
    nonces: memoryview,
    middle: bytes | None,
    suffix: bytes,
    block: int,
    out: memoryview,
    /,
) -> None:
    """Write the HMAC of each row's prefix, nonce and block under the row's key; see rng.kernel.hmac_rounds."""
    _require_apart(out, keys, prefixes, offsets, nonces)
    _require_offsets(offsets, len(prefixes))
    for row, nonce in enumerate(nonces):
        if not 0 <= nonce <= MAX_COUNTER:
            raise ValueError(f"a nonce is 0 to 2^53 - 1; nonces[{row}] is {nonce}")
    tail = suffix if middle is None else middle + b"%d" % block + suffix
    for row, nonce in enumerate(nonces):
        digest = _hmac(keys[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES])
        message = bytes(prefixes[offsets[row] : offsets[row + 1]]) + b"%d" % nonce + tail
        out[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES] = digest(message)


def hmac_rows(keys: memoryview, messages: memoryview, offsets: memoryview, out: memoryview, /) -> None:
    """Write the HMAC of each row's message under the row's key; see rng.kernel.hmac_rows."""
    _require_apart(out, keys, messages, offsets)
    _require_offsets(offsets, len(messages))
    for row in range(len(offsets) - 1):
        digest = _hmac(keys[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES])
        out[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES] = digest(messages[offsets[row] : offsets[row + 1]])


def sha256_rows(prefix: memoryview, rows: memoryview, width: int, out: memoryview, /) -> None:
    """Write the SHA-256 of prefix and row; see rng.kernel.sha256_rows."""
    _require_apart(out, prefix, rows)
    start = hashlib.sha256(prefix)
    for row in range(len(rows) // width):
        state = start.copy()
        state.update(rows[row * width : (row + 1) * width])
        out[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES] = state.digest()


def chain_steps(label: memoryview, starts: memoryview, every: int, stores: int, out: memoryview, /) -> None:
    """Write the link after each `every` steps of each chain; see rng.kernel.chain_links."""
    _require_apart(out, label, starts)
    start = hashlib.sha256(label)
    at = 0
    for chain in range(len(starts) // DIGEST_BYTES):
        link = bytes(starts[chain * DIGEST_BYTES : (chain + 1) * DIGEST_BYTES])
        for _ in range(stores):
            for _ in range(every):
                state = start.copy()
                state.update(link)
                link = state.digest()
            out[at : at + DIGEST_BYTES] = link
            at += DIGEST_BYTES


def _hmac(key: memoryview) -> Callable[[bytes | memoryview], bytes]:
    """Bind a key, so that its two pads are hashed once. RFC 2104 section 2."""
    padded = (hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else bytes(key)).ljust(_BLOCK_BYTES, b"\0")
    inner = hashlib.sha256(padded.translate(_INNER))
    outer = hashlib.sha256(padded.translate(_OUTER))

    def digest(message: bytes | memoryview) -> bytes:
        first, second = inner.copy(), outer.copy()
        first.update(message)
        second.update(first.digest())
        return second.digest()

    return digest


def _tails(middle: bytes | None, suffix: bytes, blocks: range) -> Callable[[], Iterable[bytes]]:
    """Give a function to what follows a nonce, one text a block, without a list of them all."""
    if middle is None:
        return lambda: [suffix] * len(blocks)
    return lambda: (b"%b%d%b" % (middle, block, suffix) for block in blocks)


def _require_offsets(offsets: memoryview, length: int) -> None:
    before = 0
    last = len(offsets) - 1
    for row, offset in enumerate(offsets):
        if not before <= offset <= length or (row == 0 and offset) or (row == last and offset != length):
            raise ValueError(f"offsets must run from 0 to {length} without going back; offsets[{row}] is {offset}")
        before = offset


def _require_apart(out: memoryview, *inputs: memoryview) -> None:
    """Refuse an output that shares memory with an input.

    Python code sees no addresses. But all of `out` is about to be written anyway: its bytes are inverted for a moment,
    and an input that changed with them lies in the same memory.
    """
    others = [view for view in inputs if type(view.obj) is not bytes]
    if not others:
        return
    kept, before = bytes(out), [bytes(view) for view in others]
    out[:] = kept.translate(_INVERSE)
    shared = any(bytes(view) != content for view, content in zip(others, before, strict=True))
    out[:] = kept
    if shared:
        raise ValueError("out overlaps an input; give it memory of its own")
