"""The project under a real Scrapyd: deployed as an egg, scheduled, cancelled."""

import json
import os
import re
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from imgprint.demo.gallery_server import GallerySite
from imgprint.spiders.seeds import MAX_INLINE
from tests.support.crawling import ROOT, jsonl
from tests.support.interruptions import Web, compare
from tests.support.pictures import jpeg
from tests.support.servers.process import require
from tests.support.servers.scrapyd import LOGIN, Scrapyd

ROUTES = (
    *("", "jobs", "logs/", "items/", "logs/imgprint/images/", "no-such-page"),
    *("schedule.json", "cancel.json", "status.json", "addversion.json"),
    *("listprojects.json", "listversions.json", "listspiders.json"),
    *("delproject.json", "delversion.json", "listjobs.json", "daemonstatus.json"),
)


@pytest.fixture(scope="module")
def scrapyd():
    with Scrapyd() as scrapyd:
        done = scrapyd.run("scrapyd-deploy --version 1")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["spiders"] == 1
        yield scrapyd


@pytest.fixture(scope="module")
def egg(scrapyd):
    return scrapyd.directory / "eggs/imgprint/1.egg"


@pytest.fixture(scope="module")
def web():
    with Web(200) as web:
        yield web


@dataclass
class Job:
    """A crawl of *web* under Scrapyd that writes into *folder*."""

    scrapyd: Scrapyd
    folder: Path

    def schedule(self, urls, settings=None, **arguments):
        feeds = {str(self.folder / "out.json"): {"format": "json", "overwrite": True}}
        settings = {
            "FEEDS": json.dumps(feeds),
            "IMGPRINT_SIGHTINGS": str(self.folder / "sightings.jsonl"),
            "RETRY_TIMES": "0",
            **(settings or {}),
        }
        return self.scrapyd.schedule(settings, urls=urls, **arguments)

    def records(self):
        return json.loads((self.folder / "out.json").read_text())

    def sightings(self):
        return jsonl((self.folder / "sightings.jsonl").read_text())


# The egg


