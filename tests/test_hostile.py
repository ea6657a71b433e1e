"""What comes of every behaviour of the hostile server, and what it may cost.

One crawl meets them all. Bounds are checked by the server's own counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic

import pytest

from tests.support.crawling import crawl
from tests.support.pictures import jpeg
from tests.support.servers.hostile import BEHAVIOURS, HostileServer

PICTURE = jpeg(1)
BUDGET = 131_072
# What the two kernels hold: the server's send buffer and our receive buffer.
IN_FLIGHT = 65_536


def start(served):
    return served[:10_241]


def end(served):
    return served[-1024:]


def changed(key, part):
    """*part* of the picture as etag-flips changes it."""
    return lambda served: part(bytes(byte ^ key for byte in served))


@dataclass(frozen=True)
class Image:
    """An expected record; *requests* is the most that the server may count.

    *head* and *tail* give the bytes that must have been hashed of the bytes
    that the server has; None where there must be no hash.
    """

    range: str
    requests: int
    head: Callable[[bytes], bytes] | None = start
    tail: Callable[[bytes], bytes] | None = end
    size: Callable[[bytes], int] | int | None = len
    proven: bool = True


@dataclass(frozen=True)
class Error:
    """How the sighting's error must begin."""

    text: str
    requests: int


INSIDE = Error("not a public address: ", 1)

