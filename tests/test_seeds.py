from pathlib import Path

import pytest

from imgprint.errors import InputError
from imgprint.seeds import check_seeds, is_local_image, local_files, read_seeds
from tests.pictures import jpeg


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
