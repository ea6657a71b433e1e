"""Do the servers serve, log and stop? What imgprint makes of them is elsewhere."""

import os
import shutil
from http.client import HTTPConnection
from random import Random

import pytest

from tests.support.servers.apache import Apache
from tests.support.servers.caddy import Caddy
from tests.support.servers.lighttpd import Lighttpd
from tests.support.servers.moto_s3 import MotoS3
from tests.support.servers.nginx import Nginx
from tests.support.servers.process import require

BODY = Random(2).randbytes(200_000)
LIST = "bytes=0-10240,-1024"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(BODY)
    return tmp_path


def get(server, path, field=None):
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", path, headers={"Range": field} if field else {})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


@pytest.mark.parametrize("kind", [Nginx, Apache, Lighttpd, Caddy])
def test_lists_log_and_end(kind, root, capfd):
    with kind(root) as server:
        pid, directory = server._process.pid, server.directory
        response, body = get(server, "/photos/a.jpg", LIST)
        assert response.status == 206
        assert response.headers["Content-Type"].startswith("multipart/byteranges")
        assert BODY[:10_241] in body
        assert BODY[-1024:] in body
        response, body = get(server, "/photos/a.jpg")
        assert (response.status, body) == (200, BODY)
        assert response.headers["Content-Type"] == "image/jpeg"
        assert get(server, "/none.jpg")[0].status == 404
        lines = server.log()
    # Caddy writes its log as requests end, which need not be in order.
    lines.sort(key=lambda line: [206, 200, 404].index(line.status))
    assert [line.status for line in lines] == [206, 200, 404]
    assert [line.range for line in lines] == [LIST, None, None]
    assert {line.method for line in lines} == {"GET"}
    assert lines[0].path == "/photos/a.jpg"
    assert 11_265 < lines[0].body_bytes < 12_000
    assert lines[1].body_bytes == 200_000
    assert lines[1].sent_bytes is None or lines[1].sent_bytes > 200_000
    assert not directory.exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(pid, 0)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("limit", "one"), [(0, 200), (1, 206)])
def test_nginx_max_ranges(limit, one, root):
    with Nginx(root, max_ranges=limit) as server:
        assert get(server, "/photos/a.jpg", LIST)[0].status == 200
        assert get(server, "/photos/a.jpg", "bytes=0-10240")[0].status == one


def test_nginx_extra(root):
    with Nginx(root, "location = /x { return 503; }") as server:
        assert get(server, "/x")[0].status == 503


def test_moto(capfd):
    with MotoS3() as server:
        url = server.put("a/b c.jpg", BODY)
        assert url == f"{server.url}/images/a/b%20c.jpg"
        response, body = get(server, "/images/a/b%20c.jpg", "bytes=-1024")
        assert (response.status, body) == (206, BODY[-1024:])
        assert server.keys() == ["a/b c.jpg"]
        assert server.get("a/b c.jpg") == BODY
        lines = [line for line in server.log() if line.method == "GET"]
    assert (lines[0].path, lines[0].status) == ("/images/a/b%20c.jpg", 206)
    assert capfd.readouterr() == ("", "")


def test_wrong_configuration_is_an_error(root):
    with (
        pytest.raises(RuntimeError, match="nonsense"),
        Nginx(root, "nonsense;"),
    ):
        pass


def test_require_names_the_package():
    with pytest.raises(pytest.skip.Exception, match="apt-get install no-such-package"):
        require("no-such-program", "no-such-package")
    assert require("sh", "dash") == shutil.which("sh")
