"""Pages in a real Chromium: what scripts show is found, no image reaches it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

from imgprint.demo.gallery_server import GallerySite
from tests.support.crawling import ROOT, crawl, jsonl
from tests.support.pictures import jpeg
from tests.support.servers.process import require

HTML = "text/html; charset=utf-8"
BODY = jpeg(3, (200, 200))
SETTINGS = {"IMGPRINT_MIN_SIZE": 0}

# Place, page, names of the images that only a browser finds.
PLACES = {
    "added by script": (
        "<script>const i = new Image(); i.src = '/' + 'added' + '.jpg';"
        "document.body.append(i)</script>",
        ["added.jpg"],
    ),
    "lazy on scroll": (
        "<div style='height:4000px'></div><p id=end>x</p><script>"
        "new IntersectionObserver((all, me) => { if (all[0].isIntersecting) {"
        "const i = new Image(); i.src = '/' + ['lazy', 'jpg'].join('.');"
        "document.body.append(i); me.disconnect() } }).observe(end)</script>",
        ["lazy.jpg"],
    ),
    "CSS background": (
        "<div id=d style='height:9px'></div><script>"
        "d.style.backgroundImage = 'url(/' + 'background' + '.jpg)';"
        "const s = document.createElement('style'); document.head.append(s);"
        "s.sheet.insertRule('#d::after{content:\"\";background:url(/' + 'after'"
        "+ '.jpg)}')</script>",
        ["background.jpg", "after.jpg"],
    ),
    "open shadow DOM": (
        "<div id=d></div><script>d.attachShadow({mode: 'open'}).innerHTML ="
        "'<img alt=Open src=/' + 'open' + '.jpg>'</script>",
        ["open.jpg"],
    ),
    "closed shadow DOM": (
        "<div id=d></div><script>d.attachShadow({mode: 'closed'}).innerHTML ="
        "'<picture><source type=image/none srcset=/' + 'closed' + '.jpg 2x><img>'"
        "+ '</picture>'</script>",
        ["closed.jpg"],
    ),
    "srcset by script": (
        "<img id=i><script>i.srcset = ['small', 'large'].map((n, k) => `/${n}.jpg `"
        "+ (k * 1000 + 100) + 'w').join()</script>",
        ["large.jpg"],
    ),
    "fetched data": (
        "<script>fetch('/data.json').then(a => a.json()).then(all => all.forEach(n => {"
        "const i = new Image(); i.src = '/' + n + '.' + 'jpg'; document.body.append(i)"
        "}))</script>",
        ["data.jpg"],
    ),
    "external script, frame": (
        "<script src=/app.js></script><iframe src=/frame.html></iframe>",
        ["app.jpg", "frame.jpg"],
    ),
    "image by fetch": (
        "<script>fetch('/' + 'blob' + '.jpg').then(a => a.blob())</script>",
        ["blob.jpg"],
    ),
    "onerror": (
        "<img src=/broken.jpg onerror=\"this.src='/err' + Math.random() + '.jpg'\">",
        ["broken.jpg"],
    ),
}
FILES = {
    "/data.json": ("application/json", b'["data"]'),
    "/app.js": ("text/javascript", b"new Image().src = '/' + 'app' + '.jpg'"),
    "/frame.html": (HTML, b"<script>new Image().src='/'+'frame'+'.jpg'</script>"),
}


def site_files():
    files = dict(FILES)
    for number, (text, names) in enumerate(PLACES.values()):
        files[f"/{number}"] = (HTML, f"<!DOCTYPE html><body>{text}".encode())
        files |= {f"/{name}": ("image/jpeg", BODY) for name in names}
    links = "".join(f"<a href=/{number}>{number}</a>" for number in range(len(PLACES)))
    files["/"] = (HTML, links.encode())
    return files


@pytest.fixture(scope="module")
def chromium():
    return require("chromium", "chromium")


@pytest.fixture(scope="module")
def rendered(chromium, tmp_path_factory):
    with GallerySite(site_files()) as site:
        done = crawl(
            f"-aurl={site.url}/",
            *("-adepth=1", "-arender=1"),
            settings=SETTINGS,
            cwd=tmp_path_factory.mktemp("render"),
        )
    assert done.code == 0, done.log
    assert "Traceback" not in done.log
    done.site = site
    return done


@pytest.mark.parametrize("number", range(len(PLACES)), ids=PLACES)
def test_found(number, rendered):
    names = list(PLACES.values())[number][1]
    page = f"{rendered.site.url}/{number}"
    on_page = [s for s in rendered.sightings if s["page_url"] == page]
    found = {s["image_url"].rpartition("/")[2] for s in on_page if not s["error"]}
    assert found == set(names)
    assert all(sighting["rendered"] for sighting in on_page)


def test_the_browser_fetched_no_image(rendered):
    """Each image was asked for once: by us, and only its ends."""
    names = [name for _, names in PLACES.values() for name in names]
    paths = rendered.site.paths
    assert {name: paths[f"/{name}"] for name in names} == dict.fromkeys(names, 1)
    assert rendered.stats["imgprint/image/request_count"] == len(names)
    # All but the one of a type that no browser knows.
    assert rendered.stats["imgprint/browser/image"] >= len(names) - 1


def test_each_page_once(rendered):
    paths = rendered.site.paths
    assert {paths[f"/{number}"] for number in range(len(PLACES))} == {1}
    assert rendered.stats["imgprint/page/rendered"] == len(PLACES) + 1


def test_shadow_dom_keeps_alt(rendered):
    (sighting,) = [s for s in rendered.sightings if "open.jpg" in str(s["image_url"])]
    assert (sighting["alt"], sighting["element"]) == ("Open", "template")


def test_auto_and_lines(chromium, tmp_path):
    """Only pages with scripts and few images, or those that the list says."""
    files = site_files()
    images = "".join(f"<img src=/static{i}.jpg>" for i in range(6))
    files["/static"] = (HTML, (images + "<script>1</script>").encode())
    files["/plain"] = (HTML, b"<img src=/static0.jpg>")
    files |= {f"/static{i}.jpg": ("image/jpeg", BODY) for i in range(6)}
    with GallerySite(files) as site:
        lines = ["0 render=auto", "static render=auto", "plain render=auto", "1"]
        text = "\n".join(f"{site.url}/{line}" for line in [*lines, "3 render=1"])
        (tmp_path / "urls.txt").write_text(text)
        done = crawl("-aurls=urls.txt", cwd=tmp_path, settings=SETTINGS)
    assert done.stats["imgprint/page/count"] == 5
    assert done.stats["imgprint/page/rendered"] == 2
    names = {record["url"].rpartition("/")[2] for record in done.records}
    assert names == {"added.jpg", "open.jpg", *(f"static{i}.jpg" for i in range(6))}


def test_without_a_browser(tmp_path):
    files = {"/": (HTML, b"<img src=/a.jpg>"), "/a.jpg": ("image/jpeg", BODY)}
    with GallerySite(files) as site:
        settings = {**SETTINGS, "IMGPRINT_BROWSER": "/bin/false"}
        done = crawl(
            f"-aurl={site.url}/", "-arender=1", settings=settings, cwd=tmp_path
        )
    assert done.code == 0
    assert done.log.count("the browser /bin/false doesn't start") == 1
    assert [record["url"] for record in done.records] == [site.url + "/a.jpg"]
    assert not done.sightings[0]["rendered"]


def test_the_guard_holds_in_the_browser(chromium, tmp_path):
    """A page may not make the browser reach what no page may lead to."""
    secret = {
        "/secret.js": ("text/javascript", b"new Image().src = '/stolen.jpg'"),
        "/secret.json": (
            "application/json",
            b"1",
            {"Access-Control-Allow-Origin": "*"},
        ),
    }
    with GallerySite(secret) as inside, GallerySite() as site:
        page = (
            f"<script src={inside.url}/secret.js></script><script>"
            f"fetch('{inside.url}/secret.json').then(() => new Image().src = '/s.jpg');"
            f"new WebSocket('{inside.url.replace('http', 'ws')}/socket');"
            f"navigator.sendBeacon('{inside.url}/beacon', 'a');"
            "new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:9'}]})"
            f".createOffer(); location.href = '{inside.url}/gone';</script>"
            f"<link rel=prefetch href={inside.url}/prefetch><iframe src=/redirect>"
            f"</iframe><link rel=preconnect href={inside.url}><img src=/a.jpg>"
        )
        refresh = f"<meta http-equiv=refresh content='0; url={inside.url}/refreshed'>"
        site.files = {
            "/": (HTML, page.encode()),
            "/a.jpg": ("image/jpeg", BODY),
            "/redirect": (HTML, refresh.encode()),
        }
        done = crawl(
            f"-aurl={site.url}/", "-arender=1", settings=SETTINGS, cwd=tmp_path
        )
    assert done.stats["imgprint/page/rendered"] == 1
    assert [r["url"] for r in done.records] == [site.url + "/a.jpg"]
    assert inside.requests == 0


def test_a_page_that_hangs_is_read_as_it_was_sent(chromium, tmp_path):
    files = {
        "/stuck": (HTML, b"<img src=/a.jpg><script>while (1);</script>"),
        "/other": (HTML, b"<body><script>new Image().src = '/b' + '.jpg'</script>"),
        "/a.jpg": ("image/jpeg", BODY),
        "/b.jpg": ("image/jpeg", BODY),
    }
    with GallerySite(files) as site:
        done = crawl(
            f"-aurl={site.url}/stuck,{site.url}/other",
            "-arender=1",
            settings={**SETTINGS, "IMGPRINT_RENDER_TIMEOUT": 8},
            cwd=tmp_path,
        )
    assert done.code == 0
    assert {r["url"].rpartition("/")[2] for r in done.records} == {"a.jpg", "b.jpg"}


@pytest.mark.parametrize("victim", ["chromium", "driver"])
def test_a_killed_browser_loses_no_page(victim, chromium, tmp_path):
    pages = 24
    files = {f"/{i}.jpg": ("image/jpeg", BODY) for i in range(pages)}
    for i in range(pages):
        text = f"<body><script>new Image().src = '/' + {i} + '.jpg'</script>"
        files[f"/p{i}"] = (HTML, text.encode())
    with GallerySite(files) as site:
        urls = ",".join(f"{site.url}/p{i}" for i in range(pages))
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "scrapy", "crawl", "images", f"-aurl={urls}"),
                *(
                    "-arender=1",
                    "-sIMGPRINT_MIN_SIZE=0",
                    "-sIMGPRINT_RENDER_TIMEOUT=15",
                ),
            ],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "SCRAPY_SETTINGS_MODULE": "imgprint.settings",
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        killer = Thread(target=kill, args=(process.pid, victim, site))
        killer.start()
        log = process.communicate(timeout=120)[1]
        killer.join()
    assert process.returncode == 0, log
    assert "imgprint/browser/restarted" in log
    (feed,) = tmp_path.glob("data/*.jsonl")
    names = {r["url"].rpartition("/")[2] for r in jsonl(feed.read_text())}
    assert names == {f"{i}.jpg" for i in range(pages)}


def kill(root, victim, site):
    """Kill the browser or its driver once a few images were found by it."""
    while not any(site.paths[f"/{i}.jpg"] for i in range(24)):
        time.sleep(0.02)
    word = "--headless" if victim == "chromium" else "run-driver"
    for pid in descendants(root):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode()
        except OSError:
            continue
        if word in command and "--type=" not in command:
            os.kill(pid, signal.SIGKILL)
            return


def descendants(root):
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found
