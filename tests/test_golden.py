"""The published record of the reference is reproduced exactly."""

import json
import re

import pytest

from imgprint.demo.gallery_server import GallerySite
from tests.support.crawling import crawl, same_in_every_fetch
from tests.support.servers.nginx import Nginx

REFERENCE = (
    "url",
    "image_size",
    "exif",
    "timestamp",
    "sha256_first_10240_bytes",
    "sha256_last_1024_bytes",
    "random_128_bytes_sample_start",
    "random_128_bytes_sample_end",
)
SAID = ("status", "etag", "etag_decoded", "last_modified", "media_type", "server")
SAID += ("transfer",)
TAIL = ("sha256_last_1024_bytes", "random_128_bytes_sample_end")


@pytest.fixture(scope="module")
def golden(shared):
    return shared / "golden"


@pytest.fixture
def root(tmp_path, golden):
    folder = tmp_path / "www" / "a" / "b c"
    folder.mkdir(parents=True)
    (folder / "any.jpg").write_bytes((golden / "img_1771.jpg").read_bytes())
    return tmp_path / "www"


def check(record, golden, *, missing=()):
    (published,) = json.loads((golden / "img_1771.json").read_text())
    assert tuple(record)[: len(REFERENCE)] == REFERENCE
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", record["timestamp"])
    for name in REFERENCE:
        if name in missing:
            assert record[name] is None
        elif name not in ("url", "timestamp"):
            assert record[name] == published[name], name
    assert list(record["exif"]) == list(published["exif"]), "in the same order, too"


@pytest.mark.parametrize(
    ("max_ranges", "requests", "kind", "missing"),
    [
        (None, 1, "multipart", ()),
        (1, 2, "single", ()),
        (0, 2, "ignored", TAIL),
    ],
    ids=["lists", "single ranges only", "no ranges"],
)
def test_over_http(root, golden, tmp_path, max_ranges, requests, kind, missing):
    with Nginx(root, max_ranges=max_ranges) as nginx:
        done = crawl("-aurl=" + nginx.url + "/a/b%20c/any.jpg", cwd=tmp_path)
        log = [line for line in nginx.log() if line.range]
    (record,) = done.records
    check(record, golden, missing=missing)
    assert record["transfer"]["range"] == kind
    assert len(log) == requests


def test_from_a_directory(root, golden, tmp_path):
    done = crawl(f"-aurl={root}", cwd=tmp_path)
    (record,) = done.records
    check(record, golden)
    assert record["transfer"]["range"] == "local"
    with Nginx(root) as nginx:
        (tmp_path / "web").mkdir()
        web = crawl("-aurl=" + nginx.url + "/a/b%20c/any.jpg", cwd=tmp_path / "web")
    ours, theirs = same_in_every_fetch(record), same_in_every_fetch(web.records[0])
    for name in SAID:
        del ours[name], theirs[name]
    assert ours == theirs


def test_a_server_of_another_make(golden, tmp_path):
    body = (golden / "img_1771.jpg").read_bytes()
    with GallerySite({"/x.php": ("image/jpeg", body)}) as site:
        done = crawl(f"-aurl={site.url}/x.php?id=7", cwd=tmp_path)
    check(done.records[0], golden)
    assert done.records[0]["media_type"] == "image/jpeg"
