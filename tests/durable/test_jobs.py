"""Jobs that are interrupted in every way end as if nothing had happened."""

import json
import signal
import time

import pytest

from imgprint.demo.server import GallerySite
from tests.crawling import crawl, jsonl, scrapy
from tests.interruptions import Job, Web, compare, interrupt, random_kills
from tests.pictures import jpeg

AT_ONCE = 64
"""CONCURRENT_REQUESTS: what a kill may make a resumed crawl fetch again."""


@pytest.fixture(scope="module")
def web():
    with Web(200) as web:
        yield web


@pytest.fixture(scope="module")
def undisturbed(web, tmp_path_factory):
    job = Job(tmp_path_factory.mktemp("undisturbed"), web.lines)
    assert job.finish() == 0, job.log
    assert set(web.asked().values()) == {1}
    assert len(job.records()) == 186
    return job


def resumed(job, web, undisturbed, before):
    """Finish the job; return how it differs from the undisturbed run."""
    assert job.finish() == 0, job.log
    assert "Traceback" not in job.log
    asked = web.asked() - before
    return compare(job, undisturbed, sum(n - 1 for n in asked.values()))


@pytest.mark.parametrize("seed", range(3))
def test_kill_9(seed, web, undisturbed, tmp_path):
    before = web.asked()
    job = Job(tmp_path, web.lines)
    kills = random_kills(job, web, 2, seed)
    comparison = resumed(job, web, undisturbed, before)
    assert comparison.same
    assert comparison.again <= AT_ONCE * kills


@pytest.mark.parametrize(
    "signals", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGINT, signal.SIGINT]]
)
def test_signals(signals, web, undisturbed, tmp_path):
    before = web.asked()
    job = Job(tmp_path, web.lines)
    assert interrupt(job.start(), web, 80, signals)
    comparison = resumed(job, web, undisturbed, before)
    assert comparison.same
    assert comparison.again <= AT_ONCE


def test_a_stopped_crawl_leaves_complete_feeds(web, tmp_path):
    job = Job(tmp_path, web.lines)
    process = job.start()
    interrupt(process, web, 50, [signal.SIGTERM])
    assert process.returncode == 1
    records = job.records()
    journal = jsonl((tmp_path / "data/jobs/job/records.jsonl").read_text())
    assert 20 < len(records) < 186
    assert records == journal


def test_a_finished_job_has_nothing_to_do(undisturbed, web):
    before = web.asked()
    records, sightings = undisturbed.records(), undisturbed.sightings()
    assert undisturbed.finish() == 0
    assert web.asked() == before
    assert (undisturbed.records(), undisturbed.sightings()) == (records, sightings)


def test_a_job_runs_once_at_a_time(web, tmp_path):
    job = Job(tmp_path, web.lines)
    process = job.start()
    while not (tmp_path / "data/jobs/job/records.jsonl").exists():
        time.sleep(0.01)
    done = scrapy("crawl", "images", "-aurls=urls.txt", "-ajob=job", cwd=tmp_path)
    process.kill()
    process.wait()
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "imgprint: the job in 'data/jobs/job' is running: wait, or name another job"
    )


@pytest.mark.parametrize("name", ["", "../x", ".hidden", "a/b", "x" * 101])
def test_bad_name(name, tmp_path):
    done = crawl("-aurl=http://example.com/", f"-ajob={name}", cwd=tmp_path)
    assert done.code == 2
    assert f"imgprint: -a job={name}: a name has letters" in done.log


def test_feeds_are_appended_to_once(tmp_path):
    """A file that was there keeps what it had; one of the job's is made anew."""
    page = {"/": ("text/html", b"<img src=1.jpg><img src=2.jpg>")}
    images = {f"/{i}.jpg": ("image/jpeg", jpeg(i)) for i in (1, 2)}
    (tmp_path / "old.jsonl").write_text('{"old": 1}\n')
    with GallerySite(page | images) as site:
        for _ in range(3):
            done = crawl(
                *(f"-aurl={site.url}/", "-sJOBDIR=here", "-o", "old.jsonl"),
                *("-o", "new.jsonl", "-o", "new.json"),
                cwd=tmp_path,
            )
            assert done.code == 0, done.log
        assert site.requests == 4  # robots.txt too
    old = jsonl((tmp_path / "old.jsonl").read_text())
    new = jsonl((tmp_path / "new.jsonl").read_text())
    assert old == [{"old": 1}, *new]
    assert new == json.loads((tmp_path / "new.json").read_text())
    assert len(new) == 2


def test_max_images_counts_all_runs(tmp_path):
    pages = {
        f"/{p}": ("text/html", f"<img src={p}a.jpg><img src={p}b.jpg>".encode())
        for p in range(2)
    }
    names = [f"/{p}{x}.jpg" for p in range(2) for x in "ab"]
    images = {name: ("image/jpeg", jpeg()) for name in names}
    with GallerySite(pages | images) as site:
        for page in range(2):
            done = crawl(
                *(f"-aurl={site.url}/{page}", "-amax_images=3", "-ajob=few"),
                cwd=tmp_path,
            )
            assert done.code == 0
    assert len(jsonl((tmp_path / "data/jobs/few/records.jsonl").read_text())) == 3


def test_what_was_listed_stays_allowed(tmp_path):
    """Inside addresses are for what was listed, before the list is read again."""
    with Web(400) as web:
        undisturbed = Job(tmp_path / "undisturbed", web.lines)
        assert undisturbed.finish() == 0
        before = web.asked()
        job = Job(tmp_path / "job", web.lines)
        assert interrupt(job.start(), web, 60, [signal.SIGTERM])
        comparison = resumed(job, web, undisturbed, before)
        assert comparison.same
