import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from imgprint.demo.gallery import build
from imgprint.demo.gallery_server import GallerySite
from imgprint.feeds.json_exporters import (
    FastJsonItemExporter,
    FlushingJsonLinesItemExporter,
)
from imgprint.items import Sighting
from tests.support.crawling import ROOT, crawl, jsonl
from tests.support.pictures import jpeg
from tests.support.servers.moto_s3 import MotoS3


@pytest.fixture
def gallery():
    with GallerySite() as first, GallerySite(host="localhost") as second:
        gallery = build(first.url, second.url)
        first.files = gallery.files[first.url]
        second.files = gallery.files[second.url]
        yield gallery


@pytest.mark.parametrize("fields", [None, ["alt", "element"]])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", None])
@pytest.mark.parametrize("kind", [FlushingJsonLinesItemExporter, FastJsonItemExporter])
def test_json_has_no_line_ends_but_its_own(kind, encoding, fields):
    odd = "\x85\u2028\u2029\x0b\x0c\x1c\x1d\x1e\x7f\x9bé"
    file = io.BytesIO()
    exporter = kind(file, encoding=encoding, fields_to_export=fields)
    exporter.start_exporting()
    exporter.export_item(Sighting(alt=odd))
    exporter.export_item({"alt": odd, "element": None})
    exporter.finish_exporting()
    text = file.getvalue().decode(encoding or "ascii")
    assert text.splitlines() == text.removesuffix("\n").split("\n")
    assert not {"\x7f", "\x9b"} & {*text}
    array = kind is FastJsonItemExporter
    items = json.loads(text) if array else jsonl(text)
    assert [item["alt"] for item in items] == [odd, odd]


def comparable(records):
    """Records by URL, without the time and what the order of pages decides."""
    return {
        record["url"]: {
            k: v
            for k, v in record.items()
            if k not in ("timestamp", "page_url", "site")
        }
        for record in records
    }


def test_every_feed_holds_the_same_records(gallery, tmp_path):
    urls = tmp_path / "urls.txt"
    urls.write_text("\n".join(gallery.start_urls))
    folders = [tmp_path / name for name in ("plain", "file", "s3")]
    for folder in folders:
        folder.mkdir()
    plain = crawl("-aurls=../urls.txt", cwd=folders[0])
    assert plain.code == 0
    expected = comparable(plain.records)
    assert len(expected) == len(gallery.manifest.fingerprinted)

    (array,) = tmp_path.glob("plain/data/*.json")
    assert array.read_text().startswith('[\n{\n    "url": ')
    assert comparable(json.loads(array.read_text())) == expected

    done = crawl("-aurls=../urls.txt", "-O", "out.json", cwd=folders[1])
    assert done.code == 0
    out = json.loads((folders[1] / "out.json").read_text())
    assert comparable(out) == expected

    with MotoS3("bucket") as s3:
        done = crawl(
            "-aurls=../urls.txt",
            "-O",
            "s3://bucket/key.jsonl",
            cwd=folders[2],
            settings=s3.settings,
        )
        assert done.code == 0, done.log
        stored = jsonl(s3.get("key.jsonl").decode())
    assert comparable(stored) == expected


def test_a_feed_that_can_not_be_stored_is_an_exit_code(gallery, tmp_path):
    done = crawl(
        f"-aurl={gallery.start_urls[0]}",
        "-O",
        "s3://bucket/key.jsonl",
        cwd=tmp_path,
        settings={
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
        },
        env={"AWS_MAX_ATTEMPTS": "1"},
    )
    assert done.code == 1
    assert done.log.splitlines()[-1] == (
        "imgprint: feed 's3://bucket/key.jsonl' could not be uploaded: Could not "
        'connect to the endpoint URL: "http://127.0.0.1:9/bucket/key.jsonl"; it is '
        "kept in 'data/spool': upload it with 'scrapy spool'"
    )
    assert "Traceback" not in done.log


def test_crawls_that_begin_together_write_files_of_their_own(gallery, tmp_path):
    command = [sys.executable, "-m", "scrapy", "crawl", "images"]
    settings = {"PYTHONPATH": str(ROOT), "SCRAPY_SETTINGS_MODULE": "imgprint.settings"}
    crawls = [
        subprocess.Popen(
            [*command, f"-aurl={gallery.start_urls[0]}"],
            cwd=tmp_path,
            env=os.environ | settings,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(3)
    ]
    assert [each.wait(60) for each in crawls] == [0, 0, 0]
    arrays = {path.stem: path for path in tmp_path.glob("data/*.json")}
    lines = {path.stem: path for path in tmp_path.glob("data/*.jsonl")}
    assert len(arrays) == 3
    assert arrays.keys() == lines.keys()
    for name, array in arrays.items():
        records = json.loads(array.read_text())
        assert records == jsonl(lines[name].read_text())
        assert records
        assert (tmp_path / f"data/sightings/{name}.jsonl").stat().st_size


def test_json_lines_survive_kill_9(tmp_path):
    """Every record that was made is in the file when the process is shot."""
    pictures = {f"/{i}.jpg": ("image/jpeg", jpeg(i)) for i in range(20)}
    slow = b"<img src=/%d.jpg>" * 20 % tuple(range(20)) + b"<img src=/hang.jpg>"
    pages = {"/": ("text/html", slow)}
    with GallerySite(pictures | pages) as site:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "scrapy", "crawl", "images"),
                f"-aurl={site.url}/",
                "-sDOWNLOAD_DELAY=0.05",
            ],
            cwd=tmp_path,
            env=os.environ
            | {"PYTHONPATH": str(ROOT), "SCRAPY_SETTINGS_MODULE": "imgprint.settings"},
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        lines = []
        while len(lines) < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
            for file in tmp_path.glob("data/*.jsonl"):
                lines = file.read_text().splitlines(keepends=True)
        process.send_signal(signal.SIGKILL)
        process.wait()
    (file,) = tmp_path.glob("data/*.jsonl")
    records = [json.loads(line) for line in file.read_text().splitlines()]
    assert 5 <= len(records) < 20
    assert all(record["sha256_first_10240_bytes"] for record in records)
