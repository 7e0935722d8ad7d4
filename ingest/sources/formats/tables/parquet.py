"""Parquet: columns with names, read batch by batch; needs ``pip install 'askpapers[parquet]'``."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources.files import File
from ingest.sources.formats.tables.table import must_have
from ingest.sources.record import paper_from

_BATCH = 1000  # rows that are held


def knows(file: File) -> bool:
    """Whether it starts as Parquet does."""
    return file.head.startswith(b"PAR1")


def read(file: File) -> Iterator[Paper | ParseError]:
    """One paper a row. Raises ParseError when the file is damaged or lacks a column."""
    try:
        # Some 150 MB that few need: nothing else here brings it along.
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError:
        reason = "Parquet needs one more package: pip install 'askpapers[parquet]'"
        raise ParseError(file.name, reason) from None
    if file.path is None:
        # Its table of contents stands at its end.
        reason = "Parquet can't be read from a pipe or from gzip; name the unpacked file"
        raise ParseError(file.name, reason)
    try:
        with ParquetFile(file.path) as table:
            columns = list(table.schema_arrow.names)
            must_have(file, columns)
            row = 0
            for batch in table.iter_batches(_BATCH):
                for record in batch.to_pylist():
                    row += 1
                    yield paper_from(record, file.name, f"row {row}", file.options.columns)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        said = str(error).splitlines()[0][:200]
        raise ParseError(file.name, f"can't be read as Parquet ({said})") from error
