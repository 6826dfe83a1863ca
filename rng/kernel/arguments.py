"""Arguments of the kernel: what a buffer, a count and a row of offsets must be, said in words where they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy

DIGEST_BYTES = 32

MAX_COUNTER = 2**53 - 1
"""Largest nonce, and largest number of a block."""

MAX_JOINTS = 64
"""Most bytes of middle and suffix together."""

MAX_OUTPUT = 2**62
"""Most bytes that a result may have; memory ends long before."""


class _SupportsBuffer(Protocol):
    def __buffer__(self, flags: int, /) -> memoryview: ...


Buffer: TypeAlias = "_SupportsBuffer | numpy.ndarray[Any, Any]"
"""Whatever gives its memory away in one piece: bytes, bytearray, memoryview, array.array, a contiguous numpy array."""


def integer(value: int, name: str, *, least: int = 0, most: int = MAX_COUNTER) -> int:
    """Return an integer that lies in its range.

    Raises:
        TypeError, ValueError: if it is no int, or not from least to most.
    """
    if type(value) is not int:
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if not least <= value <= most:
        shown = str(value) if value.bit_length() <= 128 else "an integer of more than 128 bits"
        raise ValueError(f"{name} must be {least} to {_text(most)}, not {shown}")
    return value


def count_from(first: int, count: int, *, first_name: str, count_name: str) -> int:
    """Return a count such that first + count - 1 is still a counter, 0 to 2^53 - 1."""
    integer(first, first_name)
    integer(count, count_name, most=MAX_COUNTER + 1)
    if first + count > MAX_COUNTER + 1:
        raise ValueError(f"{first_name} {first} and {count_name} {count} go past 2^53 - 1")
    return count


def readable(value: Buffer, name: str) -> memoryview:
    """Return a buffer's memory as bytes.

    Raises:
        TypeError, ValueError: if it is no buffer, or not contiguous. Its content is never shown.
    """
    view = _view(value, name)
    if view.format == "B" and view.ndim == 1:
        return view
    # An array of numpy with no rows or no columns is a buffer that a memoryview refuses to cast.
    return view.cast("B") if view.nbytes else memoryview(bytearray())


def joint(value: Buffer, name: str) -> bytes:
    """Return the few bytes that stand between or behind the counters of a message."""
    return bytes(readable(value, name))


def joints(middle: Buffer | None, suffix: Buffer) -> tuple[bytes | None, bytes]:
    """Return middle and suffix of a message as bytes.

    Raises:
        TypeError, ValueError: if one is no buffer, or they have more than 64 bytes together.
    """
    taken = None if middle is None else joint(middle, "middle")
    after = joint(suffix, "suffix")
    length = len(taken or b"") + len(after)
    if length > MAX_JOINTS:
        raise ValueError(f"middle and suffix may have {MAX_JOINTS} bytes together, not {length}")
    return taken, after


def digests(value: Buffer, name: str) -> memoryview:
    """Return a buffer of rows of 32 bytes as bytes."""
    view = readable(value, name)
    if view.nbytes % DIGEST_BYTES:
        raise ValueError(f"{name} must be rows of {DIGEST_BYTES} bytes, and {view.nbytes} bytes are no whole rows")
    return view


def integers(value: Buffer, name: str, *, count: int) -> memoryview:
    """Return a buffer of `count` signed 64-bit integers.

    Raises:
        TypeError, ValueError: if it is no buffer, or of other elements, or of another length.
    """
    view = _view(value, name)
    # numpy calls its int64 "l" where a C long has 64 bits, and "q" elsewhere.
    if view.itemsize != 8 or view.format.lstrip("@=") not in ("q", "l"):
        raise TypeError(
            f"{name} must be signed 64-bit integers (array('q'), numpy.int64), not elements of format "
            f"{view.format!r} and {view.itemsize} bytes"
        )
    if view.nbytes != 8 * count:
        raise ValueError(f"{name} must have {count} integers, not {view.nbytes // 8}")
    return view.cast("B").cast("q")


def output(out: Buffer | None, *, size: int, what: str) -> tuple[Buffer, memoryview]:
    """Return where a result goes: `out` itself or a new bytearray, and its memory.

    Args:
        out: writable buffer of exactly `size` bytes, or None.
        size: bytes of the result.
        what: how the size comes about, for the error.

    Raises:
        TypeError, ValueError: if out is no buffer, read-only, not contiguous or of another length.
    """
    if size > MAX_OUTPUT:
        raise ValueError(f"{what} is more than a result can have; ask for a part of it")
    if out is None:
        fresh = bytearray(size)
        return fresh, memoryview(fresh)
    view = readable(out, "out")
    if _view(out, "out").readonly:
        raise ValueError("out must be writable, and this one is read-only")
    if view.nbytes != size:
        raise ValueError(f"out must have {size} bytes ({what}), not {view.nbytes}")
    return out, view


def _view(value: Buffer, name: str) -> memoryview:
    view = memoryview(value)  # type: ignore[arg-type]  # numpy's stubs know of buffers from Python 3.12 on
    if not view.c_contiguous:
        raise ValueError(f"{name} must lie in one piece in memory (C-contiguous)")
    return view


def _text(most: int) -> str:
    return {MAX_COUNTER: "2^53 - 1", MAX_COUNTER + 1: "2^53"}.get(most, str(most))
