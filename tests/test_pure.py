"""What says what bytes mean runs without Scrapy."""

import subprocess
import sys

from tests.conftest import ROOT

PURE = ("content", "demo", "discovery", "matching", "report")


def test_pure_modules_import_without_scrapy():
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for package in PURE
        for path in (ROOT / "imgprint" / package).rglob("*.py")
    ]
    modules.append("imgprint.fetch.tor.onion_names")
    assert len(modules) > 20
    code = (
        "import sys, importlib\n"
        "for name in ('scrapy', 'twisted', 'aiohttp'):\n"
        "    sys.modules[name] = None\n"
        f"for name in {modules!r}:\n"
        "    importlib.import_module(name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_modules_are_short():
    for path in (ROOT / "imgprint").rglob("*.py"):
        assert len(path.read_text().splitlines()) < 400, path
