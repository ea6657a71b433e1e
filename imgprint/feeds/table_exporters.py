"""Feeds for tables and maps, with the columns and places of ``scrapy export``."""

from __future__ import annotations

from dataclasses import fields
from typing import IO, TYPE_CHECKING, Any

from scrapy.exporters import BaseItemExporter, CsvItemExporter

from imgprint.feeds.json_lines import ITEMS, fields_of
from imgprint.feeds.parquet import ParquetRows
from imgprint.feeds.record_formats import (
    COLUMNS,
    GEOJSON_BEGIN,
    GEOJSON_END,
    cell,
    flat,
    geojson_feature,
)
from imgprint.items import ImageRecord, Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable


class RecordCsvExporter(CsvItemExporter):
    """CSV of records and sightings that a spreadsheet takes no formulas from.

    The columns of records are those of ``scrapy export``. A file that has
    something gets no second line of names. Other items, and feeds with
    ``fields`` of their own, are as Scrapy's exporter has them.
    """

    def __init__(self, file: Any, **kwargs: Any):
        super().__init__(file, **kwargs)
        self._usual = self.fields_to_export is None and not self._kwargs
        self._names = self.include_headers_line and not _has_content(file)

    def export_item(self, item: Any) -> None:
        if not (self._usual and isinstance(item, ITEMS)):
            super().export_item(item)
        elif isinstance(item, ImageRecord):
            self._write(COLUMNS, flat(fields_of(item)).values())
        else:
            names = [field.name for field in fields(Sighting)]
            values = fields_of(item)
            self._write(names, [values.get(name) for name in names])

    def _write(self, names: Iterable[str], values: Iterable[Any]) -> None:
        if self._names:
            self._names = False
            self.csv_writer.writerow(names)
        self.csv_writer.writerow(map(cell, values))


class GeoJsonExporter(BaseItemExporter):
    """The places of records: a FeatureCollection (RFC 7946)."""

    def __init__(self, file: IO[bytes], **kwargs: Any):
        super().__init__(dont_fail=True, **kwargs)
        self.file = file
        self._between = "\n"

    def start_exporting(self) -> None:
        self.file.write(GEOJSON_BEGIN.encode())

    def export_item(self, item: Any) -> None:
        if not isinstance(item, ImageRecord):
            return
        if feature := geojson_feature(fields_of(item)):
            self.file.write((self._between + feature).encode())
            self._between = ",\n"

    def finish_exporting(self) -> None:
        self.file.write(GEOJSON_END.encode())


class ParquetExporter(BaseItemExporter):
    """Parquet of records, a row each. It needs pyarrow: ``pip install pyarrow``."""

    def __init__(self, file: IO[bytes], **kwargs: Any):
        super().__init__(dont_fail=True, **kwargs)
        self.file = file

    def start_exporting(self) -> None:
        self._rows = ParquetRows(self.file)

    def export_item(self, item: Any) -> None:
        if isinstance(item, ImageRecord):
            self._rows.add(fields_of(item))

    def finish_exporting(self) -> None:
        self._rows.close()


def _has_content(file: Any) -> bool:
    try:
        return bool(file.tell())
    except (AttributeError, OSError):  # a pipe, or compressed
        return False
