"""Feeds: what writes JSON, CSV, GeoJSON and Parquet, and a check of the targets."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.exporters import JsonItemExporter, JsonLinesItemExporter
from scrapy.utils.serialize import ScrapyJSONEncoder
from w3lib.url import file_uri_to_path

from imgprint.errors import InputError
from imgprint.feeds.json_lines import ITEMS, STORED, json_line, pretty
from imgprint.masking import json_text_safe

if TYPE_CHECKING:
    import json
    from collections.abc import Container, Iterable, Mapping

    from scrapy import Spider

WHOLE = ("json", "geojson", "parquet")
"""Formats of files that nothing can be appended to."""


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


def local_path(uri: str) -> Path | None:
    """Return the path that a feed URI names, None if it is not a local file.

    >>> local_path("data/a.json"), local_path("s3://bucket/a.json")
    (PosixPath('data/a.json'), None)
    """
    if uri.startswith("file:"):
        return Path(file_uri_to_path(uri))
    if urlsplit(uri).scheme or uri == "-":
        return None
    return Path(uri)


def check_targets(uris: Iterable[str]) -> None:
    """Raise InputError if one of the local feed targets can't be written.

    Directories are made, as the feed storage would. In a name with
    placeholders only what stands before them is checked.
    """
    for uri in uris:
        path = local_path(uri)
        if path is None:
            continue
        parts = path.parts
        fixed = next((i for i, part in enumerate(parts) if "%(" in part), len(parts))
        folder = Path(*parts[: min(fixed, len(parts) - 1)])
        try:
            if fixed == len(parts) and path.is_dir():
                raise IsADirectoryError(21, "Is a directory")
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
            if fixed == len(parts) and path.exists():
                path.open("ab").close()
        except OSError as error:
            raise InputError(
                f"feed {uri!r} can't be written: {error.strerror}; "
                "give another path with -O"
            ) from error


def check_names(
    uris: Iterable[str], spider: type[Spider], arguments: Mapping[str, str]
) -> None:
    """Raise InputError if placeholders in *uris* stand for nothing that there is.

    They may name attributes of the spider, and what Scrapy's feed exports add.
    """
    own: Any = None
    for uri in uris:
        if "%" not in uri:
            continue
        if own is None:
            given = {name: v for name, v in arguments.items() if name != "job"}
            try:
                own = spider(**given)
            except (AttributeError, LookupError, TypeError, ValueError):
                return  # it wants a crawler, perhaps
        try:
            uri % _Names(own)
        except (KeyError, TypeError, ValueError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise InputError(
                f"feed {uri!r}: {reason}; give names such as %(name)s and %(time)s, "
                "and %% for a percent sign"
            ) from error


class _Names(dict[str, Any]):
    """What the placeholders of a feed's URI stand for."""

    def __init__(self, spider: Spider):
        super().__init__(time="", batch_time="", batch_id=1)
        self._spider = spider

    def __missing__(self, name: str) -> Any:
        try:
            return getattr(self._spider, name)
        except AttributeError:
            raise KeyError(name) from None


def check_formats(
    feeds: Mapping[str, Mapping[str, Any]], own: Container[str] = ()
) -> None:
    """Raise InputError if one of *feeds* can't be written in its format.

    *own* are files of the job that goes on: they are made anew.
    """
    for uri, options in feeds.items():
        name = options.get("format")
        if name == "parquet" and not find_spec("pyarrow"):
            raise InputError(f"feed {uri!r} needs pyarrow: pip install pyarrow")
        path = local_path(uri)
        if name not in WHOLE or options.get("overwrite") or not path or uri in own:
            continue
        if path.is_file() and path.stat().st_size:
            raise InputError(
                f"feed {uri!r} exists, and {name} can't be appended to: "
                "give it with -O to replace it"
            )
