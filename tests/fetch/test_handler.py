from tests.support.crawling import crawl
from tests.support.pictures import jpeg
from tests.support.servers.hostile import HostileServer


def test_a_request_without_a_body_does_not_speak_of_one(tmp_path):
    with HostileServer(jpeg()) as server:
        server.files["/page.html"] = ("text/html", b"<img src=/honour/x.jpg>")
        page, image = (
            server.common_url("/page.html"),
            server.common_url("/honour/x.jpg"),
        )
        done = crawl(f"-aurl={page}", cwd=tmp_path)
        seen = [*server.count(image).headers, *server.count(page).headers]
    assert len(done.records) == 1
    assert len(seen) == 2
    for headers in seen:
        assert "content-length" not in headers
        assert headers["user-agent"].startswith("imgprint/")
