"""Passwords go to the server that wants them, and nowhere else."""

import base64
import hashlib
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from imgprint.masking import (
    Secrets,
    json_line_safe,
    json_text_safe,
    neutralised,
    text_without_credentials,
    webhook_secrets,
    without_credentials,
    without_query,
    without_tokens,
)
from tests.support.crawling import crawl, jsonl, scrapy
from tests.support.pictures import jpeg

PASSWORD = "s3cret-w0rd"
TOKEN = "0123456789-t0ken"
PICTURES = {"ann": jpeg(1, (90, 80)), "bob": jpeg(2, (90, 80))}


@pytest.mark.parametrize(
    ("url", "without"),
    [
        ("http://a.example/b@c", "http://a.example/b@c"),
        ("http://a.example?b@c", "http://a.example?b@c"),
        ("http://a.example#b@c", "http://a.example#b@c"),
        ("http://u@a.example/", "http://a.example/"),
        ("http://u:p@a.example", "http://a.example"),
        ("http://u:p@q@a.example:8/", "http://a.example:8/"),
        ("HTTP://u:p:r@[::1]:8/@", "HTTP://[::1]:8/@"),
        ("//u:p@a.example/", "//a.example/"),
        ("http:\\\\u:p@a.example/", "http:\\\\a.example/"),
        ("http://u:p q@[/", "http://[/"),
        ("u:p@a.example/b.jpg", "a.example/b.jpg"),
        ("me@a.example.jpg", "me@a.example.jpg"),
        ("s3://KEY:SECRET@bucket/a@b", "s3://bucket/a@b"),
    ],
)
def test_credentials_of_a_url(url, without):
    assert without_credentials(url) == without


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("GET http://u:p@a/ and http://v@b/@c", "GET http://a/ and http://b/@c"),
        ("<http://a/?u=http://u:p@b>", "<http://a/?u=http://b>"),
        ("feed 's3://KEY:a/b+c@bucket/x'", "feed 's3://bucket/x'"),
        ("https://a/b, mail me@example.com", "https://a/b, mail me@example.com"),
        ("nothing@all", "nothing@all"),
    ],
)
def test_credentials_in_text(text, without):
    assert text_without_credentials(text) == without


def test_a_webhook_is_shown_without_its_token():
    url = f"https://u:p@hooks.example/services/T0/{TOKEN}?token=t&x={PASSWORD}#f"
    assert without_tokens(url) == "https://hooks.example/services/T0/***"
    assert without_query(url) == f"https://hooks.example/services/T0/{TOKEN}"
    assert {TOKEN, PASSWORD, f"token=t&x={PASSWORD}"} <= {*webhook_secrets(url)}


@pytest.mark.parametrize(
    "value", ["abcdef/+=%2F", "pass'word\"\\", "with a few blanks"]
)
def test_known_secrets_are_masked_however_they_are_quoted(value):
    import pprint
    from urllib.parse import quote

    secrets = Secrets()
    secrets.add([value])
    for text in (
        value,
        repr(value),
        json.dumps({"a": value}),
        pprint.pformat({"NAME": value}),
        quote(value, safe=""),
    ):
        shown = secrets.mask(f"before {text} after")
        assert value not in shown
        assert "***" in shown
        assert shown.startswith("before ")
        assert shown.endswith(" after")


def test_a_short_secret_is_masked_where_it_is_a_value():
    secrets = Secrets()
    assert secrets.mask("{'A': 'ab'}") == "{'A': 'ab'}"
    secrets.add(["ab", "", " "])
    assert secrets.mask("about {'A': 'ab'}") == "about {'A': '***'}"


def test_what_terminals_obey_becomes_a_question_mark():
    assert neutralised("a\tb\n\x1b[2J\x9b\x7f\r\u202eé") == "a\tb\n?[2J????é"


LINE_ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


def test_json_has_no_line_ends_within():
    text = json.dumps({"a": f"é\x7f\x9f{LINE_ENDS}é"}, ensure_ascii=False)
    for safe in (json_text_safe(text), json_line_safe(text.encode()).decode()):
        assert len(safe.splitlines()) == 1
        assert "\x7f" not in safe
        assert json.loads(safe) == json.loads(text)
        assert "é" in safe


