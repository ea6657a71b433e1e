"""Every command of README and docs, run as it is written, on the embedded gallery.

Each document has a directory, in which its commands run one after the other, and
the servers that it needs. Names of examples become those of the gallery.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from hashlib import md5
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from imgprint.demo.gallery import build
from imgprint.demo.gallery_server import GallerySite
from tests.support import report_feeds as feeds
from tests.support.crawling import ROOT
from tests.support.documents import (
    blocks,
    command_names,
    command_of,
    commands,
    documents,
    files,
    inline,
    makefile,
    pyproject,
    requirements,
)
from tests.support.servers.moto_s3 import MotoS3
from tests.support.servers.process import require

# What is not run below, and why. A line that no longer stands there fails.
SERVER = (
    "sets up /srv on a server; support/servers/scrapyd.py starts Scrapyd the same way"
)
NOT_RUN = {
    "README.md": {"make test": "it runs this"},
    "CONTRIBUTING.md": {
        "make test": "it runs this",
        "make lint": "it needs the whole repository",
    },
    "docs/deploy.md": {
        "python3 -m venv /srv/imgprint/venv": SERVER,
        "/srv/imgprint/venv/bin/pip install -r requirements.txt scrapyd==1.6.0 "
        "'setuptools<81'": SERVER,
        "cd /srv/imgprint && chmod 600 scrapyd.conf && venv/bin/scrapyd --pidfile=": (
            SERVER
        ),
    },
}
# Set-up takes the network and changes the machine: that what it names is what
# requirements*.txt, pyproject.toml and the Makefile name, is looked at instead.
SET_UP = ("pip install ", "apt-get install ")
# Documents whose commands another test runs as they are written.
ELSEWHERE = {
    "docs/deploy.md": "tests/test_scrapyd.py",
    "docs/onion.md": "tests/test_tor.py",
}
# What a document says is there, when all of its commands have run.
MADE = {
    "README.md": ["data/demo/records.json", "museums.json", "shared.graphml"],
    "docs/addon.md": ["photos/photos.jsonl"],
    "docs/audit.md": ["audit.json", "audit.sarif"],
    "docs/jobs.md": [
        *("museums.json", "museums.csv", "museums.parquet", "museums.geojson"),
        *("batch-001.jsonl", "batch-002.jsonl"),
    ],
    "docs/machines.md": ["all.jsonl", "report.html"],
    "docs/matching.md": ["images.db", "shared.graphml", "blinded.txt"],
    "docs/report.md": [
        *("report.html", "images.csv", "places.geojson", "places.kml"),
        *("images.parquet", "event.json", "bundle.json", "shared.json"),
    ],
}
WITH_COMMANDS = [name for name in documents() if commands(name)]
RUN_HERE = [name for name in WITH_COMMANDS if name not in ELSEWHERE]


class Hook(BaseHTTPRequestHandler):
    """Takes what IMGPRINT_WEBHOOK sends."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


