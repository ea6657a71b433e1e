import json
import os
from collections import Counter
from dataclasses import asdict
from typing import get_type_hints

import pytest

from imgprint.errors import InputError
from imgprint.feeds.previous_feed import PreviousFeed
from imgprint.item_types import Fingerprints
from imgprint.items import ImageRecord
from tests.support.crawling import crawl
from tests.support.pictures import jpeg
from tests.support.servers.nginx import Nginx

NAMES = [f"{i}.jpg" for i in range(8)]


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "www"
    root.mkdir()
    for i, name in enumerate(NAMES):
        (root / name).write_bytes(jpeg(i))
    page = "".join(f"<img src={name}>" for name in NAMES)
    (root / "index.html").write_text(page)
    return root


@pytest.mark.parametrize("suffix", ["jsonl", "json"])
def test_unchanged_images_cost_one_304(root, tmp_path, suffix):
    folders = [tmp_path / "first", tmp_path / "again"]
    for folder in folders:
        folder.mkdir()
    with Nginx(root) as nginx:
        url = f"-aurl={nginx.url}/index.html"
        first = crawl(url, cwd=folders[0])
        (feed,) = (folders[0] / "data").glob(f"*.{suffix}")
        seen = len(nginx.log())
        (root / NAMES[3]).write_bytes(jpeg(99))
        os.utime(root / NAMES[3], (1, 1))
        again = crawl(url, cwd=folders[1], settings={"IMGPRINT_REVISIT": feed})
        log = [line for line in nginx.log()[seen:] if line.path.endswith("jpg")]
    assert len(log) == len(NAMES)
    assert Counter(line.status for line in log) == {304: 7, 206: 1}
    assert sum(line.body_bytes for line in log if line.status == 304) == 0
    assert again.stats["imgprint/image/unchanged"] == 7
    assert again.stats["imgprint/image/count"] == 8
    before, after = first.by_name(), again.by_name()
    changed = after.pop(NAMES[3])
    assert changed["etag"] != before.pop(NAMES[3])["etag"]
    assert changed["timestamp"] >= first.records[0]["timestamp"]
    assert without_time(after) == without_time(before)


def without_time(records):
    return {name: {**r, "timestamp": None} for name, r in records.items()}


PRINTS = dict.fromkeys(get_type_hints(Fingerprints))


def line(url="a", **fields):
    """A line of a feed: the record of the image at *url*, and *fields*."""
    record = asdict(ImageRecord(url, fingerprints=PRINTS, status=200))
    return json.dumps({**record, **fields}) + "\n"


def previous(path, *lines):
    path.write_bytes("".join(lines).encode("utf-8", "surrogatepass"))
    return PreviousFeed(str(path))


def test_the_last_record_of_an_image_counts(tmp_path):
    lines = [line("a", status=1), line("b", status=2), line("a", status=3)]
    feed = previous(tmp_path / "a.jsonl", *lines, '{"url": "c')
    assert [feed.get(url) and feed.get(url)["status"] for url in "abcd"] == [
        *(3, 2, None, None)
    ]
    feed.close()


BAD = {
    "CR in its etag": {"etag": "a\r\nX-Evil: 1"},
    "NUL in its date": {"last_modified": "\0"},
    "letters that no field has": {"etag": "\N{SNOWMAN}"},
    "half a surrogate": {"etag": "\ud800"},
    "half a surrogate elsewhere": {"server": "\udfff"},
    "a number for an etag": {"etag": 5},
    "a text for a size": {"image_size": "5"},
    "a list for fingerprints": {"fingerprints": []},
    "no file key": {"fingerprints": {}},
    "an unknown field": {"from_the_future": 1},
    "a number that no float is": {"image_size": float("inf")},
}


# Of an array all has to be JSON as others read it.
NO_JSON = ("half a surrogate", "half a surrogate elsewhere")
NO_JSON += ("a number that no float is",)
CASES = [("jsonl", name) for name in BAD]
CASES += [("json", name) for name in BAD if name not in NO_JSON]


@pytest.mark.parametrize("name", NO_JSON)
def test_an_array_that_is_not_json_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="can't be read: not a feed"):
        previous(tmp_path / "a.json", f"[{line('a')},{line('b', **BAD[name])}]")


@pytest.mark.parametrize(("suffix", "name"), CASES)
def test_a_record_that_can_not_be_used_is_as_if_it_were_not_there(
    tmp_path, caplog, suffix, name
):
    lines = [line("a"), line("b", **BAD[name]), line("c")]
    text = lines if suffix == "jsonl" else ["[" + ",".join(lines) + "]"]
    feed = previous(tmp_path / f"a.{suffix}", *text)
    assert [bool(feed.get(url)) for url in "abc"] == [True, False, True]
    feed.close()
    where = "line 2" if suffix == "jsonl" else "item 2"
    (message,) = [record.getMessage() for record in caplog.records]
    assert f"1 of 3 records can't be used (the first is {where}: " in message
    assert "are fetched like new ones" in message


@pytest.mark.parametrize("depth", [100, 100_000])
def test_deep_json(tmp_path, depth):
    deep = "[" * depth + "]" * depth
    feed = previous(tmp_path / "a.jsonl", line("a"), f'{{"url": "b", "x": {deep}}}\n')
    assert feed.get("a")
    assert feed.get("b") is None
    feed.close()
    with pytest.raises(InputError, match="can't be read: not a feed"):
        previous(tmp_path / "b.json", deep)


@pytest.mark.parametrize("text", [None, "nonsense\n", "[1]", '{"no": "url"}\n'])
def test_no_feed(tmp_path, text):
    feed = tmp_path / "a.json"
    if text is not None:
        feed.write_text(text)
    with pytest.raises(InputError, match=r"previous feed .* can't be read"):
        PreviousFeed(str(feed))


def test_a_bad_feed_stops_the_crawl_before_it_begins(tmp_path):
    done = crawl(
        "-aurl=http://127.0.0.1:9/",
        cwd=tmp_path,
        settings={"IMGPRINT_REVISIT": "no.jsonl"},
    )
    assert done.code == 2
    assert done.log.splitlines()[-1] == (
        "imgprint: previous feed 'no.jsonl' can't be read: No such file or directory; "
        "give one of imgprint's .json or .jsonl feeds as IMGPRINT_REVISIT"
    )


def test_bad_validators_are_not_sent(root, tmp_path):
    with Nginx(root) as nginx:
        feed = tmp_path / "bad.jsonl"
        urls = [f"{nginx.url}/{name}" for name in NAMES]
        bad = [*BAD.values()] * 2
        lines = [line(url, **bad[i]) for i, url in enumerate(urls)]
        feed.write_text("".join([*lines, line("http://elsewhere.example/a.jpg")]))
        again = crawl(
            f"-aurl={nginx.url}/index.html",
            cwd=tmp_path,
            settings={"IMGPRINT_REVISIT": feed},
        )
    assert again.by_name().keys() == set(NAMES)
    assert [s["error"] for s in again.sightings] == [None] * len(NAMES)
    assert "imgprint/error/unexpected" not in again.stats
    assert "8 of 9 records can't be used (the first is line 1: etag is not" in again.log
    assert "Traceback" not in again.log
