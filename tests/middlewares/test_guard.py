import asyncio
import socket
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from threading import Thread

import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, Response
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint.demo.gallery_server import GallerySite
from imgprint.errors import Refused
from imgprint.fetch.gate import OWN, Gate
from imgprint.middlewares.guard import (
    GuardMiddleware,
    RedirectGuardMiddleware,
    SeedMiddleware,
)
from tests.support.crawling import ROOT, crawl
from tests.support.pictures import jpeg
from tests.support.servers.alone import alone
from tests.support.servers.canary import Canary
from tests.support.servers.name_server import NameServer

SEED = {"imgprint_seed": True}


def guard(**settings):
    return build_from_crawler(GuardMiddleware, get_crawler(settings_dict=settings))


def connect(middleware, request, address, port=80):
    """Do as the handler does where *request* leads to *address*."""
    middleware.process_request(request)
    gate = Gate(middleware.allowed)
    with gate.opened_for(request) as permission:
        try:
            gate.check(address, port)
        except PermissionError:
            return permission.refused
    return None


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1./",
        "http://2130706433/",
        "http://017700000001/",
        "http://0x7f.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://example.com@127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "http://10.0.0.1:8080/",
        "file:///etc/passwd",
        "ftp://example.com/a.jpg",
        "data:image/gif;base64,R0lGODlh",
        "s3://bucket/a.jpg",
    ],
)
def test_refused_by_the_look_of_it(url):
    middleware = guard()
    request = Request(url)
    with pytest.raises(Refused) as excinfo:
        middleware.process_request(request)
    assert isinstance(excinfo.value, IgnoreRequest), "neither retried nor a traceback"
    middleware.process_exception(request, excinfo.value)
    assert middleware.stats.get_value("imgprint/guard/refused") == 1


def test_names_are_judged_by_their_address():
    middleware = guard()
    for_name = "http://cdn.example/a.jpg"
    assert connect(middleware, Request(for_name), "93.184.216.34") is None
    assert (
        connect(middleware, Request(for_name), "127.0.0.1")
        == "not a public address: 127.0.0.1:80"
    )
    assert (
        connect(middleware, Request(for_name), "fe80::1%2")
        == "not a public address: [fe80::1%2]:80"
    )


def test_a_seed_opens_its_host_and_port_only():
    middleware = guard()
    seed = Request("http://127.0.0.1:8000/", meta=SEED)
    assert connect(middleware, seed, "127.0.0.1", 8000) is None
    image = Request("http://127.0.0.1:8000/a.jpg")
    assert connect(middleware, image, "127.0.0.1", 8000) is None
    for url in (
        "http://127.0.0.1:9000/",
        "http://127.0.0.2:8000/",
        "https://127.0.0.1/",
        "http://2130706434:8000/",
    ):
        with pytest.raises(Refused):
            middleware.process_request(Request(url))
    for url in ("http://2130706433:8000/", "http://0x7F.1:8000/"):
        middleware.process_request(Request(url))  # the same place
    same = Request("http://localhost:8000/")
    assert connect(middleware, same, "127.0.0.1", 8000)


def test_a_redirected_seed_opens_nothing():
    middleware = guard()
    request = Request(
        "http://127.0.0.1/", meta={**SEED, "redirect_urls": ["http://example.com/"]}
    )
    with pytest.raises(Refused):
        middleware.process_request(request)


def test_a_listed_name_may_be_inside_but_not_go_there_later():
    middleware = guard()
    intranet = Request("http://intranet.example/", meta=SEED)
    assert connect(middleware, intranet, "10.0.0.1") is None
    again = Request("http://intranet.example/a.jpg")
    assert connect(middleware, again, "10.0.0.1") is None
    assert connect(middleware, again, "10.0.0.2") == "not a public address: 10.0.0.2:80"
    assert connect(middleware, again, "93.184.216.34") is None
    rebinding = Request("http://rebinding.example/", meta=SEED)
    assert connect(middleware, rebinding, "93.184.216.34") is None
    for request in (
        Request("http://rebinding.example/a.jpg"),
        Request("http://rebinding.example/b", meta=SEED),
    ):
        assert connect(middleware, request, "127.0.0.1")