def test_the_egg_has_all_that_is_no_code(egg):
    folder = ROOT / "imgprint"
    expected = {
        str(path.relative_to(ROOT))
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert len(expected) > 100
    with zipfile.ZipFile(egg) as archive:
        assert expected <= set(archive.namelist())
        entry_points = archive.read("EGG-INFO/entry_points.txt").decode()
    assert entry_points.split() == ["[scrapy]", "settings", "=", "imgprint.settings"]


COMMANDS = (
    "demo",
    "report data/demo/records.jsonl data/demo/sightings.jsonl -o report.html",
    "fields --settings",
)


def test_commands_that_read_files_of_the_package_work_from_the_egg(egg, tmp_path):
    for command in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", *command.split()],
            cwd=tmp_path,
            env=os.environ
            | {"PYTHONPATH": str(egg), "SCRAPY_SETTINGS_MODULE": "imgprint.settings"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
        assert "Traceback" not in done.stderr
    assert done.stdout == (ROOT / "docs/settings.md").read_text()
    assert "world" in (tmp_path / "report.html").read_text()


def test_building_leaves_nothing_to_commit(scrapyd):
    """There is a setup.py, so that scrapyd-deploy doesn't write one of its own."""
    assert (scrapyd.project / "setup.py").read_bytes() == (
        ROOT / "setup.py"
    ).read_bytes()


# Scrapyd


@pytest.mark.parametrize("auth", [None, ("crawler", "a guess"), ("", "")])
def test_every_route_wants_the_password(auth, scrapyd):
    for route in ROUTES:
        for method in ("GET", "POST"):
            answer = requests.request(
                method, f"{scrapyd.url}/{route}", auth=auth, timeout=30
            )
            assert answer.status_code == 401, route
    assert requests.get(scrapyd.url, auth=LOGIN, timeout=30).status_code == 200


def test_lists(scrapyd):
    assert scrapyd.get("listprojects.json").json()["projects"] == ["imgprint"]
    spiders = scrapyd.get("listspiders.json", project="imgprint").json()
    assert spiders["spiders"] == ["images"]
    done = scrapyd.run("scrapyd-client spiders -p imgprint")
    assert done.stdout == "imgprint:\n  images\n", done.stderr


def test_urls(scrapyd, tmp_path):
    """By path, by the URL of a list, and written out: the same records."""
    files = {f"/{i}.jpg": ("image/jpeg", jpeg(i)) for i in range(2)}
    page = {"/": ("text/html", b"<img src=0.jpg>")}
    with GallerySite(page | files) as site:
        lines = f"{site.url}/\n{site.url}/1.jpg\n"
        site.files["/urls.txt"] = ("text/plain", lines.encode())
        (tmp_path / "urls.txt").write_text(lines)
        ways = {
            "path": str(tmp_path / "urls.txt"),
            "url": f"{site.url}/urls.txt",
            "text": lines,
        }
        found = {}
        jobs = {}
        for way, urls in ways.items():
            (tmp_path / way).mkdir()
            jobs[way] = job = Job(scrapyd, tmp_path / way)
            job.schedule(urls, jobid=way)
        for way, job in jobs.items():
            log = scrapyd.wait(way)
            assert "Spider closed (finished)" in log
            assert "Traceback" not in log
            found[way] = {record["url"] for record in job.records()}
            assert len(job.sightings()) == 2
    expected = {f"{site.url}/0.jpg", f"{site.url}/1.jpg"}
    assert found == dict.fromkeys(ways, expected)


BAD = {
    "too long": (
        "http://127.0.0.1:1/ " * (MAX_INLINE // 20 + 1),
        "ERROR: -a urls has 65,540 bytes, and at most 65,536 are safe there: put the "
        "list into a file or on a web server, and give its path or URL as -a urls",
    ),
    "no file": (
        "/no/urls.txt",
        "ERROR: URL list '/no/urls.txt' can't be read: No such file or directory; "
        "give a file with one URL per line as -a urls=FILE",
    ),
    "no list": (
        "http://127.0.0.1:1/urls.txt",
        "ERROR: URL list 'http://127.0.0.1:1/urls.txt' can't be read: can't connect "
        "to 127.0.0.1:1: Connect call failed ('127.0.0.1', 1)",
    ),
}


@pytest.mark.parametrize(("urls", "sentence"), BAD.values(), ids=BAD)
def test_bad_lists_are_a_sentence_in_the_job_s_log(urls, sentence, scrapyd, tmp_path):
    job = Job(scrapyd, tmp_path)
    log = scrapyd.wait(job.schedule(urls))
    assert sum(line.endswith(sentence) for line in log.splitlines()) == 1
    assert "Traceback" not in log


# Cancelling


def finish(crawl, web, before, urls, **how):
    """Run to the end; return the log, and how often each image was asked for."""
    log = crawl.scrapyd.wait(crawl.schedule(urls, depth="1", **how))
    assert "Spider closed (finished)" in log, log
    assert "Traceback" not in log
    return web.asked() - before


@pytest.fixture(scope="module")
def undisturbed(scrapyd, web, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "urls.txt").write_text("\n".join(web.lines))
    job = Job(scrapyd, folder)
    asked = finish(job, web, web.asked(), str(folder / "urls.txt"))
    assert set(asked.values()) == {1}
    assert len(job.records()) == 186
    return job


@pytest.mark.parametrize("way", ["job", "JOBDIR"])
def test_a_cancelled_job_goes_on(way, scrapyd, web, undisturbed, tmp_path):
    text = "\n".join(web.lines)
    how = {"jobid": f"cancelled-{way}"}
    if way == "job":
        how["job"] = "museums"
    else:
        how["settings"] = {"JOBDIR": str(tmp_path / "job")}
    job = Job(scrapyd, tmp_path)
    before = web.asked()
    number = job.schedule(text, depth="1", **how)
    wait_for_images(web, before.total() + 60)
    assert number in scrapyd.jobs("running")
    assert scrapyd.cancel(number)["prevstate"] == "running"
    assert "Spider closed (shutdown)" in scrapyd.wait(number)
    assert number in scrapyd.jobs("finished")
    recorded = {record["url"] for record in job.records()}
    assert 20 < len(recorded) < 186
    first = web.asked() - before

    both = finish(job, web, before, text, **how)
    assert compare(job, undisturbed, 0).same
    again = {url_of(web, key) for key in (both - first)}
    assert again, "there was something left to do"
    assert not again & recorded, "no recorded image is fetched again"


def wait_for_images(web, goal):
    deadline = time.monotonic() + 60
    while web.asked().total() < goal:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def url_of(web, key):
    site, path = key
    return web.lines[-site].rpartition("/")[0] + path


def test_commands_of_the_document(scrapyd, tmp_path):
    """docs/deploy.md: every command succeeds, and does what is said of it."""
    require("curl", "curl")
    text = (ROOT / "docs/deploy.md").read_text()
    lines = re.findall(r"^    (\S.*)$", text, re.MULTILINE)
    assert len(lines) > 7
    files = {"/": ("text/html", b"<img src=a.jpg>"), "/a.jpg": ("image/jpeg", jpeg())}
    with GallerySite(files) as site:
        (tmp_path / "urls.txt").write_text(f"{site.url}/\n")
        said = ""
        for line in lines:
            line = line.replace("http://localhost:6800", scrapyd.url)
            done = scrapyd.run(line.replace("/srv/imgprint", str(tmp_path)))
            assert done.returncode == 0, (line, done.stderr)
            said += done.stdout
        jobs = re.findall(r"imgprint / images => (\S+)", said)
        assert len(jobs) == 3
        for job in jobs:
            scrapyd.wait(job)
    assert jobs[-1] == "museums"
    assert '"prevstate": ' in said
    assert "  images\n" in said
    assert len(json.loads((tmp_path / "museums.json").read_text())) == 1
    assert len(jsonl((tmp_path / "museums-sightings.jsonl").read_text())) == 1
