import pytest
from scrapy import Request
from scrapy.http import HtmlResponse, Response
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint.errors import OnionRefused
from imgprint.fetch.image_response import ImageResponse, image_request, yield_record
from imgprint.fetch.tor.onion_names import USER_AGENT, choose_proxy
from imgprint.middlewares.tor_routing import OnionMiddleware, OnionTagMiddleware, way_of
from tests.fetch.tor.test_onion_names import onion
from tests.support.crawling import crawl, scrapy
from tests.support.servers.nginx import Nginx

ONE, TWO = onion(1), onion(2)
PROXY = "127.0.0.1:9050"


def middleware(**settings):
    return build_from_crawler(OnionMiddleware, get_crawler(settings_dict=settings))


def sent(url, meta=None, headers=None, **settings):
    """The request for *url* as the middleware leaves it."""
    request = Request(url, meta=meta, headers=headers)
    assert middleware(**settings).process_request(request) is None
    return request


def proxy(request):
    return request.meta.get("proxy")


def test_onions_and_nothing_else():
    assert proxy(sent(f"http://{ONE}/")) == f"socks5h://{ONE}:imgprint@{PROXY}"
    assert proxy(sent(f"https://www.{ONE}./")) == f"socks5h://{ONE}:imgprint@{PROXY}"
    direct = sent("http://example.com/", headers={"Referer": "http://example.org/"})
    assert proxy(direct) is None
    assert "imgprint_tor" not in direct.meta
    assert direct.headers["Referer"] == b"http://example.org/"
    assert "User-Agent" not in direct.headers
    assert proxy(sent("file:///etc/passwd", {"imgprint_tor": ONE})) is None


def test_all():
    request = sent("http://www.example.com/", IMGPRINT_TOR="all")
    assert proxy(request) == f"socks5h://example.com:imgprint@{PROXY}"


def test_off():
    for url, meta in ((f"http://{ONE}/", {}), ("http://a.com/", {"imgprint_tor": ONE})):
        with pytest.raises(OnionRefused, match="IMGPRINT_TOR is off"):
            sent(url, meta, IMGPRINT_TOR="off")
    with pytest.raises(OnionRefused, match="IMGPRINT_TOR is off"):
        sent(f"http://{ONE}/", IMGPRINT_TOR_PROXIES="")


@pytest.mark.parametrize(
    "settings",
    [
        {"IMGPRINT_TOR": "yes"},
        {"IMGPRINT_TOR_PROXIES": "socks5://127.0.0.1:9050"},
        {"IMGPRINT_TOR_PROXIES": ["127.0.0.1:9050"]},
    ],
)
def test_settings_that_make_no_sense(settings):
    with pytest.raises(ValueError, match=r"IMGPRINT_TOR|socks5h"):
        middleware(**settings)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("expyuzz4wqqyqhjn.onion", "v2_name"),
        (f"a{ONE[1:]}", "invalid_name"),
        ("onion", "invalid_name"),
    ],
)
def test_names_are_checked(host, name):
    with pytest.raises(OnionRefused, match="onion site: ") as excinfo:
        sent(f"http://{host}/a.jpg", {"imgprint_tor": TWO})
    assert excinfo.value.name == name


def test_what_an_onion_leads_to_goes_its_way():
    for url in ("http://cdn.example/a.jpg", f"http://{TWO}/a.jpg", "https://[::1]/"):
        request = sent(url, {"imgprint_tor": ONE, "proxy": "http://other:8080"})
        assert proxy(request) == f"socks5h://{ONE}:imgprint@{PROXY}"


def test_each_site_keeps_to_a_proxy():
    places = [f"socks5h://127.0.0.1:{port}" for port in (9050, 9150, 9250)]
    setting = ",".join(places)
    for i in range(20):
        site = onion(i)
        place = choose_proxy(site, places).removeprefix("socks5h://")
        for url in (f"http://{site}/", "http://example.com/"):
            request = sent(url, {"imgprint_tor": site}, IMGPRINT_TOR_PROXIES=setting)
            assert proxy(request).endswith(f"@{place}")


def test_i2p():
    with pytest.raises(OnionRefused, match="IMGPRINT_I2P_PROXY"):
        sent("http://a.i2p/")
    there = {"IMGPRINT_I2P_PROXY": "http://127.0.0.1:4444"}
    request = sent("http://www.a.i2p/", **there)
    assert proxy(request) == there["IMGPRINT_I2P_PROXY"]
    part = sent("http://cdn.example/a.jpg", {"imgprint_tor": "a.i2p"}, **there)
    assert proxy(part) == there["IMGPRINT_I2P_PROXY"]
    other = sent(f"http://{ONE}/a.jpg", {"imgprint_tor": "a.i2p"}, **there)
    assert proxy(other) == f"socks5h://{ONE}:imgprint@{PROXY}"
    back = sent("http://a.i2p/a.jpg", {"imgprint_tor": ONE}, **there)
    assert proxy(back) == there["IMGPRINT_I2P_PROXY"]


