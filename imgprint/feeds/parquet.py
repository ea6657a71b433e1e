"""Records as rows of a Parquet file."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from imgprint.errors import InputError
from imgprint.feeds.record_formats import COLUMNS, flat

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROWS = 5_000
"""Rows that are held in memory, and written as one group."""


class ParquetRows:
    """A Parquet file with the columns of ``imgprint.feeds.record_formats.COLUMNS``.

    Raise InputError if pyarrow is not installed.
    """

    def __init__(self, target: Path | IO[bytes]):
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError as error:
            raise InputError("parquet needs pyarrow: pip install pyarrow") from error
        kinds = {str: pa.string(), int: pa.int64()}
        kinds |= {float: pa.float64(), bool: pa.bool_()}
        schema = pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
        self._pa: Any = pa
        self._schema = schema
        parquet_writer: Any = parquet.ParquetWriter
        self._writer = parquet_writer(target, schema)
        self._rows: list[dict[str, Any]] = []

    def add(self, record: Mapping[str, Any]) -> None:
        """Add the row of *record*. Raise OSError."""
        self._rows.append(flat(record))
        if len(self._rows) >= ROWS:
            self._write()

    def close(self) -> None:
        """Write the rest. Raise OSError."""
        if self._rows:
            self._write()
        self._writer.close()

    def _write(self) -> None:
        self._writer.write_table(self._pa.Table.from_pylist(self._rows, self._schema))
        self._rows.clear()
