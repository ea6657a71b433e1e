"""Every field says what it means; the schema takes what crawls yield, only that."""

from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import pytest
from jsonschema import Draft202012Validator, ValidationError

from imgprint import item_types as blocks
from imgprint.content.describe import describe
from imgprint.content.fingerprints import declared_hashes as server
from imgprint.content.fingerprints import perceptual
from imgprint.content.fingerprints.fingerprint import (
    fingerprints,
    reference_fingerprints,
)
from imgprint.content.metadata import facts, iptc, xmp
from imgprint.content.metadata.icc import read_icc
from imgprint.feeds.schema import documented, markdown, schema
from imgprint.items import ImageRecord, Sighting
from tests.support import report_feeds as feeds
from tests.support.crawling import jsonl, scrapy, validate_feeds
from tests.support.samples import picture, whole


def everywhere(item, path=()):
    """Every field of *item* and of what is within, with its path."""
    for field in documented(item):
        yield (*path, field.name), field
        if field.inner:
            yield from everywhere(field.inner, (*path, field.name))


def test_every_field_is_documented():
    shown = markdown()
    found = [pair for item in (ImageRecord, Sighting) for pair in everywhere(item)]
    assert len(found) > 140
    for path, field in found:
        assert len(field.text) > 8, path
        assert f"| `{field.name}` |" in shown
        if field.inner:
            assert f"\n### `{'.'.join(path)}`\n" in shown


def bare_dataclass():
    @dataclass
    class Item:
        width: int

    return Item


def within(hint):
    """An item with a documented block in which a field is annotated by *hint*."""

    class Block(TypedDict):
        width: hint

    @dataclass
    class Item:
        block: Annotated[dict[str, Any], "A block", Block]

    return Item


@pytest.mark.parametrize(
    "item",
    [bare_dataclass(), within(int), within(Annotated[int, " "])],
    ids=["field", "nested", "empty"],
)
def test_a_field_without_description_fails(item):
    with pytest.raises(TypeError, match="width has no description"):
        list(everywhere(item))


def test_a_block_must_say_what_is_within():
    @dataclass
    class Item:
        block: Annotated[dict[str, Any] | None, "Something"]

    with pytest.raises(TypeError, match="block does not say what is within"):
        documented(Item)


def test_the_blocks_are_what_the_code_makes():
    exif_block = {2: (1, 2, 3), 1: "N", 4: (1, 2, 3), 3: "E"}
    made = {
        blocks.Gps: facts.gps(exif_block),
        blocks.Camera: facts.camera({facts.MAKE: "M"}, {}),
        blocks.Dates: facts.dates({}, {"original": "2026-01-01T00:00:00"}),
        blocks.Ids: facts.ids({}, {"document_id": "d"}),
        blocks.Xmp: xmp.main_fields({xmp.DC + "title": ["t"]}),
        blocks.Iptc: dict.fromkeys(iptc.FIELDS.values()),
        blocks.Icc: read_icc(bytes(36) + b"acsp" + bytes(100)),
        blocks.Declared: dict.fromkeys([*server.SIZES, "crc64", "unproven_md5"])
        | {"sources": {}},
        blocks.EtagDecoded: server.decode_etag('"68b420a9-7ffc"'),
        blocks.Strips: perceptual.STRIPS,
    }
    for block, value in made.items():
        assert set(value) == set(block.__annotations__), block


def test_the_fingerprints_are_what_the_code_makes():
    image = whole(picture("JPEG"))
    found = describe(image, final=True)
    made = fingerprints(image, found, reference_fingerprints(image), {}, 200)
    assert set(made) == set(blocks.Fingerprints.__annotations__)
    assert set(made["encoder"]) == set(blocks.Encoder.__annotations__)
    assert set(made["marks"]) <= set(blocks.Marks.__annotations__)


def test_the_schema_takes_what_the_demo_yields_and_nothing_else(tmp_path):
    Draft202012Validator.check_schema(schema())
    check = Draft202012Validator(schema())
    assert scrapy("demo", cwd=tmp_path).returncode == 0
    assert validate_feeds(tmp_path) > 60
    records = jsonl((tmp_path / "data/demo/records.jsonl").read_text())
    record = next(record for record in records if record["gps"])
    check.validate(record)
    for wrong in (
        {**record, "new": 1},
        {**record, "width": "800"},
        {**record, "schema_version": 1},
        {**record, "gps": {**record["gps"], "latitude": "45.9"}},
        {**record, "gps": {**record["gps"], "new": 1}},
        {**record, "camera": {"make": "Canon"}},
        {**record, "transfer": {**record["transfer"], "range": "other"}},
        {k: v for k, v in record.items() if k != "gps"},
        {},
    ):
        with pytest.raises(ValidationError):
            check.validate(wrong)


def test_the_synthetic_feed_is_one_that_a_crawl_could_make():
    check = Draft202012Validator(schema())
    for number in range(200):
        check.validate(feeds.record(number))
        check.validate(feeds.sighting(number))
