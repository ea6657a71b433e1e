"""Lists of URLs: on the web, and written out."""

import os
import signal
import socket
import subprocess
import sys
from ipaddress import ip_address

import pytest
from scrapy import Request
from scrapy.http import Response

from imgprint.demo.gallery_server import GallerySite
from imgprint.discovery.urls.addresses import parse_networks
from imgprint.middlewares.tor_routing import SITE
from imgprint.spiders.seeds import MAX_INLINE
from imgprint.spiders.url_lists import UrlList, _is_inside
from tests.fetch.tor.test_onion_names import REAL, onion
from tests.support.crawling import ROOT, crawl, scrapy
from tests.support.interruptions import Job, Web, compare, interrupt
from tests.support.pictures import jpeg
from tests.support.servers.canary import Canary
from tests.support.servers.socks import SocksProxy

PAGE = ("text/html", b"<img src=a.jpg>")
FILES = {
    "/": PAGE,
    "/a.jpg": ("image/jpeg", jpeg(1)),
    "/b.jpg": ("image/jpeg", jpeg(2)),
    "/robots.txt": ("text/plain", b"User-agent: *\nDisallow: /lists/\n"),
}


@pytest.fixture
def site():
    with GallerySite(dict(FILES)) as site:
        yield site


@pytest.fixture
def other():
    with GallerySite(dict(FILES), host="localhost") as other:
        yield other


def put(site, text, name="/lists/urls.txt", media_type="text/plain"):
    site.files[name] = (media_type, text.encode())
    return f"-aurls={site.url}{name}"


def names(done):
    return sorted(record["url"].partition("://")[2] for record in done.records)


def test_a_list_on_the_web(site, other, tmp_path):
    """It is read like a file, but for files; robots.txt is for what it names."""
    lines = ["\ufeff# museums", f"{site.url}/", "nonsense", str(ROOT), "file:///etc"]
    lines += ["", f"{other.url}/b.jpg", f"{site.url}/lists/x.html"]
    done = crawl(put(site, "\r\n".join(lines)), cwd=tmp_path)
    assert done.code == 0, done.log
    hosts = [u.url.partition("://")[2] for u in (site, other)]
    assert names(done) == sorted([f"{hosts[0]}/a.jpg", f"{hosts[1]}/b.jpg"])
    assert site.paths["/lists/urls.txt"] == 1
    assert done.stats["imgprint/seed/invalid"] == 3
    where = f"{site.url}/lists/urls.txt line"
    assert {s["error"] for s in done.sightings if s["error"]} == {
        f"{where} 3: 'nonsense' is no URL (http://..., https://...)",
        f"{where} 4: {str(ROOT)!r} is no URL (http://..., https://...)",
        f"{where} 5: 'file:///etc' is no URL (http://..., https://...)",
        "Forbidden by robots.txt",
    }


NO_LIST = {
    "not there": ("/lists/gone.txt", "HTTP 404"),
    "a page": ("/", "it is no text; give pages and images as -a url=URL"),
    "an image": ("/image", "it is no text; give pages and images as -a url=URL"),
    "empty": ("/empty", "it holds no URL"),
    "too large": ("/large", "Expected to receive 200000 bytes which is larger"),
    "no URLs": ("/words", "{url}/words line 1: 'some words' is no URL"),
}


@pytest.mark.parametrize(("path", "reason"), NO_LIST.values(), ids=NO_LIST)
def test_no_list(path, reason, site, tmp_path):
    """One sentence: in the log, as sighting, and last; counted; exit code 1."""
    site.files["/image"] = ("image/jpeg", jpeg(3))
    put(site, "\n#\n", "/empty")
    put(site, "#" * 200_000, "/large")
    put(site, "some words\n", "/words")
    urls = f"-aurls={site.url}{path}?signature=secret"
    done = crawl(urls, "-sDOWNLOAD_MAXSIZE=150000", cwd=tmp_path)
    assert done.code == 1
    sentence = f"URL list '{site.url}{path}' can't be read: "
    last = done.log.splitlines()[-1]
    assert last.startswith(f"imgprint: {sentence}{reason.format(url=site.url)}")
    (sighting,) = done.sightings
    assert f"imgprint: {sighting['error']}" == last
    assert "secret" not in last
    assert done.stats["imgprint/seed/list_failed"] == 1
    assert "Traceback" not in done.log
    assert done.records == []
    received = done.stats.get("downloader/response_bytes", 0)
    assert received < 50_000, "an image is never received as a whole"


