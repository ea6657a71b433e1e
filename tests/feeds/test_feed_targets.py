"""What is said of feed targets before anything is fetched."""

from pathlib import Path

import pytest
from scrapy.settings import Settings

from imgprint.addon import Addon
from imgprint.demo.gallery_server import GallerySite
from imgprint.errors import InputError
from imgprint.feeds.feed_targets import check_names, check_schemes, check_targets
from imgprint.spiders.images import ImagesSpider
from tests.support.crawling import ROOT, crawl
from tests.support.pictures import jpeg


@pytest.fixture
def site():
    files = {f"/{n}.jpg": ("image/jpeg", jpeg(n)) for n in range(3)}
    html = b"".join(b"<img src=%d.jpg>" % n for n in range(3))
    with GallerySite({"/": ("text/html", html), **files}) as site:
        yield site


@pytest.mark.parametrize("uri", ["data/x.json", "x.json", "data/%(time)s/x.json", "-"])
def test_writable(uri, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_targets([uri, "s3://bucket/key.json"])


def test_unwritable(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("folder").mkdir()
    for uri in ("file/x.json", "folder", "file:///dev/null/x.json", "/proc/x/y.json"):
        with pytest.raises(InputError, match="can't be written"):
            check_targets([uri])


@pytest.mark.parametrize(
    "uri",
    [
        *("a.json", "%(name)s-%(time)s.json", "a%%b.json", "%(batch_time)s.json"),
        *("%(batch_id)03d.json", "%(urls)s.json", "%(render)s.json", "s3://b/%(time)s"),
    ],
)
def test_placeholders(uri):
    check_names([uri], ImagesSpider, {"urls": "a.txt", "job": "b"})


@pytest.mark.parametrize(
    "uri", ["%(site)s.jsonl", "100%.json", "a%b.json", "%(name)d", "%(name"]
)
def test_placeholders_that_stand_for_nothing(uri):
    with pytest.raises(InputError, match="give names such as"):
        check_names(["%(name)s", uri], ImagesSpider, {"urls": "a.txt"})


@pytest.mark.parametrize("option", ["-O", "-o", "-sIMGPRINT_SIGHTINGS="])
def test_a_placeholder_that_stands_for_nothing(option, tmp_path):
    name = "%(site)s.jsonl"
    given = [f"{option}{name}"] if option.endswith("=") else [option, name]
    with GallerySite({"/": ("text/html", b"<p>")}) as site:
        done = crawl(f"-aurl={site.url}/", *given, cwd=tmp_path)
        assert site.requests == 0
    assert done.code == 2
    assert "Traceback" not in done.log
    assert done.log.splitlines()[-1] == (
        "imgprint: feed '%(site)s.jsonl': no 'site'; give names such as %(name)s and "
        "%(time)s, and %% for a percent sign"
    )


def test_checking_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("old.json").write_text("old")
    check_targets(["old.json", "new.json"])
    assert [p.name for p in Path().iterdir()] == ["old.json"]
    assert Path("old.json").read_text() == "old"


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("abfs://c/x.jsonl", "there is no storage for abfs:"),
        ("http://a.example/x.jsonl", "there is no storage for http:"),
        ("gs://bucket/x.jsonl", "needs google-cloud-storage"),
        ("s3:///x.jsonl", "names no file: give s3://PLACE/FILE"),
        ("s3://bucket", "names no file"),
        ("s3://KEY:SEC/RET@bucket/", "feed 's3://bucket/' names no file"),
        ("ftp://user:word@host/", "names no file"),
    ],
)
def test_no_crawl_begins_for_a_feed_that_no_storage_takes(
    uri, sentence, site, tmp_path
):
    done = crawl(f"-aurl={site.url}/", "-O", f"{uri}:jsonl", cwd=tmp_path)
    assert done.code == 2
    assert sentence in done.log
    assert "Traceback" not in done.log
    assert "SEC/RET" not in done.log
    assert site.requests == 0


def test_schemes_that_can_be_used():
    settings = Settings()
    Addon().update_settings(settings)
    check_schemes(["x.json", "file:///x", "-", "s3://K:S@b/x", "ftp://h/x"], settings)


def test_a_feed_that_another_storage_can_not_take(site, tmp_path):
    target = "ftp://user:passw0rd@127.0.0.1:9/x.jsonl"
    done = crawl(f"-aurl={site.url}/", "-O", target, cwd=tmp_path)
    assert done.code == 1
    assert len(done.records) == 3, "the other feeds are stored"
    assert done.log.splitlines()[-1].startswith(
        "imgprint: feed 'ftp://127.0.0.1:9/x.jsonl' could not be stored: "
    )
    assert "passw0rd" not in done.log + done.output


PARAMS = """
def bad(params, spider):
    raise KeyError("boom")
"""


@pytest.mark.parametrize("job", [(), ("-ajob=a",)])
def test_parameters_of_a_feed_that_raise(job, site, tmp_path):
    (tmp_path / "mod.py").write_text(PARAMS)
    run = (f"-aurl={site.url}/", *job, "-O", "%(x)s.jsonl")
    done = crawl(
        *run,
        cwd=tmp_path,
        settings={"FEED_URI_PARAMS": "mod.bad"},
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}"},
    )
    assert done.code == 1
    assert "imgprint: feeds can't be begun: KeyError: 'boom'" in done.log
    assert "Traceback" not in done.log


def test_a_damaged_line_of_a_job_s_journal(site, tmp_path):
    run = (f"-aurl={site.url}/", "-ajob=b", "-O", "b.csv")
    assert crawl(*run, cwd=tmp_path).code == 0
    (tmp_path / "b.csv").unlink()
    journal = tmp_path / "data/jobs/b/records.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    at = lines[1].index(b'"status"') + 11
    lines[1] = lines[1][:at] + b"\xff" + lines[1][at + 1 :]
    journal.write_bytes(b"".join(lines))
    done = crawl(*run, cwd=tmp_path)
    assert done.code == 1
    assert "imgprint: feeds of the job in 'data/jobs/b' lack items" in done.log
    assert len((tmp_path / "b.csv").read_text().splitlines()) == 3, "the others are"
    assert "Traceback" not in done.log
    journal.unlink()  # it is not what the schema says
