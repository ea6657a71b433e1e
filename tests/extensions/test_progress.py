"""The panel on a real terminal, log lines in a pipe, the summary after both."""

import shutil
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from scrapy.utils.test import get_crawler

from imgprint.demo.gallery_server import GallerySite
from imgprint.extensions.progress import Progress, terminal
from imgprint.items import ImageRecord, Sighting
from tests.support.crawling import ROOT, crawl, scrapy
from tests.support.pictures import jpeg
from tests.support.servers.process import require

PICTURES = 40


class SlowSite(GallerySite):
    """A site that takes its time, so that there is something to watch."""

    def count(self, *args):
        super().count(*args)
        time.sleep(0.4)


@pytest.fixture
def site():
    data = jpeg(size=(320, 240))
    html = "".join(f"<img src={n}.jpg>" for n in range(PICTURES))
    files = {f"/{n}.jpg": ("image/jpeg", data) for n in range(PICTURES)}
    html += "<img src=gone.jpg>"
    with SlowSite({"/": ("text/html", html.encode()), **files}) as site:
        yield site


class Terminal:
    """A terminal of tmux's, 100 by 40."""

    def __init__(self, folder):
        self.tmux = [require("tmux", "tmux"), "-L", f"imgprint-{folder.name}"]
        self.folder = folder

    def start(self, *args):
        command = [sys.executable, "-m", "scrapy", *args]
        line = f"{' '.join(map(str, command))}; echo code $?; sleep 60"
        environment = {
            "PYTHONPATH": str(ROOT),
            "SCRAPY_SETTINGS_MODULE": "imgprint.settings",
        }
        given = [f"-e{name}={value}" for name, value in environment.items()]
        self("new-session", "-d", "-x100", "-y40", "-c", self.folder, *given, line)

    def __call__(self, *args):
        command = [*self.tmux, *map(str, args)]
        return subprocess.run(command, check=True, capture_output=True, text=True)

    def wait_for(self, words, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            text = self("capture-pane", "-p", "-S-").stdout
            if words in text:
                return text
            time.sleep(0.1)
        raise AssertionError(f"no {words!r} in\n{text}")

    def close(self):
        self("kill-server")


@pytest.fixture
def screen(tmp_path):
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


def test_the_panel_on_a_terminal(site, screen):
    screen.start("crawl", "images", f"-aurl={site.url}/")
    text = screen.wait_for("images found 41")
    panel = text[text.index("╭─ imgprint 0:00:0") :]
    assert "pages 1  images found 41  fingerprinted " in panel
    assert "bytes that the images hold" in panel
    assert "images/s" in panel
    assert "╰─" in panel
    text = screen.wait_for("code 0")
    assert "╭─" not in text, "it is gone at the end"
    assert text.count("Spider opened") == 1, "log lines stand above it"
    summary = text[text.index("            pages  1") :]
    assert f"    fingerprinted  {PICTURES}\n" in summary
    assert "          skipped  1 HTTP 404" in summary
    assert "          records  data/images-" in summary


def test_no_panel_if_it_is_off(site, screen):
    screen.start("crawl", "images", f"-aurl={site.url}/", "-sIMGPRINT_PROGRESS=0")
    assert "╭─" not in screen.wait_for("Spider opened")
    text = screen.wait_for("code 0")
    assert "╭─" not in text
    assert f"    fingerprinted  {PICTURES}\n" in text


def test_log_lines_in_a_pipe(site, tmp_path):
    done = crawl(
        f"-aurl={site.url}/", cwd=tmp_path, settings={"LOGSTATS_INTERVAL": 0.2}
    )
    assert done.code == 0
    assert "\x1b" not in done.log + done.output
    lines = [
        x for x in done.log.splitlines() if "[imgprint.extensions.progress] INFO" in x
    ]
    assert any("images found 41" in x and "now 127.0.0.1" in x for x in lines)
    assert done.output.startswith(
        "            pages  1\n     images found  41, seen in"
    )
    assert done.output.count("data/images-") == 2
    off = {"LOGSTATS_INTERVAL": 0.2, "IMGPRINT_PROGRESS": 0}
    shutil.rmtree(tmp_path / "data")
    done = crawl(f"-aurl={site.url}/0.jpg", cwd=tmp_path, settings=off)
    assert "imgprint.extensions.progress" not in done.log.replace(
        "imgprint.extensions.progress.Progress", ""
    )
    assert done.output.startswith("            pages  0\n")


def test_a_feed_on_standard_output_stays_a_feed(site, tmp_path):
    done = scrapy(
        *("crawl", "images", f"-aurl={site.url}/0.jpg", "-O-:json"), cwd=tmp_path
    )
    assert done.stdout.lstrip().startswith("[")
    assert done.stdout.rstrip().endswith("]")
    assert "    fingerprinted  1\n" in done.stderr


def test_what_a_name_can_do_to_a_terminal():
    crawler = get_crawler(settings_dict={"IMGPRINT_PROGRESS": True})
    crawler.stats.open_spider()
    progress = Progress.from_crawler(crawler)
    record = ImageRecord("http://a/\x1b[2J", site="a\x1b]0;x\x07")
    record.camera = {"make": "\x1b[31mred", "model": None}
    record.fingerprints = {"file_key": "f1:1"}
    progress.item_scraped(record)
    progress.item_scraped(Sighting(image_url="b", site="s", error="\x1b[2J"))
    progress.item_scraped({"somebody": "else's"})
    assert "\x1b" not in progress.summary()
    assert "?[31mred (1)" in progress.summary()


def test_the_summary_says_no_secret():
    slot = SimpleNamespace(uri="s3://KEY:some-secret@bucket/x.jsonl")
    settings = {"AWS_SECRET_ACCESS_KEY": "other-secret"}
    crawler = get_crawler(settings_dict={"FEEDS": {slot.uri: {}}, **settings})
    crawler.stats.open_spider()
    progress = Progress.from_crawler(crawler)
    progress.feed_closed(slot)
    progress.item_scraped(Sighting(image_url="b", error="no http://u:pw@proxy/"))
    progress.item_scraped(Sighting(image_url="c", error="other-secret is wrong"))
    summary = progress.summary()
    assert "s3://bucket/x.jsonl" in summary
    assert "1 *** is wrong" in summary
    for secret in ("KEY", "some-secret", "other-secret", "pw"):
        assert secret not in summary


def test_no_terminal_here():
    assert terminal() is None
