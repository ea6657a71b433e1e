"""Header fields as the pure modules take them, and those that ask for ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.utils.httpobj import urlparse_cached

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy import Request
    from scrapy.http import Headers

    from imgprint.content.exchange import Ask


_READ = {
    name.title().encode(): name
    for name in (
        "accept-ranges",
        "content-encoding",
        "content-length",
        "content-range",
        "content-type",
        "etag",
        "last-modified",
        "retry-after",
    )
}


def host_key(request: Request) -> tuple[str, str]:
    """Return what tells the host of *request* from others: scheme, name and port."""
    url = urlparse_cached(request)
    return url.scheme, url.netloc


def range_fields(headers: Headers) -> Mapping[str, str]:
    """Return the fields that Transfer reads, with lower-case names.

    A Content-Range that is there twice is a list (RFC 9110 section 5.3), and
    no Content-Range then.
    """
    fields = {
        known: values[-1].decode("latin-1")
        for name, values in headers.items()
        if (known := _READ.get(name)) and values
    }
    if "content-range" in fields:
        fields["content-range"] = b", ".join(headers.getlist("Content-Range")).decode(
            "latin-1"
        )
    return fields


def all_fields(headers: Headers) -> Mapping[str, str]:
    """Return all fields, with lower-case names; of a repeated one the last value."""
    return {
        name.decode("latin-1").lower(): (headers.get(name) or b"").decode("latin-1")
        for name in headers
    }


def set_range(request: Request, ask: Ask) -> None:
    """Make *request* ask for *ask*, in the coding that ranges count in."""
    headers = request.headers
    headers["Accept"] = "*/*"  # a server that may choose must not recode
    headers["Accept-Encoding"] = "identity"
    # RFC 9530 section 4: of the whole file, whatever range is sent.
    headers["Want-Repr-Digest"] = "sha-256=10, md5=5"
    if value := ask.range:
        headers["Range"] = value
    else:
        headers.pop("Range", None)


def set_conditions(request: Request, previous: dict[str, Any]) -> None:
    """Ask for the image only if it is not the one of the *previous* record.

    RFC 9110 section 13.1: If-None-Match goes before If-Modified-Since.
    """
    headers = request.headers
    for name, field in (
        ("If-None-Match", "etag"),
        ("If-Modified-Since", "last_modified"),
    ):
        if value := previous.get(field):
            headers[name] = value
        else:
            headers.pop(name, None)