def test_a_listed_name_opens_all_addresses_of_its_first_answer():
    middleware = guard()
    gate = Gate(())
    for answer, opened in (
        (["10.0.0.1", "fd00::1", "fe80::1%eth0"], ["10.0.0.1", "fd00::1", "fe80::1%2"]),
        (["10.0.0.1", "93.184.216.34"], []),
    ):
        url = f"http://name{len(opened)}.example/"
        middleware.process_request(request := Request(url, meta=SEED))
        with gate.opened_for(request):
            gate.answered(answer)
            gate.answered(["10.0.0.9"])
        for address in ("10.0.0.1", "fd00::1", "fe80::1%2", "10.0.0.9", "127.0.0.1"):
            refused = connect(middleware, Request(url), address)
            assert (refused is None) == (address in opened), (answer, address)


def test_the_user_s_own_request_opens_nothing_to_others():
    middleware = guard()
    hook = Request("http://10.0.0.1/hook", meta={OWN: True})
    assert connect(middleware, hook, "10.0.0.1") is None
    with pytest.raises(Refused):
        middleware.process_request(Request("http://10.0.0.1/admin"))
    named = Request("http://hook.example/", meta={OWN: True})
    assert connect(middleware, named, "10.0.0.1") is None
    assert connect(middleware, Request("http://hook.example/a"), "10.0.0.1")
    moved = {OWN: True, "redirect_urls": ["http://hook.example/"]}
    with pytest.raises(Refused):
        middleware.process_request(Request("http://10.0.0.1/", meta=moved))


@pytest.mark.parametrize(
    "url", ["http://../", "http://www..x/", f"http://{'x' * 64}.example/", "http:///a"]
)
def test_what_is_no_host_is_refused_in_one_sentence(url):
    with pytest.raises(Refused, match=r"^not a host name: "):
        guard().process_request(Request(url))


def test_allowed_networks():
    middleware = guard(IMGPRINT_ALLOWED_NETWORKS="10.0.0.0/8,::1")
    assert connect(middleware, Request("http://10.1.1.1/"), "10.1.1.1") is None
    assert connect(middleware, Request("http://[::1]/"), "::1") is None
    with pytest.raises(Refused):
        middleware.process_request(Request("http://127.0.0.1/"))
    with pytest.raises(ValueError, match="nonsense"):
        guard(IMGPRINT_ALLOWED_NETWORKS=["nonsense"])


def test_a_proxy_is_the_user_s_will():
    middleware = guard()
    request = Request("http://example.com/", meta={"proxy": "http://127.0.0.1:3128"})
    assert connect(middleware, request, "127.0.0.1", 3128) is None
    request = Request("http://10.0.0.1/", meta={"proxy": "http://127.0.0.1:3128"})
    with pytest.raises(Refused):
        middleware.process_request(request)


def test_downloads_side_by_side_do_not_share_permissions():
    middleware = guard()
    gate = Gate(())

    async def reach(request):
        middleware.process_request(request)
        with gate.opened_for(request) as permission:
            await asyncio.sleep(0)
            with suppress(PermissionError):
                await asyncio.create_task(checked())
            return permission.refused

    async def checked():
        await asyncio.sleep(0)
        gate.check("127.0.0.1", 80)

    async def both():
        return await asyncio.gather(
            reach(Request("http://localhost/", meta=SEED)),
            reach(Request("http://evil.example/")),
        )

    assert asyncio.run(both()) == [None, "not a public address: 127.0.0.1:80"]


def test_what_a_page_leads_to_is_no_seed():
    middleware = build_from_crawler(SeedMiddleware, get_crawler())
    page = HtmlResponse("http://example.com/")
    start = middleware.get_processed_request(Request("http://10.0.0.1/"), None)
    assert start.meta == SEED
    copied = Request("http://10.0.0.2/", meta={**start.meta, "depth": 1})
    assert middleware.get_processed_request(copied, page).meta == {"depth": 1}


def test_seeds_that_a_resumed_crawl_drops_are_still_seeds():
    middleware = guard()
    middleware.open(Request("http://127.0.0.1:8000/", meta=SEED))
    middleware.open(Request("http://127.0.0.1:9000/"))
    middleware.process_request(Request("http://127.0.0.1:8000/a.jpg"))
    with pytest.raises(Refused):
        middleware.process_request(Request("http://127.0.0.1:9000/a.jpg"))


