import json
from dataclasses import asdict

from itemadapter import ItemAdapter

from imgprint.content.byte_ranges.transfer import Transfer
from imgprint.content.fetched_image import FetchedImage
from imgprint.feeds.json_lines import json_line
from imgprint.items import ImageRecord, Sighting, asked_url


def test_content_is_neither_exported_nor_shown():
    item = ImageRecord("u")
    item.fetched = FetchedImage(Transfer())
    item.fetched.transfer.image.size = 6
    item.fetched.transfer.image.add(0, b"secret")
    for shown in (ItemAdapter(item).asdict(), vars(item), json.loads(json_line(item))):
        assert "fetched" not in shown
        assert "secret" not in str(shown)
    assert "secret" not in repr(item)


ASKED = "http://me:pw@a.example/b@c.jpg?d=e@f"
SHOWN = "http://a.example/b@c.jpg?d=e@f"


def test_urls_of_items_are_without_credentials():
    record = ImageRecord(ASKED, page_url="https://u@p.example/")
    assert (record.url, record.page_url) == (SHOWN, "https://p.example/")
    sighting = Sighting(
        page_url="https://u@p.example/",
        image_url=ASKED,
        error=f"can't fetch {ASKED}",
        onion_location="http://u:pw@a.onion/",
    )
    assert (sighting.image_url, sighting.page_url) == (SHOWN, "https://p.example/")
    assert sighting.error == f"can't fetch {SHOWN}"
    assert sighting.onion_location == "http://a.onion/"
    for item in (record, sighting):
        assert asked_url(item) == ASKED
        for shown in (asdict(item), vars(item), json.loads(json_line(item))):
            assert "asked" not in shown
            assert "pw" not in str(shown)
        assert "pw" not in repr(item)


def test_other_urls_stay_as_they_are():
    for item in (ImageRecord(SHOWN), Sighting(image_url=SHOWN), Sighting()):
        assert item.asked is None
    assert (
        asked_url(ImageRecord(SHOWN)) == asked_url(Sighting(image_url=SHOWN)) == SHOWN
    )
    assert asked_url(Sighting(page_url=SHOWN)) is None
