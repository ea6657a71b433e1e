"""Feeds to S3, and the spool that takes them while it is away."""

import json
import time

import pytest

from imgprint.demo.gallery_server import GallerySite
from imgprint.feeds.s3_storage import public, reason
from imgprint.feeds.spool import Spool
from tests.support.crawling import crawl, jsonl, scrapy
from tests.support.interruptions import Job, Web, interrupt
from tests.support.pictures import jpeg
from tests.support.servers.moto_s3 import MotoS3
from tests.support.servers.process import free_port

DOWN = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION_NAME": "us-east-1",
}
ONCE = {"AWS_MAX_ATTEMPTS": "1"}


@pytest.fixture(scope="module")
def site():
    page = {"/": ("text/html", b"".join(b"<img src=%d.jpg>" % i for i in range(20)))}
    images = {f"/{i}.jpg": ("image/jpeg", jpeg(i % 4)) for i in range(20)}
    with GallerySite(page | images) as site:
        yield site


@pytest.fixture(scope="module")
def s3():
    with MotoS3("bucket") as s3:
        yield s3


class LateS3(MotoS3):
    """On a port that was known before."""

    def __init__(self, bucket, known_port):
        super().__init__(bucket)
        self.known_port = known_port

    def command(self):
        self.port = self.known_port
        return super().command()


def options(settings):
    return [f"-s{name}={value}" for name, value in settings.items()]


def test_the_bucket_holds_the_journal(site, s3, tmp_path):
    done = crawl(
        *(f"-aurl={site.url}/", "-ajob=s3", "-O", "s3://bucket/job.jsonl"),
        cwd=tmp_path,
        settings=s3.settings,
    )
    assert done.code == 0, done.log
    journal = (tmp_path / "data/jobs/s3/records.jsonl").read_text()
    assert jsonl(s3.get("job.jsonl").decode()) == jsonl(journal)
    assert len(jsonl(journal)) == 20
    assert not any((tmp_path / "data/spool").iterdir())


def test_down_and_up_again(site, s3, tmp_path):
    run = (f"-aurl={site.url}/", "-O", "s3://bucket/late.jsonl", "-O", "here.jsonl")
    done = crawl(*run, cwd=tmp_path, settings=DOWN, env=ONCE)
    assert done.code == 1
    sentence = done.log.splitlines()[-1]
    assert sentence.startswith("imgprint: feed 's3://bucket/late.jsonl' could not be")
    assert sentence.endswith("kept in 'data/spool': upload it with 'scrapy spool'")

    again = scrapy("spool", *options(DOWN), cwd=tmp_path, env=ONCE)
    assert again.returncode == 1
    assert again.stderr.endswith("1 feed is kept in 'data/spool'\n")
    assert "Traceback" not in again.stderr

    up = scrapy("spool", *options(s3.settings), cwd=tmp_path)
    assert (up.returncode, up.stdout) == (0, "uploaded s3://bucket/late.jsonl\n")
    here = jsonl((tmp_path / "here.jsonl").read_text())
    assert jsonl(s3.get("late.jsonl").decode()) == here
    assert len(here) == 20
    assert scrapy("spool", cwd=tmp_path).stdout == "nothing to upload\n"


def test_the_next_run_uploads_what_is_left(site, s3, tmp_path):
    for key in ("old", "new"):
        run = (f"-aurl={site.url}/", "-O", f"s3://bucket/{key}.jsonl")
        settings = options(DOWN if key == "old" else s3.settings)
        done = scrapy("crawl", "images", *run, *settings, cwd=tmp_path, env=ONCE)
        assert done.returncode == (key == "old")
    assert len(jsonl(s3.get("old.jsonl").decode())) == 20
    assert not any((tmp_path / "data/spool").iterdir())


def test_a_wrong_bucket_is_a_sentence(site, s3, tmp_path):
    run = (f"-aurl={site.url}/", "-O", "s3://nobody/x.jsonl")
    done = crawl(*run, cwd=tmp_path, settings=s3.settings)
    assert done.code == 1
    assert "(NoSuchBucket)" in done.log.splitlines()[-1]
    assert "Traceback" not in done.log


def test_up_by_the_end_is_success(tmp_path):
    """Batches that were refused while the crawl ran are uploaded when it ends."""
    port = free_port()
    settings = {**DOWN, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    with Web(200, delay=0.1) as web:
        batches = {"FEED_EXPORT_BATCH_ITEM_COUNT": "10", "JOBDIR": ""}
        job = Job(
            *(tmp_path, web.lines, settings | batches),
            output="s3://bucket/%(batch_id)d.jsonl",
            env=ONCE,
        )
        process = job.start()
        while not [*tmp_path.glob("data/spool/*.json")]:
            assert process.poll() is None
            time.sleep(0.01)
        with LateS3("bucket", port) as s3:
            assert process.wait(60) == 0
            keys = s3.keys()
            stored = [jsonl(s3.get(key).decode()) for key in keys]
    assert len(stored) == 19
    assert sum(map(len, stored)) == 186


def test_interrupted_twice(s3, tmp_path):
    with Web(120) as web:
        job = Job(tmp_path, web.lines, s3.settings, output="s3://bucket/twice.jsonl")
        for _ in range(2):
            interrupt(job.start(), web, 30)
        assert job.finish() == 0, job.log
    stored = jsonl(s3.get("twice.jsonl").decode())
    journal = jsonl((tmp_path / "data/jobs/job/records.jsonl").read_text())
    assert stored == journal
    assert len({record["url"] for record in stored}) == len(stored) == 112


@pytest.mark.parametrize(
    "note",
    [
        *("", "5", "[]", "{}", "[" * 50_000, '{"uri": 5}', '{"uri": "http://["}'),
        *(
            '{"uri": "file:///etc/passwd"}',
            '{"uri": null}',
            "\x00",
            '{"uri": ["s3://"]}',
        ),
        '{"uri": "s3://b/a"' + " " * 100_000 + "}",
    ],
)
def test_a_spool_of_somebody_else(note, tmp_path):
    (tmp_path / "a").write_text("text")
    (tmp_path / "a.json").write_text(note)
    assert Spool(tmp_path).entries() == []


def test_spool(tmp_path):
    spool = Spool(tmp_path / "spool")
    assert spool.entries() == []

    def keep(text, uri):
        file = spool.open()
        file.write(text)
        file.close()
        return spool.keep(tmp_path / "spool" / file.name, uri)

    keep(b"1", "s3://b/a")
    keep(b"2", "s3://b/other")
    newer = keep(b"3", "s3://b/a")
    assert [(k.uri, k.path.read_bytes()) for k in spool.entries()] == [
        ("s3://b/other", b"2"),
        ("s3://b/a", b"3"),
    ]
    assert newer.note.stat().st_mode & 0o77 == 0
    assert json.loads(newer.note.read_text()) == {"uri": "s3://b/a"}
    spool.discard("s3://b/a")
    assert [k.uri for k in spool.entries()] == ["s3://b/other"]


def test_sentences():
    assert public("s3://k:s@bucket/a") == "s3://bucket/a"
    error = Exception("Failed to upload /x/y to bucket/key: An error occurred: no.")
    assert reason(error) == "An error occurred: no"
