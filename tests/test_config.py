"""Settings that can't be used are refused in one sentence, before anything else."""

import re
from pathlib import Path

import pytest
from scrapy.settings import Settings

from imgprint.commands._reference import settings as documented
from imgprint.config import SETTINGS, Text, check_settings
from imgprint.demo.gallery_server import GallerySite
from imgprint.errors import InputError
from tests.support.crawling import crawl, scrapy

CHECKED = [name for name, kind in SETTINGS.items() if not isinstance(kind, Text)]
# What is good for one or the other of them.
WORDS = ("1", "0", "7", "60.5", "all", "largest", "onion", "group", "stylesheet")


def test_every_setting_is_in_the_table():
    # That of the compiled modules is an environment variable.
    assert {*documented()} - {"IMGPRINT_COMPILED"} == {*SETTINGS}
    named = re.findall(r'"(IMGPRINT_\w+)"', Path("pyproject.toml").read_text())
    assert {*named} <= {*SETTINGS}


@pytest.mark.parametrize("name", CHECKED)
@pytest.mark.parametrize(
    "value", ["abc", "x,y", "-1", "1e400", "nan", "9" * 5000, (5,), {"a": 1}]
)
def test_what_can_t_be_used(name, value):
    with pytest.raises(InputError, match=f"^{name}=.*: give "):
        check_settings(Settings({name: value}))


@pytest.mark.parametrize("name", CHECKED)
def test_what_can(name):
    good = [word for word in WORDS if not SETTINGS[name].check(word)]
    assert good
    for word in good:
        check_settings(Settings({name: word}))


def test_what_is_not_set():
    check_settings(Settings())
    check_settings(Settings({"IMGPRINT_DECODE": None, "IMGPRINT_LINKED": ""}))
    check_settings(Settings({"IMGPRINT_LINKED": "favicon, manifest"}))


@pytest.mark.parametrize(
    "setting",
    ["IMGPRINT_MIN_SIZE=abc", "IMGPRINT_TIMEOUT=x", "IMGPRINT_METADATA=x"],
)
def test_nothing_is_fetched(setting, tmp_path):
    with GallerySite({"/": ("text/html", b"<p>")}) as site:
        done = crawl(f"-aurl={site.url}/", "-s", setting, cwd=tmp_path)
        assert site.requests == 0
    assert done.code == 2
    assert "Traceback" not in done.log
    assert done.log.splitlines()[-1].startswith(f"imgprint: {setting}: give ")
    assert done.log.count("imgprint: ") == 1


@pytest.mark.parametrize(
    ("command", "setting"),
    [
        (("match", "a.jpg", "--db", "i.db"), "IMGPRINT_DECODE=maybe"),
        (("audit", "urls.txt"), "IMGPRINT_EVIDENCE=maybe"),
        (("worker",), "IMGPRINT_QUEUE_TIMEOUT=soon"),
        (("enqueue", "urls.txt"), "IMGPRINT_QUEUE_BUCKETS=0"),
        (("worker",), "IMGPRINT_LEAN=perhaps"),
    ],
)
def test_other_commands(command, setting, tmp_path):
    (tmp_path / "urls.txt").write_text("http://127.0.0.1:1/\n")
    done = scrapy(*command, "-s", setting, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"imgprint: {setting}: give ")
    assert done.stderr.count("\n") == 1