class Place(ExitStack):
    """A checkout with a list of the gallery's pages, and what *text* needs."""

    def __init__(self, folder, text):
        super().__init__()
        self.folder = folder
        self.names = {}
        bin = Path(sys.executable).parent
        self.environment = {**os.environ, "PATH": f"{bin}:{os.environ['PATH']}"}
        # Of the make that runs the tests: one within it would say where it is.
        for name in ("SCRAPY_SETTINGS_MODULE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
            self.environment.pop(name, None)
        self.environment["PYTHONPATH"] = str(ROOT)
        self._checkout(bin)
        self._gallery()
        if "scrapy match" in text:
            self._queries()
        if "https://example.org/hook" in text:
            self._hook()
        if "scrapy enqueue" in text:
            self._postgres()
        for bucket in sorted(set(re.findall(r"s3://([\w.-]+)/", text))):
            self._s3(bucket)
        if "render=" in text:
            require("chromium", "chromium")

    def real(self, text):
        for name, real in self.names.items():
            text = text.replace(name, real)
        return text

    def write(self, files):
        """Write files whose folder a command has made by now."""
        for name, text in files.items():
            if (self.folder / name).parent.is_dir():
                (self.folder / name).write_text(self.real(text))

    def run(self, line):
        return subprocess.run(
            ["sh", "-c", self.real(line)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=170,
            check=False,
        )

    def _checkout(self, bin):
        """What make and scrapy look for; the venv is that of the tests."""
        for name in ("Makefile", "scrapy.cfg", "requirements.txt"):
            shutil.copy(ROOT / name, self.folder)
        (self.folder / "imgprint").symlink_to(ROOT / "imgprint")
        (self.folder / ".venv").mkdir()
        (self.folder / ".venv/bin").symlink_to(bin)
        (self.folder / ".venv/runtime").touch()
        (self.folder / "build/compiled").mkdir(parents=True)

    def _gallery(self):
        first = self.enter_context(GallerySite())
        second = self.enter_context(GallerySite(host="localhost"))
        gallery = build(first.url, second.url)
        first.files, second.files = gallery.files[first.url], gallery.files[second.url]
        (self.folder / "urls.txt").write_text("\n".join(gallery.start_urls))
        self.names["https://example.com/a.jpg"] = f"{first.url}/photos/rio.jpg"
        self.names["https://example.com/"] = gallery.start_urls[0]
        self.pictures = [
            body for kind, body in first.files.values() if kind[:2] == "im"
        ]

    def _queries(self):
        """Pictures, a feed and hash lists to be looked for."""
        (self.folder / "folder").mkdir()
        for path in ("picture.jpg", "folder/a.jpg"):
            (self.folder / path).write_bytes(self.pictures[0])
        hashes = [md5(body).hexdigest() for body in self.pictures]
        (self.folder / "list.csv").write_text("\n".join(["md5", *hashes]))
        (self.folder / "list.json").write_text(json.dumps(hashes))
        feeds.write(self.folder / "feed.jsonl", [feeds.record(1)])

    def _hook(self):
        server = self.enter_context(HTTPServer(("127.0.0.1", 0), Hook))
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        self.callback(thread.join)
        self.callback(server.shutdown)
        self.names["https://example.org/hook"] = (
            f"http://127.0.0.1:{server.server_port}/"
        )

    def _postgres(self):
        from tests.support.servers.postgres import Postgres

        postgres = self.enter_context(Postgres())
        self.environment |= postgres.new()
        self.names["/shared/"] = f"{self.folder}/shared/"

    def _s3(self, bucket):
        s3 = self.enter_context(MotoS3(bucket))
        region = {"AWS_DEFAULT_REGION": s3.settings["AWS_REGION_NAME"]}
        self.environment |= s3.settings | region


@pytest.mark.parametrize("document", RUN_HERE)
def test_commands(document, tmp_path):
    with Place(tmp_path, (ROOT / document).read_text()) as place:
        for command in commands(document):
            line = bare(command)
            if line.startswith(SET_UP) or line in NOT_RUN.get(document, {}):
                continue
            place.write(files(document))
            done = place.run(command.text)
            assert done.returncode == command.code, (command, done.stdout, done.stderr)
            assert "Traceback" not in done.stderr, command
    for name in MADE.get(document, []):
        assert (tmp_path / name).stat().st_size > 100, name


def test_what_is_not_run_is_still_there():
    for document, lines in NOT_RUN.items():
        written = {bare(command) for command in commands(document)}
        assert set(lines) <= written, document
    assert set(MADE) <= set(WITH_COMMANDS)
    for document, test in ELSEWHERE.items():
        assert document in WITH_COMMANDS
        assert f'"{document}"' in (ROOT / test).read_text(), test


def test_the_readme_shows_what_the_demo_prints(tmp_path):
    printed = re.search(
        r"`make demo` prints:\n\n```\n(.*?)```",
        (ROOT / "README.md").read_text(),
        re.DOTALL,
    )
    with Place(tmp_path, "") as place:
        done = place.run("make demo")
    assert done.returncode == 0, done.stderr
    shown = done.stdout.partition("\n")[2]  # make says what it runs
    assert without_ports(shown) == without_ports(printed[1])


@pytest.mark.parametrize("document", documents())
def test_versions_are_those_that_are_tested(document):
    pinned = "\n".join(path.read_text() for path in ROOT.glob("requirements*.txt"))
    pins = dict(re.findall(r"^([\w.-]+)(?:\[\w+\])?==([\w.]+)", pinned, re.MULTILINE))
    text = (ROOT / document).read_text()
    for name, version in re.findall(r"([A-Za-z][\w.-]+)==(\d[\w.]*\d)", text):
        assert pins.get(name, version) == version, name


@pytest.mark.parametrize("document", documents())
def test_links_lead_somewhere(document):
    """Links within the repository, to headings too."""
    path = ROOT / document
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if link.startswith(("http://", "https://")):
            continue
        name, _, heading = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
            assert heading in map(anchor, titles), link


def anchor(title):
    """Return what GitHub calls a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def bare(command):
    return command.text.partition("#")[0].strip()


def without_ports(text):
    return re.sub(r":\d{4,5}/", ":PORT/", text)


@pytest.mark.parametrize("document", documents())
def test_what_documents_name_exists(document):
    """Set-up that is not run, and commands within sentences."""
    said = [*inline(document), *(c.text for c in commands(document))]
    for line in said:
        words = line.partition("#")[0].replace("'", "").split()
        if words[:2] == ["pip", "install"] and words[2] == "-r":
            assert (ROOT / words[3]).is_file(), line
        elif words[:2] == ["pip", "install"] and "[" in line:
            extra = re.fullmatch(r"(?:\.|imgprint)\[(\w+)\]", words[2])
            assert re.search(rf"^{extra[1]} = ", pyproject(), re.MULTILINE), line
        elif words[:2] == ["pip", "install"] and words[2] != ".":
            names = {re.split(r"[\[=<>]", word)[0].lower() for word in words[2:]}
            assert names - {"setuptools"} <= requirements() | {"imgprint"}, line
        elif words[0] == "apt-get":
            assert set(words[2:]) <= set(re.split(r"\s", makefile())), line
        elif words[0] == "make":
            assert re.search(rf"^{words[1]}:", makefile(), re.MULTILINE), line
        elif words[0].startswith("python") and words[1].endswith(".py"):
            assert (ROOT / words[1]).is_file(), line
        elif words[0] == "scrapy" and words[1] != "startproject":  # Scrapy's own
            assert words[1] in command_names(), line
            known = command_of(words[1])[1].format_help()
            assert [o for o in re.findall(r"--[a-z-]+", line) if o not in known] == []


def test_the_picture_of_the_architecture_is_true():
    text = (ROOT / "docs/architecture.md").read_text()
    (picture,) = [lines for language, lines in blocks(text) if not language]
    package = ROOT / "imgprint"
    named = {line.split()[0] for line in picture[1:]}
    rooms = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    modules = {path.name for path in package.glob("[a-z]*.py")}
    beside = {"item_types.py", "setting_check.py"}
    assert named | beside == rooms | modules
    for name in re.findall(r"`([\w/]+(?:\.py|/))`", text):
        assert (
            (ROOT / name).exists()
            or (package / name).exists()
            or name == ("build/compiled/")
        ), name
    for name in re.findall(r"\((\w+\.\w+)\)", text):
        assert (ROOT / "docs" / name).exists(), name
    steps = re.findall(r"^(\d+)\. ", text, re.MULTILINE)
    assert len(steps) <= 15
