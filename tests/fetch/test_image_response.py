from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint.content.byte_ranges.transfer import Transfer
from imgprint.discovery.urls.data_uri import DataImage
from imgprint.fetch.image_response import (
    ImageResponse,
    image_request,
    inline_image,
    yield_record,
)
from imgprint.pipelines.image_facts import FingerprintPipeline, MetadataPipeline
from tests.support.pictures import jpeg

URL = "http://example.com/a.jpg"


def response(data, *, honoured="single", previous=None):
    transfer = Transfer(honoured=honoured, media_type="image/jpeg")
    transfer.image.size = len(data)
    transfer.image.add(0, data)
    headers = {"ETag": ['"a"', '"b"'], "Server": "S", "X-Robots-Tag": "noai"}
    request = image_request(URL, headers={"Referer": "http://example.com/page"})
    return ImageResponse(
        URL,
        206,
        headers,
        request=request,
        transfer=transfer,
        previous=previous,
    )


def test_a_request_for_an_image():
    request = image_request(URL, meta={"a": 1})
    assert request.meta == {"a": 1, "imgprint": True}


def test_what_was_fetched():
    fetched = response(jpeg(1, (64, 64))).fetched()
    assert fetched.status == 206
    assert fetched.fields["etag"] == ['"a"', '"b"']
    assert fetched.fields["server"] == ["S"]
    assert fetched.describe().format == "jpeg"


def test_no_server_has_sent_a_local_file():
    assert response(b"", honoured="local").fetched().status is None


def test_a_record_is_completed_at_once_or_by_the_pipelines():
    image = response(jpeg(1, (64, 64)))
    complete = image.complete_record(site="example.com")
    assert complete.fetched is None
    assert (complete.width, complete.robots) == (64, ["noai"])
    item = image.record(site="example.com")
    assert item.width is None
    for pipeline in (MetadataPipeline, FingerprintPipeline):
        item = build_from_crawler(pipeline, get_crawler()).process_item(item)
    complete.timestamp = item.timestamp
    assert item == complete


def test_a_record_by_itself_knows_its_page():
    (record,) = yield_record(response(jpeg(1, (64, 64))))
    assert (record.url, record.page_url) == (URL, "http://example.com/page")
    assert record.site == "example.com"


def test_an_image_that_did_not_change_keeps_its_record():
    previous = {"url": "http://old.example/", "width": 7, "timestamp": "then"}
    for record in (
        response(b"", previous=previous).record(),
        response(b"", previous=previous).complete_record(),
    ):
        assert (record.url, record.width) == (URL, 7)
        assert record.timestamp != "then"
        assert record.fetched is None


def test_an_image_within_a_page():
    data = jpeg(1, (64, 64))
    image = inline_image(DataImage("image/jpeg", data))
    record = image.complete_record(url=image.url)
    assert (record.width, record.status) == (64, None)
    assert record.transfer["complete"] is True
    assert inline_image(DataImage("image/jpeg", b"no")) is None
