import asyncio
import hashlib
import threading

import pytest
from scrapy.exceptions import DropItem
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint.content.byte_ranges.transfer import Transfer
from imgprint.content.fetched_image import FetchedImage
from imgprint.items import ImageRecord, Sighting
from imgprint.pipelines.image_facts import (
    FingerprintPipeline,
    MetadataPipeline,
    SizePipeline,
)
from imgprint.records import answer_record
from tests.conftest import needs_pdq
from tests.support.pictures import jpeg

PIPELINES = [SizePipeline, MetadataPipeline, FingerprintPipeline]


def build(pipeline, **settings):
    return build_from_crawler(pipeline, get_crawler(settings_dict=settings))


def record(data):
    transfer = Transfer()
    transfer.image.size = len(data)
    transfer.image.add(0, data)
    return answer_record(FetchedImage(transfer), url="http://example.com/a.jpg")


@pytest.mark.parametrize("pipeline", PIPELINES)
@pytest.mark.parametrize("item", [{"a": 1}, Sighting(), "text"])
def test_other_items_pass(pipeline, item):
    assert build(pipeline).process_item(item) is item


@pytest.mark.parametrize(
    ("settings", "size", "kept"),
    [
        ({}, 20_480, True),
        ({}, 20_479, False),
        ({}, None, True),
        ({"IMGPRINT_MIN_SIZE": 0}, 1, True),
        ({"IMGPRINT_MIN_SIZE": "100"}, 99, False),
    ],
)
def test_size(settings, size, kept):
    pipeline = build(SizePipeline, **settings)
    item = ImageRecord("u", image_size=size)
    if kept:
        assert pipeline.process_item(item) is item
        return
    with pytest.raises(DropItem):
        pipeline.process_item(item)
    assert pipeline.stats.get_value("imgprint/image/skipped/small") == 1


def test_a_file_seen_whole():
    data = jpeg(1, (64, 64))
    item = record(data)
    for pipeline in (MetadataPipeline, FingerprintPipeline):
        item = build(pipeline).process_item(item)
    assert (item.format, item.width, item.height) == ("jpeg", 64, 64)
    assert item.fingerprints["sha256"] == hashlib.sha256(data).hexdigest()
    assert item.sha256_first_10240_bytes == item.fingerprints["sha256"]
    assert item.fetched is None, "the bytes are let go of"


@pytest.mark.parametrize("pipeline", [MetadataPipeline, FingerprintPipeline])
def test_a_record_without_bytes_stays_as_it_is(pipeline):
    item = ImageRecord("http://example.com/a.jpg", width=3, fingerprints={"md5": "aa"})
    assert build(pipeline).process_item(item) is item
    assert (item.width, item.fingerprints) == (3, {"md5": "aa"})


def test_fingerprints_need_no_metadata_pipeline():
    data = jpeg(1, (64, 64))
    item = build(FingerprintPipeline).process_item(record(data))
    assert item.fingerprints["data_sha256"]
    assert (item.format, item.width) == (None, None), "which is switched off"


def test_junk_is_a_record_without_metadata():
    item = build(MetadataPipeline).process_item(record(b"\xff\xd8\xff" + bytes(30)))
    assert (item.width, item.exif) == (None, {})


@needs_pdq
def test_decoding_is_done_beside_the_crawl():
    item = build(MetadataPipeline).process_item(record(jpeg(1, (64, 64))))
    decoding = build(FingerprintPipeline, IMGPRINT_DECODE=1).process_item(item)
    threads = []

    async def run():
        at_work = asyncio.create_task(decoding)
        while not at_work.done():
            threads.extend(t.name for t in threading.enumerate())
            await asyncio.sleep(0)  # the loop is free
        return at_work.result()

    assert asyncio.run(run()) is item
    assert any(name.startswith("imgprint-decode") for name in threads)
    assert item.fingerprints["pdq"]
    assert item.fetched is None
