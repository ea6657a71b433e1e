"""Exporters of JSON arrays and JSON Lines."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from scrapy.exporters import JsonItemExporter, JsonLinesItemExporter
from scrapy.utils.serialize import ScrapyJSONEncoder

from imgprint.feeds.json_lines import ITEMS, STORED, json_line, pretty
from imgprint.masking import json_text_safe

if TYPE_CHECKING:
    import json


def _usual(exporter: JsonItemExporter | JsonLinesItemExporter) -> bool:
    """Return whether *exporter* writes all fields, in UTF-8, as json_line does."""
    options = exporter._kwargs.keys() - {"ensure_ascii", "indent"}
    encoding = (exporter.encoding or "").lower()
    return encoding == "utf-8" and exporter.fields_to_export is None and not options


class _SafeJson(ScrapyJSONEncoder):
    """What *encoder* makes, with the escapes of json_line."""

    def __init__(self, encoder: json.JSONEncoder):
        super().__init__()
        self._encode = encoder.encode

    def encode(self, o: Any) -> str:
        return json_text_safe(self._encode(o))


class FlushingJsonLinesItemExporter(JsonLinesItemExporter):
    """JSON Lines that hand items to the system at the end of the event loop's round.

    What was exported before survives the death of the process. Records and sightings
    take a fraction of the CPU time that Scrapy's exporter takes.
    """

    def __init__(self, file: Any, **kwargs: Any):
        super().__init__(file, **kwargs)
        self.encoder = _SafeJson(self.encoder)
        self._usual = _usual(self)
        self._flushing = False

    def export_item(self, item: Any) -> None:
        if self._usual and isinstance(item, ITEMS):
            self.file.write(json_line(item) + b"\n")
        else:
            super().export_item(item)
        if not (self._flushing or isinstance(item, STORED)):
            self._flush_soon()

    def _flush_soon(self) -> None:
        """Flush once for all items that came together: a call of the system's each."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.file.flush()
        else:
            self._flushing = True
            loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if not self.file.closed:
            with suppress(OSError):  # it is raised again when there is more, or no more
                self.file.flush()


class FastJsonItemExporter(JsonItemExporter):
    """JSON arrays, to the byte as Scrapy's exporter writes them, in less CPU time.

    But for exponents, 1e-7 is not written 1e-07, and the escapes of json_line.
    """

    def __init__(self, file: Any, **kwargs: Any):
        super().__init__(file, **kwargs)
        self.encoder = _SafeJson(self.encoder)
        self._usual = _usual(self)

    def export_item(self, item: Any) -> None:
        if self._usual and isinstance(item, ITEMS):
            self._add_comma_after_first()
            self.file.write(pretty(json_line(item), max(0, self.indent or 0)))
        else:
            super().export_item(item)