def test_pages_beside_a_list_that_is_not_there(site, tmp_path):
    done = crawl(f"-aurls={site.url}/no", f"-aurl={site.url}/", cwd=tmp_path)
    assert done.code == 1
    assert len(done.records) == 1


def test_written_out(site, other, tmp_path):
    text = f"{site.url}/, {other.url}/b.jpg\n{site.url}/b.jpg"
    done = crawl(f"-aurls={text}", cwd=tmp_path)
    assert done.code == 0
    assert len(done.records) == 3


def test_too_long(site, tmp_path):
    text = f"{site.url}/ " * (MAX_INLINE // len(site.url))
    done = crawl(f"-aurls={text}", cwd=tmp_path)
    assert done.code == 2
    assert done.log.endswith(
        f"\nimgprint: -a urls has {len(text):,} bytes, and at most 65,536 are safe "
        "there: put the list into a file or on a web server, and give its path or "
        "URL as -a urls\n"
    )
    assert site.requests == 0


def test_bad_input_is_in_the_log_file_too(tmp_path):
    done = scrapy(
        "crawl", "images", "-aurls=no.txt", "-sLOG_FILE=log.txt", cwd=tmp_path
    )
    assert done.returncode == 2
    sentence = "URL list 'no.txt' can't be read: No such file or directory"
    assert f"imgprint: {sentence}" in done.stderr
    assert f"ERROR: {sentence}" in (tmp_path / "log.txt").read_text()


# Where a list may lead


@pytest.mark.parametrize(("public", "reached"), [(True, False), (False, True)])
def test_a_public_list_does_not_lead_inside(public, reached, site, tmp_path):
    with Canary() as canary:
        urls = put(site, f"{site.url}/\nhttp://127.0.0.2:{canary.port}/x.html")
        networks = "127.0.0.1/32" if public else ""
        settings = {"IMGPRINT_ALLOWED_NETWORKS": networks}
        done = crawl(urls, cwd=tmp_path, settings=settings)
    assert bool(canary.reached) == reached
    assert len(done.records) == 1
    errors = {s["error"] for s in done.sightings if s["page_url"]}
    assert (f"not a public address: 127.0.0.2:{canary.port}" in errors) == public


@pytest.mark.parametrize(
    ("address", "meta", "inside"),
    [
        ("10.0.0.1", {}, True),
        ("10.0.0.1", {"proxy": "socks5h://127.0.0.1:9050"}, False),
        ("10.0.0.1", {"redirect_urls": ["http://example.com/"]}, False),
        ("10.9.0.1", {}, False),
        ("93.184.216.34", {}, False),
        (None, {}, False),
    ],
)
def test_inside(address, meta, inside):
    request = Request("http://lists.example/", meta=meta)
    response = Response(
        request.url, request=request, ip_address=address and ip_address(address)
    )
    assert _is_inside(response, parse_networks(["10.9.0.0/16"])) == inside


def test_requests_are_marked():
    public = UrlList("", b"", inside=False, way={})
    assert public.mark(Request("http://a.example/")).meta == {"imgprint_seed": False}
    inside = UrlList("", b"", inside=True, way={})
    assert inside.mark(Request("http://a.example/")).meta == {}
    # IMGPRINT_TOR=all: what is listed has circuits of its own, as without a list.
    by_tor = UrlList("", b"", inside=True, way={SITE: "lists.example"})
    for meta in ({"imgprint": "page"}, {"imgprint": True}):
        assert by_tor.mark(Request("http://a.example/", meta=meta)).meta == meta


def test_what_the_list_of_an_onion_site_names_goes_through_tor(site, tmp_path):
    """With its login, but for other onion sites, which have their own."""
    another = onion(7)
    clearnet = ["http://a.example/", "http://b.example/b.jpg"]
    lines = [*clearnet, f"http://{another}/b.jpg", "http://127.0.0.2:1/"]
    put(site, "\n".join(lines))
    with SocksProxy(int(site.url.rpartition(":")[2])) as proxy:
        done = crawl(
            f"-aurls=http://{REAL}/lists/urls.txt",
            f"-sIMGPRINT_TOR_PROXIES={proxy.url}",
            cwd=tmp_path,
        )
    assert done.code == 0, done.log
    logins = {name: login for login, name, _ in proxy.seen}
    assert set(logins) == {REAL, "a.example", "b.example", another}
    assert logins["a.example"] == logins["b.example"] == logins[REAL]
    assert logins[another] != logins[REAL]
    assert len(done.records) == 3


def test_no_tor_is_one_sentence_and_the_job_goes_on_with_it(site, tmp_path):
    put(site, "http://a.example/")
    urls = (f"-aurls=http://{REAL}/lists/urls.txt", "-ajob=one")
    done = crawl(*urls, "-sIMGPRINT_TOR_PROXIES=socks5h://127.0.0.1:1", cwd=tmp_path)
    assert done.code == 1
    assert (
        "can't be read: not tried: no Tor at 127.0.0.1:1" in done.log.splitlines()[-1]
    )
    with SocksProxy(int(site.url.rpartition(":")[2])) as proxy:
        setting = f"-sIMGPRINT_TOR_PROXIES={proxy.url}"
        done = crawl(*urls, setting, cwd=tmp_path)
    assert done.code == 0
    assert len(done.records) == 1


# Jobs


def test_every_run_of_a_job_reads_the_list(site, tmp_path):
    urls = put(site, f"{site.url}/b.jpg")
    for pages in (1, 2, 2):
        if pages == 2:
            put(site, f"{site.url}/b.jpg\n{site.url}/")
        done = crawl(urls, "-ajob=one", cwd=tmp_path)
        assert done.code == 0, done.log
        assert len(done.records) == pages
    assert site.paths["/lists/urls.txt"] == 3
    assert site.paths["/a.jpg"] == site.paths["/b.jpg"] == 1
    site.files.pop("/lists/urls.txt")
    done = crawl(urls, "-ajob=one", cwd=tmp_path)
    assert done.code == 1
    assert len(done.records) == 2


def test_a_job_with_a_list_is_killed_and_goes_on(site, tmp_path):
    with Web(80) as web:
        undisturbed = Job(tmp_path / "undisturbed", web.lines)
        assert undisturbed.finish() == 0, undisturbed.log
        before = web.asked()
        urls = put(site, "\n".join(web.lines)).removeprefix("-aurls=")
        job = Job(tmp_path / "job", [], urls=urls)
        for after in (1, 20):
            assert interrupt(job.start(), web, after)
        assert job.finish() == 0, job.log
        again = sum(n - 1 for n in (web.asked() - before).values())
    assert compare(job, undisturbed, again).same
    assert again <= 2 * 64  # CONCURRENT_REQUESTS


def test_a_crawl_that_waits_for_its_list_can_be_stopped(tmp_path):
    environment = {"PYTHONPATH": str(ROOT)}
    environment["SCRAPY_SETTINGS_MODULE"] = "imgprint.settings"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/list.txt"
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", "crawl", "images", f"-aurls={url}"],
            cwd=tmp_path,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        connection, _ = listener.accept()
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=60)
        connection.close()
    assert process.returncode == 1
    assert "Spider closed (shutdown)" in log
    assert "Traceback" not in log
