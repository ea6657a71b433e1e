"""Bad input: one clear sentence, a non-zero exit, nothing fetched."""

import pytest

from imgprint.demo.gallery_server import GallerySite
from tests.support.crawling import ROOT, crawl, scrapy
from tests.support.pictures import jpeg


@pytest.fixture
def site():
    files = {
        "/": ("text/html", b"<img src=a.jpg>"),
        "/a.jpg": ("image/jpeg", jpeg()),
    }
    with GallerySite(files) as site:
        yield site


BAD = {
    "missing file": (
        ["-aurls=no.txt"],
        "URL list 'no.txt' can't be read: No such file or directory; "
        "give a file with one URL per line as -a urls=FILE",
    ),
    "a directory as list": (
        ["-aurls=."],
        "URL list '.' can't be read: Is a directory; "
        "give a file with one URL per line as -a urls=FILE",
    ),
    "empty file": (["-aurls=empty.txt"], "empty.txt holds no URL: write one per line"),
    "nothing given": (
        [],
        "nothing to crawl: give -a urls=FILE (one URL per line) or -a url=URL",
    ),
    "no URL": (
        ["-aurls=bad.txt"],
        "bad.txt line 2: 'not a url' is neither a URL (http://..., https://...) "
        "nor a file or directory here",
    ),
    "no such directory": (
        ["-aurl=file:///no/such/place"],
        "-a url: 'file:///no/such/place' is neither a URL (http://..., https://...) "
        "nor a file or directory here",
    ),
    "unknown argument": (
        ["-aurl={url}", "-adeep=3"],
        "unknown argument -a deep: the spider has allow, deny, depth, job, max_images, "
        "max_pages, render, sitemap, url, urls",
    ),
    "depth": (
        ["-aurl={url}", "-adepth=all"],
        "-a depth=all: give a whole number, 0 or more",
    ),
    "unwritable feed": (
        ["-aurl={url}", "-O", "empty.txt/out.json"],
        "feed 'empty.txt/out.json' can't be written: Not a directory; "
        "give another path with -O",
    ),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD)
def test_bad_input(arguments, sentence, site, tmp_path):
    (tmp_path / "empty.txt").write_text("\n# only a comment\n")
    (tmp_path / "bad.txt").write_text("# two\nnot a url\n")
    done = crawl(*(a.format(url=site.url) for a in arguments), cwd=tmp_path)
    if "Not a directory" in sentence:  # mkdir says it one way or the other
        done.log = done.log.replace("File exists", "Not a directory")
    assert done.code == 2
    last = done.log.splitlines()[-1]
    assert last == f"imgprint: {sentence}"
    assert "Traceback" not in done.log
    assert site.requests == 0


def test_unknown_spider(tmp_path):
    done = scrapy("crawl", "pictures", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("imgprint: no spider 'pictures'; there is: images\n")


def test_unreadable_directory(tmp_path, monkeypatch):
    # Root reads everything, so the refusal is the system call's.
    (tmp_path / "sitecustomize.py").write_text(
        "import os\n"
        "def refuse(path='.'):\n"
        "    raise PermissionError(13, 'Permission denied', path)\n"
        "os.scandir = refuse\n"
    )
    (tmp_path / "photos").mkdir()
    done = crawl("-aurl=photos", cwd=tmp_path, env={"PYTHONPATH": f"{tmp_path}:{ROOT}"})
    assert done.code == 2
    assert done.log.endswith(
        "imgprint: -a url: 'photos' can't be read: Permission denied\n"
    )


def test_a_bad_line_among_good_ones(site, tmp_path):
    (tmp_path / "urls.txt").write_text(f"nonsense\n\n{site.url}/\n# end\nhttp://\n")
    done = crawl("-aurls=urls.txt", cwd=tmp_path)
    assert done.code == 0
    assert len(done.records) == 1
    assert "urls.txt line 1: 'nonsense' is neither a URL" in done.log
    assert "urls.txt line 5: 'http://' is neither a URL" in done.log
    assert done.stats["imgprint/seed/invalid"] == 2
    errors = [s["error"] for s in done.sightings if s["error"]]
    assert [error[:15] for error in errors] == ["urls.txt line 1", "urls.txt line 5"]
