"""Real servers: the same images, the same records, and what each of them costs."""

from collections import Counter

import pytest

from tests.support.crawling import crawl, same_in_every_fetch
from tests.support.pictures import jpeg
from tests.support.servers.apache import Apache
from tests.support.servers.caddy import Caddy
from tests.support.servers.lighttpd import Lighttpd
from tests.support.servers.moto_s3 import MotoS3
from tests.support.servers.nginx import Nginx

# A small one that servers may give whole, and some that they must not.
PICTURES = {
    "tiny.jpg": jpeg(0, (64, 64)),
    **{f"{n}.jpg": jpeg(n) for n in range(1, 9)},
}
PAGE = "".join(f"<img src={name}>" for name in PICTURES).encode()
# What a server says of an image, and how it gave it.
SERVER_S = ("status", "etag", "last_modified", "server", "etag_decoded", "transfer")


def on_disk(kind, **options):
    def serve(tmp_path):
        root = tmp_path / "www"
        root.mkdir()
        for name, body in {**PICTURES, "index.html": PAGE}.items():
            (root / name).write_bytes(body)
        return kind(root, **options)

    return serve


def requests_of(server):
    """How often the server was asked for each image, by its own log."""
    names = (line.path.rpartition("/")[2] for line in server.log())
    return Counter(name for name in names if name in PICTURES)


# How each gives ranges, and how many requests a large image takes once the
# server is known: the first one or two images may take one more.
SERVERS = {
    "nginx": (on_disk(Nginx), "multipart", 1),
    "nginx, max_ranges 1": (on_disk(Nginx, max_ranges=1), "single", 2),
    "nginx, max_ranges 0": (on_disk(Nginx, max_ranges=0), "ignored", 1),
    "Apache httpd": (on_disk(Apache), "multipart", 1),
    "lighttpd": (on_disk(Lighttpd), "multipart", 1),
    "Caddy": (on_disk(Caddy), "multipart", 1),
    "moto S3": (lambda tmp_path: MotoS3(), "single", 2),
}


@pytest.fixture(scope="module")
def crawls(tmp_path_factory):
    """The crawl of the pictures on each server, with its own count of requests."""
    crawls = {}
    for name, (serve, _, _) in SERVERS.items():
        directory = tmp_path_factory.mktemp("server")
        with serve(directory) as server:
            if isinstance(server, MotoS3):
                for key, body in PICTURES.items():
                    server.put(key, body)
                page = server.put("index.html", PAGE, "text/html")
            else:
                page = server.url + "/index.html"
            before = requests_of(server)
            # One after the other, so that what a host showed is known to the next.
            settings = {"CONCURRENT_REQUESTS_PER_DOMAIN": 1, "IMGPRINT_MIN_SIZE": 0}
            done = crawl(f"-aurl={page}", cwd=directory, settings=settings)
            done.requests = requests_of(server) - before
        assert done.code == 0, done.log
        crawls[name] = done
    return crawls


def pictures(done):
    """The records by name, without what is the server's."""
    records = {}
    for name, record in done.by_name().items():
        record = same_in_every_fetch(record)
        for field in SERVER_S:
            record.pop(field, None)
        record["fingerprints"] = {
            k: v for k, v in record["fingerprints"].items() if k != "declared"
        }
        records[name] = record
    return records


@pytest.mark.parametrize("name", SERVERS)
def test_same_image_same_record(name, crawls):
    reference, records = pictures(crawls["nginx"]), pictures(crawls[name])
    assert set(records) == set(PICTURES)
    for picture, record in records.items():
        expected = dict(reference[picture])
        if not record["sha256_last_1024_bytes"]:
            # Without ranges there is no tail: all that it would give is absent.
            assert SERVERS[name][1] == "ignored"
            record = {k: v for k, v in record.items() if v is not None}
            expected = {k: expected[k] for k in record}
            del record["fingerprints"], expected["fingerprints"]
        assert record == expected


@pytest.mark.parametrize("name", SERVERS)
def test_how_ranges_were_given(name, crawls):
    _, kind, most = SERVERS[name]
    done = crawls[name]
    kinds = Counter(record["transfer"]["range"] for record in done.records)
    assert kinds.most_common(1)[0][0] == kind
    large = [done.requests[picture] for picture in list(PICTURES)[3:]]
    if kind != "ignored":
        assert set(large) == {most}
    else:  # a tail is asked for until three images had none
        assert large[-1] == most
    for record in done.records:
        counted = done.requests[record["url"].rpartition("/")[2]]
        assert record["transfer"]["requests"] == counted
        assert record["transfer"]["proven"] is True


def test_table(crawls, capsys):
    """Print the number of requests per image, as each server counted them."""
    lines = [f"\n{'server':22}{'ranges':11}{'requests/image':>15}{'bytes/image':>13}"]
    for name, done in crawls.items():
        requests = sum(done.requests.values()) / len(PICTURES)
        received = [record["transfer"]["bytes_received"] for record in done.records]
        mean = sum(received) / len(received)
        lines.append(f"{name:22}{SERVERS[name][1]:11}{requests:15.2f}{mean:13,.0f}")
    with capsys.disabled():
        print("\n".join(lines))
    assert len(lines) == len(SERVERS) + 1
