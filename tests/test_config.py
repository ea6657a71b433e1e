"""Settings that can't be used are refused in one sentence, before anything else."""

import ast
import os
import re
import shutil
import tomllib

import pytest
from scrapy.settings import Settings

from imgprint import config
from imgprint.commands._check_settings import check_settings
from imgprint.commands._reference import modules, reference
from imgprint.config import SETTINGS
from imgprint.demo.gallery_server import GallerySite
from imgprint.errors import InputError
from imgprint.setting_check import ENVIRONMENT_ONLY
from tests.support.crawling import ROOT, crawl, scrapy

NOT_NUMBERS = ("abc", "", "-1", "nan", "1e400", "9" * 5000, (5,), {"a": 1})
NOT_WORDS = ("some", "x,y", "", 5, (5,), {"a": 1})
NOT_TEXT = (5, ("a",), {"a": 1})
NOT_SWITCHES = ("yes", "maybe", "2", "", 1.5, {"a": 1})
NO_FILE = ("no/such/file", *NOT_TEXT)
# Of each setting values that can't be used.
WRONG = {
    "IMGPRINT_MIN_SIZE": (*NOT_NUMBERS, "1.5", 1.5),
    "IMGPRINT_METADATA": NOT_WORDS,
    "IMGPRINT_VARIANTS": NOT_WORDS,
    "IMGPRINT_CANDIDATES": NOT_WORDS,
    "IMGPRINT_LINKED": ("some", "x,y", "stylesheet;manifest", 5, (5,), {"a": 1}),
    "IMGPRINT_OBEY_ROBOTS_TAGS": NOT_SWITCHES,
    "IMGPRINT_REVISIT": NO_FILE,
    "IMGPRINT_DECODE": NOT_SWITCHES,
    "IMGPRINT_TIMEOUT": (*NOT_NUMBERS, "0"),
    "IMGPRINT_STALL_TIMEOUT": (*NOT_NUMBERS, "0"),
    "IMGPRINT_READ_TIMEOUT": (*NOT_NUMBERS, "0"),
    "IMGPRINT_MAX_RETRY_AFTER": NOT_NUMBERS,
    "IMGPRINT_ALLOWED_NETWORKS": ("10.0.0.0/99", "intranet", "10.0.0.1/8", 5, (5,)),
    "IMGPRINT_BLOCKLIST": NO_FILE,
    "IMGPRINT_TOR": NOT_WORDS,
    "IMGPRINT_TOR_PROXIES": (
        *("127.0.0.1:9050", "socks5://127.0.0.1:9050", "socks5h://me:pw@tor:9050"),
        *("socks5h://" + "a" * 56 + ".onion:9050", "socks5h://tor:port", 5, (5,)),
    ),
    "IMGPRINT_TOR_TIMEOUT": (*NOT_NUMBERS, "0"),
    "IMGPRINT_I2P_PROXY": ("127.0.0.1:4444", "ftp://a", "http://a:port", "http://", 5),
    "IMGPRINT_BROWSER": NO_FILE,
    "IMGPRINT_RENDER_TIMEOUT": (*NOT_NUMBERS, "0"),
    "IMGPRINT_HASHLIST": NO_FILE,
    "IMGPRINT_HASHLIST_KEY": NO_FILE,
    "IMGPRINT_WEBHOOK": ("gopher://h/x", "mail", "http://", "http://[", 5),
    "IMGPRINT_SIGHTINGS": NOT_TEXT,
    "IMGPRINT_SPOOL": ("", __file__, *NOT_TEXT),
    "IMGPRINT_PRIVACY": ("no/such/file", 1.5, ("a",), {"a": 1}),
    "IMGPRINT_EVIDENCE": NOT_SWITCHES,
    "IMGPRINT_PROGRESS": NOT_SWITCHES,
    "IMGPRINT_MAX_SIGHTING_BYTES_PER_PAGE": (*NOT_NUMBERS, "0"),
    "IMGPRINT_MAX_SIGHTING_BYTES_PER_SITE": (*NOT_NUMBERS, "0"),
    "IMGPRINT_QUEUE": ("the queue", "mysql://me:p@ss@host/queue", *NOT_TEXT),
    "IMGPRINT_QUEUE_BUCKETS": (*NOT_NUMBERS, "0"),
    "IMGPRINT_QUEUE_TIMEOUT": (*NOT_NUMBERS, "5"),
    "IMGPRINT_REQUESTS_IN_MEMORY": (*NOT_NUMBERS, "1.5"),
    "IMGPRINT_GC_THRESHOLD": (*NOT_NUMBERS, "1.5"),
    "IMGPRINT_LEAN": NOT_SWITCHES,
}
# Of each setting what a user may write, and the value that it stands for.
RIGHT = {
    "IMGPRINT_MIN_SIZE": {"0": 0, "1000": 1000},
    "IMGPRINT_METADATA": {"exif": "exif"},
    "IMGPRINT_VARIANTS": {"original": "original"},
    "IMGPRINT_CANDIDATES": {"all": "all"},
    "IMGPRINT_LINKED": {
        "favicon, manifest": frozenset({"favicon", "manifest"}),
        "": frozenset(),
    },
    "IMGPRINT_OBEY_ROBOTS_TAGS": {"1": True, "False": False},
    "IMGPRINT_DECODE": {"true": True, "0": False},
    "IMGPRINT_TIMEOUT": {"0.5": 0.5},
    "IMGPRINT_STALL_TIMEOUT": {"1e1": 10.0},
    "IMGPRINT_READ_TIMEOUT": {"7": 7.0},
    "IMGPRINT_MAX_RETRY_AFTER": {"0": 0.0},
    "IMGPRINT_TOR": {"off": "off"},
    "IMGPRINT_TOR_PROXIES": {
        "": (),
        "socks5h://tor, socks5h://[::1]:9150": (
            "socks5h://tor:9050",
            "socks5h://[::1]:9150",
        ),
    },
    "IMGPRINT_TOR_TIMEOUT": {"200": 200.0},
    "IMGPRINT_I2P_PROXY": {"http://127.0.0.1:4444": "http://127.0.0.1:4444"},
    "IMGPRINT_RENDER_TIMEOUT": {"3": 3.0},
    "IMGPRINT_WEBHOOK": {"https://a.example/x": "https://a.example/x", "": None},
    "IMGPRINT_SIGHTINGS": {"": None, "s3://bucket/x": "s3://bucket/x"},
    "IMGPRINT_SPOOL": {"spool": "spool"},
    "IMGPRINT_PRIVACY": {"": False, "0": False, "1": True, "key": "key"},
    "IMGPRINT_EVIDENCE": {"1": True},
    "IMGPRINT_PROGRESS": {"0": False},
    "IMGPRINT_MAX_SIGHTING_BYTES_PER_PAGE": {"1": 1},
    "IMGPRINT_MAX_SIGHTING_BYTES_PER_SITE": {"1": 1},
    "IMGPRINT_QUEUE": {
        "": None,
        "postgresql://a@b/c": "postgresql://a@b/c",
        "host=a dbname=b": "host=a dbname=b",
    },
    "IMGPRINT_QUEUE_BUCKETS": {"8": 8},
    "IMGPRINT_QUEUE_TIMEOUT": {"6": 6.0},
    "IMGPRINT_REQUESTS_IN_MEMORY": {"0": 0},
    "IMGPRINT_GC_THRESHOLD": {"0": 0},
    "IMGPRINT_LEAN": {"0": False},
}


