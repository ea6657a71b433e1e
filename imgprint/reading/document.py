"""Read one document for its images and links; a process of its own reads large ones.

``python -m imgprint.reading.document`` reads the documents that
imgprint.reading.process sends to its standard input, which is a socket, and answers
there.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys
import zlib
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass, field
from itertools import islice
from posixpath import splitext
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.http import HtmlResponse
from scrapy.linkextractors import IGNORED_EXTENSIONS
from scrapy.utils.gz import gunzip
from w3lib.url import safe_url_string

from imgprint.discovery.documents.collect import MAX_CANDIDATES
from imgprint.discovery.documents.encoding import as_utf_8_xml
from imgprint.discovery.documents.headers import meta_rules, parse_links, robots_rules
from imgprint.discovery.documents.linked import Linked, linked_documents, sheet_imports
from imgprint.discovery.documents.other_documents import (
    feed_candidates,
    header_candidates,
    manifest_candidates,
    sheet_candidates,
    sitemap_candidates,
)
from imgprint.discovery.documents.xml import kind_of
from imgprint.discovery.html.page import base_url, image_candidates
from imgprint.discovery.html.refresh import Refresh, page_refresh
from imgprint.discovery.html.rendering import needs_browser
from imgprint.discovery.limits import MAX_REQUEST_URL, within_limits
from imgprint.discovery.urls.image_urls import with_short_host
from imgprint.discovery.urls.joining import encode_query, join_url
from imgprint.fetch.tor.onion_names import onion_location
from imgprint.reading.page_tree import tree_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from io import BufferedRWPair

    from imgprint.discovery.candidate import Candidate

MAX_LINKS = 100_000
"""Links of one page, feed or sitemap: sitemaps.org allows 50,000 pages."""
MAX_MEMORY = 1024 * 1024 * 1024
"""Bytes of address space of the process that reads large documents."""

_BATCH = 200
_BATCH_CHARACTERS = 100_000
_BATCH_SECONDS = 0.1
_FRAME = struct.Struct(">II")

_LINKS = frozenset(["http", "https", "file", "ftp"])
_NO_PAGES = frozenset(f".{extension}" for extension in IGNORED_EXTENSIONS)


@dataclass
class Task:
    """A document to read; all but *body* goes over the socket as JSON.

    *kind* is "page", "listing" (a feed or sitemap), "stylesheet", "manifest" or
    "browser", which asks only whether a page needs one. *encoding* is a codec's
    name; *fields* are the header fields of a page; *mode* is imgprint's
    discovery.collect.Mode; *links* says whether links are wanted; *max_size* bounds
    the bytes of what is compressed. A refresh within elements named in *ignored* does
    not count.
    """

    kind: str
    url: str
    body: bytes
    encoding: str = "utf-8"
    fields: list[tuple[str, str]] = field(default_factory=list)
    mode: Any = "marked"
    links: bool = True
    max_size: int = 0
    ignored: list[str] = field(default_factory=list)


@dataclass
class Document:
    """A page, feed, sitemap or style sheet: its images, and after those its links.

    *links* are pages that a reader would go to, *lists* other sitemaps;
    *linked* what the document is made of. *robots* are its rules for robots, *way*
    is the meta of requests for its parts; *onion* is the onion site that it says
    it has. *refresh* is where it goes on to by itself. *unread* says why not all of it
    was read, "" if it was; *errors* which of *linked* could not be read, and why.
    """

    kind: str
    candidates: Iterable[Candidate] = ()
    links: Iterable[str] = ()
    lists: list[str] = field(default_factory=list)
    linked: list[Linked] = field(default_factory=list)
    robots: frozenset[str] = frozenset()
    way: dict[str, Any] = field(default_factory=dict)
    onion: str | None = None
    refresh: Refresh | None = None
    unread: str = ""
    errors: list[str] = field(default_factory=list)


def read(task: Task, skipped: Counter[str]) -> Document | None:
    """Return what the document of *task* holds, None if that is no images.

    *skipped* counts what looked like an image's URL and is not one to be fetched.
    """
    if task.kind == "listing":
        return read_listing(task, skipped)
    if task.kind in ("stylesheet", "manifest"):
        return read_part(task, skipped)
    response = HtmlResponse(task.url, body=task.body, encoding=task.encoding)
    for name, value in task.fields:
        response.headers.appendlist(name, value.encode("latin-1"))
    if task.kind == "browser":
        cut = within_limits(response.body)
        root = tree_of(response.replace(body=cut))
        return Document("browser") if needs_browser(root, task.url) else None
    document = read_page(response, task.mode, skipped, task.ignored)
    if not task.links:
        document.links = ()
    return document


def read_page(
    response: HtmlResponse, mode: Any, skipped: Counter[str], ignored: Collection[str]
) -> Document:
    """Return what a page holds: see Task for *mode* and *ignored*."""
    body = within_limits(response.body)
    unread = ""
    if body is not response.body:
        unread = "some of its tags or attributes were not read"
        response = response.replace(body=body)
    root = tree_of(response)
    url = response.url
    links = list(parse_links(_fields(response, "Link")))
    base = base_url(root, url)
    linked = list(linked_documents(root, base, links, skipped))
    found = image_candidates(
        root, url, candidates=mode, skipped=skipped, encoding=response.encoding
    )
    headers = header_candidates(links, url, mode, skipped) if links else ()
    return Document(
        "page",
        _chain(found, headers),
        _page_links(root, base, response.encoding, linked),
        linked=linked,
        robots=frozenset(
            meta_rules(root) | robots_rules(_fields(response, "X-Robots-Tag"))
        ),
        onion=onion_location(
            url, (*_fields(response, "Onion-Location"), *_equivalents(root))
        ),
        refresh=page_refresh(root, base, _fields(response, "Refresh"), ignored),
        unread=unread,
    )


def read_listing(task: Task, skipped: Counter[str]) -> Document | None:
    """Return what a feed or sitemap holds, None if it is neither."""
    body = task.body
    if body[:3] == b"\x1f\x8b\x08":
        try:
            body = gunzip(body, max_size=task.max_size)
        except (OSError, ValueError, EOFError, zlib.error):
            return None
    kind = kind_of(body)
    if not kind:
        return None
    document = Document(kind)
    pages: list[str] = []
    document.links = pages
    body = as_utf_8_xml(body)
    if kind == "feed":
        document.candidates = feed_candidates(body, task.url, task.mode, skipped, pages)
    else:
        document.candidates = sitemap_candidates(
            body, task.url, skipped, pages, document.lists
        )
    return document


def read_part(task: Task, skipped: Counter[str]) -> Document:
    """Return what a style sheet or manifest holds: *linked* are its imports."""
    text = task.body.decode(task.encoding, "replace").removeprefix("\ufeff")
    if task.kind == "manifest":
        found = manifest_candidates(text, task.url, task.mode, skipped)
        return Document(task.kind, found)
    imports = [Linked(task.kind, url) for url in sheet_imports(text, task.url, skipped)]
    found = sheet_candidates(text, task.url, task.mode, skipped)
    return Document(task.kind, found, linked=imports)


def _chain(*parts: Iterable[Candidate]) -> Iterator[Candidate]:
    for part in parts:
        yield from part


def _page_links(
    root: Any, base: str, encoding: str, linked: list[Linked]
) -> Iterator[str]:
    """Yield the pages that a page links to, each once, and its feeds."""
    seen: set[str] = set()
    for node in root.iter("a", "area", "frame", "iframe"):
        name = "src" if node.tag in ("frame", "iframe") else "href"
        url = _link(node.get(name), base, encoding)
        if url and url not in seen:
            seen.add(url)
            yield url
    for document in linked:
        if document.kind == "feed":
            yield document.url


def _link(href: str | None, base: str, encoding: str) -> str | None:
    """Return the URL of a link, None if it does not lead to a page."""
    if href is None or not with_short_host(href.strip()):
        return None
    try:
        path, mark, query = href.strip().partition("#")[0].partition("?")
        written = path + mark + encode_query(query, encoding)
        url: str = safe_url_string(join_url(base, written))
        parts = urlsplit(url)
    except ValueError:  # IPv6, port, IDNA
        return None
    if parts.scheme not in _LINKS or len(url) > MAX_REQUEST_URL:
        return None
    return None if splitext(parts.path)[1].lower() in _NO_PAGES else url


def _fields(response: HtmlResponse, name: str) -> list[str]:
    return [value.decode("latin-1") for value in response.headers.getlist(name)]


def _equivalents(root: Any) -> list[str]:
    """Return the Onion-Location fields that stand in the page instead."""
    return [
        meta.get("content") or ""
        for meta in root.iter("meta")
        if (meta.get("http-equiv") or "").strip().lower() == "onion-location"
    ]


# The process for large documents


def pack(task: Task) -> tuple[bytes, bytes]:
    """Return *task* as a head and a body to be sent, one after the other."""
    about = asdict(task)
    body = about.pop("body")
    head = json.dumps(about).encode()
    return _FRAME.pack(len(head), len(body)) + head, body


def serve(stream: BufferedRWPair) -> None:
    """Read the tasks that come by *stream*, and answer each, until it ends.

    An answer is lines of JSON, each a name and a value; the last is "end".
    """
    while len(sizes := stream.read(_FRAME.size)) == _FRAME.size:
        head, body = _FRAME.unpack(sizes)
        task = Task(**json.loads(stream.read(head)), body=stream.read(body))
        skipped: Counter[str] = Counter()
        try:
            document = read(task, skipped)
            if document:
                for name, value in _parts(document):
                    _send(stream, name, value)
            _send(stream, "skipped", dict(skipped))
        except Exception as error:  # noqa: BLE001 - the other process counts it
            _send(stream, "failed", type(error).__name__)
        _send(stream, "end", None)


def _send(stream: BufferedRWPair, name: str, value: Any) -> None:
    stream.write(json.dumps([name, value]).encode() + b"\n")
    stream.flush()


def _parts(document: Document) -> Iterator[tuple[str, Any]]:
    """Yield what is known of *document* in batches, as soon as it is known."""
    yield (
        "about",
        {
            "kind": document.kind,
            "linked": document.linked,
            "robots": sorted(document.robots),
            "onion": document.onion,
            "refresh": document.refresh,
            "unread": document.unread,
        },
    )
    for batch in _batches(islice(document.candidates, 2 * MAX_CANDIDATES)):
        yield "candidates", batch
    links = list(islice(document.links, MAX_LINKS))
    for name, urls in (("links", links), ("lists", document.lists)):
        for start in range(0, len(urls), _BATCH):
            yield name, urls[start : start + _BATCH]


def _batches(candidates: Iterable[Candidate]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    size, since = 0, monotonic()
    for candidate in candidates:
        batch.append(astuple(candidate))
        size += len(candidate.url) + len(candidate.alt or "")
        full = len(batch) == _BATCH or size > _BATCH_CHARACTERS
        if full or monotonic() - since > _BATCH_SECONDS:
            yield batch
            batch, size, since = [], 0, monotonic()
    yield batch


def main() -> None:
    """Answer at standard input, within bounds, until the other side closes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends when its crawl does
    try:
        import resource
    except ImportError:  # not on Windows
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # nothing of a page on disk
    with (
        socket.socket(fileno=os.dup(sys.stdin.fileno())) as connection,
        connection.makefile("rwb") as stream,
        suppress(ConnectionError),
    ):
        serve(stream)


if __name__ == "__main__":
    main()
