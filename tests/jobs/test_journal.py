import errno
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict

import pytest

from imgprint.discovery.urls.url_keys import url_key
from imgprint.feeds.line_files import JsonLines, cut_torn_line
from imgprint.items import ImageRecord, Sighting
from imgprint.jobs import journal as module
from imgprint.jobs.journal import Journal

URL = "http://example.com/a.jpg"
PAGE = "http://example.com/"


def record(url=URL):
    return ImageRecord(url=url, site="example.com", page_url=PAGE)


def sighting(error=None, **fields):
    fields = {"image_url": URL, "page_url": PAGE, "site": "example.com"} | fields
    return Sighting(**fields, error=error)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (b"", b""),
        (b"1", b""),
        (b"\n", b"\n"),
        (b"1\n2\n", b"1\n2\n"),
        (b"1\n2", b"1\n"),
        (b"1\n" + b"2" * 200_000, b"1\n"),
        (b"2" * 65_536, b""),
        (b"\n" + b"2" * 65_536, b"\n"),
        (b"1" * 65_535 + b"\n" + b"2" * 65_536, b"1" * 65_535 + b"\n"),
    ],
)
def test_torn_line(text, whole, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(text)
    assert cut_torn_line(file) == len(whole)
    assert file.read_bytes() == whole


def test_lines_are_there_at_once_and_read_from_anywhere(tmp_path):
    lines = JsonLines(tmp_path / "a.jsonl")
    for line in (b'{"a": 1}', b"[2]", b""):
        lines.append(line)
    assert [line for _, line in lines.read()] == [b'{"a": 1}', b"[2]", b""]
    places = [p for p, _ in lines.read()]
    assert [line for _, line in lines.read(places[1])] == [b"[2]", b""]
    assert lines.size == (tmp_path / "a.jsonl").stat().st_size
    lines.close()


def test_what_the_disk_did_not_take_whole_is_not_there(tmp_path):
    lines = JsonLines(tmp_path / "a.jsonl")
    lines.append(b"1")
    file = lines._file

    class Full:
        fileno = file.fileno

        def write(self, data):
            if len(data) > 5:
                return file.write(data[:5])
            raise OSError(errno.ENOSPC, "No space left on device")

    lines._file = Full()
    with pytest.raises(OSError, match="No space"):
        lines.append(b"much longer than that")
    assert (tmp_path / "a.jsonl").read_text() == "1\n"
    lines._file = file
    lines.append(b"2")
    assert [line for _, line in lines.read()] == [b"1", b"2"]
    lines.close()


def test_each_item_once(tmp_path):
    journal = Journal(tmp_path)
    assert journal.add_record(record())
    assert not journal.add_record(record())
    assert journal.add_sighting(sighting())
    assert not journal.add_sighting(sighting("HTTP 404"))
    assert journal.add_sighting(sighting(element="img"))
    assert journal.add_sighting(Sighting(error="urls.txt line 1"))
    assert journal.add_sighting(Sighting(error="urls.txt line 2"))
    assert [asdict(item) for _, item in journal.items()] == [
        asdict(item)
        for item in (
            record(),
            sighting(),
            sighting(element="img"),
            Sighting(error="urls.txt line 1"),
            Sighting(error="urls.txt line 2"),
        )
    ]
    journal.close()


def test_what_was_not_tried_is_open(tmp_path):
    journal = Journal(tmp_path)
    for error in ("not tried: no Tor at x", "interrupted"):
        assert journal.add_sighting(sighting(error))
        assert not journal.settled(URL)
    errors = [item.error for _, item in journal.items()]
    assert errors == ["not tried: no Tor at x", "interrupted"]
    journal.close()

    later = Journal(tmp_path)
    assert not later.add_sighting(sighting("interrupted"))
    errors = [item.error for _, item in later.items()]
    assert errors == ["not tried: no Tor at x", "interrupted"], "it may be tried yet"
    errors = [item.error for _, item in later.items(finished=True)]
    assert errors == ["interrupted"], "that is so again"
    later.close()

    last = Journal(tmp_path)
    assert last.add_sighting(sighting("HTTP 404"))
    errors = [item.error for _, item in last.items()]
    assert errors == ["HTTP 404"], "what came of it says more"
    last.close()


@pytest.mark.parametrize("crash", [False, True])
def test_passwords_tell_images_apart_and_are_not_written(crash, tmp_path):
    ann, bob = (URL.replace("//", f"//{name}:pw@") for name in ("ann", "bob"))
    page = PAGE.replace("//", "//ann:pw@")
    journal = Journal(tmp_path)
    for url in (ann, bob):
        assert journal.add_record(record(url))
        assert not journal.add_record(record(url))
        assert journal.add_sighting(sighting(image_url=url))
        assert not journal.add_sighting(sighting("HTTP 404", image_url=url))
        journal.add_dropped(record(f"{url}?small"))
        assert journal.add_sighting(sighting("HTTP 404", image_url=f"{url}?gone"))
    assert journal.add_sighting(sighting(image_url=None, page_url=page))
    assert journal.add_sighting(sighting())
    assert not journal.settled(URL)
    found = [asdict(item) for _, item in journal.items()]
    if crash:
        journal._save = lambda: None
    journal.close()
    for path in tmp_path.iterdir():
        assert b"pw" not in path.read_bytes(), path
    again = Journal(tmp_path)
    assert [asdict(item) for _, item in again.items()] == found
    for url in (ann, bob):
        assert again.outcome(url_key(url)) == (None,)
        assert again.outcome(url_key(f"{url}?small")) == (None,)
        assert again.outcome(url_key(f"{url}?gone")) == ("HTTP 404",)
        assert again.knows(sighting(image_url=url))
        assert not again.add_record(record(url))
    assert again.knows(sighting(image_url=None, page_url=page))
    assert not again.knows(sighting(image_url=None))
    assert not again.settled(URL)
    again.close()
    for _, item in again.items():
        assert item.line.endswith(b"}"), "feeds have no keys"
    lines = (tmp_path / "records.jsonl").read_text().splitlines()
    assert [json.loads(line)["url"] for line in lines] == [URL, URL]


def test_what_was_not_tried_with_a_password_is_open_until_it_is(tmp_path):
    url = URL.replace("//", "//ann:pw@")
    journal = Journal(tmp_path)
    assert journal.add_sighting(sighting("not tried: no Tor at x", image_url=url))
    journal.close()
    later = Journal(tmp_path)
    assert later.add_sighting(sighting(image_url=url))
    assert [item.error for _, item in later.items()] == [None]
    later.close()


def test_a_line_is_one_line_to_every_reader(tmp_path):
    odd = "\x85\u2028\u2029\x0b\x0c\x1c\x7f\ud800é"
    journal = Journal(tmp_path)
    journal.add_record(record(f"{URL}?é\x85"))
    journal.add_dropped(record(f"{URL}?small\u2028"))
    assert journal.add_sighting(sighting(alt=odd))
    assert not journal.add_sighting(sighting(alt=odd))
    journal.close()
    for name in ("records", "sightings", "dropped"):
        text = (tmp_path / f"{name}.jsonl").read_text()
        assert len(text.splitlines()) == 1
    again = Journal(tmp_path)
    assert again.settled(f"{URL}?é\x85")
    assert again.settled(f"{URL}?small\u2028")
    assert not again.add_sighting(sighting(alt=odd))
    (shown,) = (item for _, item in again.items() if isinstance(item, Sighting))
    assert shown.alt == odd.replace("\ud800", "?")
    again.close()


@pytest.mark.parametrize("crash", [False, True])
def test_a_journal_goes_on(crash, tmp_path):
    """Whether or not the index was saved, and with a torn line or without."""
    journal = Journal(tmp_path)
    journal.add_record(record())
    journal.add_dropped(record(f"{URL}?small"))
    journal.add_sighting(sighting("HTTP 404", image_url=f"{URL}?gone"))
    journal.add_record(ImageRecord(url=f"{URL}?seed", site="example.com"))
    if crash:
        journal._save = lambda: None
        with (tmp_path / "records.jsonl").open("ab") as file:
            file.write(b'{"url": "http')
    journal.close()
    again = Journal(tmp_path)
    assert again.outcome(url_key(URL)) == (None,)
    assert again.outcome(url_key(f"{URL}?small")) == (None,)
    assert again.outcome(url_key(f"{URL}?gone")) == ("HTTP 404",)
    assert again.outcome(url_key(f"{URL}?new")) is None
    assert again.site_images() == {"example.com": 3}  # a listed image doesn't count
    assert not again.add_record(record())
    assert again.add_record(record(f"{URL}?new"))
    again.close()
    lines = (tmp_path / "records.jsonl").read_text().splitlines()
    assert [json.loads(line)["url"] for line in lines] == [
        URL,
        f"{URL}?seed",
        f"{URL}?new",
    ]


def test_the_index_is_saved_while_the_journal_grows(tmp_path, monkeypatch):
    folder, left = tmp_path / "job", tmp_path / "left by a crash"
    folder.mkdir()
    Journal(folder).close()  # as the command does, to see whether it can be
    monkeypatch.setattr(module, "SAVE_SECONDS", -1)
    journal = Journal(folder)
    journal.add_record(record())
    shutil.copytree(folder, left)
    with closing(sqlite3.connect(left / "index.sqlite")) as index:
        assert index.execute("SELECT count(*) FROM images").fetchone() == (1,)
    journal.close()


def test_nobody_else_touches_the_files_of_a_journal(tmp_path):
    journal = Journal(tmp_path)
    file = tmp_path / "records.jsonl"
    file.write_bytes(b"half of a li")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        Journal(tmp_path)
    assert file.read_bytes() == b"half of a li"
    journal.close()


def test_a_job_begins_once(tmp_path):
    journal = Journal(tmp_path)
    assert journal.started("then") == "then"
    journal.close()
    journal = Journal(tmp_path)
    assert journal.started("now") == "then"
    journal.close()
