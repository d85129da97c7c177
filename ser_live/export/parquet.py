"""Apache Parquet: the table of CSV with types, one row group a source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from ser_live.errors import ExportError
from ser_live.export.results import Results
from ser_live.export.table import COLUMNS, table_rows


def write_parquet(results: Iterable[Results], stream: BinaryIO) -> None:
    """Write a table; strings, int64, float64 and bool.

    Raises:
        ExportError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ExportError(
            "Parquet needs pyarrow, which is not installed: pip install 'ser-live[parquet]'"
        ) from error
    types = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    schema = pa.schema([(name, types[kind]) for name, kind in COLUMNS.items()])
    with pq.ParquetWriter(stream, schema) as writer:
        for each in results:
            writer.write_table(pa.Table.from_pylist(table_rows(each.record()), schema=schema))
