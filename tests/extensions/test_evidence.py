"""The evidence log of a crawl, and what ``scrapy verify`` says of it."""

import json
import os
import subprocess

import pytest

from imgprint.demo.gallery_server import GallerySite
from tests.support.crawling import crawl, scrapy
from tests.support.pictures import jpeg


@pytest.fixture
def logged(tmp_path):
    files = {f"/{n}.jpg": ("image/jpeg", jpeg(n)) for n in range(3)}
    html = "".join(f"<img src={n}.jpg>" for n in range(4))
    with GallerySite({"/": ("text/html", html.encode()), **files}) as site:
        settings = {"IMGPRINT_EVIDENCE": 1}
        done = crawl(f"-aurl={site.url}/", cwd=tmp_path, settings=settings)
        assert done.code == 0
        done.served = site.body_bytes
    (done.path,) = (tmp_path / "data" / "evidence").iterdir()
    (done.feed,) = (tmp_path / "data").glob("*.jsonl")
    return done


def verify(*args, cwd):
    return scrapy("verify", *args, cwd=cwd)


def test_it_says_what_was_received(logged, tmp_path):
    entries = [json.loads(line) for line in logged.path.read_text().splitlines()]
    assert entries[0]["kind"] == "begin"
    assert entries[-1]["kind"] == "end"
    exchanges = {e["url"].rpartition("/")[2]: e for e in entries if "status" in e}
    assert set(exchanges) == {"robots.txt", "", "0.jpg", "1.jpg", "2.jpg", "3.jpg"}
    image = exchanges["1.jpg"]
    assert ["Range", "bytes=0-10240,-1024"] in image["request"]
    assert ["Server", "imgprint-demo"] in image["response"]
    assert image["status"] == 206
    assert exchanges["3.jpg"]["status"] == 404
    records = {e["url"]: e for e in entries if e["kind"] == "record"}
    assert len(records) == 3
    for record in logged.records:
        entry = records[record["url"]]
        assert entry["bytes_received"] == record["transfer"]["bytes_received"]
        assert entry["bytes_received"] < 12_000 < entry["image_size"]
        assert entry["complete"] is False
    received = sum(e["bytes_received"] for e in exchanges.values())
    assert received == logged.served
    done = verify(logged.path, logged.feed, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"{len(entries)} entries: 6 requests, {received:,} bytes" in done.stdout
    assert "3 records, 0 of them of files that were received whole" in done.stdout
    assert done.stdout.splitlines()[1] == f"end hash {entries[-1]['hash']}"
    assert f"ends with {entries[-1]['hash']}" in logged.log


def test_what_is_broken_is_found(logged, tmp_path):
    lines = logged.path.read_text().splitlines(keepends=True)
    for number, changed in (
        (4, [*lines[:3], lines[3].replace("http://", "http://x."), *lines[4:]]),
        (5, [*lines[:4], lines[5], lines[4], *lines[6:]]),
        (len(lines), lines[:-1]),
        (len(lines), [*lines[:-1], lines[-1][:40]]),
    ):
        logged.path.write_text("".join(changed))
        done = verify(logged.path, cwd=tmp_path)
        assert done.returncode == 1
        assert f"is broken: entry {number}: " in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_feed_that_was_changed(logged, tmp_path):
    logged.feed.write_text(
        logged.feed.read_text().replace('"width":640', '"width":1', 1)
    )
    done = verify(logged.path, logged.feed, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("not in the log as it is in the feed") == 1


def test_off_by_default_and_bad_input(tmp_path):
    with GallerySite({"/a.jpg": ("image/jpeg", jpeg())}) as site:
        crawl(f"-aurl={site.url}/a.jpg", cwd=tmp_path)
    assert not (tmp_path / "data" / "evidence").exists()
    for arguments, words in (
        ([], "nothing to verify"),
        (["no.jsonl"], "can't be read"),
    ):
        done = verify(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert words in done.stderr


def test_secrets_stay_out():
    from scrapy.http import Headers

    from imgprint.extensions.evidence import fields

    sent = Headers({"Cookie": "a=1", "Authorization": "Basic x", "Accept": "*/*"})
    assert fields(sent) == [
        ["Cookie", "(left out)"],
        ["Authorization", "(left out)"],
        ["Accept", "*/*"],
    ]


def test_secrets_stay_out_of_urls_and_of_fields_of_other_names():
    from scrapy.http import Headers

    from imgprint.extensions.evidence import fields

    sent = Headers({"Location": "http://u:p@a/?b", "X-Api-Key": "k", "Referer": "r"})
    assert fields(sent, {b"x-api-key"}) == [
        ["Location", "http://a/?b"],
        ["X-Api-Key", "(left out)"],
        ["Referer", "r"],
    ]


def test_what_a_project_logs_in_with_is_left_out(tmp_path):
    headers = {"X-Auth-Token": "open-sesame", "X-Other": "seen"}
    settings = {"IMGPRINT_EVIDENCE": 1, "DEFAULT_REQUEST_HEADERS": json.dumps(headers)}
    with GallerySite({"/a.jpg": ("image/jpeg", jpeg())}) as site:
        url = site.url.replace("//", "//me:open-sesame@")
        crawl(f"-aurl={url}/a.jpg?q=1", cwd=tmp_path, settings=settings)
    (path,) = (tmp_path / "data" / "evidence").iterdir()
    text = path.read_text()
    assert "open-sesame" not in text
    entries = [json.loads(line) for line in text.splitlines()]
    (entry,) = (e for e in entries if e["kind"] == "exchange" and "a.jpg" in e["url"])
    assert entry["url"] == f"{site.url}/a.jpg?q=1"
    assert ["X-Auth-Token", "(left out)"] in entry["request"]
    assert ["X-Other", "seen"] in entry["request"]


def test_a_crawl_without_the_evidence_it_was_to_give_is_stopped(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "evidence").write_text("a file")
    files = {f"/{n}.jpg": ("image/jpeg", jpeg(n)) for n in range(3)}
    page = b"".join(b"<img src=%d.jpg>" % n for n in range(3))
    with GallerySite({"/": ("text/html", page), **files}) as site:
        done = crawl(
            f"-aurl={site.url}/", cwd=tmp_path, settings={"IMGPRINT_EVIDENCE": 1}
        )
        assert not [path for path in site.paths if path.endswith(".jpg")]
    assert done.code == 1
    assert "imgprint: evidence 'data/evidence/images-" in done.log
    assert "can't be written: File exists; the crawl was stopped" in done.log
    assert "Traceback" not in done.log


def test_a_disk_that_is_full_in_the_middle_stops_the_crawl(tmp_path):
    (tmp_path / "data").mkdir()
    folder = tmp_path / "data" / "evidence"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small file system")
    try:
        files = {f"/{n}.jpg": ("image/jpeg", jpeg(n % 3)) for n in range(60)}
        page = b"".join(b"<img src=%d.jpg>" % n for n in range(60))
        with GallerySite({"/": ("text/html", page), **files}) as site:
            settings = {"IMGPRINT_EVIDENCE": 1, "CONCURRENT_REQUESTS": 1}
            done = crawl(f"-aurl={site.url}/", cwd=tmp_path, settings=settings)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
    assert done.code == 1
    assert "can't be written: No space left on device" in done.log
    assert done.log.count("No space left") == 2, "once in the log, once at its end"
    assert len(done.records) < 60
    assert "Traceback" not in done.log
