"""Kernel: HMAC-SHA256 and SHA-256 of many rows at once, messages formed inside, on the engine that suits the processor.

Buffers come in and go out: bytes, bytearray, memoryview, array.array, contiguous numpy arrays. Each function writes to
``out``, a writable buffer of exactly the right size that shares no memory with an input, and returns it; without it, a
new bytearray. After an error the content of ``out`` is undefined. The interpreter lock is released while a compiled
engine works, so threads run side by side; keep others from writing to the inputs meanwhile. Results are the same on
every engine: ``engines`` lists them, ``engine`` says which is in use, ``use`` chooses.

Keys and seeds are secret: none is in an error, and the compiled engines wipe the pads, states and blocks that they made
of them. What a compiler put aside while a block was compressed lies beyond that, as in any code that is compiled.
"""

from __future__ import annotations

import hashlib
from typing import TypeVar, cast

from rng.kernel.arguments import (
    DIGEST_BYTES,
    MAX_COUNTER,
    Buffer,
    count_from,
    digests,
    integer,
    integers,
    joints,
    output,
    readable,
)
from rng.kernel.processor import Engine, available

__all__ = [
    "DIGEST_BYTES",
    "MAX_COUNTER",
    "Buffer",
    "chain_links",
    "chain_steps",
    "engine",
    "engines",
    "hmac_nonces",
    "hmac_rounds",
    "hmac_rows",
    "merkle_level",
    "merkle_levels",
    "merkle_root",
    "sha256_rows",
    "use",
]

_Out = TypeVar("_Out", bound=Buffer)

_NODE = b"\x01"

_AVAILABLE = {found.name: found for found in available()}
_engine: Engine = next(iter(_AVAILABLE.values()))


def engine() -> str:
    """Say which engine is in use, for people: ``native: sha-ni, 4 streams``, or that hashlib is."""
    return _engine.text


def engines() -> tuple[str, ...]:
    """List the names of the engines that this computer runs, the preferred one first; ``hashlib`` is always there."""
    return tuple(_AVAILABLE)


def use(name: str) -> str:
    """Choose the engine for the whole process, and return the name of the one before.

    Raises:
        ValueError: if this computer has no engine of that name; the message lists those it has.
    """
    global _engine  # one choice a process, as there is one processor; results do not depend on it
    if name not in _AVAILABLE:
        raise ValueError(f"no engine is named {name!r:.80} here; there are {', '.join(_AVAILABLE)}")
    before, _engine = _engine.name, _AVAILABLE[name]
    return before


def hmac_nonces(
    key: Buffer,
    *,
    prefix: Buffer,
    first_nonce: int,
    count: int,
    middle: Buffer | None = b":",
    first_block: int = 0,
    blocks: int = 1,
    suffix: Buffer = b"",
    out: _Out | None = None,
) -> _Out | bytearray:
    """Return the blocks of a range of nonces: HMAC-SHA256(key, prefix nonce middle block suffix).

    Args:
        key: secret of any length; a game key has 32 bytes.
        prefix: bytes before the nonce, of any length; in hmac-sha256/v1 the client seed and a colon.
        first_nonce: first nonce, 0 to 2^53 - 1; it stands in the message as a decimal number.
        count: how many nonces, none past 2^53 - 1.
        middle: bytes between nonce and block; None leaves out both, and blocks must be 1: the message is then
            prefix nonce suffix.
        first_block: first block, 0 to 2^53 - 1; a decimal number too.
        blocks: blocks of each nonce, none past 2^53 - 1.
        suffix: bytes behind the block; 64 bytes at most together with middle.
        out: count * blocks * 32 bytes. The blocks of a nonce stand together, in order.

    Raises:
        TypeError, ValueError: for an argument of another form or length; the key is never shown.

    Source: RFC 2104; verifier/spec/hmac_sha256_v1.md.
    """
    count_from(first_nonce, count, first_name="first_nonce", count_name="count")
    count_from(first_block, blocks, first_name="first_block", count_name="blocks")
    joint, after = joints(middle, suffix)
    if joint is None and (first_block, blocks) not in ((0, 0), (0, 1)):
        raise ValueError(f"without middle there is one block, 0; not {blocks} from {first_block}")
    result, view = output(out, size=count * blocks * DIGEST_BYTES, what=f"{count} nonces of {blocks} blocks")
    secret, head = readable(key, "key"), readable(prefix, "prefix")
    _engine.hmac_nonces(secret, head, joint, after, first_nonce, count, first_block, blocks, view)
    return cast("_Out | bytearray", result)


