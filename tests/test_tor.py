"""Crawls of onion sites on a private Tor network."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest

from imgprint.fetch.tor.onion_names import USER_AGENT, choose_proxy
from tests.fetch.tor.test_onion_names import REAL
from tests.support.crawling import ROOT, crawl, feed, same_in_every_fetch
from tests.support.documents import commands
from tests.support.pictures import jpeg
from tests.support.servers.nginx import Nginx
from tests.support.servers.process import require
from tests.support.servers.tornet import TorNetwork

CLEARNET = "clearnet.test"
DEAD = REAL  # in the private network nobody has published it
STRACE = ["strace", "-f", "-qq", "-yy", "-e", "trace=network", "-o"]
EXTRA = """
absolute_redirect off;
location = /moved.jpg { return 302 http://clearnet.test:$arg_port/moved.jpg; }
location = /old.html { return 302 /index.html; }
location = /busy.jpg { return 503; }
"""


@dataclass
class World:
    """Two servers; onions 0 and 2 lead to the first one, 1 and 3 to the second."""

    net: TorNetwork
    first: Nginx
    second: Nginx

    def write(self, name, html):
        (self.first.root / name).write_text(html)

    def url(self, i, path=""):
        return f"http://{self.net.onions[i]}/{path}"

    @property
    def clearnet(self):
        return f"http://{CLEARNET}:{self.second.port}"

    def settings(self, *clients, **more):
        proxies = ",".join(self.net.clients[i].proxy for i in clients or (0,))
        return {"IMGPRINT_TOR_PROXIES": proxies, "IMGPRINT_MIN_SIZE": 0, **more}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    require("tor", "tor")
    roots = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    with ExitStack() as stack:
        first = stack.enter_context(Nginx(roots[0], EXTRA))
        second = stack.enter_context(Nginx(roots[1]))
        ports = [first.port, second.port] * 2
        net = stack.enter_context(TorNetwork(ports, [CLEARNET], clients=2))
        for root in roots:
            (root / "robots.txt").write_text("User-agent: *\nDisallow: /private/\n")
            for i in range(12):
                name = f"{root.name[0]}{i}.jpg"
                (root / name).write_bytes(jpeg(hash_of(name)))
        yield World(net, first, second)


def hash_of(name):
    return sum(name.encode())


def page(*images):
    return "".join(f"<img src={url}>" for url in images)


def asked(server):
    """The paths of images that were asked for, one for each request."""
    return [line.path for line in server.log() if line.path.endswith(".jpg")]


# 1. The same records, one request each


def test_records_are_those_of_plain_http(world, tmp_path):
    second = [world.url(1, f"s{i}.jpg") for i in range(4)]
    clearnet = [f"{world.clearnet}/s{i}.jpg" for i in range(4, 8)]
    own = [f"f{i}.jpg" for i in range(4)]
    world.write("sheet.css", "p { background: url(f4.jpg) }")
    sheet = "<link rel=stylesheet href=sheet.css>"
    world.write("index.html", sheet + page(*own, *second, *clearnet))
    before = len(asked(world.first)), len(asked(world.second))
    (tmp_path / "tor").mkdir()
    done = crawl(
        f"-aurl={world.url(0)}", cwd=tmp_path / "tor", settings=world.settings()
    )
    through_tor = asked(world.first)[before[0] :] + asked(world.second)[before[1] :]

    plain = [f"{world.second.url}/s{i}.jpg" for i in range(8)]
    world.write("plain.html", sheet + page(*own, *plain))
    (tmp_path / "plain").mkdir()
    expected = crawl(
        f"-aurl={world.first.url}/plain.html",
        cwd=tmp_path / "plain",
        settings={"IMGPRINT_ALLOWED_NETWORKS": "127.0.0.0/8", "IMGPRINT_MIN_SIZE": 0},
    )
    assert len(done.records) == len(expected.records) == 13, done.log
    assert "Traceback" not in done.log
    records, others = done.by_name(), expected.by_name()
    for name, record in records.items():
        assert same_in_every_fetch(record) == same_in_every_fetch(others[name])
        assert record["site"] == world.net.onions[0]
        assert record["transfer"]["range"] == "multipart"
    assert sorted(through_tor) == sorted(f"/{name}" for name in records)
    assert world.net.dns.asked.count(CLEARNET) >= 1, "it was the exit that asked"


def test_the_command_of_the_document(world, tmp_path):
    """docs/onion.md, but for where its Tor listens, and for the sizes of images."""
    lines = [command.text for command in commands("docs/onion.md")]
    (line,) = (text for text in lines if text.startswith("scrapy "))
    world.write("index.html", page("f10.jpg"))
    settings = "".join(f"{k} = {v!r}\n" for k, v in world.settings().items())
    (tmp_path / "here.py").write_text(f"from imgprint.settings import *\n{settings}")
    done = subprocess.run(
        ["sh", "-c", line.replace("NAME.onion", world.net.onions[0])],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": f"{tmp_path}:{ROOT}",
            "SCRAPY_SETTINGS_MODULE": "here",
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (record,) = feed(tmp_path, "data/*.jsonl")
    assert record["url"] == world.url(0, "f10.jpg")


# 2. and 4. No leak, whatever happens; nothing lost, nothing doubled


def test_no_leak_and_no_loss_when_tor_is_killed(world, tmp_path):
    require("strace", "strace")
    pages = [f"p{i}.html" for i in range(6)]
    images = {}
    for i, name in enumerate(pages):
        images[name] = [world.url(i % 2 * 2, f"f{i * 2}.jpg"), f"f{i * 2 + 1}.jpg"]
        images[name] += [world.url(1, f"s{i}.jpg"), f"{world.clearnet}/s{i + 6}.jpg"]
        images[name] += [f"missing{i}.jpg", f"/private/{i}.jpg"]
        world.write(name, page(*images[name]))
    moved = f"moved.jpg?port={world.second.port}"
    shutil.copy(world.second.root / "s0.jpg", world.second.root / "moved.jpg")
    world.write("index.html", page(moved, "busy.jpg"))
    urls = [world.url(0, "old.html"), *(world.url(0, name) for name in pages)]
    (tmp_path / "urls.txt").write_text("\n".join(urls))
    slow = {
        "DOWNLOAD_DELAY": 0.15,
        "CONCURRENT_REQUESTS": 2,
        "JOBDIR": tmp_path / "job",
    }
    slow |= {"AUTOTHROTTLE_ENABLED": False}

    victim = world.net.clients[0]
    killer = Thread(target=kill_after, args=(world, images_asked(world) + 3))
    killer.start()
    first, places = traced(tmp_path / "1", world.settings(**slow))
    killer.join()
    victim.start()
    world.net.wait_for(victim)
    second, more_places = traced(tmp_path / "2", world.settings(**slow))

    assert {*places, *more_places} == {f"127.0.0.1:{victim.socks}"}, "only to Tor"
    assert first.log.count("ERROR: No Tor at 127.0.0.1") == 1
    missed = [s for s in first.sightings if (s["error"] or "").startswith("not tried")]
    assert any(s["image_url"] for s in missed), "in the middle of a page"
    assert any(not s["image_url"] for s in missed)
    got, job = ([r["url"] for r in crawl.records] for crawl in (first, second))
    wanted = {
        world.url(0, moved),
        *(f"{world.clearnet}/s{i}.jpg" for i in range(6, 12)),
    }
    wanted |= {world.url(1, f"s{i}.jpg") for i in range(6)}
    wanted |= {world.url(i % 2 * 2, f"f{i * 2}.jpg") for i in range(6)}
    wanted |= {world.url(0, f"f{i * 2 + 1}.jpg") for i in range(6)}
    assert {*got} < {*job}
    assert sorted(job) == sorted(wanted), "the feed of a job is that of all its runs"
    errors = {s["image_url"]: s["error"] for s in second.sightings}
    assert errors[world.url(0, "busy.jpg")] == "HTTP 503"


def kill_after(world, count):
    """Kill the first client once the first server was asked for *count* images."""
    deadline = time.monotonic() + 60
    while images_asked(world) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    world.net.clients[0].kill()


def images_asked(world):
    return world.first.access_log.read_text().count(".jpg")


@dataclass
class Traced:
    log: str
    records: list[dict]
    sightings: list[dict]


def traced(directory, settings, *arguments):
    """Crawl ../urls.txt in *directory*; return that and where it connected to."""
    directory.mkdir()
    options = [*arguments, *(f"-s{name}={value}" for name, value in settings.items())]
    trace = directory / "trace"
    scrapy = [sys.executable, "-m", "scrapy", "crawl", "images", "-aurls=../urls.txt"]
    done = subprocess.run(
        [*STRACE, trace, *scrapy, *options],
        cwd=directory,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCRAPY_SETTINGS_MODULE": "imgprint.settings",
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    (directory / "log").write_text(done.stderr)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    records = feed(directory, "data/*.jsonl") or []
    found = Traced(done.stderr, records, feed(directory, "data/sightings/*.jsonl"))
    return found, places_of(trace)


def places_of(trace: Path):
    """Return all places that a traced process connected or sent to.

    Connecting a UDP socket sends nothing: Chromium does it with well-known
    addresses, to learn from the kernel which way they are.
    """
    places = set()
    for line in trace.read_text(errors="replace").splitlines():
        call = line.split(maxsplit=1)[1]
        to = re.search(r'sin6?_port=htons\((\d+)\).*?"([^"]*)"', call)
        if re.match(r"send\w*\(\d+<UDP", call):
            places.add(f"{to[2]}:{to[1]}" if to else "UDP")
        elif to and re.match(r"connect\(\d+<(?!UDP)", call):
            places.add(f"{to[2]}:{to[1]}")
        elif "hosts" in call and call.startswith("send") and "UNIX" in call:
            places.add("a cache of names")  # nscd, which is asked for users, too
    return places


def test_the_trace_shows_leaks(tmp_path):
    leak = (
        "import socket\n"
        "with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:\n"
        "    s.sendto(b'x', ('127.0.0.1', 53))\n"
        "    s.connect(('127.0.0.1', 54))\n"
        "    s.send(b'x')\n"
        "    s.connect(('127.0.0.1', 55))\n"
        "socket.socket().connect_ex(('127.0.0.1', 1))\n"
    )
    trace = tmp_path / "trace"
    command = [*STRACE, trace, sys.executable, "-c", leak]
    subprocess.run([require("strace", "strace"), *command[1:]], check=True)
    assert places_of(trace) == {"127.0.0.1:53", "UDP", "127.0.0.1:1"}


# 3. Isolation


def streams(controls):
    """Return {(login, target): circuits} of what each client connected."""
    found = [defaultdict(set) for _ in controls]
    for circuits, control in zip(found, controls, strict=True):
        logins, targets = {}, {}
        for event in control.heard():
            _, _, number, status, circuit, target, *_ = event.split()
            if login := re.search(r'SOCKS_USERNAME="([^"]*)"', event):
                logins[number] = login[1]
            if status == "SENTCONNECT":
                targets[number] = target.rpartition(":")[0]
            if status == "SUCCEEDED" and number in logins:  # else it is of Tor's own
                circuits[logins[number], targets[number]].add(circuit)
    return found


def test_a_circuit_per_site_and_a_proxy_per_site(world, tmp_path):
    onions = world.net.onions
    images = [f"{world.clearnet}/s0.jpg?{i}" for i in range(3)]
    names = ["f0.jpg", "f1.jpg", "s0.jpg"]
    for server in (world.first, world.second):
        (server.root / "i.html").write_text(page(*names, *images))
    seeds = ",".join(world.url(i, "i.html") for i in range(4))
    proxies = [client.proxy for client in world.net.clients]
    seen = []
    for turn, clients in enumerate(((0, 1), (1,))):
        directory = tmp_path / str(turn)
        directory.mkdir()
        with ExitStack() as stack:
            controls = [stack.enter_context(c.connect()) for c in world.net.clients]
            for control in controls:
                control.ask("SETEVENTS STREAM")
            crawl(f"-aurl={seeds}", cwd=directory, settings=world.settings(*clients))
            seen.append(streams(controls))
    for i, client in enumerate(seen[0]):
        own = {o for o in onions if choose_proxy(o, proxies) == proxies[i]}
        assert {login for login, _ in client} == own, "each onion stays on its own"
        assert {target for _, target in client} <= {*own, CLEARNET}
        # Tor itself takes another circuit for a site when the first one is slow.
        assert {key: c for key, c in client.items() if len(c) > 2} == {}
        used = [c for circuits in client.values() for c in circuits]
        assert len(used) == len(set(used)), "no two sites share a circuit"
    assert sum(target in onions for c in seen[0] for _, target in c) == 4
    assert seen[1][0] == {}
    assert {login for login, _ in seen[1][1]} == {*onions}


# 5. Errors by their names


def test_errors_have_names(world, tmp_path):
    mistyped = "a" * 56 + ".onion"
    (world.first.root / "errors.html").write_text(
        page(f"http://{DEAD}/a.jpg", f"http://nosuch.test:{world.second.port}/b.jpg")
    )
    names = [DEAD, mistyped, "expyuzz4wqqyqhjn.onion", f"{world.net.onions[0]}:81"]
    seeds = [f"http://{name}/" for name in names] + [world.url(0, "errors.html")]
    done = crawl(f"-aurl={','.join(seeds)}", cwd=tmp_path, settings=world.settings())
    errors = {s["image_url"] or s["page_url"]: s["error"] for s in done.sightings}
    found = [errors[url] for url in seeds[:4]]
    assert found[0] == "robots.txt: onion descriptor not found (SOCKS 0xF0)"
    assert found[1] == "onion site: onion name of unknown version 0"
    assert "ended in 2021" in found[2]
    assert found[3] == "robots.txt: connection refused (SOCKS 0x05)"
    assert "onion descriptor not found" in errors[f"http://{DEAD}/a.jpg"]
    unknown = errors[f"http://nosuch.test:{world.second.port}/b.jpg"]
    assert unknown.endswith("host unreachable, or its name unknown (SOCKS 0x04)")
    stats = {
        k: v for k, v in done.stats.items() if k.startswith("imgprint/onion/error")
    }
    assert stats["imgprint/onion/error/invalid_name"] == 1
    assert stats["imgprint/onion/error/v2_name"] == 1
    assert stats["imgprint/onion/error/descriptor_not_found"] >= 2
    assert stats["imgprint/onion/error/connection_refused"] == 2, "retried once"
    assert stats["imgprint/onion/error/host_unreachable"] == 2
    assert "Traceback" not in done.log


# 6. A real browser

SCRIPT = """
const show = (url) => { const i = new Image(); i.src = url; document.body.append(i) };
show('f' + 10 + '.jpg');
fetch('CLEARNET/data.json').then(a => a.json()).then(all => all.forEach(show));
const peer = new RTCPeerConnection({iceServers: [{urls: 'stun:STUN'}]});
peer.createDataChannel('x');
peer.createOffer().then(offer => peer.setLocalDescription(offer));
new WebSocket('ws://socket.clearnet.test:81/');
navigator.serviceWorker && navigator.serviceWorker.register('worker.js');
show('/f11.jpg?' + [navigator.userAgent, navigator.language, new Date(0).getHours()]);
navigator.sendBeacon('http://beacon.clearnet.test/', 'x');
"""


def test_a_browser_shows_the_page_without_a_network(world, tmp_path):
    require("strace", "strace")
    require("chromium", "chromium")
    data = world.second.root / "data.json"
    data.write_text(f'["{world.url(1, "s11.jpg")}", "{world.clearnet}/s10.jpg"]')
    script = SCRIPT.replace("CLEARNET", world.clearnet)
    (world.first.root / "app.js").write_text(script.replace("STUN", "127.0.0.1:3478"))
    head = (
        "<link rel=dns-prefetch href=//prefetch.clearnet.test>"
        "<link rel=preconnect href=//connect.clearnet.test>"
    )
    world.write("rendered.html", f"{head}<body><script src=app.js></script>")
    (tmp_path / "urls.txt").write_text(world.url(0, "rendered.html"))
    before = [len(server.log()) for server in (world.first, world.second)]
    settings = world.settings(IMGPRINT_RENDER_TIMEOUT=90)
    found, places = traced(tmp_path / "1", settings, "-arender=1")
    assert places == {f"127.0.0.1:{world.net.clients[0].socks}"}
    seen = quote(f"{USER_AGENT},en-US,0", safe="/:;(),.")
    wanted = [world.url(0, "f10.jpg"), world.url(0, f"f11.jpg?{seen}")]
    wanted += [world.url(1, "s11.jpg"), f"{world.clearnet}/s10.jpg"]
    assert sorted(record["url"] for record in found.records) == sorted(wanted)
    assert all(sighting["rendered"] for sighting in found.sightings)
    log = world.first.log()[before[0] :] + world.second.log()[before[1] :]
    images = [line for line in log if ".jpg" in line.path]
    assert [line.status for line in images] == [206] * 4, "no image reached it"
    assert not {n for n in world.net.dns.asked if n.endswith(f".{CLEARNET}")}


def test_without_tor_the_rest_goes_on(world, tmp_path):
    world.write("clear.html", page("f0.jpg", "f1.jpg"))
    seeds = [world.url(0), world.url(1), f"{world.first.url}/clear.html"]
    settings = {"IMGPRINT_TOR_PROXIES": "socks5h://127.0.0.1:1", "IMGPRINT_MIN_SIZE": 0}
    done = crawl(f"-aurl={','.join(seeds)}", cwd=tmp_path, settings=settings)
    assert sorted(done.by_name()) == ["f0.jpg", "f1.jpg"]
    errors = [s["error"] for s in done.sightings if s["error"]]
    assert errors == ["not tried: no Tor at 127.0.0.1:1 (Connection refused)"] * 2
    assert done.log.count("IMGPRINT_TOR_PROXIES where it is") == 1
    assert done.stats["imgprint/onion/error/not_tried"] >= 2
    assert "Traceback" not in done.log
