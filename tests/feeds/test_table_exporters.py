"""Feeds in CSV, GeoJSON and Parquet: what ``scrapy export`` makes of the journal."""

import csv
import io
import json

import pyarrow.parquet
import pytest

from imgprint.demo.gallery import build
from imgprint.demo.gallery_server import GallerySite
from imgprint.feeds.table_exporters import RecordCsvExporter
from imgprint.items import ImageRecord, Sighting
from tests.support.crawling import crawl, jsonl, scrapy
from tests.support.interruptions import Job, Web, interrupt
from tests.support.servers.moto_s3 import MotoS3

FORMATS = ("csv", "geojson", "parquet")


@pytest.fixture(scope="module")
def gallery():
    with GallerySite() as first, GallerySite(host="localhost") as second:
        gallery = build(first.url, second.url)
        first.files = gallery.files[first.url]
        second.files = gallery.files[second.url]
        yield gallery


def same_file(name, one, other):
    if name == "parquet":
        read = (pyarrow.parquet.read_table(io.BytesIO(file)) for file in (one, other))
        return next(read).equals(next(read))
    return one == other


@pytest.mark.parametrize("job", [[], ["-ajob=j"]])
def test_feeds_are_what_export_makes(job, gallery, tmp_path):
    (tmp_path / "urls.txt").write_text("\n".join(gallery.start_urls))
    outputs = [arg for name in FORMATS for arg in ("-O", f"out.{name}")]
    run = ("-aurls=urls.txt", *job, *outputs, "-O", "out.jsonl")
    done = crawl(*run, cwd=tmp_path)
    assert done.code == 0, done.log
    records = jsonl((tmp_path / "out.jsonl").read_text())
    assert len(records) == len(gallery.manifest.fingerprinted)
    for name in FORMATS:
        options = ("out.jsonl", "--to", name, "-o", f"expected.{name}")
        assert scrapy("export", *options, cwd=tmp_path).returncode == 0
        found = (tmp_path / f"out.{name}").read_bytes()
        assert same_file(name, found, (tmp_path / f"expected.{name}").read_bytes())
    features = json.loads((tmp_path / "out.geojson").read_text())["features"]
    assert len(features) == sum(bool(record["gps"]) for record in records) > 0


def test_batches_to_s3(gallery, tmp_path):
    (tmp_path / "urls.txt").write_text("\n".join(gallery.start_urls))
    outputs = [
        a for name in FORMATS for a in ("-O", f"s3://bucket/%(batch_id)d.{name}")
    ]
    with MotoS3("bucket") as s3:
        settings = {**s3.settings, "FEED_EXPORT_BATCH_ITEM_COUNT": 8}
        done = crawl(
            *("-aurls=urls.txt", "-ajob=j", *outputs), cwd=tmp_path, settings=settings
        )
        assert done.code == 0, done.log
        keys = s3.keys()
        objects = {key: s3.get(key) for key in keys}
    assert sorted(objects) == sorted(f"{n}.{f}" for n in (1, 2, 3) for f in FORMATS)
    records = jsonl((tmp_path / "data/jobs/j/records.jsonl").read_text())
    rows, places = [], 0
    for number in (1, 2, 3):
        table = pyarrow.parquet.read_table(io.BytesIO(objects[f"{number}.parquet"]))
        rows += table["url"].to_pylist()
        lines = csv.DictReader(io.StringIO(objects[f"{number}.csv"].decode()))
        assert [line["url"] for line in lines] == table["url"].to_pylist()
        places += len(json.loads(objects[f"{number}.geojson"])["features"])
    assert rows == [record["url"] for record in records]
    assert places == sum(bool(record["gps"]) for record in records)


@pytest.mark.parametrize("name", FORMATS)
def test_killed_and_gone_on_with(name, tmp_path):
    """The old file stays until the new one is complete."""
    output = f"out.{name}"
    (tmp_path / output).write_text("old")
    with Web(120) as web:
        job = Job(tmp_path, web.lines, output=output)
        for _ in range(2):
            assert interrupt(job.start(), web, 30)
            assert (tmp_path / output).read_text() == "old"
        assert job.finish() == 0, job.log
    records = tmp_path / "data/jobs/job/records.jsonl"
    done = scrapy("export", records, "--to", name, "-o", "expected", cwd=tmp_path)
    assert done.returncode == 0
    expected = (tmp_path / "expected").read_bytes()
    assert same_file(name, (tmp_path / output).read_bytes(), expected)
    assert not (tmp_path / f"{output}.part").exists()


@pytest.mark.parametrize("name", ["json", "geojson", "parquet"])
def test_nothing_is_appended_to_what_is_whole(name, tmp_path):
    (tmp_path / f"a.{name}").write_text("old")
    done = crawl("-aurl=http://127.0.0.1:9/", "-o", f"a.{name}", cwd=tmp_path)
    assert done.code == 2
    assert done.log.splitlines()[-1] == (
        f"imgprint: feed 'a.{name}' exists, and {name} can't be appended to: "
        "give it with -O to replace it"
    )
    assert (tmp_path / f"a.{name}").read_text() == "old"


def test_without_pyarrow(tmp_path):
    """That is said before anything is fetched."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, importlib.util as u\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda n, *a: None if n == 'pyarrow' else find(n, *a)\n"
    )
    from tests.support.crawling import ROOT

    done = crawl(
        *("-aurl=http://127.0.0.1:9/", "-O", "a.parquet"),
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}"},
    )
    assert done.code == 2
    assert done.log.splitlines()[-1] == (
        "imgprint: feed 'a.parquet' needs pyarrow: pip install pyarrow"
    )


def exported(items, file=None, **options):
    file = file or io.BytesIO()
    exporter = RecordCsvExporter(file, **options)
    exporter.start_exporting()
    for item in items:
        exporter.export_item(item)
    exporter.finish_exporting()
    return file.getvalue().decode().splitlines()


def test_csv_appended_to_has_one_line_of_names():
    record = ImageRecord(url="http://example.com/a.jpg", exif={"Make": "=1+1"})
    file = io.BytesIO()
    exported([record], file)
    lines = exported([record], file)
    assert len(lines) == 3
    assert lines[1] == lines[2]
    assert lines[0].startswith("url,page_url,site,")


def test_csv_of_sightings_has_no_formulas():
    names, line = exported([Sighting(alt="=HYPERLINK(1)")])
    assert names.startswith("page_url,image_url,site,element,alt,")
    assert ",'=HYPERLINK(1)," in line


def test_csv_of_others_is_scrapys():
    assert exported([{"a": "=1"}]) == ["a", "=1"]
    record = ImageRecord(url="http://example.com/a.jpg", width=3)
    lines = exported([record], fields_to_export=["width", "url"])
    assert lines == ["width,url", "3,http://example.com/a.jpg"]
