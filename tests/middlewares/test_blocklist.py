import hashlib

import pytest
from scrapy import Request
from scrapy.exceptions import NotConfigured
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint.errors import InputError, Refused
from imgprint.middlewares.blocklist import BlocklistMiddleware, read_blocklist

ONION = "a" * 56 + ".onion"


def digest(name):
    return hashlib.sha256(name.encode()).hexdigest()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "blocked.txt"
    lines = ["# hosts", digest("bad.example"), "", digest(ONION).upper() + "  2026-01"]
    path.write_text("\n".join(lines))
    return path


def test_listed_hosts_and_those_within(path):
    middleware = BlocklistMiddleware(read_blocklist(str(path)), Stats())
    for host in ("bad.example", "WWW.Bad.example", "bad.example.:80", f"x.{ONION}"):
        with pytest.raises(Refused):
            middleware.process_request(Request(f"http://{host}/a.jpg"))
    for url in (
        "http://good.example/",
        "http://bad.example.org/",
        "file:///bad.example",
    ):
        assert middleware.process_request(Request(url)) is None
    assert middleware.stats.count == 4


class Stats:
    count = 0

    def inc_value(self, name):
        assert name == "imgprint/blocklist/refused"
        self.count += 1


def test_not_without_a_list():
    with pytest.raises(NotConfigured):
        build_from_crawler(BlocklistMiddleware, get_crawler())


@pytest.mark.parametrize("text", ["bad.example", "ab", digest("a")[:-1]])
def test_what_is_no_list(text, tmp_path):
    path = tmp_path / "blocked.txt"
    path.write_text(text)
    with pytest.raises(InputError, match="line 1"):
        read_blocklist(str(path))


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_blocklist(str(tmp_path / "none.txt"))
