"""A server that ignores Range is cut off: little is received, less is kept."""

import os
import re

from tests.support.crawling import crawl
from tests.support.pictures import padded_jpeg
from tests.support.servers.nginx import Nginx

IMAGES = 1_000
SIZE = 3_000_000


def test_a_thousand_images_of_3_mb(tmp_path, capsys):
    root = tmp_path / "www"
    root.mkdir()
    source = root / "0.jpg"
    source.write_bytes(padded_jpeg(0, SIZE))
    for i in range(1, IMAGES):
        os.link(source, root / f"{i}.jpg")
    page = "".join(f"<img src={i}.jpg>" for i in range(IMAGES))
    (root / "index.html").write_text(page)
    with Nginx(root, max_ranges=0) as nginx:
        done = crawl(f"-aurl={nginx.url}/index.html", cwd=tmp_path)
        log = [line for line in nginx.log() if line.path.endswith(".jpg")]
    assert len(done.records) == IMAGES
    for record in done.records:
        assert record["transfer"]["range"] == "ignored"
        assert record["image_size"] == SIZE
        assert record["sha256_last_1024_bytes"] is None
    received = done.stats["imgprint/image/bytes_received"] / IMAGES
    # What nginx could hand to the kernel is more than what was under way to us.
    sent = sum(line.sent_bytes for line in log) / IMAGES
    memory = int(re.search(r"'memusage/max': (\d+)", done.log)[1]) / 1e6
    with capsys.disabled():
        print(
            f"\n{IMAGES} images of {SIZE} bytes, Range ignored: {received:,.0f} bytes "
            f"received per image, {sent:,.0f} sent, {len(log) / IMAGES:.2f} requests; "
            f"peak RSS {memory:.0f} MB"
        )
    assert received <= 110_000
    assert memory < 250
    assert len(log) <= 1.1 * IMAGES, "no tails are asked of a host that ignores Range"
