"""One request for parts of an image, its answer, and how they are compared."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import NamedTuple

from imgprint.content.byte_ranges.range_grammar import (
    Part,
    is_multipart,
    multipart_parts,
    parse_content_range,
    range_header,
)

# The reference asks for "bytes=0-10240" and calls it the first 10240 bytes:
# it is 10,241. Kept, so that published hashes stay comparable.
HEAD = range(0, 10_241)
TAIL_SIZE = 1024

SMALL = 16_384  # an answer up to this size is read whole
MULTIPART_OVERHEAD = 20_480  # part headers: 334 bytes were the most measured


class Ask(NamedTuple):
    """One request: its ranges (none: the whole file), and how much to read."""

    parts: tuple[range | int, ...]

    @property
    def range(self) -> str | None:
        """The value of the Range field, None for a request without one."""
        return range_header(*self.parts) if self.parts else None

    @property
    def wanted(self) -> int:
        """How many bytes of the image this asks for (without Range: the head)."""
        sizes = [-p if isinstance(p, int) else len(p) for p in self.parts]
        return sum(sizes) or len(HEAD)

    @property
    def from_start(self) -> bool:
        """Whether a whole file in answer would begin with what is asked for."""
        first = self.parts[0] if self.parts else HEAD
        return not isinstance(first, int) and first.start == 0


def body_limit(ask: Ask, headers: Mapping[str, str], length: int | None) -> int:
    """Return how many body bytes of the answer to *ask* are worth reading.

    *headers* have lower-case names; *length* is the body's size where known.
    """
    if length is not None and length <= SMALL:
        return length
    if is_multipart(headers.get("content-type", "")):
        return ask.wanted + MULTIPART_OVERHEAD
    try:
        span, _ = parse_content_range(headers.get("content-range", ""))
    except ValueError:
        if not ask.from_start:
            return 0
        # Without a length the end may be near: read what a small file has.
        return len(HEAD) if length is not None else SMALL
    if span is None:
        return 0
    return len(span) if len(span) <= max(SMALL, ask.wanted) else ask.wanted


class Validators(NamedTuple):
    """What tells one representation from another (RFC 9110 section 8.8)."""

    etag: str | None
    last_modified: str | None
    size: int | None
    media_type: str | None = None

    def join(self, other: Validators) -> bool | None:
        """Return whether bytes of both may be joined, None if they must not.

        True: proven by an equal strong ETag (RFC 9110 section 15.3.7.3).
        False: nothing differs, but nothing proves it.
        """
        if self.etag and other.etag:
            if self.etag != other.etag:
                return None
            if not self.etag.startswith("W/"):
                return True
        for mine, theirs in (
            (self.size, other.size),
            (self.last_modified, other.last_modified),
            (self.media_type, other.media_type),
        ):
            if None not in (mine, theirs) and mine != theirs:
                return None
        return False


class Answer(NamedTuple):
    """A response: *headers* with lower-case names, *body* as far as it was read.

    *received* counts body bytes with those that were thrown away; *cut* says
    that the transfer was stopped before its end.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    received: int
    cut: bool

    @property
    def multipart(self) -> bool:
        """Whether this is multipart/byteranges."""
        return is_multipart(self.headers.get("content-type", ""))

    @property
    def coding(self) -> str | None:
        """The content coding, None for none: then offsets are the image's own."""
        coding = self.headers.get("content-encoding", "").strip().lower()
        return None if coding in ("", "identity") else coding

    @property
    def length(self) -> int | None:
        """The Content-Length, None if there is no valid one."""
        value = self.headers.get("content-length", "")
        return int(value) if value.isascii() and value.isdigit() else None

    def validators(self, size: int | None, media_type: str | None) -> Validators:
        """The validators of the representation, which has *size* bytes."""
        get = self.headers.get
        return Validators(get("etag"), get("last-modified"), size, media_type)

    def parts(self) -> list[Part]:
        """The parts of a 206 that say where they lie."""
        content_type = self.headers.get("content-type")
        try:
            if self.multipart:
                return list(multipart_parts(content_type or "", self.body))
            span, size = parse_content_range(self.headers.get("content-range", ""))
        except ValueError:
            return []
        if span is None:
            return []
        return [Part(span.start, self.body[: len(span)], size, content_type)]


def decode_head(coding: str, body: bytes) -> tuple[bytes, int | None] | None:
    """Return the decoded head of *body*, and the decoded size if that is all.

    Return None if it is not gzip or deflate. Never decodes more than the head.
    """
    if coding not in ("gzip", "x-gzip", "deflate"):
        return None
    decoder = zlib.decompressobj(wbits=47)  # gzip or zlib, by its header
    try:
        head = decoder.decompress(body, len(HEAD))
    except zlib.error:
        return None
    return head, len(head) if decoder.eof else None
