"""Pages that lead on: none of them vanishes."""

from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.support.crawling import crawl
from tests.support.pictures import jpeg

PICTURE = jpeg(1)
IMAGES = "<img src=/a.jpg><img src=/b.jpg>"
JOB = [(), ("-ajob=j",)]


class Site(ThreadingHTTPServer):
    """A server of *pages*: by path a body, or (status, fields, body), or several.

    Of several one after the other is sent, the last for ever. *asked* counts.
    """

    daemon_threads = True

    def __init__(self, pages):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = pages
        self.asked = Counter()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_):
        """Say nothing: a client hangs up when it has enough."""

    def answer(self, path):
        self.asked[path] += 1
        page = self.pages.get(path)
        if isinstance(page, list):
            page = page[min(self.asked[path], len(page)) - 1]
        if page is None and path.endswith(".jpg"):
            return 200, {"Content-Type": "image/jpeg"}, PICTURE
        if page is None:
            return 404, {}, b""
        if isinstance(page, str):
            page = (200, {}, page)
        status, fields, body = page
        return status, {"Content-Type": "text/html", **fields}, body.encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        status, fields, body = self.server.answer(self.path)
        self.send_response(status)
        for name, value in {**fields, "Content-Length": len(body)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def serving(pages):
    with Site(pages) as site:
        thread = Thread(target=site.serve_forever, args=(0.05,))
        thread.start()
        yield site
        site.shutdown()
        thread.join()


def to(place, status=302, body=""):
    return status, {"Location": place}, body


def refresh(text, body=IMAGES):
    return f'<meta http-equiv=refresh content="{text}">{body}'


@pytest.fixture
def run(tmp_path):
    """Crawl *start* of a site of *pages*."""

    def run(pages, *args, start="/page", settings=None):
        with serving(pages) as site:
            urls = ",".join(site.url + path for path in start.split())
            done = crawl(
                f"-aurl={urls}",
                *args,
                cwd=tmp_path,
                settings={"IMGPRINT_MIN_SIZE": 0, **(settings or {})},
            )
        assert "Traceback" not in done.log
        done.site = site
        done.errors = {
            (s["page_url"] or s["image_url"]).removeprefix(site.url): s["error"]
            for s in done.sightings
            if s["error"]
        }
        return done

    return run


def images(done):
    return sorted(record["url"].removeprefix(done.site.url) for record in done.records)


@pytest.mark.parametrize("text", ["60; url=/page", "0;url=page", "99;/page#top", "5"])
def test_a_page_that_loads_itself_anew_is_read_once(run, text):
    done = run({"/page": refresh(text)})
    assert images(done) == ["/a.jpg", "/b.jpg"]
    assert done.errors == {}
    assert done.site.asked["/page"] == 1


@pytest.mark.parametrize("text", ["5; url=/next", "0; url=/next"])
@pytest.mark.parametrize("job", JOB, ids=["", "job"])
def test_a_page_and_the_one_that_it_goes_on_to(run, text, job):
    done = run({"/page": refresh(text), "/next": "<img src=/c.jpg>"}, *job)
    assert images(done) == ["/a.jpg", "/b.jpg", "/c.jpg"]
    assert {s["depth"] for s in done.sightings} == {0}


def test_the_header_does_the_same(run):
    page = (200, {"Refresh": "5; url=/next"}, IMAGES)
    done = run({"/page": page, "/next": "<img src=/c.jpg>"})
    assert images(done) == ["/a.jpg", "/b.jpg", "/c.jpg"]


def test_later_it_is_a_link(run):
    pages = {"/page": refresh("100; /next"), "/next": "<img src=/c.jpg>"}
    assert images(run(pages)) == ["/a.jpg", "/b.jpg"]


def test_later_it_is_a_link_that_is_followed(run):
    pages = {"/page": refresh("100; /next"), "/next": "<img src=/c.jpg>"}
    done = run(pages, "-adepth=1")
    assert images(done) == ["/a.jpg", "/b.jpg", "/c.jpg"]
    assert {s["depth"] for s in done.sightings} == {0, 1}


def test_a_refused_target(run):
    done = run({"/page": refresh("30; url=http://127.0.0.2:1/")})
    assert images(done) == ["/a.jpg", "/b.jpg"]
    assert done.errors == {
        "http://127.0.0.2:1/": "not a public address: 127.0.0.2:1",
    }


def test_refreshes_without_end(run):
    pages = {f"/{i}": refresh(f"0;/{i + 1}", "") for i in range(20)}
    done = run(pages, start="/0", settings={"REDIRECT_MAX_TIMES": 3})
    assert done.errors == {"/3": "more than 3 pages that refresh to the next"}


def test_an_empty_page_that_leads_to_a_seen_one(run):
    done = run({"/": IMAGES, "/page": refresh("0;/", "")}, start="/ /page")
    assert images(done) == ["/a.jpg", "/b.jpg"]
    base = done.site.url
    assert done.errors == {"/page": f"refreshes to {base}/, which was seen before"}


# Redirects


@pytest.mark.parametrize(
    ("times", "target"), [(1, "/page"), (3, ""), (1, "?"), (1, "/other")]
)
@pytest.mark.parametrize("job", JOB, ids=["", "job"])
def test_a_redirect_to_itself(run, times, target, job):
    cookie = (302, {"Location": target, "Set-Cookie": "a=b"}, "")
    done = run({"/page": [cookie] * times + [IMAGES], "/other": to("/page")}, *job)
    assert images(done) == ["/a.jpg", "/b.jpg"]
    assert done.errors == {}
    assert done.site.asked["/page"] == times + 1


def test_redirects_to_itself_without_end(run):
    done = run({"/page": to("/page")}, settings={"REDIRECT_MAX_TIMES": 4})
    assert done.errors == {"/page": "max redirections reached"}
    assert done.site.asked["/page"] == 5


@pytest.mark.parametrize("job", JOB, ids=["", "job"])
def test_redirects_to_what_was_seen(run, job):
    pages = {"/": IMAGES, "/page": to("/"), "/other": to("/page")}
    done = run(pages, *job, start="/ /page /other")
    assert images(done) == ["/a.jpg", "/b.jpg"]
    base = done.site.url
    assert done.errors == {
        "/page": f"redirects to {base}/, which was seen before",
        "/other": f"redirects to {base}/page, which was seen before",
    }
    assert done.stats["imgprint/page/skipped/seen"] == 2
    assert done.site.asked["/"] == 1


@pytest.mark.parametrize("job", JOB, ids=["", "job"])
def test_many_that_lead_to_the_same_at_once(run, job):
    pages = {f"/{i}": to("/end") for i in range(8)} | {"/end": IMAGES}
    done = run(pages, *job, start=" ".join(f"/{i}" for i in range(8)))
    assert images(done) == ["/a.jpg", "/b.jpg"]
    assert done.site.asked["/end"] == 1
    assert len(done.errors) == 7
    assert set(done.errors.values()) == {
        f"redirects to {done.site.url}/end, which was seen before"
    }


def test_a_listed_image_that_leads_to_another(run):
    done = run({"/x.jpg": to("/a.jpg")}, start="/a.jpg /x.jpg")
    assert images(done) == ["/a.jpg"]
    reason = f"redirects to {done.site.url}/a.jpg, which was seen before"
    assert done.errors == {"/x.jpg": reason}


def test_a_listed_image_that_leads_to_itself(run):
    done = run({"/x.jpg": [to("/x.jpg"), None]}, start="/x.jpg")
    assert images(done) == ["/x.jpg"]
    assert [s["error"] for s in done.sightings] == [None]


def test_images_of_pages_may_lead_where_others_led(run):
    pages = {"/page": "<img src=/x.jpg><img src=/a.jpg>", "/x.jpg": to("/a.jpg")}
    done = run(pages, start="/a.jpg /page")
    assert images(done) == ["/a.jpg", "/x.jpg"]
    assert done.errors == {}