def test_the_table_is_whole():
    assert [*WRONG] == [*SETTINGS]
    for name, setting in SETTINGS.items():
        assert getattr(config, name.removeprefix("IMGPRINT_")) is setting
        for text in (setting.group, setting.meaning, setting.change):
            assert len(text) > 5
        assert setting.meaning.endswith(".")
        assert setting.change.endswith(".")


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in WRONG for value in WRONG[name]]
)
def test_a_wrong_value_is_one_sentence(name, value):
    with pytest.raises(InputError) as caught:
        check_settings(Settings({name: value}))
    text = str(caught.value)
    assert name in text
    assert " give " in text
    assert "\n" not in text
    assert len(text) < 400
    if name != "IMGPRINT_QUEUE":  # it may hold a password
        assert str(value)[:20].partition("me:")[0] in text
    assert "p@ss" not in text


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_value_is_read(name):
    for text, value in RIGHT[name].items():
        read = SETTINGS[name].read(Settings({name: text}))
        assert (read, type(read)) == (value, type(value))


def test_files_are_read(tmp_path):
    (tmp_path / "key").write_bytes(b"k" * 16)
    (tmp_path / "list").write_text("md5\n" + "0" * 32)
    (tmp_path / "hosts").write_text("# none\n")
    (tmp_path / "feed.jsonl").write_text("")
    given = {
        "IMGPRINT_BLOCKLIST": str(tmp_path / "hosts"),
        "IMGPRINT_BROWSER": shutil.which("sh"),
        "IMGPRINT_HASHLIST": tmp_path / "list",
        "IMGPRINT_HASHLIST_KEY": str(tmp_path / "key"),
        "IMGPRINT_PRIVACY": tmp_path / "key",
        "IMGPRINT_REVISIT": str(tmp_path / "feed.jsonl"),
        "IMGPRINT_SPOOL": str(tmp_path),
    }
    check_settings(Settings(given))
    assert not {*given} & {*RIGHT} - {"IMGPRINT_PRIVACY", "IMGPRINT_SPOOL"}
    assert {*given, *RIGHT} == {*SETTINGS} - {"IMGPRINT_ALLOWED_NETWORKS"}


def test_networks_are_read():
    settings = Settings({"IMGPRINT_ALLOWED_NETWORKS": "10.0.0.0/8, ::1"})
    networks = config.ALLOWED_NETWORKS.read(settings)
    assert [*map(str, networks)] == ["10.0.0.0/8", "::1/128"]


