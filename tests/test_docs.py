"""The commands of documents, run as they are written, on the embedded gallery."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from imgprint.demo.gallery import build
from imgprint.demo.server import GallerySite
from tests.crawling import ROOT

EXIT = re.compile(r"# exits with (\d)")
# Made by their commands.
MADE = {
    "report.md": (
        *("report.html", "audit.sarif", "images.csv", "places.geojson", "places.kml"),
        *("images.parquet", "event.json", "bundle.json", "shared.json"),
    ),
    "jobs.md": (
        *("museums.json", "museums.csv", "museums.parquet", "museums.geojson"),
        *("batch-001.jsonl", "batch-002.jsonl"),
    ),
}


def commands(document):
    """The indented lines of *document*, in order."""
    text = (ROOT / "docs" / document).read_text()
    return re.findall(r"^    (\S.*)$", text, re.MULTILINE)


@pytest.fixture
def folder(tmp_path):
    with GallerySite() as first, GallerySite(host="localhost") as second:
        gallery = build(first.url, second.url)
        first.files, second.files = gallery.files[first.url], gallery.files[second.url]
        (tmp_path / "urls.txt").write_text("\n".join(gallery.start_urls))
        yield tmp_path


@pytest.mark.parametrize("document", MADE)
def test_commands(document, folder):
    bin = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{bin}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SCRAPY_SETTINGS_MODULE": "imgprint.settings",
    }
    lines = commands(document)
    assert len(lines) >= 5
    for line in lines:
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        said = EXIT.search(line)
        assert done.returncode == int(said[1] if said else 0), (line, done.stderr)
        assert "Traceback" not in done.stderr
    for name in MADE[document]:
        assert (folder / name).stat().st_size > 1_000, name