def test_the_looks():
    headers = {"User-Agent": "imgprint", "Referer": f"http://{ONE}/page"}
    request = sent(f"http://{ONE}/a.jpg", headers=headers)
    assert request.headers["User-Agent"].decode() == USER_AGENT
    assert request.headers["Accept-Language"] == b"en-US,en;q=0.5"
    assert request.headers["Referer"].decode() == f"http://{ONE}/page"
    assert request.meta["dont_merge_cookies"] is True
    assert request.meta["max_retry_times"] == 1
    assert request.meta["download_timeout"] == 90
    for url in ("http://cdn.example/a.jpg", f"http://{TWO}/a.jpg"):
        request = sent(url, {"imgprint_tor": ONE}, headers)
        assert "Referer" not in request.headers


def test_a_record_still_knows_its_page():
    request = image_request("http://cdn.example/a.jpg", meta={"imgprint_tor": ONE})
    request.headers["Referer"] = f"http://{ONE}/page"
    middleware().process_request(request)

    class Transfer:
        image = size = media_type = honoured = requests = bytes_received = proven = None

    transfer = Transfer()
    transfer.image = type("Image", (), {"size": 1, "complete": True, "spans": []})
    response = ImageResponse(request.url, request=request, transfer=transfer)
    (record,) = yield_record(response)
    assert (record.page_url, record.site) == (f"http://{ONE}/page", ONE)


def yielded(url, of, meta=None):
    """The meta of a request that a spider yields for a page of site *of*."""
    page = Request(f"http://{of}/", meta={"imgprint_tor": of} if of else {})
    response = HtmlResponse(page.url, request=page)
    tag = build_from_crawler(OnionTagMiddleware, get_crawler())
    return tag.get_processed_request(Request(url, meta=meta), response).meta


def test_requests_of_callbacks_are_marked():
    image = {"imgprint": True}
    assert yielded("http://cdn.example/", ONE) == {"imgprint_tor": ONE}
    assert yielded(f"http://{ONE}/b", ONE) == {"imgprint_tor": ONE}
    assert yielded(f"http://{TWO}/a.jpg", ONE, image)["imgprint_tor"] == ONE
    assert yielded(f"http://{TWO}/", ONE) == {}, "a visit of its own"
    assert yielded(f"http://{TWO}/", ONE, {"imgprint_tor": ONE}) == {}
    assert (
        yielded("http://b.example/", ONE, {"imgprint_tor": TWO})["imgprint_tor"] == TWO
    )
    assert yielded("http://b.example/", "a.example") == {}, "IMGPRINT_TOR=all"
    assert yielded("http://b.example/", "a.i2p") == {"imgprint_tor": "a.i2p"}
    tag = build_from_crawler(OnionTagMiddleware, get_crawler())
    for response in (
        None,
        Response("http://a.example/", request=Request("http://a.b/")),
    ):
        assert (
            tag.get_processed_request(Request("http://b.example/"), response).meta == {}
        )


def test_parts_of_a_page():
    page = Request(f"http://{ONE}/", meta={"imgprint_tor": ONE})
    assert way_of(Response(page.url, request=page)) == {"imgprint_tor": ONE}
    assert way_of(Response(page.url, request=Request("http://a.b/"))) == {}
    assert way_of(Response(page.url)) == {}


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("IMGPRINT_TOR=tor", "IMGPRINT_TOR=tor: give onion, all, off"),
        ("IMGPRINT_TOR_PROXIES=127.0.0.1:9050", "is no socks5h://host:port URL"),
    ],
)
def test_the_command_says_what_is_wrong(setting, words, tmp_path):
    done = scrapy("crawl", "images", "-aurl=http://a.b/", f"-s{setting}", cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("way", ["field", "element"])
def test_onion_location_is_recorded_and_not_followed(way, tmp_path):
    element = f"<meta http-equiv=Onion-Location content=http://{ONE}/>"
    html = element if way == "element" else "<p>"
    extra = f"add_header Onion-Location http://{ONE}/;" if way == "field" else ""
    (tmp_path / "index.html").write_text(html)
    with Nginx(tmp_path, extra) as nginx:
        done = crawl(f"-aurl={nginx.url}/", "-adepth=1", cwd=tmp_path)
    (sighting,) = done.sightings
    assert sighting["onion_location"] == f"http://{ONE}/"
    assert sighting["page_url"] == f"{nginx.url}/"
    assert sighting["error"] is None
    assert not [name for name in done.stats if "onion" in name]
