import pytest

from imgprint.demo.gallery_server import GallerySite
from tests.support.crawling import crawl
from tests.support.pictures import jpeg

PICTURES = {f"/{i}.jpg": ("image/jpeg", jpeg(i)) for i in range(4)}


def html(text):
    return ("text/html; charset=utf-8", text.encode())


@pytest.fixture
def run(tmp_path):
    """Serve files and crawl the page at /; return the crawl and the site."""

    def run(files, *args, start="/"):
        with GallerySite(PICTURES | files) as site:
            done = crawl(f"-aurl={site.url}{start}", *args, cwd=tmp_path)
        assert "Traceback" not in done.log
        done.base = site.url
        done.site = site
        return done

    return run


def paths(done):
    return sorted(record["url"].removeprefix(done.base) for record in done.records)


def test_one_image_on_many_pages_is_fetched_once_and_seen_on_all(run):
    page = html("<img src=/0.jpg alt=Zero width=12><a href=/b.html>b</a>")
    done = run({"/": page, "/b.html": page}, "-adepth=1")
    assert paths(done) == ["/0.jpg"]
    assert {s["page_url"] for s in done.sightings} == {
        done.base + "/",
        done.base + "/b.html",
    }
    assert {s["depth"] for s in done.sightings} == {0, 1}
    for sighting in done.sightings:
        assert sighting["image_url"] == done.base + "/0.jpg"
        assert (sighting["element"], sighting["alt"]) == ("img", "Zero")
        assert (sighting["width"], sighting["error"]) == (12, None)
    assert done.stats["imgprint/image/request_count"] == 1


def test_places(run):
    done = run(
        {
            "/": html(
                "<base href=/sub/><meta property=og:image content=/0.jpg>"
                "<link rel=icon href=../1.jpg>"
                "<div style='background:url(/2.jpg)'></div>"
                "<img data-src=/3.jpg src=data:image/gif;base64,R0lGODlhAQABAAAAACw=>"
            )
        }
    )
    assert paths(done) == ["/0.jpg", "/1.jpg", "/2.jpg", "/3.jpg"]
    elements = {s["image_url"][-5:]: s["element"] for s in done.sightings}
    assert elements["0.jpg"] == "meta"
    assert "data:" not in str(done.records) + str(done.sightings)


def test_a_line_may_be_anything(run, tmp_path):
    files = {
        "/page": html("<img src=/0.jpg>"),
        "/image": PICTURES["/1.jpg"],
        "/untyped": ("application/octet-stream", PICTURES["/2.jpg"][1]),
        "/page.jpg": html("<img src=/3.jpg>"),
        "/text": ("text/plain", b"hello"),
    }
    with GallerySite(PICTURES | files) as site:
        (tmp_path / "urls.txt").write_text("\n".join(site.url + path for path in files))
        done = crawl("-aurls=urls.txt", cwd=tmp_path)
    done.base = site.url
    assert paths(done) == ["/0.jpg", "/3.jpg", "/image", "/untyped"]
    (error,) = [s for s in done.sightings if s["error"]]
    assert (error["page_url"], error["error"]) == (
        site.url + "/text",
        "neither a page nor an image",
    )


def test_depth_stays_on_the_site(run):
    files = {
        "/": html("<a href=/b>b</a><a href=http://elsewhere.invalid/>no</a>"),
        "/b": html("<img src=/0.jpg><a href=/c>c</a>"),
        "/c": html("<img src=/1.jpg>"),
    }
    assert paths(run(files)) == []


def test_depth_one(run):
    files = {
        "/": html("<a href=/b>b</a><a href=http://elsewhere.invalid/>no</a>"),
        "/b": html("<img src=/0.jpg><a href=/c>c</a>"),
        "/c": html("<img src=/1.jpg>"),
    }
    done = run(files, "-adepth=1")
    assert paths(done) == ["/0.jpg"]
    assert "elsewhere" not in done.log


def test_max_images(run):
    done = run(
        {"/": html("".join(f"<img src=/{i}.jpg>" for i in range(4)))}, "-amax_images=3"
    )
    assert paths(done) == ["/0.jpg", "/1.jpg", "/2.jpg"]
    (over,) = [s for s in done.sightings if s["error"]]
    assert over["error"] == "over max_images=3 of 127.0.0.1"


def test_what_fails_is_said(run):
    files = {
        "/": html(
            "<img src=/gone.jpg><img src=/0.jpg><img src=/error.jpg>"
            "<img src=http://127.0.0.1:9/refused.jpg>"
            "<img src=http://abcdefghijklmnop.onion/secret.jpg>"
        ),
        "/error.jpg": ("image/jpeg", b"<!DOCTYPE html><p>Please log in"),
    }
    done = run(files, "-sRETRY_TIMES=0")
    assert paths(done) == ["/0.jpg"]
    errors = {s["image_url"].rpartition("/")[2]: s["error"] for s in done.sightings}
    assert errors.pop("0.jpg") is None
    assert errors.pop("gone.jpg") == "HTTP 404"
    assert errors.pop("error.jpg") == "not an image: image/jpeg"
    assert "onion" in errors.pop("secret.jpg")
    assert "127.0.0.1:9" in errors.pop("refused.jpg")
    assert not errors
    assert done.stats["imgprint/image/failed"] == 4


def test_a_page_that_fails_is_a_sighting(run):
    done = run({}, start="/nothing")
    (sighting,) = done.sightings
    assert sighting["page_url"] == done.base + "/nothing"
    assert sighting["error"] == "HTTP 404"
    assert done.stats["imgprint/page/failed"] == 1


def test_robots_txt_is_obeyed(run):
    robots = ("text/plain", b"User-agent: *\nDisallow: /1.jpg\n")
    done = run({"/": html("<img src=/0.jpg><img src=/1.jpg>"), "/robots.txt": robots})
    assert paths(done) == ["/0.jpg"]
    (refused,) = [s for s in done.sightings if s["error"]]
    assert refused["error"] == "Forbidden by robots.txt"


def test_duplicate_lines(run, tmp_path):
    with GallerySite(PICTURES | {"/": html("<img src=/0.jpg>")}) as site:
        (tmp_path / "urls.txt").write_text(f"{site.url}/\n" * 3 + f"{site.url}/0.jpg\n")
        done = crawl("-aurls=urls.txt", cwd=tmp_path)
    assert done.stats["imgprint/page/count"] == 1
    assert [record["url"] for record in done.records] == [site.url + "/0.jpg"]
