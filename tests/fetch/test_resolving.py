"""Names that must never be looked up: whatever led to them, however written."""

import json
import os
import re
import socket
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest
from scrapy.settings import Settings

from imgprint.errors import InputError
from imgprint.fetch.resolving import check_lookups, refuse_hidden, refuse_lookups
from tests.fetch.tor.test_onion_names import onion
from tests.support.crawling import ROOT, crawl, scrapy
from tests.support.notations import ADDRESS, ADDRESSES, NOT_HOSTS, notations
from tests.support.pictures import jpeg
from tests.support.servers.alone import alone
from tests.support.servers.leading import WAYS, LeadingSite
from tests.support.servers.name_server import NameServer
from tests.support.servers.process import require
from tests.support.servers.socks import SocksProxy
from tests.test_tor import STRACE, places_of

NAME = onion(3).removesuffix(".onion")


def test_the_resolver_refuses_all_notations():
    for written in notations(NAME, "onion") + notations("a", "i2p"):
        with pytest.raises(socket.gaierror, match="not looked up by DNS"):
            refuse_hidden(written)
    refuse_hidden("onion.example")
    refuse_hidden("a..b")


@pytest.mark.parametrize(
    "look_up", [lambda host: socket.getaddrinfo(host, 80), socket.gethostbyname]
)
@pytest.mark.parametrize("host", [f"{NAME}.onion", f"{NAME}.ⓞⓝⓘⓞⓝ", "x.i2p."])
def test_python_s_own_lookups_are_refused(look_up, host):
    refuse_lookups()
    with pytest.raises(socket.gaierror, match="not looked up by DNS"):
        look_up(host)
    with pytest.raises(socket.gaierror, match="not looked up by DNS"):
        socket.getaddrinfo(host.encode(), 80)
    assert look_up("127.0.0.1")


# Settings

HOST = f"{NAME}.onion"
SERVERS = [
    ("IMGPRINT_I2P_PROXY", f"http://{HOST}:4444"),
    ("IMGPRINT_QUEUE", f"postgresql://me:secret@{HOST}/queue"),
    ("IMGPRINT_QUEUE", f"host=a.example,{HOST} dbname=x"),
    ("AWS_ENDPOINT_URL", f"http://{HOST}:9000"),
    ("AWS_ENDPOINT_URL", f"https://me:secret@{NAME}.%6Fnion/x"),
    ("MAIL_HOST", HOST),
    ("PLAYWRIGHT_CDP_URL", f"ws://{HOST}:9222"),
    ("IMGPRINT_SIGHTINGS", f"ftp://{HOST}/seen.jsonl"),
    ("FEEDS", {f"ftp://me:secret@{HOST}/a.jsonl": {"format": "jsonl"}}),
]


@pytest.mark.parametrize(("name", "value"), SERVERS)
def test_servers_that_would_be_looked_up(name, value):
    with pytest.raises(InputError, match=r"^[A-Z_0-9]+: DNS would be") as excinfo:
        check_lookups(Settings({name: value}), {})
    assert "secret" not in str(excinfo.value)
    assert NAME in str(excinfo.value)


@pytest.mark.parametrize(
    "name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "PGHOST", "PGHOSTADDR"]
)
def test_variables(name):
    values = {name: "http://x.i2p:80", "HOME": "/x.onion"}
    if name == "PGHOSTADDR":
        check_lookups(Settings(), values)
        return
    with pytest.raises(InputError, match=f"^{name}: "):
        check_lookups(Settings(), values)


