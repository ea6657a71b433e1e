"""Local feeds: complete or not there, and a sentence if they can't be."""

import errno
import json
import os
import subprocess
from contextlib import suppress

import pytest

from imgprint.demo.gallery_server import GallerySite
from imgprint.feeds.file_storage import FileStorage
from tests.support.crawling import crawl, jsonl
from tests.support.interruptions import Job, Web, compare
from tests.support.pictures import jpeg


@pytest.fixture
def site():
    page = {"/": ("text/html", b"".join(b"<img src=%d.jpg>" % i for i in range(60)))}
    images = {f"/{i}.jpg": ("image/jpeg", jpeg(i % 4)) for i in range(60)}
    with GallerySite(page | images) as site:
        yield site


def storage(path, **options):
    return FileStorage(str(path), feed_options=options)


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "a.json"
    feed = storage(path, format="json", overwrite=True)
    file = feed.open(None)
    file.write(b"[]")
    file.flush()
    assert [p.name for p in path.parent.iterdir()] == ["a.json.part"]
    feed.store(file)
    assert [p.name for p in path.parent.iterdir()] == ["a.json"]
    assert path.read_bytes() == b"[]"


@pytest.mark.parametrize("options", [{"overwrite": True}, {}])
def test_the_old_one_stays_until_then(options, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"old\n")
    feed = storage(path.as_uri(), format="csv", **options)
    file = feed.open(None)
    file.write(b"new\n")
    file.flush()
    assert path.read_bytes() == b"old\n"
    feed.store(file)
    assert path.read_bytes() == (b"new\n" if options else b"old\nnew\n")


def test_a_link_stays_and_its_file_is_replaced(tmp_path):
    (tmp_path / "disk").mkdir()
    target, link = tmp_path / "disk" / "a.json", tmp_path / "a.json"
    target.write_bytes(b"old")
    link.symlink_to("disk/a.json")
    feed = storage(link, format="json", overwrite=True)
    file = feed.open(None)
    file.write(b"[]")
    assert target.read_bytes() == b"old"
    feed.store(file)
    assert link.is_symlink()
    assert target.read_bytes() == b"[]"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "disk"]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize("overwrite", [True, False])
def test_a_pipe_stays_a_pipe(name, overwrite, tmp_path):
    path = tmp_path / name
    os.mkfifo(path)
    feed = storage(path, format=path.suffix[1:], overwrite=overwrite)
    with pytest.raises(OSError, match="No such device or address"):
        feed.open(None)  # without a reader
    with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as reader:
        file = None
        while file is None:
            with suppress(OSError):
                file = feed.open(None)
        file.write(b"[]")
        feed.store(file)
        assert reader.stdout.read() == b"[]"
    assert path.is_fifo()


def test_a_device_stays_a_device(tmp_path):
    (tmp_path / "full").symlink_to("/dev/full")
    feed = storage(tmp_path / "full", format="json", overwrite=True)
    file = feed.open(None)
    file.write(b"[]")
    with pytest.raises(OSError, match="No space left"):
        feed.store(file)
    assert feed.failure == (
        f"feed '{tmp_path}/full' can't be written: No space left on device"
    )
    assert [p.name for p in tmp_path.iterdir()] == ["full"]


def test_two_crawls_write_one_name(tmp_path):
    """Each of them leaves a whole file; the last one stays."""
    path = tmp_path / "a.json"
    first, second, third = (
        storage(path, format="json", overwrite=True) for _ in range(3)
    )
    files = [(feed, feed.open(None)) for feed in (first, second)]
    assert first.part != second.part
    for number, (feed, file) in enumerate(files):
        file.write(b"[%d]" % number)
        feed.store(file)
        assert path.read_bytes() == b"[%d]" % number
        with third.open(None) as other:
            assert other.tell() == 0
        assert path.read_bytes() == b"[%d]" % number


