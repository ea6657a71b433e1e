"""Header fields as the pure modules take them, and those that ask for ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imgprint.discovery.urls.targets import place_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy import Request
    from scrapy.http import Headers

    from imgprint.content.byte_ranges.exchange import Ask


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

_PLAIN = {
    b"Accept": b"*/*",  # a server that may choose must not recode
    b"Accept-Encoding": b"identity",
    # RFC 9530 section 4: of the whole file, whatever range is sent.
    b"Want-Repr-Digest": b"sha-256=10, md5=5",
}
_CONDITIONS = ((b"If-None-Match", "etag"), (b"If-Modified-Since", "last_modified"))


def host_key(request: Request) -> tuple[str, str]:
    """Return what tells the host of *request* from others: scheme, name and port."""
    return place_of(request)[:2]


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
    _set(request.headers, _PLAIN)
    if value := ask.range:
        _set(request.headers, {b"Range": value.encode()})
    else:
        dict.pop(request.headers, b"Range", None)


def set_conditions(request: Request, previous: dict[str, Any]) -> None:
    """Ask for the image only if it is not the one of the *previous* record.

    RFC 9110 section 13.1: If-None-Match goes before If-Modified-Since.
    """
    for name, field in _CONDITIONS:
        if value := previous.get(field):
            request.headers[name] = value
        else:
            dict.pop(request.headers, name, None)


def _set(headers: Headers, fields: Mapping[bytes, bytes]) -> None:
    """Set *fields*, whose names are as Headers have them: nothing is worked out."""
    for name, value in fields.items():
        dict.__setitem__(headers, name, [value])
