"""The identity of images, end to end: what the reference got wrong is right."""

import base64
import hashlib
import json

import pytest
from scrapy import Request

from imgprint.content.byte_ranges.exchange import HEAD, Ask
from imgprint.demo.gallery_server import GallerySite
from imgprint.middlewares.range_headers import set_range
from tests.support.crawling import crawl, feed, jsonl, scrapy
from tests.support.pictures import jpeg
from tests.support.servers.nginx import Nginx


@pytest.fixture
def www(tmp_path):
    root = tmp_path / "www"
    root.mkdir()
    return root


def test_local_and_web_values_are_equal(www, tmp_path):
    (www / "a.jpg").write_bytes(jpeg(1))
    with Nginx(www) as nginx:
        web = crawl(f"-aurl={nginx.url}/a.jpg", "-O", "web.jsonl", cwd=tmp_path)
    local = crawl(f"-aurl={www}", cwd=www.parent / "www")
    assert web.code == local.code == 0
    (one,) = jsonl((tmp_path / "web.jsonl").read_text())
    (other,) = local.records
    assert one["fingerprints"] == other["fingerprints"]
    for name in ("sha256_first_10240_bytes", "random_128_bytes_sample_start"):
        assert one[name] == other[name]
    scrapy("index", "web.jsonl", "--db", "i.db", cwd=tmp_path)
    done = scrapy("match", "www/a.jpg", "--db", "i.db", "--json", cwd=tmp_path)
    (hit,) = jsonl(done.stdout)
    assert hit["reasons"][0]["grade"] == "file_key"
    assert one["etag_decoded"]["server"] == "nginx"
    assert one["etag_decoded"]["size"] == one["image_size"]


def test_pictures_without_etag_do_not_match(tmp_path):
    files = {f"/{n}.jpg": ("image/jpeg", jpeg(n)) for n in range(3)}
    files["/"] = ("text/html", b"".join(b"<img src=%d.jpg>" % n for n in range(3)))
    with GallerySite(files) as site:
        done = crawl(f"-aurl={site.url}/", "-O", "f.jsonl", cwd=tmp_path)
    assert done.code == 0
    lines = jsonl((tmp_path / "f.jsonl").read_text())
    for line in lines:
        line["etag"] = line["etag_decoded"] = None
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "f.jsonl").write_text(text)
    scrapy("index", "f.jsonl", "--db", "i.db", cwd=tmp_path)
    done = scrapy("match", "f.jsonl", "--db", "i.db", "--json", cwd=tmp_path)
    hits = jsonl(done.stdout)
    assert len(hits) == 3, "each itself"
    assert all(hit["query"] == hit["url"] for hit in hits)


def test_a_picture_in_a_url_is_not_written_out(tmp_path):
    secret = base64.b64encode(jpeg(1)).decode()
    page = f"<img src='data:image/jpeg;base64,{secret}'><img src=a.jpg>".encode()
    files = {"/": ("text/html", page), "/a.jpg": ("image/jpeg", jpeg(2))}
    with GallerySite(files) as site:
        done = crawl(f"-aurl={site.url}/", cwd=tmp_path)
    assert done.code == 0
    written = [p for p in (tmp_path / "data").rglob("*") if p.is_file()]
    assert written
    for path in written:
        assert secret[1000:1100] not in path.read_text()
    assert secret[1000:1100] not in done.log


def test_what_a_server_states_of_the_whole_file(tmp_path):
    data = jpeg(1)
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    fields = {
        "Repr-Digest": f"sha-256=:{digest}:",
        "x-amz-request-id": "1",
        "ETag": f'"{hashlib.md5(data).hexdigest()}"',
    }
    with GallerySite({"/a.jpg": ("image/jpeg", data, fields)}) as site:
        done = crawl(f"-aurl={site.url}/a.jpg", cwd=tmp_path)
    (record,) = done.records
    assert record["fingerprints"]["declared"] == {
        "sha256": hashlib.sha256(data).hexdigest(),
        "md5": hashlib.md5(data).hexdigest(),
        "sources": {"sha256": "repr-digest", "md5": "etag of S3"},
    }
    assert record["fingerprints"]["sha256"] is None, "it was not seen whole"
    assert "headers" not in record


def test_and_is_asked_to():
    request = Request("http://example.com/a.jpg")
    set_range(request, Ask((HEAD,)))
    assert request.headers["Want-Repr-Digest"] == b"sha-256=10, md5=5"


def test_the_published_example_matches_itself(shared, tmp_path):
    picture = (shared / "golden" / "img_1771.jpg").read_bytes()
    (published,) = json.loads((shared / "golden" / "img_1771.json").read_text())
    start = bytes.fromhex(published["random_128_bytes_sample_start"])
    end = bytes.fromhex(published["random_128_bytes_sample_end"])
    assert picture.find(start) == 10_241 - 128
    assert picture.find(end) == len(picture) - 1024 + 384
    (tmp_path / "published.json").write_text(json.dumps([published]))
    (tmp_path / "any.jpg").write_bytes(picture)
    scrapy("index", "published.json", "--db", "i.db", cwd=tmp_path)
    done = scrapy("match", "any.jpg", "--db", "i.db", "--json", cwd=tmp_path)
    (hit,) = jsonl(done.stdout)
    assert hit["url"] == published["url"]
    grades = [reason["grade"] for reason in hit["reasons"]]
    assert grades == ["head", "sample_start", "sample_end"]
    assert feed(tmp_path, "data/*.jsonl") is None
