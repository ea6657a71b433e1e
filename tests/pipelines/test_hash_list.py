"""IMGPRINT_HASHLIST: images on a list, during the crawl."""

import hashlib
import json
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from scrapy.exceptions import NotConfigured
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint.demo.gallery_server import GallerySite
from imgprint.pipelines.hash_list import HashListPipeline
from tests.conftest import needs_pdq
from tests.support.crawling import crawl, scrapy
from tests.support.pictures import jpeg

SMALL = jpeg(1, (100, 80))
MD5 = hashlib.md5(SMALL).hexdigest()
SETTINGS = {"IMGPRINT_MIN_SIZE": 0, "IMGPRINT_HASHLIST": "list.txt"}


@pytest.fixture
def site():
    files = {
        "/": ("text/html", b"<img src=a.jpg><img src=b.jpg>"),
        "/a.jpg": ("image/jpeg", SMALL),
        "/b.jpg": ("image/jpeg", jpeg(2)),
    }
    assert len(SMALL) < 11_265, "is seen whole"
    with GallerySite(files) as site:
        yield site


@pytest.fixture
def webhook():
    received = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            server.got.append(self.path)
            self.send_error(404)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(json.loads(body))
            self.send_response(500 if self.path == "/broken" else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    server.received, server.got = received, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.daemon_threads = True  # one waits for more on a kept connection
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_hit_is_counted_logged_and_posted(site, webhook, tmp_path):
    (tmp_path / "list.txt").write_text(f"{MD5} the label\n")
    settings = {**SETTINGS, "IMGPRINT_WEBHOOK": webhook.url + "/hit"}
    done = crawl(f"-aurl={site.url}/", cwd=tmp_path, settings=settings)
    assert done.code == 0
    assert len(done.records) == 2
    assert done.stats["imgprint/hashlist/hit"] == 1
    assert done.stats["imgprint/hashlist/hit/md5"] == 1
    assert done.stats["imgprint/hashlist/webhook/sent"] == 1
    line = f"On the hash list: {site.url}/a.jpg: same MD5 of the file, certain"
    assert f"{line} (the label)" in done.log
    (message,) = webhook.received
    assert message["url"] == f"{site.url}/a.jpg"
    assert message["page_url"] == f"{site.url}/"
    assert (message["grade"], message["strength"]) == ("md5", "certain")
    assert (message["entry"], message["label"]) == (f"md5:{MD5}", "the label")
    assert message["bound"]


def test_a_label_can_not_write_on_the_terminal(site, webhook, tmp_path):
    label = "a\x1b]0;b\x07\x9b2J\u202ec"
    (tmp_path / "list.txt").write_text(f"{MD5} {label}\n")
    settings = {**SETTINGS, "IMGPRINT_WEBHOOK": webhook.url + "/hit"}
    done = crawl(f"-aurl={site.url}/", cwd=tmp_path, settings=settings)
    assert "(a?]0;b??2J?c)" in done.log
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & {*done.log, *done.output}
    assert webhook.received[0]["label"] == label


def test_the_address_of_a_webhook_is_not_shown(site, tmp_path):
    (tmp_path / "list.txt").write_text(MD5)
    settings = {**SETTINGS, "IMGPRINT_WEBHOOK": "gopher://u:pw@h/x?token=sesame"}
    done = crawl(f"-aurl={site.url}/", cwd=tmp_path, settings=settings)
    assert done.code == 2
    assert "IMGPRINT_WEBHOOK=gopher://h/x: give an http or https URL" in done.log


def test_no_hit(site, tmp_path):
    (tmp_path / "list.txt").write_text("00" * 16)
    done = crawl(f"-aurl={site.url}/", cwd=tmp_path, settings=SETTINGS)
    assert len(done.records) == 2
    assert "imgprint/hashlist/hit" not in done.stats
    assert "hash list" not in done.log


def test_a_webhook_that_fails_stops_nothing(site, webhook, tmp_path):
    (tmp_path / "list.txt").write_text(MD5)
    settings = {**SETTINGS, "IMGPRINT_WEBHOOK": webhook.url + "/broken"}
    done = crawl(f"-aurl={site.url}/", cwd=tmp_path, settings=settings)
    assert len(done.records) == 2
    assert done.stats["imgprint/hashlist/webhook/failed"] == 1
    assert "Webhook failed: HTTP 500" in done.log


def test_a_webhook_lets_no_page_get_there(site, webhook, tmp_path):
    """Its host is inside, by address or name, and keeps connections."""
    (tmp_path / "list.txt").write_text(f"{MD5}\n")
    port = webhook.server_port
    hosts = ("127.0.0.1", "localhost", "0x7f.1")
    images = "".join(f"<img src=http://{host}:{port}/x.jpg>" for host in hosts)
    links = "".join(f"<a href=http://{host}:{port}/admin>x</a>" for host in hosts)
    pages = f"{images}{links}<img src=/c.jpg><a href=/three>x</a>".encode()
    site.files["/"] = ("text/html", b"<img src=/a.jpg><a href=/two>x</a>")
    site.files["/two"] = ("text/html", pages)
    for host, kept in (("127.0.0.1", 1), ("localhost", 3)):
        folder = tmp_path / host
        folder.mkdir()
        settings = {**SETTINGS, "IMGPRINT_HASHLIST": tmp_path / "list.txt"}
        settings["IMGPRINT_WEBHOOK"] = f"http://{host}:{port}/hit"
        settings["CONCURRENT_REQUESTS"] = kept
        done = crawl(f"-aurl={site.url}/", "-adepth=2", cwd=folder, settings=settings)
        assert done.stats["imgprint/hashlist/webhook/sent"] == 1
        errors = {s["image_url"]: s["error"] for s in done.sightings}
        for each in hosts:
            assert "not a public address" in errors[f"http://{each}:{port}/x.jpg"]
    assert len(webhook.received) == 2
    assert webhook.got == []


def test_a_blinded_list(site, tmp_path):
    (tmp_path / "plain.txt").write_text(MD5)
    (tmp_path / "key").write_bytes(secrets.token_bytes(32))
    scrapy("blind", "plain.txt", "--key", "key", "-o", "list.txt", cwd=tmp_path)
    settings = {**SETTINGS, "IMGPRINT_HASHLIST_KEY": "key"}
    done = crawl(f"-aurl={site.url}/", cwd=tmp_path, settings=settings)
    assert done.stats["imgprint/hashlist/hit"] == 1
    assert MD5 not in done.log


@needs_pdq
def test_pdq_needs_decoding(site, tmp_path):
    settings = {"IMGPRINT_MIN_SIZE": 0, "IMGPRINT_DECODE": 1}
    first = crawl(f"-aurl={site.url}/a.jpg", cwd=tmp_path, settings=settings)
    (record,) = first.records
    prints = record["fingerprints"]
    assert prints["pdq_source"] == "whole"
    (tmp_path / "list.txt").write_text(f"pdq:{prints['pdq']}")
    for decode, hits in ((0, None), (1, 1)):
        folder = tmp_path / str(decode)
        folder.mkdir()
        settings = {**SETTINGS, "IMGPRINT_DECODE": decode}
        settings["IMGPRINT_HASHLIST"] = tmp_path / "list.txt"
        done = crawl(f"-aurl={site.url}/a.jpg", cwd=folder, settings=settings)
        assert done.stats.get("imgprint/hashlist/hit") == hits


def test_other_items_pass_and_nothing_is_on_without_a_list(tmp_path):
    with pytest.raises(NotConfigured):
        build_from_crawler(HashListPipeline, get_crawler())