def test_without_a_value_it_is_the_default():
    nothing = Settings(dict.fromkeys(SETTINGS))
    check_settings(nothing)
    for setting in SETTINGS.values():
        assert setting.read(Settings()) == setting.read(nothing) == setting.default


# The environment


def test_a_crawl_takes_settings_from_the_environment(tmp_path):
    pages = {"/": ("text/html", b"<img src=a.gif>"), "/a.gif": ("image/gif", GIF)}
    environment = {
        "IMGPRINT_MIN_SIZE": "0",
        "IMGPRINT_SIGHTINGS": "",
        "IMGPRINT_TOR": "off",
    }
    with GallerySite(pages) as site:
        done = crawl(f"-aurl={site.url}/", cwd=tmp_path, env=environment)
    assert (done.code, len(done.records)) == (0, 1)
    assert done.sightings is None


GIF = b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x01\0\0;"


# Processes


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("IMGPRINT_TIMEOUT=abc", "IMGPRINT_TIMEOUT=abc: give a number of "),
        ("IMGPRINT_DECODE=yes", "IMGPRINT_DECODE=yes: give 1 or 0"),
        ("IMGPRINT_METADATA=some", "IMGPRINT_METADATA=some: give all, exif"),
        ("IMGPRINT_TIMEOT=5", "IMGPRINT_TIMEOT is not a setting: did you mean "),
        ("IMGPRINT_HASHLIST=no.txt", "IMGPRINT_HASHLIST=no.txt: hash list 'no.txt'"),
    ],
)
def test_nothing_is_fetched(setting, said, tmp_path):
    with GallerySite({"/": ("text/html", b"<p>")}) as site:
        done = crawl(f"-aurl={site.url}/", "-s", setting, cwd=tmp_path)
        assert site.requests == 0
    assert done.code == 2
    assert "Traceback" not in done.log
    assert done.log.splitlines()[-1].startswith(f"imgprint: {said}")
    assert done.log.count("\nimgprint: ") + done.log.startswith("imgprint: ") == 1


@pytest.mark.parametrize(
    ("command", "setting"),
    [
        (("match", "a.jpg", "--db", "i.db"), "IMGPRINT_DECODE=maybe"),
        (("audit", "urls.txt"), "IMGPRINT_EVIDENCE=maybe"),
        (("demo",), "IMGPRINT_TIMEOUT=soon"),
        (("worker",), "IMGPRINT_QUEUE_TIMEOUT=soon"),
        (("enqueue", "urls.txt"), "IMGPRINT_QUEUE_BUCKETS=0"),
        (("jobs",), "IMGPRINT_LEAN=perhaps"),
        (("spool",), "IMGPRINT_LEAN=perhaps"),
    ],
)
def test_other_commands(command, setting, tmp_path):
    (tmp_path / "urls.txt").write_text("http://127.0.0.1:1/\n")
    name, _, value = setting.partition("=")
    for options, env in ((["-s", setting], {}), ([], {name: value})):
        done = scrapy(*command, *options, cwd=tmp_path, env=env)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"imgprint: {setting}: give ")
        assert done.stderr.count("\n") == 1


# Each setting stands once

ITS_OWN = (
    "imgprint.config",
    "imgprint.content.__init__",
    "imgprint.setting_check",
)


def test_no_other_module_names_a_setting():
    """They read it from its row in config.py, with its type and default."""
    found = []
    for module, tree in modules():
        for node in ast.walk(tree):
            value = getattr(node, "value", None)
            if isinstance(node, ast.Constant) and isinstance(value, str):
                name = re.fullmatch(r"IMGPRINT_[A-Z0-9_]*", value)
                if name and module not in ITS_OWN:
                    found.append(f"{module}: {value}")
    assert found == []


def test_a_setting_is_documented_once():
    text = (ROOT / "docs/settings.md").read_text()
    assert re.findall(r"^### (\w+)$", text, re.MULTILINE) == [*SETTINGS]
    entries = re.findall(r"^[A-Z`].{30,}$", text.partition("\n## ")[2], re.MULTILINE)
    assert len({*entries}) == len(entries)
    for setting in SETTINGS.values():
        assert text.count(setting.meaning) == 1, setting.name
        assert f"- When to change it: {setting.change}\n" in reference()


def test_the_linter_knows_the_settings():
    with (ROOT / "pyproject.toml").open("rb") as file:
        known = tomllib.load(file)["tool"]["scrapy-lint"]["known-settings"]
    known = [name for name in known if name.startswith("IMGPRINT_")]
    assert known == sorted(SETTINGS)


def test_no_document_names_what_is_not_there():
    names = {*SETTINGS, *ENVIRONMENT_ONLY}
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        if path.name != "CHANGELOG.md":
            for name in re.findall(r"\bIMGPRINT_[A-Z0-9_]*[A-Z0-9]", path.read_text()):
                assert name in names, path.name


def test_the_environment_of_the_tests_is_clean():
    assert not {*os.environ} & {*SETTINGS}
