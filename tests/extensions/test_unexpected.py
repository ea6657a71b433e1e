"""What nobody foresaw costs the image or page that it is about, and is said."""

import json
import re

import pytest

from tests.middlewares.test_redirects import serving
from tests.support.crawling import crawl

PAGE = (
    "<link rel=stylesheet href=/sheet.css><img src=/a.jpg><img src=/bad.jpg>"
    "<img src=/bad.jpg alt=again><img src=/b.jpg><a href=/next>n</a><a href=/bad>b</a>"
)
SHEET = (
    "a{background:url(/s1.jpg)} b{background:url(/s2.jpg)} c{background:url(/s3.jpg)}"
)
PAGES = {
    "/": PAGE,
    "/many": PAGE + "<a href=/more>m</a>",
    "/next": "<img src=/bad.jpg><img src=/c.jpg>",
    "/bad": "<img src=/d.jpg><a href=/last>l</a>",
    "/last": "<img src=/e.jpg>",
    "/sheet.css": (200, {"Content-Type": "text/css"}, SHEET),
}
ALL = {*"abcde", "bad", "s1", "s2", "s3"}


@pytest.fixture
def run(tmp_path):
    def run(fault, *args, start="/", lean=1):
        with serving(PAGES) as site:
            done = crawl(
                f"-aurl={site.url}{start}",
                "-adepth=5",
                *args,
                cwd=tmp_path,
                env={"FAULT": fault},
                settings={
                    "EXTENSIONS": json.dumps({"tests.support.faults.Faults": 1}),
                    "IMGPRINT_MIN_SIZE": 0,
                    "IMGPRINT_LEAN": lean,
                    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
                },
            )
        done.names = {r["url"].rpartition("/")[2][:-4] for r in done.records}
        done.errors = {
            (
                (s["page_url"] or "").removeprefix(site.url),
                (s["image_url"] or "").removeprefix(site.url),
            ): s["error"]
            for s in done.sightings
            if s["error"]
        }
        return done

    return run


def said(done, kind="Fault"):
    """The line of the log that says so: it is one for all of a class."""
    (line,) = re.findall(rf"ERROR: (unexpected {kind}.*)", done.log)
    assert "Traceback" not in done.log
    assert "\x1b" not in done.log
    return line


@pytest.mark.parametrize("fault", ["download", "record", "pipeline"])
@pytest.mark.parametrize(
    ("job", "lean"), [((), 1), (("-ajob=j",), 1), ((), 0)], ids=["", "job", "not lean"]
)
def test_an_image(run, fault, job, lean):
    done = run(fault, *job, lean=lean)
    assert done.names == ALL - {"bad"}
    assert done.errors.keys() == {("/", "/bad.jpg"), ("/next", "/bad.jpg")}
    for error in done.errors.values():
        assert error.startswith("unexpected Fault: bad")
        assert len(error) < 400
        assert error.isprintable()
    assert done.stats["imgprint/error/unexpected"] == 1
    assert done.stats["imgprint/error/unexpected/Fault"] == 1
    if lean or fault != "pipeline":  # Scrapy says more of items
        assert "faults.py:" in said(done)
    # There is one sighting of each image on each page.
    assert sum(s["image_url"] is not None for s in done.sightings) == len(ALL) + 1


@pytest.mark.parametrize("fault", ["download", "record", "pipeline"])
@pytest.mark.parametrize("job", [(), ("-ajob=j",)], ids=["", "job"])
def test_a_listed_image(run, fault, job):
    done = run(fault, *job, start="/bad.jpg")
    assert done.records == []
    error = done.errors["", "/bad.jpg"]
    assert error.startswith("unexpected Fault: bad")
    said(done)


def test_what_is_known_of_an_image_fails(run):
    # Not its download, but all that is done with its URL.
    done = run("key")
    assert done.names == ALL - {"bad"}
    assert done.errors.keys() == {("/", "/bad.jpg"), ("/next", "/bad.jpg")}
    said(done)


@pytest.mark.parametrize("fault", ["download-page", "read"])
def test_a_page(run, fault):
    done = run(fault)
    assert done.names == ALL - {"d", "e"}
    assert done.errors.keys() == {("/bad", "")}
    assert done.stats["imgprint/page/failed"] == 1
    said(done)


def test_the_rest_of_a_page(run):
    done = run("discovery")
    # Two images of each page, one of which is there twice.
    assert done.names == {"a", "bad", "c", "d", "e", "s1", "s2", "s3"}
    assert done.errors == {("/", ""): "unexpected Fault: in the middle"}
    said(done)


def test_a_link(run):
    done = run("link")
    assert done.names == ALL - {"d", "e"}
    assert done.errors.keys() == {("/bad", "")}
    said(done)


def test_the_rest_of_a_page_s_links(run):
    done = run("links", start="/many")
    assert done.names == ALL
    assert done.errors == {("/many", ""): "unexpected Fault: in the middle"}
    said(done)


def test_the_rest_of_a_style_sheet(run):
    done = run("sheet")
    assert done.names == ALL - {"s3"}
    ((page, image), error), *more = done.errors.items()
    assert (page, image, more) == ("/", "", [])
    assert re.fullmatch(
        r"stylesheet http://[\d.:]+/sheet.css: unexpected Fault: in the middle", error
    )
    assert done.stats["imgprint/linked/failed"] == 1
    said(done)


def test_scrapy_is_told_to_stop(run):
    done = run("close")
    assert "unexpected" not in done.log
    assert "imgprint/error/unexpected" not in done.stats
    assert "'finish_reason': 'enough'" in done.log