def hmac_rounds(
    keys: Buffer,
    *,
    prefixes: Buffer,
    offsets: Buffer,
    nonces: Buffer,
    middle: Buffer | None = b":",
    block: int = 0,
    suffix: Buffer = b"",
    out: _Out | None = None,
) -> _Out | bytearray:
    """Return one block of each of n rounds that have keys, prefixes and nonces of their own.

    Args:
        keys: n rows of 32 bytes. Neighbours of one key are faster than keys that change with each row.
        prefixes: the rows' bytes before the nonce, one after another.
        offsets: n + 1 signed 64-bit integers: row i has prefixes[offsets[i]:offsets[i + 1]].
        nonces: n signed 64-bit integers, 0 to 2^53 - 1.
        middle: as in hmac_nonces; None leaves out the block's number, and block must be 0.
        block: number of the block, the same for all, 0 to 2^53 - 1.
        suffix: as in hmac_nonces.
        out: n * 32 bytes.

    Raises:
        TypeError, ValueError: for an argument of another form or length; keys are never shown.

    Source: RFC 2104; verifier/spec/hmac_sha256_v1.md.
    """
    integer(block, "block")
    joint, after = joints(middle, suffix)
    if joint is None and block:
        raise ValueError(f"without middle there is one block, 0; not {block}")
    secrets = digests(keys, "keys")
    rows = secrets.nbytes // DIGEST_BYTES
    bounds, numbers = integers(offsets, "offsets", count=rows + 1), integers(nonces, "nonces", count=rows)
    result, view = output(out, size=rows * DIGEST_BYTES, what=f"{rows} rows")
    _engine.hmac_rounds(secrets, readable(prefixes, "prefixes"), bounds, numbers, joint, after, block, view)
    return cast("_Out | bytearray", result)


def hmac_rows(keys: Buffer, *, messages: Buffer, offsets: Buffer, out: _Out | None = None) -> _Out | bytearray:
    """Return HMAC-SHA256(key, message) of each of n rows, such as the game keys of many server seeds.

    Args:
        keys: n rows of 32 bytes. Neighbours of one key are faster than keys that change with each row.
        messages: the rows' bytes, one after another.
        offsets: n + 1 signed 64-bit integers: row i has messages[offsets[i]:offsets[i + 1]].
        out: n * 32 bytes.

    Raises:
        TypeError, ValueError: for an argument of another form or length; keys are never shown.

    Source: RFC 2104.
    """
    secrets = digests(keys, "keys")
    rows = secrets.nbytes // DIGEST_BYTES
    bounds = integers(offsets, "offsets", count=rows + 1)
    result, view = output(out, size=rows * DIGEST_BYTES, what=f"{rows} rows")
    _engine.hmac_rows(secrets, readable(messages, "messages"), bounds, view)
    return cast("_Out | bytearray", result)


def sha256_rows(rows: Buffer, *, width: int, prefix: Buffer = b"", out: _Out | None = None) -> _Out | bytearray:
    """Return SHA-256(prefix || row) of each of n rows of one width.

    With width 32 these are the commitments of server seeds; with prefix 0x00, the leaf hashes of RFC 6962.

    Args:
        rows: n * width bytes; server seeds are secret and never shown.
        width: bytes of a row, at least 1.
        prefix: bytes before each row.
        out: n * 32 bytes.

    Raises:
        TypeError, ValueError: for an argument of another form or length.

    Source: FIPS 180-4; RFC 6962 section 2.1.
    """
    integer(width, "width", least=1)
    view = readable(rows, "rows")
    if view.nbytes % width:
        raise ValueError(f"rows must be whole rows of {width} bytes, and {view.nbytes} bytes are not")
    count = view.nbytes // width
    result, to = output(out, size=count * DIGEST_BYTES, what=f"{count} rows")
    _engine.sha256_rows(readable(prefix, "prefix"), view, width, to)
    return cast("_Out | bytearray", result)


