"""From pyarrow's columns to ours, and histories as Parquet; pyarrow is the extra `fairlot[audit]`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from certification.history import Block, Cells, Flags, HistoryError, Lists, Position, Texts, Whole, texts_of

BATCH_ROWS: Final = 2**14
"""Rows of a block: few, so that memory has its full height after the first blocks of any history."""

_BUFFER_BYTES: Final = 2**18
"""What is read of a column at once, so that memory does not follow the size of row groups."""

_MOST_UNUSED: Final = 4
"""Times as many texts as are needed that a dictionary is taken whole with: to take one alone costs more."""


def read_parquet(path: Path, *, start: Position) -> Iterator[tuple[Block, Position]]:
    """Yield the rows of a Parquet file in blocks, each with the position after it.

    Args:
        path: the file.
        start: where to go on.

    Raises:
        HistoryError: the file cannot be read, is no Parquet, or pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise HistoryError(f"{path}: Parquet needs pyarrow; install it with: pip install 'fairlot[audit]'") from None
    try:
        schema = parquet.read_schema(path)
        texts = [field.name for field in schema if pa.types.is_string(field.type)]
        with (
            _lean_memory(),
            parquet.ParquetFile(path, read_dictionary=texts, pre_buffer=False, buffer_size=_BUFFER_BYTES) as file,
        ):
            line = start.line
            for group in range(start.offset, file.num_row_groups):
                done, skip = 0, start.rows if group == start.offset else 0
                for batch in file.iter_batches(batch_size=BATCH_ROWS, row_groups=[group], use_threads=False):
                    done += batch.num_rows
                    if done <= skip:
                        continue
                    columns = {name: cells_of(batch.column(name)) for name in batch.schema.names}
                    lines = np.arange(line + 1, line + 1 + batch.num_rows, dtype=np.int64)
                    line += batch.num_rows
                    ended = done == file.metadata.row_group(group).num_rows
                    block = Block(lines, columns)
                    del batch, columns  # so that the next batch finds their memory free
                    yield block, Position(group + 1, 0, line) if ended else Position(group, done, line)
                    del block
    except OSError as error:
        raise HistoryError(f"{path}: cannot be read: {error.strerror or error}") from None
    except pa.ArrowException as error:
        raise HistoryError(f"{path}: is no Parquet file that can be read: {str(error)[:200]}") from None


@contextmanager
def _lean_memory() -> Iterator[None]:
    """Let pyarrow take its memory from the C library, which gives back what is freed; its own pool hoards."""
    import pyarrow as pa

    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


def parquet_rows(path: Path) -> int:
    """Return how many rows a Parquet file says that it has, 0 where that cannot be read."""
    try:
        from pyarrow import parquet

        rows: int = parquet.read_metadata(path).num_rows
    except (ImportError, OSError, ValueError):
        return 0
    return rows


def cells_of(column: Any) -> Cells:
    """Return a column of pyarrow (an array, or one in chunks) as ours.

    Integers, booleans, texts and lists of integers keep their form; anything else becomes the text of its JSON, and an
    empty cell of it the empty text.
    """
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        if pa.types.is_dictionary(column.type):
            column = column.unify_dictionaries()
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], type=column.type)
    kind = column.type
    if pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type):
        return _texts(column)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _texts(column.dictionary_encode())
    if pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
        known = None if column.null_count == 0 else column.is_valid().to_numpy(zero_copy_only=False)
        data = column.fill_null(0) if known is not None else column
        return Whole(data.to_numpy(zero_copy_only=False).astype(np.int64, copy=False), known)
    if pa.types.is_boolean(kind) and column.null_count == 0:
        return Flags(column.to_numpy(zero_copy_only=False))
    if _is_integer_lists(column):
        offsets = column.offsets.to_numpy().astype(np.int64)
        items = column.values.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
        return Lists(items, offsets[:-1], offsets[1:])
    return texts_of([_as_text(value) for value in column.to_pylist()])


def _is_integer_lists(column: Any) -> bool:
    import pyarrow as pa

    kind = column.type
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return bool(
        is_list
        and pa.types.is_integer(kind.value_type)
        and not pa.types.is_uint64(kind.value_type)
        and column.null_count == 0
        and column.values.null_count == 0
    )


def _texts(column: Any) -> Texts:
    dictionary, indices = column.dictionary, column.indices
    if column.null_count or dictionary.null_count:
        values = dictionary.to_pylist()
        codes = indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
        return Texts(codes, (*("" if value is None else value for value in values), ""))
    codes = indices.to_numpy(zero_copy_only=False)
    if len(dictionary) * _MOST_UNUSED > len(codes):
        # That of a row group is the same for all its blocks, of which each may have but a small part of the texts.
        held = np.zeros(len(dictionary), dtype=np.bool_)
        held[codes] = True
        used = np.flatnonzero(held)
        if len(used) * _MOST_UNUSED < len(held):
            return Texts((np.cumsum(held) - 1)[codes], tuple(dictionary[place].as_py() for place in used.tolist()))
    return Texts(codes, tuple(dictionary.to_pylist()))


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)