def redirect(location, meta):
    middleware = build_from_crawler(RedirectGuardMiddleware, get_crawler())
    request = Request("http://example.com/a/b", meta=meta)
    response = Response(request.url, 302, {"Location": location})
    return middleware.process_response(request, response) is response


@pytest.mark.parametrize(
    "location", ["/x.jpg", "", "//example.org/x", "https://example.org:8443/", "?a=b"]
)
def test_redirects_to_http_are_for_others_to_judge(location):
    assert redirect(location, {"imgprint": True})


@pytest.mark.parametrize("meta", [{}, {"imgprint": "page"}])
@pytest.mark.parametrize(
    "location", ["http://[::bad/", "http://a:99999/", "javascript:alert(1)"]
)
def test_redirects_to_what_is_no_url(location, meta):
    with pytest.raises(Refused, match="redirect to what is no URL"):
        redirect(location, meta)


def test_redirects_to_other_schemes_fail_where_they_are_ours():
    assert redirect("ftp://example.com/", {})
    with pytest.raises(Refused, match="redirect to a ftp: URL"):
        redirect("ftp://example.com/", {"imgprint": "page"})


NOTATIONS = [
    "127.0.0.1",
    "localhost",
    "localhost.",
    "127.0.0.2",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "2130706433",
    "0177.0.0.1",
    "0x7f000001",
    "127.1",
    "0",
    "example.com@127.0.0.1",
    "%31%32%37.0.0.1",
    "\uff11\uff12\uff17.0.0.1",
]


def test_no_page_leads_inside(tmp_path):
    with Canary() as canary, GallerySite() as site:
        hosts = [f"http://{host}:{canary.port}" for host in NOTATIONS]
        images = "".join(f"<img src='{host}/x.jpg'>" for host in hosts)
        links = "".join(f"<a href='{host}/page'>x</a>" for host in hosts)
        files = f"<img src={site.url}/a.jpg><img src=file:///etc/passwd>"
        page = f"<!DOCTYPE html>{images}{links}{files}"
        site.files = {
            "/": ("text/html; charset=utf-8", page.encode()),
            "/a.jpg": ("image/jpeg", jpeg()),
        }
        done = crawl(f"-aurl={site.url}/", "-adepth=1", cwd=tmp_path)
    assert canary.reached == []
    assert [record["url"] for record in done.records] == [site.url + "/a.jpg"]
    errors = [s["error"] for s in done.sightings if s["image_url"] and s["error"]]
    assert len(errors) >= len(NOTATIONS) - 1, "wide digits are the plain ones"
    # Some resolvers don't know "localhost.": then there is no address at all.
    for error in errors:
        assert error.startswith(("not a public address: ", "can't connect")), error
    assert done.stats["imgprint/guard/refused"] >= len(errors) - 1
    assert "Traceback" not in done.log
    assert done.stats.get("retry/count", 0) <= 8, "localhost. only"
    assert done.code == 0


def test_what_the_user_allows_is_reached(tmp_path):
    with Canary() as canary, GallerySite() as site:
        page = f"<img src=http://localhost:{canary.port}/x.jpg>".encode()
        site.files = {"/": ("text/html", page)}
        allow = {"IMGPRINT_ALLOWED_NETWORKS": "127.0.0.0/8,::1"}
        done = crawl(f"-aurl={site.url}/", cwd=tmp_path, settings=allow)
    assert {line for _, line in canary.reached} == {
        b"GET /robots.txt HTTP/1.1",
        b"GET /x.jpg HTTP/1.1",
    }
    assert "Traceback" not in done.log


def test_a_wrong_network_is_one_sentence(tmp_path):
    wrong = {"IMGPRINT_ALLOWED_NETWORKS": "10.0.0.0/8,nonsense"}
    done = crawl("-aurl=http://example.com/", cwd=tmp_path, settings=wrong)
    assert done.code == 2
    assert done.log.splitlines()[-1].startswith(
        "imgprint: IMGPRINT_ALLOWED_NETWORKS=10.0.0.0/8,nonsense: 'nonsense' does not "
    )


