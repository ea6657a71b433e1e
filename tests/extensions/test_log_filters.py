import logging
import sys

import pytest
from scrapy.utils.test import get_crawler

from imgprint.demo.gallery_server import GallerySite
from imgprint.extensions import log_filters as logs
from imgprint.extensions.log_filters import in_one_line
from imgprint.masking import Secrets
from tests.support.crawling import crawl
from tests.support.pictures import jpeg

KEY, SECRET = "AKIAEXAMPLEEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCY"


def record(message, *args):
    try:
        raise OSError(111, "Connection refused")
    except OSError:
        info = sys.exc_info()
    return logging.LogRecord("x", logging.ERROR, "f.py", 1, message, args, info)


def test_the_exception_replaces_the_traceback():
    shown = record("Error storing %s", "a.json")
    assert in_one_line(shown)
    text = logging.Formatter().format(shown)
    assert text == "Error storing a.json: [Errno 111] Connection refused"


def test_what_is_said_is_not_said_twice():
    shown = record("Error: %s", OSError(111, "Connection refused"))
    in_one_line(shown)
    assert logging.Formatter().format(shown).count("refused") == 1


def test_other_records_stay_as_they_are():
    shown = logging.LogRecord("x", logging.INFO, "f.py", 1, "hello %s", ("you",), None)
    assert in_one_line(shown)
    assert shown.getMessage() == "hello you"


@pytest.fixture
def masked(monkeypatch):
    """The names of settings whose values are masked; nothing is left behind."""
    monkeypatch.setattr(logs, "SECRETS", Secrets())
    factory = logging.getLogRecordFactory()
    yield lambda settings: logs.hide_secrets(
        get_crawler(settings_dict=settings).settings
    )
    logging.setLogRecordFactory(factory)


@pytest.mark.parametrize(
    ("settings", "secret"),
    [
        ({"AWS_SECRET_ACCESS_KEY": SECRET}, SECRET),
        ({"AWS_ACCESS_KEY_ID": KEY}, KEY),
        ({"AWS_SESSION_TOKEN": SECRET}, SECRET),
        ({"FTP_PASSWORD": "open-sesame"}, "open-sesame"),
        ({"MAIL_PASS": "open-sesame"}, "open-sesame"),
        ({"IMGPRINT_HASHLIST_KEY": "0123456789abcdef" * 2}, "0123456789abcdef" * 2),
        ({"FEEDS": {f"s3://{KEY}:{SECRET}@bucket/x.jsonl": {}}}, KEY),
        ({"FEEDS": {"s3://KEY123:SECRET%2F123@bucket/x": {}}}, "SECRET/123"),
        (
            {"FEEDS": {"x.jsonl": {"s": {"api_key": "open-sesame"}}}},
            "open-sesame",
        ),
        ({"IMGPRINT_QUEUE": "postgresql://me:open-sesame@db/q"}, "open-sesame"),
        ({"IMGPRINT_QUEUE": "host=db password='open sesame'"}, "open sesame"),
        ({"IMGPRINT_QUEUE": "postgresql://db/q?password=open-sesame"}, "open-sesame"),
        ({"IMGPRINT_TOR_PROXIES": ["socks5h://u:open-sesame@t:9050"]}, "open-sesame"),
        (
            {"IMGPRINT_WEBHOOK": "https://a/h?token=open-sesame"},
            "open-sesame",
        ),
        ({"IMGPRINT_WEBHOOK": "https://a/x/0123456789abcdef"}, "0123456789abcdef"),
    ],
)
def test_values_of_settings_are_masked(settings, secret, masked):
    assert secret in logs.readable(f"seen: {secret}.")
    masked(settings)
    assert logs.readable(f"seen: {secret}.") in ("seen: ***.", "seen: *** ***.")


def test_secrets_of_the_environment_are_masked(masked, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("https_proxy", "http://me:open-sesame@proxy:3128")
    masked({})
    assert logs.readable(f"{SECRET} open-sesame") == "*** ***"


def test_what_scrapy_has_by_default_is_not_masked(masked):
    masked({})
    assert logs.readable("a guest of scrapy") == "a guest of scrapy"


def test_every_logger_and_handler_shows_readable_lines(masked, caplog):
    masked({"AWS_SECRET_ACCESS_KEY": SECRET})
    logs.install("INFO")
    caplog.clear()  # before this Scrapy said what the settings are
    try:
        raise ValueError(f"http://me:pw@a.example/ {SECRET} \x1b[2J")
    except ValueError:
        logging.getLogger("anybody's").exception("%s: %d", SECRET, 5)
    logging.getLogger("other").warning("no arguments: 100% \x1b]0;\x07 http://u:p@h/")
    first, second = (
        record for record in caplog.records if record.name in ("anybody's", "other")
    )
    assert first.getMessage() == "***: 5"
    assert "ValueError: http://a.example/ *** ?[2J" in logging.Formatter().format(first)
    assert second.getMessage() == "no arguments: 100% ?]0;? http://h/"
    for text in (SECRET, "pw@", "\x1b"):
        assert text not in caplog.text


@pytest.mark.parametrize("secret", [SECRET, "abc", "two words of it"])
def test_a_crawl_says_no_secret(secret, tmp_path):
    settings = {
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "IMGPRINT_WEBHOOK": "http://127.0.0.1:9/hook?token=open-sesame",
        "IMGPRINT_QUEUE": "postgresql://me:open-sesame@db/q",
        "LOG_LEVEL": "DEBUG",
    }
    with GallerySite({"/a.jpg": ("image/jpeg", jpeg())}) as site:
        done = crawl(
            f"-aurl={site.url}/a.jpg",
            "-O",
            f"s3://{KEY}:other-secret@bucket/x.jsonl",
            cwd=tmp_path,
            settings=settings,
            env={"AWS_MAX_ATTEMPTS": "1"},
        )
    assert done.code == 1, "nobody takes the feed"
    shown = done.log + done.output
    assert "'AWS_SECRET_ACCESS_KEY': '***'" in shown
    assert "s3://bucket/x.jsonl" in shown
    for text in (KEY, "other-secret", "open-sesame", f"'{secret}'"):
        assert text not in shown, shown
