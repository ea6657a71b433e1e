"""index, match, shared and blind as a user runs them."""

import json
import secrets

import pytest

from imgprint.demo.gallery_server import GallerySite
from tests.conftest import needs_pdq
from tests.support.crawling import crawl, jsonl, scrapy
from tests.support.pictures import jpeg
from tests.support.records import flipped, record

MD5 = "ab" * 16
PDQ = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 2


@pytest.fixture
def folder(tmp_path):
    declared = {"declared": {"md5": MD5, "sources": {"md5": "etag of S3"}}}
    pdq = {"pdq": PDQ, "pdq_quality": 90, "pdq_source": "progressive"}
    lines = [
        record(1, fingerprints=declared),
        record(2, fingerprints=pdq),
        record(3),
        record(3, url="https://mirror.example/3.jpg", site="mirror.example"),
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "feed.jsonl").write_text(text)
    (tmp_path / "feed.json").write_text(json.dumps(lines, indent=4))
    (tmp_path / "cut.jsonl").write_text(text[:-100])
    done = scrapy("index", "feed.jsonl", "--db", "i.db", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("feed.jsonl: 4 records, 4 of them new\ni.db: 4 records\n")
    return tmp_path


def match(folder, *arguments):
    done = scrapy("match", *arguments, "--db", "i.db", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return jsonl(done.stdout)


def test_feeds_again_and_in_other_forms(folder):
    done = scrapy("index", "feed.json", "cut.jsonl", "--db", "i.db", cwd=folder)
    assert done.stdout == (
        "feed.json: 4 records, 0 of them new\n"
        "cut.jsonl: 3 records, 0 of them new\ni.db: 4 records\n"
    )


def test_a_feed_as_query(folder):
    hits = match(folder, "feed.jsonl")
    assert len(hits) == 6, "two of the four are copies of each other"
    assert {hit["strength"] for hit in hits} == {"certain"}
    for hit in hits:
        assert (
            hit["reasons"][0]["why"] == "same size, first 10,241 and last 1,024 bytes"
        )


LISTS = {
    "text": f"{MD5} a label\n",
    "CSV": f"name,md5\na label,{MD5.upper()}\n",
    "VICS": json.dumps({"value": [{"MediaID": 1, "Category": 1, "MD5": MD5}]}),
}


@pytest.mark.parametrize("text", LISTS.values(), ids=LISTS)
def test_hash_lists(folder, text):
    (folder / "list.txt").write_text(text)
    (hit,) = match(folder, "list.txt")
    assert hit["url"] == record(1)["url"]
    (reason,) = hit["reasons"]
    assert (reason["grade"], reason["strength"]) == ("declared_md5", "strong")
    assert "unverified" in reason["bound"]


@pytest.mark.parametrize(("distance", "count"), [(0, 1), (31, 1), (32, 0)])
def test_a_pdq_list_matches_at_31_and_not_at_32(folder, distance, count):
    (folder / "list.txt").write_text(flipped(PDQ, distance) + "\n")
    hits = match(folder, "list.txt")
    assert [hit["url"] for hit in hits] == [record(2)["url"]] * count
    assert [r["distance"] for hit in hits for r in hit["reasons"]] == [distance] * count


def test_a_blinded_list(folder):
    (folder / "list.txt").write_text(f"{MD5} secret label\n{'cd' * 16}\n{PDQ}\n")
    (folder / "key").write_bytes(secrets.token_bytes(32))
    done = scrapy("blind", "list.txt", "--key", "key", "-o", "b.txt", cwd=folder)
    assert done.returncode == 0
    assert done.stderr.startswith("imgprint: 1 entries left out: PDQ")
    blinded = (folder / "b.txt").read_text()
    assert MD5 not in blinded
    assert "label" not in blinded
    (hit,) = match(folder, "b.txt", "--key", "key")
    assert hit["url"] == record(1)["url"]
    (folder / "other").write_bytes(secrets.token_bytes(32))
    assert match(folder, "b.txt", "--key", "other") == []


def test_shared(folder):
    done = scrapy("shared", "--db", "i.db", cwd=folder)
    found = json.loads(done.stdout)
    assert found["groups"] == [["mirror.example", "site3.example"]]
    for name in ("out.csv", "out.graphml", "out.json"):
        done = scrapy("shared", "--db", "i.db", "-o", name, cwd=folder)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "out.csv").read_text().startswith("site_a,site_b,")
    assert (folder / "out.graphml").read_text().startswith("<?xml")
    assert json.loads((folder / "out.json").read_text()) == found


@needs_pdq
def test_text_for_people(folder):
    done = scrapy("match", "feed.jsonl", "--db", "i.db", cwd=folder)
    first = done.stdout.splitlines()[0]
    assert first == f" certain  {record(1)['url']}  {record(1)['url']}"
    (folder / "list.txt").write_text("cd" * 16)
    done = scrapy("match", "list.txt", "--db", "i.db", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "imgprint: no match for 1 queries in 'i.db'\n"


@needs_pdq
def test_pictures_and_urls_as_queries(tmp_path):
    files = {f"/{n}.jpg": ("image/jpeg", jpeg(n)) for n in range(3)}
    files["/"] = ("text/html", b"<img src=0.jpg><img src=1.jpg>")
    (tmp_path / "mine").mkdir()
    for n in range(2):
        (tmp_path / "mine" / f"{n}.jpg").write_bytes(jpeg(n))
    with GallerySite(files) as site:
        done = crawl(f"-aurl={site.url}/", "-O", "feed.jsonl", cwd=tmp_path)
        assert done.code == 0
        scrapy("index", "feed.jsonl", "--db", "i.db", cwd=tmp_path)
        before = sorted(tmp_path.rglob("*.json*"))
        by_url = match(tmp_path, f"{site.url}/0.jpg", f"{site.url}/2.jpg")
        gone = scrapy("match", f"{site.url}/no.jpg", "--db", "i.db", cwd=tmp_path)
    assert [hit["url"] for hit in by_url] == [f"{site.url}/0.jpg"]
    assert by_url[0]["strength"] == "certain"
    assert gone.returncode != 0
    assert gone.stderr == f"imgprint: {site.url}/no.jpg: HTTP 404\n"
    hits = match(tmp_path, "mine")
    assert [hit["url"].rpartition("/")[2] for hit in hits] == ["0.jpg", "1.jpg"]
    assert {hit["strength"] for hit in hits} == {"certain"}
    (hit,) = match(tmp_path, "mine/1.jpg")
    assert hit["query"] == "mine/1.jpg"
    assert sorted(tmp_path.rglob("*.json*")) == before, "queries leave no feed"


BAD = {
    "index no feed": (["index", "no.jsonl", "--db", "x.db"], "feed 'no.jsonl' can't"),
    "index junk": (["index", "list.txt", "--db", "x.db"], "feed 'list.txt' line 1"),
    "index no record": (["index", "no.json", "--db", "x.db"], "feed 'no.json' item 1"),
    "index no folder": (["index", "feed.jsonl", "--db", "n/x"], "index 'n/x' can't be"),
    "index text": (["index", "feed.jsonl", "--db", "list.txt"], "index 'list.txt'"),
    "match no index": (["match", "feed.jsonl", "--db", "n.db"], "index 'n.db' does"),
    "match no query": (["match", "no", "--db", "i.db"], "query 'no' can't be read"),
    "match junk": (["match", "junk.txt", "--db", "i.db"], "hash list 'junk.txt'"),
    "match empty": (["match", "empty", "--db", "i.db"], "no picture in directory"),
    "match blinded": (["match", "b.txt", "--db", "i.db"], "the list is blinded"),
    "match short key": (
        ["match", "b.txt", "--db", "i.db", "--key", "junk.txt"],
        "key 'junk.txt' has 4 bytes",
    ),
    "shared no index": (["shared", "--db", "n.db"], "index 'n.db' does not exist"),
    "shared no folder": (["shared", "--db", "i.db", "-o", "n/x"], "'n/x' can't be"),
    "blind no list": (["blind", "no", "--key", "junk.txt"], "hash list 'no' can't be"),
    "blind no key": (["blind", "list.txt", "--key", "no"], "key 'no' can't be read"),
    "crawl bad list": (
        ["crawl", "images", "-aurl=http://localhost/", "-sIMGPRINT_HASHLIST=junk.txt"],
        "IMGPRINT_HASHLIST=junk.txt: hash list 'junk.txt' line 1: 'junk' is no hash",
    ),
    "crawl blinded": (
        ["crawl", "images", "-aurl=http://localhost/", "-sIMGPRINT_HASHLIST=b.txt"],
        "hash list 'b.txt' is blinded",
    ),
    "crawl webhook": (
        ["crawl", "images", "-aurl=http://localhost/", "-sIMGPRINT_HASHLIST=list.txt",
         "-sIMGPRINT_WEBHOOK=mail"],
        "IMGPRINT_WEBHOOK=mail: give an http",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD)
def test_bad_input(folder, arguments, sentence):
    (folder / "list.txt").write_text(MD5)
    (folder / "junk.txt").write_text("junk")
    (folder / "no.json").write_text('[{"a": 1}]')
    (folder / "b.txt").write_text(f"hmac-md5:{'ab' * 32}\n")
    (folder / "empty").mkdir()
    done = scrapy(*arguments, cwd=folder)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"imgprint: {sentence}"), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["index", "match", "shared", "blind"])
def test_help_and_usage(tmp_path, command):
    done = scrapy(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "--key" in done.stdout or "--db" in done.stdout
    done = scrapy(command, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
