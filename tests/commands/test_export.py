import json

import pyarrow.parquet
import pytest

from tests.support import report_feeds as feeds
from tests.support.crawling import jsonl, scrapy


@pytest.fixture
def feed(tmp_path):
    items = [feeds.record(n) for n in range(12)]
    items += [feeds.hostile_record(typed=True), feeds.hostile_sighting(typed=True)]
    return feeds.write(tmp_path / "feed.jsonl", items)


@pytest.mark.parametrize("kind", ["csv", "geojson", "kml", "json", "misp", "stix"])
def test_the_same_to_a_file_and_to_standard_output(kind, feed, tmp_path):
    done = scrapy("export", feed, "--to", kind, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    again = scrapy("export", feed, "--to", kind, "-o", f"out.{kind}", cwd=tmp_path)
    assert again.returncode == 0
    assert again.stdout == ""
    text = (tmp_path / f"out.{kind}").read_text()
    assert text == done.stdout.replace("\r\n", "\n")
    if kind not in ("csv", "kml"):
        json.loads(text)


@pytest.mark.parametrize(
    "kind", ["csv", "geojson", "kml", "json", "jsonl", "misp", "stix"]
)
def test_a_feed_with_passwords_and_commands(kind, tmp_path):
    """As feeds of others have them, and feeds of former versions."""
    gps = {"latitude": 1.5, "longitude": 2.5, "altitude": 1e300}
    odd = feeds.record(
        1,
        url="http://me:sesame@a.example/a.jpg",
        page_url="http://me:sesame@a.example/",
        software="\x1b]0;x\x07\x9b2J",
        gps=gps,
        image_size=2**63 - 1,
        width=2**63 - 1,
    )
    feed = feeds.write(tmp_path / "odd.jsonl", [odd])
    done = scrapy("export", feed, "--to", kind, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "a.example/a.jpg" in done.stdout
    assert "sesame" not in done.stdout
    assert not {"\x1b", "\x07", "\x9b"} & {*done.stdout}
    assert "0" * 300 not in done.stdout
    if kind not in ("csv", "kml"):
        json.loads(done.stdout, parse_constant=pytest.fail)


def test_several_feeds_are_one(tmp_path):
    """Of records of the same URL the first stays, in the order of the feeds."""
    records = [feeds.record(n) for n in range(4)]
    later = {**records[1], "site": "later.example"}
    one = feeds.write(tmp_path / "1.jsonl", records[:2])
    two = feeds.write(tmp_path / "2.jsonl", [later, records[2], records[2]])
    done = scrapy("export", one, two, "--to", "jsonl", cwd=tmp_path)
    assert jsonl(done.stdout) == records[:3]
    done = scrapy("export", two, one, "--to", "json", cwd=tmp_path)
    assert json.loads(done.stdout) == [later, records[2], records[0]]


def test_parquet(feed, tmp_path):
    done = scrapy("export", feed, "--to", "parquet", "-o", "a.parquet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    table = pyarrow.parquet.read_table(tmp_path / "a.parquet")
    assert table.num_rows == 13
    assert table["image_size"].to_pylist()[0] == 20_480
    assert str(table.schema.field("gps.latitude").type) == "double"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "csv"], "nothing to export"),
        (["no.jsonl", "--to", "csv"], "can't be read"),
        (["feed.jsonl", "--to", "csv", "-o", "no/a.csv"], "can't be written"),
        (["feed.jsonl", "--to", "parquet"], "parquet needs a file: give -o FILE"),
        (["feed.jsonl", "--to", "xls"], "invalid choice"),
    ],
)
def test_bad_input(arguments, words, feed, tmp_path):
    done = scrapy("export", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
