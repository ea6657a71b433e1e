import pytest
from scrapy.settings import Settings

from imgprint.feeds.feed_items import choose_feed_items
from imgprint.items import ImageRecord, Sighting


def feeds(**settings):
    chosen = Settings(settings)
    choose_feed_items(chosen)
    return chosen.getdict("FEEDS")


@pytest.mark.parametrize("own", [{"item_classes": [dict]}, {"item_filter": object}])
def test_a_feed_that_chooses_its_items_is_left_alone(own):
    found = feeds(FEEDS={"a.json": {"format": "json", **own}})
    assert found["a.json"] == {"format": "json", "batch_item_count": 0, **own}


def test_other_feeds_get_records_and_sightings_have_their_own():
    found = feeds(FEEDS={"a.json": {"format": "json"}}, IMGPRINT_SIGHTINGS="s.jsonl")
    assert found["a.json"]["item_classes"] == [ImageRecord]
    assert found["s.jsonl"]["item_classes"] == [Sighting]
    assert found["s.jsonl"]["format"] == "jsonl"


def test_only_feeds_whose_name_tells_batches_apart_have_batches():
    names = ("a.json", "a-%(batch_id)d.json", "a-%(batch_time)s.json")
    found = feeds(FEEDS={name: {"format": "json"} for name in names})
    assert [found[name].get("batch_item_count") for name in names] == [0, None, None]


def test_no_feed_is_added_unasked():
    assert feeds(FEEDS={}) == {}