@pytest.mark.parametrize(
    "unit", ["://", "://a", "s3://", "s3://a:", "http://:@", "@", "//", "a:", "\\\\"]
)
def test_hostile_text_takes_milliseconds(unit):
    text = unit * (65_536 // len(unit))
    began = time.process_time()
    for make in (without_credentials, text_without_credentials, without_query):
        make(text)
        make(f"http://{text}")
        make(f"{text}@")
    assert time.process_time() - began < 1


# A crawl


class Site:
    """Serves pictures to those who give the right password; takes hooks, too."""

    def __init__(self):
        self.received, self.asked = [], []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.host = f"127.0.0.1:{self.server.server_port}"

    def handler(self):
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                kind, _, code = (self.headers["Authorization"] or "").partition(" ")
                user = base64.b64decode(code).decode() if kind == "Basic" else ""
                name, _, password = user.partition(":")
                site.asked.append((name, self.path))
                if password != PASSWORD:
                    self.answer(401, "text/plain", b"no")
                elif self.path == "/page":
                    where = f"http://nobody:{PASSWORD}@{site.host}"
                    page = f"<img src=/a.jpg><img src='{where}/gone.jpg'>"
                    self.answer(200, "text/html", page.encode())
                elif self.path == "/moved.jpg":
                    where = f"http://ann:{PASSWORD}@{site.host}/b.jpg"
                    self.answer(302, "text/plain", b"", Location=where)
                elif name in PICTURES and self.path in ("/a.jpg", "/b.jpg"):
                    self.answer(200, "image/jpeg", PICTURES[name])
                else:
                    self.answer(404, "text/plain", b"no")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                site.received.append(json.loads(body))
                site.asked.append(("hook", self.path))
                self.answer(204, "text/plain", b"")

            def answer(self, status, kind, body, **fields):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                for name, value in fields.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        return Handler


@contextmanager
def served():
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        thread.join()
        site.server.server_close()


def written(folder, *, but=()):
    """All bytes of all files under *folder*, by name."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {p.name: p.read_bytes() for p in files if p.name not in but}


def listed(site, tmp_path):
    """Write the list of a crawl with passwords; return its settings."""
    lines = [
        *(f"http://{name}:{PASSWORD}@{site.host}/a.jpg" for name in PICTURES),
        f"http://ann:{PASSWORD}@{site.host}/page",
        f"http://ann:{PASSWORD}@{site.host}/moved.jpg",
        f"http://me:{PASSWORD}@[not-a-host/",
        f"me:{PASSWORD}@a.example/",
    ]
    (tmp_path / "urls.txt").write_text("\n".join(lines))
    hashes = [hashlib.md5(picture).hexdigest() for picture in PICTURES.values()]
    (tmp_path / "list.txt").write_text("\n".join(hashes))
    return {
        "LOG_LEVEL": "DEBUG",
        "IMGPRINT_MIN_SIZE": 0,
        "IMGPRINT_EVIDENCE": 1,
        "IMGPRINT_HASHLIST": "list.txt",
        "IMGPRINT_WEBHOOK": f"http://{site.host}/hook/{TOKEN}?token={TOKEN}",
        "ROBOTSTXT_OBEY": 0,
    }


def same_but_for_times(records):
    return sorted(
        json.dumps({**record, "timestamp": None, "transfer": None}, sort_keys=True)
        for record in records
    )


def forget_feeds(folder):
    for path in [*folder.glob("data/*.json*"), *folder.glob("data/sightings/*")]:
        path.unlink()


def test_a_password_is_sent_and_nothing_else(tmp_path):
    with served() as site:
        settings = listed(site, tmp_path)
        done = crawl("-aurls=urls.txt", cwd=tmp_path, settings=settings)
    assert done.code == 0, done.log
    assert {("ann", "/a.jpg"), ("bob", "/a.jpg")} <= set(site.asked)
    assert ("hook", f"/hook/{TOKEN}?token={TOKEN}") in site.asked
    assert {r["url"] for r in done.records} == {
        f"http://{site.host}/a.jpg",
        f"http://{site.host}/moved.jpg",
    }
    assert len({r["sha256_first_10240_bytes"] for r in done.records}) == 2
    assert {message["url"] for message in site.received} >= {done.records[0]["url"]}
    pages = {s["page_url"] for s in done.sightings}
    assert f"http://{site.host}/page" in pages
    assert f"http://{site.host}/gone.jpg" in {s["image_url"] for s in done.sightings}
    shown = {"log": done.log.encode(), "output": done.output.encode()}
    shown |= {"hooks": json.dumps(site.received).encode()}
    shown |= written(tmp_path, but=("urls.txt",))
    for name, data in shown.items():
        assert PASSWORD.encode() not in data, name
        assert TOKEN.encode() not in data, name
    (log,) = (tmp_path / "data/evidence").iterdir()
    (feed,) = (tmp_path / "data").glob("*.jsonl")
    assert f"http://{site.host}/hook/***" in log.read_text()
    assert scrapy("verify", log, feed, cwd=tmp_path).returncode == 0


def test_a_job_tells_passwords_apart(tmp_path):
    job = tmp_path / "data/jobs/x"
    with served() as site:
        settings = listed(site, tmp_path)
        once = crawl("-aurls=urls.txt", cwd=tmp_path, settings=settings)
        forget_feeds(tmp_path)
        first = crawl("-aurls=urls.txt", "-ajob=x", cwd=tmp_path, settings=settings)
        assert first.code == 0, first.log
        assert same_but_for_times(first.records) == same_but_for_times(once.records)
        images = [asked for asked in site.asked if asked[1].endswith("jpg")]
        forget_feeds(tmp_path)
        for lost in ("index.sqlite", "index.sqlite-wal", "index.sqlite-shm"):
            (job / lost).unlink(missing_ok=True)
        (job / "requests.sqlite").unlink()
        again = crawl("-aurls=urls.txt", "-ajob=x", cwd=tmp_path, settings=settings)
        assert again.code == 0, again.log
        assert [a for a in site.asked if a[1].endswith("jpg")] == images
    assert again.records == first.records
    assert again.sightings == first.sightings
    assert job.stat().st_mode & 0o777 == 0o700
    shown = written(tmp_path, but=("urls.txt", "requests.sqlite"))
    shown |= {"log": (first.log + again.log).encode()}
    for name, data in shown.items():
        assert name.startswith("requests.sqlite") or PASSWORD.encode() not in data, name
    assert jsonl((job / "records.jsonl").read_text()) == first.records
