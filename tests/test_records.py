import hashlib
import io
from dataclasses import asdict

import pytest
from PIL import Image
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint import records
from imgprint.content.byte_ranges.transfer import Transfer
from imgprint.content.fetched_image import FetchedImage
from imgprint.items import ImageRecord
from imgprint.pipelines.image_facts import FingerprintPipeline, MetadataPipeline
from imgprint.records import answer_record, complete_record, unchanged_record
from tests.conftest import needs_pdq
from tests.support.pictures import jpeg

URL = "http://example.com/a.jpg"
NOON = "2026-01-02T12:00:00"
FIELDS = {
    "etag": ['"old"', '"62c7-5f3"'],
    "last-modified": ["Thu, 01 Jan 2026 00:00:00 GMT"],
    "server": ["nginx"],
    "x-robots-tag": ["noai", "noimageindex, noai"],
    "content-md5": ["not one"],
}


def photo():
    exif = Image.Exif()
    exif[0x10F], exif[0x110] = "Acme", "One"
    file = io.BytesIO()
    Image.effect_noise((200, 100), 60).save(file, "JPEG", exif=exif.tobytes())
    return file.getvalue()


def fetched(data, status=206, **fields):
    transfer = Transfer(honoured="multipart", media_type="image/jpeg; a=b")
    transfer.image.size = len(data)
    transfer.image.add(0, data)
    return FetchedImage(transfer, status, fields)


def test_a_complete_record():
    data = photo()
    record = complete_record(
        fetched(data, **FIELDS), url=URL, timestamp=NOON, site="example.com"
    )
    assert (record.url, record.site, record.timestamp) == (URL, "example.com", NOON)
    assert (record.image_size, record.status) == (len(data), 206)
    assert record.media_type == "image/jpeg"
    assert (record.etag, record.server) == ('"62c7-5f3"', "nginx"), "the last value"
    assert record.robots == ["noai", "noimageindex"]
    assert record.transfer["range"] == "multipart"
    assert (record.format, record.width, record.height) == ("jpeg", 200, 100)
    assert record.exif["Make"] == "Acme"
    assert record.camera["model"] == "One"
    assert record.metadata_complete is True
    assert record.sha256_first_10240_bytes == hashlib.sha256(data[:10_241]).hexdigest()
    assert record.fingerprints["file_key"].startswith("f1:")
    assert record.fingerprints["md5"] == hashlib.md5(data).hexdigest()


def test_the_pipelines_make_the_same_record():
    data = photo()
    item = answer_record(fetched(data, **FIELDS), url=URL, timestamp=NOON)
    assert item.exif == {}
    assert item.fingerprints == {}
    for pipeline in (MetadataPipeline, FingerprintPipeline):
        item = build_from_crawler(pipeline, get_crawler()).process_item(item)
    assert item == complete_record(fetched(data, **FIELDS), url=URL, timestamp=NOON)


def test_no_complete_record_holds_the_bytes():
    record = complete_record(fetched(photo()), url=URL)
    assert record.fetched is None
    assert "fetched" not in {**vars(record), **asdict(record)}


def test_the_bytes_are_read_once():
    source = fetched(photo())
    complete_record(source, url=URL)
    assert source.describe() is source.description is not None


def test_an_image_that_is_known_by_its_answer_only():
    record = complete_record(FetchedImage(Transfer(), 206), url=URL)
    assert (record.image_size, record.format, record.exif) == (None, None, {})
    assert record.sha256_first_10240_bytes is None
    assert record.fingerprints["file_key"] is None
    assert record.metadata_complete is False


@pytest.mark.parametrize("kept", [0, 1, 300, 5_000])
def test_every_cut_gives_a_record(kept):
    data = photo()
    source = fetched(data[:kept])
    source.transfer.image.size = len(data)
    record = complete_record(source, url=URL)
    assert record.image_size == len(data)
    assert record.sha256_last_1024_bytes is None


def test_header_fields_become_plain_text():
    hostile = {"server": ["a\x1b[31mb"], "etag": [""], "last-modified": []}
    record = answer_record(fetched(photo(), **hostile), url=URL)
    assert "\x1b" not in record.server
    assert record.etag is record.last_modified is record.robots is None


def test_long_urls_are_cut():
    long = "http://example.com/" + "a" * 100_000
    record = complete_record(fetched(photo()), url=long, page_url=long)
    assert len(record.url) < 100_000
    assert record.page_url == record.url


def test_an_image_that_did_not_change():
    first = complete_record(fetched(photo()), url=URL, timestamp=NOON, site="a.example")
    later = unchanged_record(asdict(first), url=URL + "?b", timestamp="later")
    assert (later.url, later.timestamp) == (URL + "?b", "later")
    for same in (first, later):
        same.url = same.timestamp = "same"
    assert later == first


@needs_pdq
def test_facts_of_the_pixels():
    item = answer_record(fetched(jpeg(1, (64, 64))), url=URL)
    records.add_metadata(item)
    records.add_fingerprints(item)
    assert item.fingerprints["pdq"] is None
    records.add_pixel_facts(item)
    assert item.fingerprints["pdq"]
    assert item.fetched is not None
    records.release_bytes(item)
    assert item.fetched is None


@pytest.mark.parametrize(
    "step",
    [records.add_metadata, records.add_fingerprints, records.add_pixel_facts],
)
def test_a_record_without_bytes_stays_as_it_is(step):
    record = ImageRecord(URL, width=3)
    step(record)
    assert record == ImageRecord(URL, width=3)