TABLE = {
    Image("multipart", 1): """
        honour space-400 quoted-boundary long-boundary other-parameters lf-only
        preamble no-leading-line padded-boundary upper-case-fields no-close
        chunked-multipart swapped-parts overlapping-parts contradicting-parts
        extra-parts boundary-in-data outer-content-range part-longer
        continue-first early-hints-first body-after-answer identity-coding
        bytes-11265 bytes-11266 redirect-301 redirect-302 redirect-303
        redirect-307 redirect-308 redirect-with-body redirect-link-header
        """,
    Image("multipart", 2): """
        list-with-head-for-suffix one-part one-part-tail coalesced-part
        endless-parts part-content-range-garbage part-totals-differ
        part-totals-star part-shorter hang-up-once redirect-here
        busy-429 busy-503 busy-503-date busy-429-nonsense busy-429-negative
        """,
    Image("multipart", 3): "many-tiny-parts busy-503-twice",
    Image("multipart", 4): "redirect-chain",
    Image("multipart", 7): "redirect-target",  # of six that lead there and itself
    Image("single", 1): "bytes-11265-coalesced redirect-to-single",
    Image("single", 2): """
        list-200 first-range-only last-range-only list-206-of-everything
        suffix-416 suffix-500 suffix-as-head suffix-200 cold-cache
        cold-cache-single coalesced
        """,
    Image("single", 3): """
        list-416 list-400 list-403 list-405 list-500 list-501 list-503 list-304
        list-416-without-length list-stall suffix-501 star-total body-longer
        no-part wrong-boundary no-boundary plain-type-multipart
        giant-part-header endless-part-header part-without-content-range
        part-content-range-twice multipart-cut image-as-html
        image-as-html-single no-type octet-stream busy-429-without
        """,
    Image("single", 4): "list-reset list-hang-up",
    Image("single", 6): "redirect-target-single",  # of one that leads there, too
    Image("ignored", 1): "ignore-small one-byte bytes-500 bytes-10241 bytes-11264",
    # No tail where ranges don't work, or don't belong to the same bytes.
    Image("single", 2, tail=None): "always-206-of-everything",
    Image("ignored", 1, tail=None): "ignore-none",
    Image("ignored", 2, tail=None): "ignore-large content-range-in-200",
    Image("ignored", 3, tail=None): "unsatisfiable-small-lie",
    Image("ignored", 4, tail=None): """
        no-content-range content-range-garbage content-range-backwards
        content-range-other-unit content-range-negative content-range-huge
        content-range-star content-range-twice unsatisfiable-always
        unsatisfiable-without-length unsatisfiable-absurd unsatisfiable-with-file
        """,
    Image("single", 4, tail=None): "etag-flips-same-bytes last-modified-flips",
    Image("single", 4, head=changed(3, start), tail=None): "etag-flips",
    Image("single", 4, head=changed(1, start), tail=changed(1, end)): "etag-flips-once",
    # Nothing differs, but nothing proves that the bytes belong together.
    Image("single", 3, proven=False): "weak-etag no-validators last-modified-only",
    Image("single", 4, proven=False): "type-changes",
    # Where the server lies consistently, its word is taken.
    Image(
        "single", 3, tail=lambda served: end(served[:-1000]), size=142_702
    ): "wrong-total",
    Image("single", 3, tail=lambda served: served[:1024]): "body-much-longer",
    Image("single", 3, tail=None, size=143_703): "total-changes",
    Image("single", 4, tail=None, size=143_703): "off-by-one-end",
    Image("ignored", 2, tail=None, size=999_999_999_999_999_999): "length-huge",
    # Less than the head was given: no hash that others couldn't compare.
    Image("single", 4, head=None, tail=None): "one-byte-less body-shorter",
    # Where the end is nobody knows.
    Image("ignored", 2, tail=None, size=None): """
        ignore-chunked ignore-until-close ignore-endless ignore-endless-chunked
        chunks-without-end gzip-200
        """,
    Image("ignored", 3, tail=None, size=None): "gzip-206-lists",
    Image("ignored", 4, tail=None, size=None): "gzip-206",
    Image(
        "ignored", 2, head=lambda served: bytes(10_241), tail=None, size=None
    ): "gzip-bomb",
    Error("its first bytes were not sent", 4): "wrong-start always-tail",
    Error("empty file", 1): "unsatisfiable-zero empty empty-200",
    Error("not an image: ", 1): """
        multipart-in-200 html-as-jpeg html-as-jpeg-large redirect-refresh
        """,
    Error("answer coded as gzip", 1): "gzip-garbage",
    Error("answer coded as x-rot13", 1): "unknown-coding",
    Error("HTTP 416", 3): "unsatisfiable-even-plain",
    Error("HTTP 304", 3): "unasked-304",
    Error("HTTP 412", 3): "unasked-412",
    Error("HTTP 101", 1): "switching-protocols",
    Error("HTTP 204", 1): "status-204",
    Error("HTTP 205", 1): "status-205",
    Error("HTTP 302", 1): "redirect-no-location",
    Error("HTTP 400", 3): "status-400",
    Error("HTTP 401", 1): "status-401",
    Error("HTTP 403", 2): "status-403",
    Error("HTTP 404", 1): """
        status-404 status-404-with-image status-404-endless redirect-no-host
        redirect-split
        """,
    Error("HTTP 410", 1): "status-410",
    Error("HTTP 429", 3): "busy-429-for-a-year",
    Error("HTTP 451", 1): "status-451",
    Error("HTTP 500", 5): "status-500",
    Error("HTTP 501", 2): "status-501",
    Error("HTTP 502", 5): "status-502",
    Error("HTTP 503", 5): "status-503",
    Error("HTTP 999", 1): "status-999",
    # On a busy machine what is slow may stall for once, and is tried again.
    Error("took longer than 7 seconds", 3): "slow-drip slow-head",
    # Or the time is over first, where the machine is busy.
    Error(
        ("answer of more than 98304 bytes", "took longer"), 3
    ): "chunk-size-line-long",
    Error("http://127.0.0.1:", 3): """
        stall-at-once stall-in-head stall-after-head stall-in-body
        """,
    # A request on a connection that was kept is sent again by the client itself.
    Error("bad answer: Server disconnected", 6): "hang-up-at-once",
    Error("[Errno 104] Connection reset by peer", 6): "reset-at-once reset-in-head",
    Error("bad answer: Not enough data", 3): """
        body-cut reset-in-body body-ends-early empty-lie
        """,
    Error("bad answer: Bad status line", 3): """
        no-status-line http-0-9 other-protocol status-nonsense
        length-zero-with-body
        """,
    Error("bad answer: Duplicate Content-Length", 3): "two-lengths",
    Error("bad answer: Invalid character in Content-Length", 3): """
        length-list length-negative length-nonsense
        """,
    Error("bad answer: Content-Length overflow", 3): "length-beyond-64-bits",
    Error("bad answer: Transfer-Encoding can't", 3): "length-and-chunked",
    Error("bad answer: Invalid character in chunk size", 3): """
        chunk-size-nonsense chunk-size-negative
        """,
    Error("bad answer: Chunk size overflow", 3): "chunk-size-huge",
    Error("bad answer: Got more than 8190 bytes", 3): "giant-header redirect-long",
    Error("bad answer: Too many headers", 3): "many-headers",
    Error("bad answer: header of more than 65536", 3): "endless-header endless-hints",
    Error("bad answer: Invalid HTTP header", 3): "odd-header-bytes",
    Error("redirect to a file: URL", 1): "redirect-file",
    Error("redirect to a ftp: URL", 1): "redirect-ftp",
    Error("redirect to a data: URL", 1): "redirect-data",
    Error("redirect to a s3: URL", 1): "redirect-s3",
    Error("redirect to what is no URL", 1): """
        redirect-javascript redirect-bad redirect-bad-port
        """,
    Error("max redirections reached", 11): """
        redirect-empty redirect-loop redirect-chain-long
        """,
    Error("onion site: ", 1): "redirect-onion",
    INSIDE: """
        redirect-other-port redirect-127-0-0-2 redirect-localhost redirect-ipv6
        redirect-ipv6-mapped redirect-ipv6-mapped-hex redirect-ipv6-long
        redirect-ipv6-any redirect-decimal redirect-octal redirect-octal-whole
        redirect-hex redirect-hex-whole redirect-short redirect-zero
        redirect-zero-short redirect-user-info redirect-escaped
        redirect-full-width redirect-fragment redirect-metadata
        redirect-metadata-decimal redirect-private redirect-carrier
        redirect-ipv6-local redirect-ipv6-unique-local
        """,
}
EXPECTED = {name: what for what, names in TABLE.items() for name in names.split()}
# Resolvers differ: this is either an address of this machine or nothing at all.
EXPECTED["redirect-trailing-dot"] = None