def test_servers_that_may_be(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", ".onion")
    check_lookups(
        Settings(
            {
                "IMGPRINT_TOR_PROXIES": "socks5h://127.0.0.1:9050,socks5h://tor:9050",
                "AWS_ENDPOINT_URL": "http://onion.example/bucket.onion.d/",
                "IMGPRINT_WEBHOOK": f"http://{HOST}/hook",
                "FEEDS": {Path("data/a.onion"): {}, "s3://a.onion/b": {}},
            }
        ),
        {},
    )


@pytest.mark.parametrize(
    ("url", "settings", "words"),
    [
        (f"http://{HOST}/", {"IMGPRINT_TOR": "off"}, "IMGPRINT_TOR is off"),
        ("http://x.i2p/", {}, "IMGPRINT_I2P_PROXY is not set"),
        ("http://a..b/", {}, "not a host name"),
    ],
)
def test_a_webhook_without_a_way(url, settings, words):
    with pytest.raises(InputError, match=f"^IMGPRINT_WEBHOOK: .*{words}"):
        check_lookups(Settings({"IMGPRINT_WEBHOOK": url, **settings}), {})


@pytest.mark.parametrize(
    ("command", "settings", "env"),
    [
        ("crawl", {"IMGPRINT_TOR_PROXIES": f"socks5h://{HOST}:9050"}, {}),
        ("crawl", {"AWS_ENDPOINT_URL": f"http://{HOST}"}, {}),
        ("crawl", {}, {"http_proxy": f"http://{HOST}:3128"}),
        ("crawl", {}, {"all_proxy": f"{HOST}:3128"}),
        ("crawl", {}, {"AWS_ENDPOINT_URL_S3": f"http://{HOST}"}),
        ("spool", {"AWS_ENDPOINT_URL": f"http://{HOST}"}, {}),
        ("jobs", {"IMGPRINT_QUEUE": f"postgresql://{HOST}/x"}, {}),
    ],
)
def test_the_commands_say_so(command, settings, env, tmp_path):
    args = ["images", "-aurl=http://127.0.0.1:1/"] if command == "crawl" else []
    options = [f"-s{name}={value}" for name, value in settings.items()]
    done = scrapy(command, *args, *options, cwd=tmp_path, env=env)
    assert done.returncode == 2, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("imgprint: ")
    assert "DNS" in last
    assert "Traceback" not in done.stderr


# Crawls, with a name server of their own


def crawled(hosts, folder, settings):
    """Crawl pages and a list that lead to *hosts*; return what was asked and found."""
    folder = Path(folder)
    with ExitStack() as stack:
        dns = stack.enter_context(NameServer(["free.example"], 53))
        site = stack.enter_context(LeadingSite(hosts))
        tor = stack.enter_context(SocksProxy(site.port))
        free = f"<img src=http://free.example:{site.port}/free.jpg>".encode()
        site.files["/free"] = ("text/html", free)
        site.files["/free.jpg"] = ("image/jpeg", jpeg())
        urls = [site.url + page for page in [*site.pages, "/free"]] + site.lines
        (folder / "urls.txt").write_text("\n".join(urls), "utf-8")
        options = {"IMGPRINT_TOR_PROXIES": tor.url, "IMGPRINT_SIGHTINGS": "seen.jsonl"}
        options |= {"RETRY_TIMES": 0, "AUTOTHROTTLE_ENABLED": False, **settings}
        options["IMGPRINT_ALLOWED_NETWORKS"] = "127.0.0.0/8"
        log = traced(folder, options)
        files = [
            (folder / name).read_text("utf-8") for name in ("out.jsonl", "seen.jsonl")
        ]
        return {
            "asked": dns.asked,
            "places": sorted(places_of(folder / "trace")),
            "known": ["127.0.0.1:53", site.url[7:], f"127.0.0.1:{tor.port}"],
            "tor": [name for _, name, _ in tor.seen],
            "seen": site.seen,
            "rows": [json.loads(line) for file in files for line in file.splitlines()],
            "log": log[-20_000:],
        }


def traced(folder, settings):
    """Crawl urls.txt in *folder*, traced into a file there; return its log."""
    command = [sys.executable, "-m", "scrapy", "crawl", "images", "-asitemap=1"]
    command += ["-aurls=urls.txt", "-Oout.jsonl", "-sIMGPRINT_MIN_SIZE=0"]
    done = subprocess.run(
        [*STRACE, "trace", *command, *(f"-s{k}={v}" for k, v in settings.items())],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCRAPY_SETTINGS_MODULE": "imgprint.settings",
        },
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def missing(found, hosts, ways):
    """Return the ways and hosts of which neither a record nor a sighting speaks."""
    urls = "\n".join(
        f"{row.get('url')} {row.get('image_url')} {row.get('page_url')}"
        for row in found["rows"]
    )
    return [
        (way, host)
        for way in ways
        for i, host in enumerate(hosts)
        if f"/{way}{i}.jpg" not in urls
    ]


def check(found):
    """Check that *found* is of a whole crawl which left the machine for one name."""
    assert {*found["asked"]} == {"free.example"}, "DNS was asked, and for this only"
    assert {*found["places"]} <= {*found["known"], "UDP"}, "UDP is to port 53"
    assert any((row.get("url") or "").endswith("/free.jpg") for row in found["rows"])
    assert "Traceback" not in found["log"]


def test_no_question_for_an_onion(tmp_path):
    require("strace", "strace")
    hosts = notations(NAME, "onion")
    found = alone("tests.fetch.test_resolving:crawled", hosts, str(tmp_path), {})
    check(found)
    assert {name.rstrip(".")[-62:] for name in found["tor"]} == {HOST}
    ways = Counter(re.sub(r"\d.*", "", path[1:]) for _, path in found["seen"])
    print(f"\n{len(hosts)} notations of an onion: {len(found['tor'])} connections")
    print(f"by Tor, {ways}; DNS was asked for {Counter(found['asked'])}")
    assert {"img", "sheet", "import", "back", "moved", "listed", "imageloc"} <= {*ways}
    assert missing(found, hosts, ("img", "back", "to", "listed", "imageloc")) == []


def test_without_tor_nothing_is_asked_either(tmp_path):
    require("strace", "strace")
    hosts = notations(NAME, "onion")
    off = {"IMGPRINT_TOR": "off"}
    found = alone("tests.fetch.test_resolving:crawled", hosts, str(tmp_path), off)
    check(found)
    assert found["tor"] == []
    assert not [path for _, path in found["seen"] if path[1:].startswith(WAYS)]
    assert missing(found, hosts, ("img", "back", "to", "listed", "imageloc")) == []


def test_no_notation_gets_round_the_blocklist(tmp_path):
    require("strace", "strace")
    hosts = [*notations("listed", "example"), *ADDRESSES, "[::ffff:127.0.0.16]"]
    path = tmp_path / "blocked.txt"
    names = ("listed.example", ADDRESS)
    path.write_text("\n".join(sha256(name.encode()).hexdigest() for name in names))
    blocked = {"IMGPRINT_BLOCKLIST": str(path)}
    found = alone("tests.fetch.test_resolving:crawled", hosts, str(tmp_path), blocked)
    check(found)
    assert not [path for _, path in found["seen"] if path[1:].startswith(WAYS)]
    assert missing(found, hosts, ("img", "back", "to", "listed", "imageloc")) == []
    refused = Counter(row.get("error") for row in found["rows"])
    print(f"\n{len(hosts)} notations of what is listed: {refused}")
    assert refused["on the list IMGPRINT_BLOCKLIST"] >= 3 * len(hosts)


def test_what_is_no_host_is_one_sighting(tmp_path):
    hosts = [host for host in NOT_HOSTS if host.isprintable()]
    files = {"/good.jpg": ("image/jpeg", jpeg())}
    with LeadingSite(hosts, files) as site:
        links = "".join(f"<a href={page}>x</a>" for page in site.pages)
        files["/"] = ("text/html", f"{links}<img src=/good.jpg>".encode())
        done = crawl(f"-aurl={site.url}/", "-adepth=1", cwd=tmp_path)
    assert done.code == 0
    assert "Traceback" not in done.log
    assert done.stats["imgprint/page/count"] == len(hosts) + 1
    assert [record["url"] for record in done.records] == [f"{site.url}/good.jpg"]
    errors = Counter(s["error"] for s in done.sightings if s["image_url"])
    print(errors)
    refused = sum(n for e, n in errors.items() if e and e.startswith("not a "))
    assert refused >= len(hosts)