def test_json_lines_are_appended_in_place(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"1\n")
    feed = storage(path, format="jsonl")
    file = feed.open(None)
    file.write(b"2\n3")
    file.flush()
    assert path.read_bytes() == b"1\n2\n3"
    feed.abandon(file, OSError(errno.ENOSPC, "No space left on device"))
    assert path.read_bytes() == b"1\n2\n"
    assert feed.failure == f"feed '{path}' can't be written: No space left on device"


def test_compressed_lines_are_not(tmp_path):
    feed = storage(tmp_path / "a.jsonl.gz", format="jsonl", postprocessing=["x"])
    assert feed.part.name == "a.jsonl.gz.part"


def test_an_unwritable_feed_is_an_exit_code(site, tmp_path):
    """Found out when the first item comes, as where a name has placeholders."""
    (tmp_path / "images").write_text("a file")
    done = crawl(f"-aurl={site.url}/", "-O", "%(name)s/out.json", cwd=tmp_path)
    assert done.code == 1
    assert "Traceback" not in done.log
    assert done.log.splitlines()[-1] == (
        "imgprint: feed 'images/out.json' can't be written: File exists"
    )


def test_all_other_feeds_go_on(site, tmp_path):
    (tmp_path / "images").write_text("a file")
    done = crawl(
        *(f"-aurl={site.url}/", "-O", "%(name)s/out.json", "-O", "b.jsonl"),
        cwd=tmp_path,
    )
    assert done.code == 1
    assert len(jsonl((tmp_path / "b.jsonl").read_text())) == 60


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def grow(folder, size="64m"):
    subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)


@pytest.mark.parametrize("name", ["out.jsonl", "out.json", "out.csv", "out.parquet"])
def test_a_full_disk(name, site, small_disk, tmp_path):
    (small_disk / name).write_text("old")
    (small_disk / "more").write_bytes(bytes(53_248))
    done = crawl(f"-aurl={site.url}/", "-O", f"disk/{name}", cwd=tmp_path)
    assert done.code == 1
    assert "Traceback" not in done.log
    assert (small_disk / name).read_text() == "old"
    assert done.log.splitlines()[-1] == (
        f"imgprint: feed 'disk/{name}' can't be written: No space left on device; "
        f"'disk/{name}.part' has what was"
    )


def test_a_full_disk_and_a_job(site, small_disk, tmp_path):
    """The feed is made from the journal when there is room again."""
    run = (f"-aurl={site.url}/", "-O", "disk/out.json", "-ajob=full")
    done = crawl(*run, cwd=tmp_path)
    assert done.code == 1
    assert done.log.splitlines()[-1].endswith(
        "all is in the job's 'data/jobs/full': run the same command again"
    )
    requests = site.requests
    grow(small_disk)
    done = crawl(*run, cwd=tmp_path)
    assert done.code == 0
    assert site.requests == requests
    assert len(json.loads((small_disk / "out.json").read_text())) == 60


@pytest.mark.parametrize("size", ["300k", "400k"])
def test_a_full_disk_under_the_journal(size, small_disk, tmp_path):
    grow(small_disk, size)
    with Web(400, delay=0) as web:
        undisturbed = Job(tmp_path / "undisturbed", web.lines)
        assert undisturbed.finish() == 0
        before = web.asked()
        job = Job(tmp_path / "job", web.lines, {"JOBDIR": str(small_disk)})
        assert job.finish() == 1
        assert "Traceback" not in job.log
        assert job.log.splitlines()[-1].startswith(
            f"imgprint: the job in '{small_disk}' can't be written: "
        )
        grow(small_disk)
        assert job.finish() == 0, job.log
        again = web.asked() - before
    assert compare(job, undisturbed, 0).same
    # Those that were fetched, but not yet written, when the disk was found full.
    assert sum(n - 1 for n in again.values()) <= 200


def test_no_room_for_a_job(small_disk, tmp_path):
    done = crawl(
        "-aurl=http://example.com/", f"-sJOBDIR={small_disk}/job", cwd=tmp_path
    )
    assert done.code == 2
    assert done.log.splitlines()[-1] == (
        f"imgprint: the job in '{small_disk}/job' can't go on: database or disk is full"
    )