SETTINGS = {
    # All behaviours are on one host, which must not make one wait for another.
    "CONCURRENT_REQUESTS": 256,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 256,
    "AUTOTHROTTLE_ENABLED": "False",
    "ROBOTSTXT_OBEY": "False",
    "IMGPRINT_MIN_SIZE": 0,
    "IMGPRINT_STALL_TIMEOUT": 2,
    "IMGPRINT_TIMEOUT": 7,
    "IMGPRINT_MAX_RETRY_AFTER": 1,
}


@dataclass(frozen=True)
class Outcome:
    record: dict | None
    sighting: dict
    served: bytes
    count: object


@pytest.fixture(scope="module")
def met(tmp_path_factory):
    """The finished crawl, and the Outcome of each behaviour."""
    directory = tmp_path_factory.mktemp("hostile")
    with HostileServer(PICTURE) as server:
        for name in BEHAVIOURS:
            page = f"<img src=/{name}/x.jpg>".encode()
            server.files[f"/{name}.html"] = ("text/html", page)
        # The pages are seeds, each at the port of its behaviour: all that the
        # pages lead to is there, and nothing else on this machine is open.
        seeds = [server.url(name)[: -len("/x.jpg")] + ".html" for name in BEHAVIOURS]
        (directory / "urls.txt").write_text("\n".join(seeds))
        began = monotonic()
        done = crawl("-aurls=urls.txt", cwd=directory, settings=SETTINGS)
        done.seconds = monotonic() - began
        done.canary = server.canary.reached
        counts = {name: server.count(name) for name in BEHAVIOURS}
        served = {name: server.served(name) for name in BEHAVIOURS}
    records = {record["url"].split("/")[3]: record for record in done.records}
    sightings = {s["image_url"].split("/")[3]: s for s in done.sightings}
    done.outcomes = {
        name: Outcome(records.get(name), sightings[name], served[name], counts[name])
        for name in BEHAVIOURS
    }
    return done


def test_every_behaviour_is_in_the_table():
    assert set(EXPECTED) == set(BEHAVIOURS)
    assert len(EXPECTED) == sum(len(names.split()) for names in TABLE.values()) + 1


def test_no_hang_no_crash_no_traceback(met):
    assert met.code == 0
    assert met.seconds < 60
    assert "Traceback" not in met.log
    assert "finish_reason': 'finished'" in met.log
    assert met.stats["imgprint/image/found"] == len(BEHAVIOURS)


def test_no_address_inside_is_reached(met):
    assert met.canary == []
    assert met.stats["imgprint/guard/refused"] >= 26


def digest(part, served):
    return sha256(part(served)).hexdigest() if part else None


@pytest.mark.parametrize("name", [n for n, e in EXPECTED.items() if type(e) is Image])
def test_record(name, met):
    expected, outcome = EXPECTED[name], met.outcomes[name]
    record, served = outcome.record, outcome.served
    assert record, outcome.sighting["error"]
    assert outcome.sighting["error"] is None
    size = expected.size(served) if callable(expected.size) else expected.size
    assert record["image_size"] == size
    head, tail = digest(expected.head, served), digest(expected.tail, served)
    assert record["sha256_first_10240_bytes"] == head
    assert record["sha256_last_1024_bytes"] == tail
    transfer = record["transfer"]
    assert transfer["range"] == expected.range
    assert transfer["proven"] is expected.proven
    assert transfer["requests"] <= 4
    assert transfer["bytes_received"] <= BUDGET


@pytest.mark.parametrize("name", [n for n, e in EXPECTED.items() if type(e) is Error])
def test_error(name, met):
    outcome = met.outcomes[name]
    assert outcome.record is None
    assert outcome.sighting["error"].startswith(EXPECTED[name].text)
    assert "\n" not in outcome.sighting["error"]


def test_trailing_dot(met):
    error = met.outcomes["redirect-trailing-dot"].sighting["error"]
    assert error.startswith((INSIDE.text, "can't connect to localhost.:"))


@pytest.mark.parametrize("name", EXPECTED)
def test_bounds_by_the_server_s_count(name, met):
    expected, count = EXPECTED[name] or INSIDE, met.outcomes[name].count
    assert 1 <= count.requests <= expected.requests
    assert count.total_bytes <= BUDGET + IN_FLIGHT * count.connections


def test_cost(met, capsys):
    """Print what the crawl cost."""
    counts = [outcome.count for outcome in met.outcomes.values()]
    requests = sum(count.requests for count in counts)
    sent = sum(count.total_bytes for count in counts)
    received = met.stats["imgprint/image/bytes_received"]
    with capsys.disabled():
        print(
            f"\n{len(counts)} hostile behaviours: {len(met.records)} records, "
            f"{requests} requests, {sent:,} bytes sent, {received:,} body bytes "
            f"received, at most {max(count.total_bytes for count in counts):,} sent "
            f"for one image; {met.seconds:.1f} s"
        )
    assert sent < len(counts) * 60_000
