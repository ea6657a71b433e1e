import asyncio
import hashlib
import threading

import pytest
from scrapy.exceptions import DropItem
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint.content.sparse import SparseBytes
from imgprint.items import ImageRecord, Sighting
from imgprint.pipelines.image_facts import (
    FingerprintPipeline,
    MetadataPipeline,
    SizePipeline,
)
from tests.conftest import needs_pdq
from tests.support.pictures import jpeg

PIPELINES = [SizePipeline, MetadataPipeline, FingerprintPipeline]


def build(pipeline, **settings):
    return build_from_crawler(pipeline, get_crawler(settings_dict=settings))


def record(data, size=None):
    item = ImageRecord("http://example.com/a.jpg", image_size=size or len(data))
    item.content = SparseBytes(len(data))
    item.content.add(0, data)
    return item


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
    assert item.content is item.description is None, "the bytes are let go of"


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
    assert item.content is None
