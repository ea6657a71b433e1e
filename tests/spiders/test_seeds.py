from pathlib import Path

import pytest

from imgprint.errors import InputError
from imgprint.spiders.seeds import (
    MAX_INLINE,
    MAX_URL,
    check_seeds,
    inline_lines,
    is_local_image,
    list_url,
    local_files,
    read_seeds,
)
from tests.support.pictures import jpeg


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def urls(text):
    Path("urls.txt").write_text(text, encoding="utf-8")
    return [seed.error or seed.url for seed in read_seeds("urls.txt", None)]


def test_lines():
    assert urls(
        "\ufeffhttp://example.com/a b\r\n\n  # note\n  https://example.com/\u00e9  \n"
    ) == ["http://example.com/a%20b", "https://example.com/%C3%A9"]


def test_long_lines_are_cut():
    long = "http://a.example/" + "a" * MAX_URL
    errors = urls(f"{long}\nhttp://b.example/\n{long * 3}")
    assert errors == [
        f"{long[:60]!r}... has over 65,536 characters",
        "http://b.example/",
        f"{long[:60]!r}... has over 65,536 characters",
    ]
    assert urls(long[:MAX_URL]) == [long[:MAX_URL]]


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom"])
def test_devices_have_no_end(device):
    with pytest.raises(InputError, match="can't be read: it is a device"):
        check_seeds(device, None)


def test_single_urls():
    seeds = list(read_seeds(None, "http://a.example/, ,http://b.example/?x=1"))
    assert [seed.url for seed in seeds] == [
        "http://a.example/",
        "http://b.example/?x=1",
    ]


@pytest.mark.parametrize(
    "line", ["example.com", "ftp://example.com/a.jpg", "http://", "http://[::1", "a b"]
)
def test_no_url(line):
    (error,) = urls(line)
    assert repr(line) in error


def test_local_paths():
    Path("photos").mkdir()
    Path("photos/a.jpg").write_bytes(jpeg(size=(8, 8)))
    base = Path.cwd().as_uri()
    assert urls(f"photos\nphotos/a.jpg\n{base}/photos/\n") == [
        f"{base}/photos",
        f"{base}/photos/a.jpg",
        f"{base}/photos",
    ]


def test_local_files_are_told_by_their_bytes():
    Path("photos/below").mkdir(parents=True)
    Path("photos/b.txt").write_text("no image")
    Path("photos/below/a").write_bytes(jpeg(size=(8, 8)))
    files = list(local_files(Path("photos")))
    assert files == [Path("photos/b.txt"), Path("photos/below/a")]
    assert [is_local_image(file) for file in files] == [False, True]


def test_one_good_line_is_enough():
    urls("nonsense\nhttp://example.com/\n")
    check_seeds("urls.txt", None)


@pytest.mark.parametrize("text", ["", "# comment\n", "nonsense\n"])
def test_none_is_not(text):
    urls(text)
    with pytest.raises(InputError, match=r"urls\.txt"):
        check_seeds("urls.txt", None)


A, B = "http://a.example/x,1", "HTTPS://b.example/"


@pytest.mark.parametrize(
    "text",
    [
        f"{A} {B}",
        f"{A},{B}",
        f"{A}, {B}",
        f" {A} ,\n{B},\n",
        f"\n{A}\r\n\n{B}\n",
    ],
)
def test_a_list_that_is_written_out(text):
    assert inline_lines(text) == [A, B]
    assert list_url(text) is None
    seeds = list(read_seeds(text, "http://c.example/"))
    assert [seed.url for seed in seeds] == [A, B.lower(), "http://c.example/"]


def test_written_out_with_options():
    seeds = list(read_seeds(f"{A}  render=1\n{B} render=2 render=auto", None))
    assert [(s.url, s.render, bool(s.error)) for s in seeds] == [
        (A, "1", False),
        (B.lower(), None, False),
        ("", "auto", True),
    ]


@pytest.mark.parametrize("text", [A, f" {B}\n", "http://a.example/list.txt,"])
def test_one_url_is_that_of_a_list(text):
    assert list_url(text) == text.strip().rstrip(",")
    assert list(read_seeds(text, None)) == []
    check_seeds(text, None)


def test_one_page_with_an_option_is_no_list():
    assert list_url(f"{A} render=1") is None


@pytest.mark.parametrize("text", ["a,b.txt", "my urls.txt", "httpd.txt", "http:x", ""])
def test_paths_are_no_lists(text):
    assert inline_lines(text) == []


@pytest.mark.parametrize("text", ["http://", "http://[::1", "http:///x"])
def test_no_url_of_a_list(text):
    with pytest.raises(InputError, match="is no URL"):
        check_seeds(text, None)


@pytest.mark.parametrize("name", ["urls", "url"])
def test_longest(name):
    text = "http://a.example/,http://b.example/"
    text += "\N{LATIN SMALL LETTER E WITH ACUTE}" * ((MAX_INLINE - len(text)) // 2)
    check_seeds(**{"urls": None, "url": None, name: text})
    with pytest.raises(InputError, match=f"-a {name} has 65,53[78] bytes"):
        check_seeds(**{"urls": None, "url": None, name: text + "é"})
