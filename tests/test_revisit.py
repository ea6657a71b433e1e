import json
import os
from collections import Counter

import pytest

from imgprint.errors import InputError
from imgprint.revisit import PreviousFeed
from tests.crawling import crawl
from tests.pictures import jpeg
from tests.servers.nginx import Nginx

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


def test_the_last_record_of_an_image_counts(tmp_path):
    feed = tmp_path / "a.jsonl"
    lines = [{"url": "a", "n": 1}, {"url": "b", "n": 2}, {"url": "a", "n": 3}]
    feed.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"url": "c')
    previous = PreviousFeed(str(feed))
    assert [previous.get(url) for url in "abcd"] == [lines[2], lines[1], None, None]
    previous.close()


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