def chain_steps(starts: Buffer, *, label: Buffer, steps: int, out: _Out | None = None) -> _Out | bytearray:
    """Return the links of n chains after `steps` steps of x -> SHA-256(label || x).

    Args:
        starts: n links of 32 bytes; links that were not published yet are secret and never shown.
        label: bytes before the link.
        steps: how often each chain is stepped, 0 to 2^53 - 1; with 0 the result is starts.
        out: n * 32 bytes.

    Raises:
        TypeError, ValueError: for an argument of another form or length.
    """
    integer(steps, "steps")
    return chain_links(starts, label=label, every=steps, links=1, out=out)


def chain_links(
    starts: Buffer, *, label: Buffer, links: int, every: int = 1, out: _Out | None = None
) -> _Out | bytearray:
    """Return links of n chains on their way: those after `every`, 2 * `every`, ... `links` * `every` steps.

    Args:
        starts: n links of 32 bytes; links that were not published yet are secret and never shown.
        label: bytes before the link.
        links: how many links of each chain are returned.
        every: steps of x -> SHA-256(label || x) from one of them to the next.
        out: n * links * 32 bytes. The links of a chain stand together, in order; starts are not among them.

    Raises:
        TypeError, ValueError: for an argument of another form or length.
    """
    integer(links, "links")
    integer(every, "every")
    view = digests(starts, "starts")
    chains = view.nbytes // DIGEST_BYTES
    result, to = output(out, size=view.nbytes * links, what=f"{chains} chains of {links} links")
    _engine.chain_steps(readable(label, "label"), view, every, links, to)
    return cast("_Out | bytearray", result)


def merkle_level(hashes: Buffer) -> bytearray:
    """Return the next level of a Merkle tree: SHA-256(0x01 || left || right) of each pair.

    Args:
        hashes: n hashes of 32 bytes, a level of the tree in order. A last one without a sibling goes up as it is.

    Raises:
        TypeError, ValueError: for an argument of another form or length.

    Source: RFC 6962 section 2.1: with the odd one carried up, the levels are those of its definition by splits.
    """
    view = digests(hashes, "hashes")
    paired = view.nbytes // (2 * DIGEST_BYTES) * 2 * DIGEST_BYTES
    return sha256_rows(view[:paired], width=2 * DIGEST_BYTES, prefix=_NODE) + view[paired:]


def merkle_levels(leaf_hashes: Buffer) -> list[bytes]:
    """Return all levels of a Merkle tree, the leaf hashes first and the root last; none for a tree without leaves.

    Args:
        leaf_hashes: n hashes of 32 bytes in order, as from sha256_rows with prefix 0x00.

    Raises:
        TypeError, ValueError: for an argument of another form or length.

    Source: RFC 6962 section 2.1.
    """
    level = bytes(digests(leaf_hashes, "leaf_hashes"))
    levels = [level] if level else []
    while len(level) > DIGEST_BYTES:
        level = bytes(merkle_level(level))
        levels.append(level)
    return levels


def merkle_root(leaf_hashes: Buffer) -> bytes:
    """Return the root of a Merkle tree of n leaf hashes of 32 bytes; without leaves it is SHA-256 of nothing.

    Raises:
        TypeError, ValueError: for an argument of another form or length.

    Source: RFC 6962 section 2.1.
    """
    level: Buffer = digests(leaf_hashes, "leaf_hashes")
    while (length := memoryview(level).nbytes) > DIGEST_BYTES:  # type: ignore[arg-type]
        level = merkle_level(level)
    return bytes(level) if length else hashlib.sha256().digest()
