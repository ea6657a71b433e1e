"""Which browser is run; what one does is in test_render.py."""

import pytest

from imgprint.fetch.browser.chromium import FLAGS, NoBrowserError, find_browser


@pytest.fixture
def program(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "chromium-browser"
    path.touch(mode=0o755)
    return str(path)


def test_the_system_s(program):
    assert find_browser(None, "/none") == program


def test_playwright_s_own_goes_first(program, tmp_path):
    own = tmp_path / "chrome"
    own.touch()
    assert find_browser(None, str(own)) == str(own)


def test_the_user_s_goes_before_all(program, tmp_path):
    own = tmp_path / "chrome"
    own.touch()
    assert find_browser("chromium-browser", str(own)) == program
    with pytest.raises(NoBrowserError, match="IMGPRINT_BROWSER=/gone is no program"):
        find_browser("/gone", str(own))


def test_none(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoBrowserError, match="apt-get install chromium"):
        find_browser(None, "/none")


def test_no_way_out():
    proxies = [flag for flag in FLAGS if flag.startswith("--proxy")]
    assert proxies == [
        "--proxy-server=socks5://imgprint.invalid:1",
        "--proxy-bypass-list=<-loopback>",
    ]
