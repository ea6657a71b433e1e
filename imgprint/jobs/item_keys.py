"""What tells images and sightings of a job apart.

URLs of items are without credentials, yet the same URL with other credentials may
be another image. Behind the object of a line whose URLs had some there are blanks and
tabs, the bits 0 and 1 of keys: of hashes of the URLs of image and page as they were
asked for. So the line stays JSON of the form that feeds have, and is written at once.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from imgprint.discovery.urls.url_keys import url_key
from imgprint.errors import OPEN
from imgprint.feeds.json_lines import fields_of, json_values, read_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imgprint.items import ImageRecord, Sighting

KEYS = "_keys"
_BLANK, _TAB = b" ", b"\t"
_NONE = bytes(8)


def key_number(key: bytes) -> int:
    """Return *key* as SQLite keeps it."""
    return int.from_bytes(key, "big", signed=True)


def keys_of(item: ImageRecord | Sighting) -> tuple[bytes, bytes] | None:
    """Return hashes of the URLs of image and page, None if *item* has its URLs."""
    if not item.asked:
        return None
    page, image = (url_key(url) if url else _NONE for url in item.asked)
    return image, page


def fields_and_keys(item: Sighting) -> dict[str, Any]:
    """Return what read_keyed_line returns of the line of *item*."""
    keys = keys_of(item)
    return {**fields_of(item), KEYS: b"".join(keys).hex()} if keys else fields_of(item)


def with_keys(line: bytes, item: ImageRecord | Sighting) -> bytes:
    """Return *line*, an object in JSON, with the keys of *item*, if it has any."""
    keys = keys_of(item)
    if not keys:
        return line
    bits = f"{int.from_bytes(b''.join(keys)):0128b}"
    return line + bits.encode().translate(bytes.maketrans(b"01", _BLANK + _TAB))


def without_keys(line: bytes) -> bytes:
    """Return *line* as feeds have it."""
    return line if line.endswith(b"}") else line.rstrip(_BLANK + _TAB)


def read_keyed_line(line: bytes) -> dict[str, Any]:
    """Return what *line* holds, and its keys in hexadecimal as KEYS, if it has any."""
    values, whole = read_line(line), without_keys(line)
    if len(whole) < len(line):
        bits = line[len(whole) :].translate(bytes.maketrans(_BLANK + _TAB, b"01"))
        values[KEYS] = int(bits, 2).to_bytes(16).hex()
    return values


def image_key(line: Mapping[str, Any], name: str) -> bytes | None:
    """Return ``url_key`` of the image's URL, as it was asked for."""
    if keys := line.get(KEYS):
        image = bytes.fromhex(keys)[:8]
        return None if image == _NONE else image
    return url_key(line[name]) if line[name] else None


def sighting_key(line: Mapping[str, Any]) -> int:
    """Return what tells this sighting from others: all but why it has no record.

    Of a line of the input that could be no URL the reason is all there is. That
    something was not tried does not stand for what comes of it when it is.
    """
    told, error = line, line["error"]
    if (line["image_url"] or line["page_url"]) and not (error or "").startswith(OPEN):
        told = {**line, "error": None}
    return key_number(blake2b(json_values([*told.values()]), digest_size=8).digest())
