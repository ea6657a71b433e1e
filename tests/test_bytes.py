"""What a crawl costs the servers, by their own logs."""

from collections import Counter

from tests.support.crawling import crawl
from tests.support.pictures import padded_jpeg
from tests.support.servers.nginx import Nginx

IMAGES = 200
SIZE = 200_000


def test_one_request_and_12500_bytes_an_image(tmp_path):
    root = tmp_path / "www"
    root.mkdir()
    names = [f"{i:03}.jpg" for i in range(IMAGES)]
    for i, name in enumerate(names):
        (root / name).write_bytes(padded_jpeg(i, SIZE))
    page = "".join(f"<img src={name}>" for name in names)
    (root / "index.html").write_text(f"<html><body>{page}</body></html>")
    with Nginx(root) as nginx:
        done = crawl(f"-aurl={nginx.url}/index.html", cwd=tmp_path)
        log = [line for line in nginx.log() if line.path.endswith(".jpg")]
    assert done.code == 0
    assert len(done.records) == IMAGES
    assert {record["image_size"] for record in done.records} == {SIZE}
    assert Counter(line.path for line in log) == {f"/{name}": 1 for name in names}
    assert {line.method for line in log} == {"GET"}
    assert max(line.sent_bytes for line in log) <= 12_500
    for record in done.records:
        assert record["transfer"]["requests"] == 1
        assert record["transfer"]["bytes_received"] <= 12_500
