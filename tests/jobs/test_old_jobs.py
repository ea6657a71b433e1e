"""Jobs of the form that was pickled go on, and run nothing."""

import os
import pickle
import sqlite3
from contextlib import closing
from hashlib import md5
from shutil import rmtree

import pytest

from imgprint.demo.gallery_server import GallerySite
from imgprint.jobs.old_jobs import read_pickle
from imgprint.jobs.packing import PackingError, pack_values
from tests.support.crawling import crawl, jsonl
from tests.support.pictures import jpeg

# Those of the first form: imgprint wrote them so until FORM was 2.
TABLES = """
CREATE TABLE requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER, taken INTEGER, data BLOB);
CREATE TABLE queues (
    id INTEGER PRIMARY KEY, name TEXT UNIQUE, slot TEXT, priority INTEGER);
CREATE TABLE later (id INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB);
CREATE TABLE seeds (origin TEXT PRIMARY KEY) WITHOUT ROWID;
"""
SLOT = "127.0.0.1"
QUEUE = f"queue/{SLOT}-{md5(SLOT.encode()).hexdigest()}/0"


class Command:
    """It makes the file *path* when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.system, (f"touch {self.path}",))


def request(url, **changes):
    fields = {"url": url, "callback": None, "errback": "failed", "headers": {}}
    fields |= {"meta": {"imgprint": "page", "imgprint_depth": 0}, "method": "GET"}
    fields |= {"body": b"", "cookies": {}, "encoding": "utf-8", "priority": 0}
    return fields | {"dont_filter": False, "flags": [], "cb_kwargs": {}} | changes


def job(folder, origin, rows, *, later=(), form=0):
    """Make a job in *folder* as an interrupted crawl leaves it."""
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "requests.sqlite")) as db, db:
        db.executescript(TABLES)
        db.execute("INSERT INTO seeds VALUES (?)", (origin,))
        db.execute("INSERT INTO queues VALUES (1, ?, ?, 0)", (QUEUE, SLOT))
        for data in rows:
            db.execute("INSERT INTO requests VALUES (NULL, 1, 0, ?)", (data,))
        for data in later:
            db.execute("INSERT INTO later VALUES (NULL, ?)", (data,))
        db.execute(f"PRAGMA user_version = {form}")


@pytest.fixture
def site():
    pages = {f"/{n}": ("text/html", f"<img src={n}.jpg>".encode()) for n in range(3)}
    images = {f"/{n}.jpg": ("image/jpeg", jpeg(n)) for n in range(3)}
    with GallerySite(pages | images) as site:
        yield site


def resume(site, folder):
    done = crawl(f"-aurl={site.url}/0", "-ajob=old", cwd=folder)
    assert "Traceback" not in done.log
    return done


def test_a_pickled_job_goes_on(site, tmp_path):
    folder = tmp_path / "data/jobs/old"
    rows = [pickle.dumps(request(f"{site.url}/1"), 5)]
    later = [pickle.dumps(request(f"{site.url}/2"), 5)]
    job(folder, f"{site.url}/", rows, later=later)
    assert resume(site, tmp_path).code == 0
    records = jsonl((folder / "records.jsonl").read_text())
    assert {r["url"] for r in records} == {f"{site.url}/{n}.jpg" for n in range(3)}


@pytest.mark.parametrize("where", ["rows", "later"])
def test_a_pickled_command_is_not_run(where, site, tmp_path):
    made = tmp_path / "made"
    assert pickle.loads(pickle.dumps(Command(made))) == 0  # it would be
    made.unlink()
    good = pickle.dumps(request(f"{site.url}/1"), 5)
    bad = pickle.dumps(request(f"{site.url}/2", meta={"a": Command(made)}), 5)
    places = {"rows": [good], "later": [good]}
    places[where].append(bad)
    job(tmp_path / "data/jobs/old", f"{site.url}/", **places)
    for _ in range(2):
        done = resume(site, tmp_path)
        assert done.code == 2
        assert "imgprint: the job in 'data/jobs/old' can't go on" in done.log
    assert not made.exists()
    assert not site.requests


@pytest.mark.parametrize(
    "row",
    [
        pickle.dumps(Command("made"), 5),
        b"",
        "text",
        5,
        pack_values([]),
        pack_values(request("http://127.0.0.1:1/", callback="from_crawler")),
        pack_values(request("http://127.0.0.1:1/", _class="os.system")),
        pack_values(request("http://127.0.0.1:1/", meta={"redirect_urls": [5]})),
        pack_values(request("http://127.0.0.1:1/", meta={"imgprint_depth": "x"})),
        pack_values(
            request("http://127.0.0.1:1/", meta={"imgprint_sighting": {"a": 1}})
        ),
    ],
)
@pytest.mark.parametrize("where", ["rows", "later"])
def test_rows_that_imgprint_did_not_write(row, where, site, tmp_path):
    rows = {"rows": [], where: [row]}
    job(tmp_path / "data/jobs/old", f"{site.url}/", **rows, form=2)
    done = resume(site, tmp_path)
    assert done.code == 1
    assert "imgprint: the job in 'data/jobs/old' can't go on: in requests" in done.log
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "change",
    [
        "PRAGMA user_version = 3",
        "INSERT INTO queues VALUES (2, 'a', NULL, 'x')",
        "INSERT OR REPLACE INTO seeds VALUES (x'00')",
        "DROP TABLE queues; CREATE TABLE queues (id INTEGER)",
    ],
)
def test_a_file_of_another_form(change, site, tmp_path):
    folder = tmp_path / "data/jobs/old"
    job(folder, f"{site.url}/", [], form=2)
    with closing(sqlite3.connect(folder / "requests.sqlite")) as db:
        db.executescript(change)
    done = resume(site, tmp_path)
    assert done.code == 2
    assert "imgprint: the job in 'data/jobs/old' can't go on: " in done.log
    assert not site.requests


PLAIN = request("http://a.example/", meta={"a": (1, 2.5, 2**70), "b": {1}, "c": None})


@pytest.mark.parametrize("protocol", [4, 5])
def test_plain_values_are_read(protocol):
    assert read_pickle(pickle.dumps(PLAIN, protocol)) == PLAIN


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n(S'touch made'\ntR.",
        pickle.dumps(Command("made"), 0),
        pickle.dumps(Command("made"), 2),
        b"\x80\x05r\xff\xff\xff\x7f.",  # room for 2 ** 31 memos
        b"\x80\x05K\x01r\xff\xff\xff\x7f.",
        b"\x80\x05",
        b"\x80\x05h\xff.",
        "text",
    ],
)
def test_anything_else_is_refused(data):
    with pytest.raises(PackingError):
        print(read_pickle(data))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("records.jsonl", "[" * 5000 + "\n"),
        ("records.jsonl", "5\n"),
        ("records.jsonl", '{"url": 5, "site": null, "page_url": null}\n'),
        ("records.jsonl", "{}\n"),
        ("dropped.jsonl", '{"url": "a"}\n'),
        ("sightings.jsonl", '{"image_url": "a", "error": 5, "page_url": "b"}\n'),
        ("sightings.jsonl", "\x00\n"),
    ],
)
def test_a_journal_that_imgprint_did_not_write(name, text, site, tmp_path):
    folder = tmp_path / "data/jobs/old"
    folder.mkdir(parents=True)
    (folder / name).write_text(text)
    done = resume(site, tmp_path)
    assert done.code == 2
    assert f"imgprint: the job can't go on: in 'data/jobs/old/{name}' the " in done.log
    assert not site.requests
    rmtree(folder)  # all that is left is checked as a feed


def test_lines_that_were_changed_behind_the_index(site, tmp_path):
    assert resume(site, tmp_path).code == 0
    folder = tmp_path / "data/jobs/old"
    whole = (folder / "records.jsonl").read_bytes()
    (folder / "records.jsonl").write_bytes(b"[" * (len(whole) - 1) + b"\n")
    done = crawl(f"-aurl={site.url}/0", "-ajob=old", "-O", "a.csv", cwd=tmp_path)
    assert done.code == 1
    assert "Traceback" not in done.log
    assert "feeds of the job in 'data/jobs/old' lack items: its journal" in done.log
    rmtree(tmp_path / "data")
