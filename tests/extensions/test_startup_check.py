"""Somebody else's project with the add-on: the same places, the same check."""

import pytest

from imgprint.demo.gallery_server import GallerySite
from tests.support.crawling import scrapy

SPIDER = """
import scrapy

class Photos(scrapy.Spider):
    name = "photos"
    start_urls = ["URL"]
    custom_settings = SETTINGS
    def parse(self, response):
        print("timeout", self.settings["IMGPRINT_TIMEOUT"])
"""


@pytest.fixture
def other_project(tmp_path):
    """Write a project of somebody else; yield what writes its spider and crawls."""
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = theirs\n")
    with GallerySite({"/": ("text/html", b"<p>")}) as site:

        def run(*options, custom="{}", settings="", env=None):
            (tmp_path / "theirs.py").write_text(
                'SPIDER_MODULES = ["spider"]\n'
                'ADDONS = {"imgprint.addon.Addon": 500}\n'
                'IMGPRINT_ALLOWED_NETWORKS = "127.0.0.0/8"\n' + settings
            )
            text = SPIDER.replace("URL", f"{site.url}/").replace("SETTINGS", custom)
            (tmp_path / "spider.py").write_text(text)
            done = scrapy(
                *("crawl", "photos", *options),
                cwd=tmp_path,
                module=None,
                env={"IMGPRINT_TIMEOUT": "7", **(env or {})},
            )
            return done, site.requests

        yield run


def test_the_environment_in_another_project(other_project):
    done, requests = other_project(custom="{'IMGPRINT_TIMEOUT': 9}")
    assert (done.returncode, done.stdout, requests > 0) == (0, "timeout 7\n", True)
    done, _ = other_project("-sIMGPRINT_TIMEOUT=8")
    assert (done.returncode, done.stdout) == (0, "timeout 8\n")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"env": {"IMGPRINT_TIMEOUT": "abc"}}, "IMGPRINT_TIMEOUT=abc: give a number"),
        ({"settings": "IMGPRINT_TIMEOT = 5"}, "IMGPRINT_TIMEOT is not a setting: "),
        ({"custom": "{'IMGPRINT_TOR': 'on'}"}, "IMGPRINT_TOR=on: give onion, all, off"),
    ],
)
def test_a_wrong_value_in_another_project(given, said, other_project, tmp_path):
    done, requests = other_project("-sLOG_FILE=log.txt", **given)
    assert (done.returncode, done.stdout, requests) == (2, "", 0)
    assert done.stderr.startswith(f"imgprint: {said}")
    assert done.stderr.count("\n") == 1
    assert f"ERROR: {said}" in (tmp_path / "log.txt").read_text()
