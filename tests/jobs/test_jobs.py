"""Jobs that are interrupted in every way end as if nothing had happened."""

import json
import signal
import sqlite3
import time
from contextlib import closing

import pytest

from imgprint.demo.gallery_server import GallerySite
from tests.fetch.tor.test_onion_names import onion
from tests.support.crawling import crawl, jsonl, scrapy
from tests.support.interruptions import Job, Web, compare, interrupt, random_kills
from tests.support.pictures import jpeg
from tests.support.servers.process import free_port
from tests.support.servers.socks import SocksProxy

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
    records = tmp_path / "data/jobs/job/records.jsonl"
    while not (records.exists() and records.stat().st_size):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)  # or it ends before the other begins
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


@pytest.mark.parametrize("kills", [1, 2])
def test_what_was_put_off_survives_kill_9(kills, tmp_path):
    """Without Tor a job waits with its onions, whatever becomes of the process."""
    host = onion(1)
    onion_files = {
        "/": ("text/html", b"<img src=1.jpg><img src=2.jpg>"),
        **{f"/{i}.jpg": ("image/jpeg", jpeg(i)) for i in (1, 2, 3)},
    }
    with Web(100, delay=0.2) as web, GallerySite(onion_files) as site:
        seeds = [f"http://{host}/", f"http://{host}/3.jpg"]
        closed = {"IMGPRINT_TOR_PROXIES": f"socks5h://127.0.0.1:{free_port()}"}
        job = Job(tmp_path, [*seeds, *web.lines], closed)
        for _ in range(kills):
            process = job.start()
            log = tmp_path / "log.txt"
            while "No Tor at" not in log.read_text() or put_off(tmp_path) < 2:
                assert process.poll() is None
                time.sleep(0.01)
            process.kill()
            process.wait()
        with SocksProxy(int(site.url.rpartition(":")[2])) as tor:
            job.settings = {"IMGPRINT_TOR_PROXIES": tor.url}
            assert job.finish() == 0, job.log
    onions = [r["url"] for r in job.records() if host in r["url"]]
    assert sorted(onions) == [f"http://{host}/{i}.jpg" for i in (1, 2, 3)]
    places = [s["image_url"] for s in job.sightings() if host in (s["site"] or "")]
    assert sorted(places) == sorted(onions), "and not the page, which was tried"


def put_off(folder):
    """How many requests of the job wait for its next run."""
    path = folder / "data/jobs/job/requests.sqlite"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as db:
        try:
            return db.execute("SELECT count(*) FROM later").fetchone()[0]
        except sqlite3.OperationalError:  # not made yet, or busy
            return 0
