"""Where URLs lead: what is judged is what the client makes of them."""

from string import ascii_letters, digits

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scrapy import Request
from w3lib.url import safe_url_string
from yarl import URL

from imgprint.discovery.urls.addresses import literal_address
from imgprint.discovery.urls.sites import site_of
from imgprint.discovery.urls.targets import (
    host_of,
    plain_target,
    read_place,
    target_of,
    with_ascii_host,
)
from imgprint.fetch.image_response import image_request
from tests.support.notations import ADDRESS, ADDRESSES, NOT_HOSTS, notations

SIGNS = "-._~!$&'()*+,;=:@/?#%[]|\\ \"<>^`{}é\t"
PARTS = st.text(ascii_letters + digits + SIGNS, max_size=12)
HOSTS = st.sampled_from(
    [
        *(
            "a.example",
            "A.example",
            "127.0.0.1",
            "127.0.0.01",
            "1.2.3",
            "[::1]",
            "a.b.",
        ),
        *("xn--caf-dma.example", "café.example", "u:p@a.example", "a_b.example"),
        "-a.example",
    ]
)
PORTS = st.sampled_from(["", ":80", ":443", ":8080", ":", ":0", ":65535", ":70000"])
URLS = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "https", "HTTP", "ftp"]),
    HOSTS,
    PORTS,
    st.sampled_from(["/", "", "/a/", "/a/../"]),
    PARTS,
)


@given(URLS)
@example("http://a.example/a;")
@example("http://a.example/a?b='c'")
@example("http://a.example/a?b=%20")
@example("http://a.example/.a/..b")
def test_a_plain_url_is_what_all_make_of_it(url):
    target = plain_target(url)
    if not target:
        return
    place, path = target
    assert place == read_place(url)
    if place.problem:
        return
    assert safe_url_string(url) == url
    parsed = URL(url)
    assert parsed.raw_path_qs == path
    assert (parsed.scheme, parsed.port) == (place.scheme, place.port)
    default = parsed.is_default_port()
    host = parsed.raw_host if default else parsed.raw_authority
    assert place.netloc == host or literal_address(parsed.raw_host)


@given(URLS)
@example("http://[::ffff:7f00:1]:8080/a")
def test_the_client_goes_where_it_was_judged_to_go(url):
    place = read_place(url)
    if place.problem or place.scheme == "ftp":
        return
    sent = URL(with_ascii_host(url))
    assert (sent.scheme, sent.raw_host, sent.port) == (
        place.scheme,
        place.host,
        place.port,
    )
    assert read_place(str(sent))[:4] == place[:4]
    request = Request(url)
    assert target_of(request) == (read_place(request.url), URL(request.url).raw_path_qs)


def test_most_urls_are_plain():
    for path in ("/", "/a.jpg", "/a/b-c_d/e.jpg?w=300&h=200", "/2024/01/a@2x.png"):
        assert plain_target(f"https://www.example.com{path}")


@pytest.mark.parametrize("written", notations("one.two", "example"))
def test_all_notations_of_a_name_are_one_place(written):
    for url in (f"http://{written}/a.jpg", f"https://u:p@{written}:8080/"):
        for request in (Request(url), image_request(url)):
            host = host_of(request).rstrip(".")
            assert host == "one.two.example" or host.endswith(".one.two.example")
            assert URL(with_ascii_host(request.url)).raw_host == host_of(request)
        assert site_of(url) == "two.example"


@pytest.mark.parametrize("written", ADDRESSES)
def test_all_notations_of_an_address_are_one_place(written):
    for port in ("", ":80", ":0080"):
        request = Request(f"http://{written}{port}/a.jpg")
        assert host_of(request) == ADDRESS
        assert target_of(request).url == f"http://{ADDRESS}/a.jpg"
    assert site_of(request.url) == ADDRESS


@pytest.mark.parametrize("written", NOT_HOSTS)
def test_what_can_not_be_a_host_has_a_problem(written):
    for url in (f"http://{written}/a.jpg", f"https://u:p@{written}:8080/"):
        problem = read_place(url).problem
        assert problem
        assert problem.startswith("not a ")
        assert "\n" not in problem
        assert problem.isascii()
        assert len(problem) < 900


@given(st.text(max_size=40))
@example("\ud800.example")
@example("xn--\u0131")
@example("[v1.a]")
@example("[::1]x")
def test_any_text_is_judged(written):
    place = read_place(f"http://{written}")
    assert place.problem or place.host.isascii()
    assert read_place(f"http://{written}/a") == place or set("/?#") & set(written)
    if not place.problem:
        again = read_place(f"http://{place.netloc}/")
        assert again == place