def test_a_proxy_of_the_user_is_reached(tmp_path):
    with Canary() as proxy:
        crawl(
            "-aurl=http://example.com/",
            cwd=tmp_path,
            settings={"ROBOTSTXT_OBEY": "False"},
            env={"http_proxy": f"http://127.0.0.1:{proxy.port}"},
        )
    assert proxy.reached == [("127.0.0.1", b"GET http://example.com/ HTTP/1.1")]


REBINDING = """
import itertools, socket
from aiohttp import ThreadedResolver

answers = itertools.chain(["127.0.0.2"], itertools.repeat("127.0.0.1"))

async def resolve(self, host, port=0, family=socket.AF_INET):
    return [
        {
            "hostname": host,
            "host": next(answers),
            "port": port,
            "family": socket.AF_INET,
            "proto": 0,
            "flags": 0,
        }
    ]

ThreadedResolver.resolve = resolve
"""


def test_a_name_that_changes_its_answer_gains_nothing(tmp_path):
    """127.0.0.2 stands for the internet here: a listed name is there at first."""
    (tmp_path / "sitecustomize.py").write_text(REBINDING)
    page = ("text/html", b"<img src=/a.jpg>")
    with (
        GallerySite({"/": page}, host="rebind.test", address="127.0.0.2") as site,
        socket.create_server(("127.0.0.1", int(site.url.rpartition(":")[2]))) as inside,
    ):
        inside.settimeout(0)
        done = crawl(
            f"-aurl={site.url}/",
            cwd=tmp_path,
            settings={
                "IMGPRINT_ALLOWED_NETWORKS": "127.0.0.2",
                "ROBOTSTXT_OBEY": "False",
            },
            env={"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        )
        with pytest.raises(BlockingIOError):
            inside.accept()
    assert done.stats["imgprint/page/count"] == 1
    (sighting,) = done.sightings
    assert sighting["error"].startswith("not a public address: 127.0.0.1:")


def rebound(folder, answers):
    """Crawl a listed name with *answers*, one a look-up; return what was reached.

    There is a server on each of three addresses inside.
    """
    reached = []
    with ExitStack() as stack:
        first = stack.enter_context(socket.create_server(("127.0.0.2", 0)))
        port = first.getsockname()[1]
        first.close()
        for address in ("127.0.0.2", "127.0.0.3", "127.0.0.4"):
            server = ThreadingHTTPServer((address, port), Rebound)
            server.daemon_threads = True
            server.reached = reached
            thread = Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            stack.callback(server.server_close)
            stack.callback(thread.join)
            stack.callback(server.shutdown)
        names = iter([*answers, *repeat(answers[-1], 100)])
        dns = NameServer({"evil.example": lambda: next(names)}, 53)
        stack.enter_context(dns)
        url = f"http://evil.example:{port}/"
        settings = {"RETRY_TIMES": "0", "ROBOTSTXT_OBEY": "False"}
        done = crawl(f"-aurl={url}", "-adepth=1", cwd=folder, settings=settings)
    return {"reached": reached, "errors": [s["error"] for s in done.sightings]}


class Rebound(BaseHTTPRequestHandler):
    def do_GET(self):
        here = self.server.server_address[0]
        self.server.reached.append([here, self.path])
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()  # and the connection ends
        if self.path == "/":
            self.wfile.write(b"<img src=/a.jpg><img src=/b.jpg><a href=/c>c</a>")

    def log_message(self, *args):
        pass


@pytest.mark.parametrize(
    ("answers", "reached"),
    [
        ([["127.0.0.2"], ["127.0.0.3"]], ["127.0.0.2"]),
        ([["127.0.0.2", "127.0.0.3"], ["127.0.0.4"]], ["127.0.0.2", "127.0.0.3"]),
        ([["127.0.0.3"]], ["127.0.0.3"]),
    ],
)
def test_a_listed_name_opens_the_addresses_it_had_and_no_other(
    answers, reached, tmp_path
):
    found = alone("tests.middlewares.test_guard:rebound", str(tmp_path), answers)
    places = {place for place, _ in found["reached"]}
    assert places
    assert places <= {*reached}
    if len(answers) == 1:
        assert {path for _, path in found["reached"]} == {"/", "/a.jpg", "/b.jpg", "/c"}
    else:
        refused = f"not a public address: {answers[1][0]}:"
        assert any((error or "").startswith(refused) for error in found["errors"])
