import asyncio
import io
import json
from dataclasses import asdict

import pytest
from itemadapter import ItemAdapter
from scrapy.exporters import JsonItemExporter, JsonLinesItemExporter

from imgprint.feeds.json_exporters import (
    FastJsonItemExporter,
    FlushingJsonLinesItemExporter,
)
from imgprint.feeds.json_lines import (
    StoredRecord,
    StoredSighting,
    Unchanged,
    fields_of,
    json_line,
    pretty,
    read_line,
)
from imgprint.items import ImageRecord, Sighting
from imgprint.masking import json_line_safe

RECORD = ImageRecord(
    url="http://example.com/a.jpg",
    image_size=1 << 70,
    exif={"Make": 'Ca"non\u2028\x7f\n', "Käse": "ü", "Empty": ""},
    gps={"latitude": -1.5, "longitude": 0.1, "altitude": None},
    fingerprints={"marks": [], "declared": {}, "strips": [[1, 2], ["x"]]},
    progressive=True,
)
SIGHTING = Sighting(page_url="http://example.com/", alt="", width=3)


def exported(exporter_class, items, **options):
    file = io.BytesIO()
    exporter = exporter_class(file, **options)
    exporter.start_exporting()
    for item in items:
        exporter.export_item(item)
    exporter.finish_exporting()
    return file.getvalue()


@pytest.mark.parametrize("indent", [None, 0, 2, 4])
@pytest.mark.parametrize("items", [[], [RECORD], [RECORD, SIGHTING, {"a": [1]}]])
@pytest.mark.parametrize(
    "options",
    [
        {"encoding": "utf-8", "fields_to_export": None},
        {"encoding": None},
        {"encoding": "latin-1", "ensure_ascii": True},
        {"encoding": "utf-8", "fields_to_export": ["alt"]},
        {"encoding": "utf-8", "sort_keys": True},
    ],
)
def test_arrays_are_scrapys_to_the_byte(indent, items, options):
    """But for the escapes of what readers take for line ends."""
    expected = exported(JsonItemExporter, items, indent=indent, **options)
    found = exported(FastJsonItemExporter, items, indent=indent, **options)
    assert found == json_line_safe(expected)


@pytest.mark.parametrize("options", [{"encoding": "utf-8"}, {"encoding": None}])
def test_lines_hold_what_scrapys_hold(options):
    items = [RECORD, SIGHTING, {"a": [1]}]
    expected = exported(JsonLinesItemExporter, items, **options)
    found = exported(FlushingJsonLinesItemExporter, items, **options)
    assert [*map(json.loads, found.splitlines())] == [
        *map(json.loads, expected.splitlines())
    ]
    assert json.loads(found.splitlines()[0]) == asdict(RECORD)


def test_a_line_is_made_once_while_its_item_is_unchanged():
    item = Sighting(alt="a")
    with Unchanged(item):
        line = json_line(item)
        assert json_line(item) is line
        assert json_line(Sighting(alt="b")) == line.replace(b'"a"', b'"b"')
        assert json_line(item) is line
    item.alt = "c"
    assert json_line(item) == line.replace(b'"a"', b'"c"')


class Flushed(io.BytesIO):
    """A file that says what it had whenever it was flushed, and may be full."""

    full = False

    def __init__(self):
        super().__init__()
        self.lines = []

    def flush(self):
        if self.full:
            raise OSError(28, "No space left on device")
        self.lines.append(self.getvalue().count(b"\n"))


def test_lines_that_come_together_are_flushed_together():
    file = Flushed()

    async def run():
        exporter = FlushingJsonLinesItemExporter(file, encoding="utf-8")
        for _ in range(3):
            exporter.export_item(RECORD)
            exporter.export_item(SIGHTING)
            assert not file.lines or file.lines[-1] < file.getvalue().count(b"\n")
            await asyncio.sleep(0)
        exporter.export_item(RECORD)
        exporter.export_item(RECORD)

    asyncio.run(run())
    assert file.lines == [2, 4, 6, 8]


def test_a_file_that_is_full_says_so_when_it_is_flushed_by_others():
    file = Flushed()
    file.full = True

    async def run():
        FlushingJsonLinesItemExporter(file, encoding="utf-8").export_item(RECORD)
        await asyncio.sleep(0)

    asyncio.run(run())
    with pytest.raises(OSError, match="No space"):
        file.flush()


def test_without_an_event_loop_each_line_is_flushed():
    file = Flushed()
    exporter = FlushingJsonLinesItemExporter(file, encoding="utf-8")
    exporter.export_item(RECORD)
    exporter.export_item(SIGHTING)
    assert file.lines == [1, 2]


def test_content_is_in_no_line():
    record = ImageRecord(url="http://example.com/a.jpg")
    record.fetched = {"cookie": "secret"}
    assert "secret" not in json_line(record).decode()
    assert list(read_line(json_line(record))) == list(asdict(record))


def test_half_a_character():
    line = json_line(Sighting(alt="a\ud800b", width=1))
    assert read_line(line) == asdict(Sighting(alt="a?b", width=1))


@pytest.mark.parametrize(
    ("item", "stored_class"), [(RECORD, StoredRecord), (SIGHTING, StoredSighting)]
)
def test_stored_items_are_read_when_asked(item, stored_class):
    line = json_line(item)
    stored = stored_class(line)
    assert vars(stored) == {"line": line}
    assert isinstance(stored, type(item))
    assert fields_of(stored) == fields_of(item) == asdict(item)
    assert json_line(stored) is line
    assert ItemAdapter(stored).asdict() == asdict(stored) == asdict(item)


@pytest.mark.parametrize("indent", [0, 1, 4])
def test_pretty(indent):
    value = {"a": [], "b": {}, "c": [1, [2, {}]], "d": {"é": None, "f": -0.0}}
    expected = json.dumps(value, indent=indent or None, ensure_ascii=False)
    assert (
        pretty(json.dumps(value, ensure_ascii=False).encode(), indent).decode()
        == expected
    )
