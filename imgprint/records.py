"""Records from known bytes and the server's answer.

``complete_record`` makes one at once. The item pipelines do the same in steps,
each of which a project may leave out: ``answer_record``, ``add_metadata``,
``add_fingerprints``, ``add_pixel_facts`` and ``release_bytes``. Between them the
record holds the FetchedImage that it is about.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from imgprint.content.describe import INTERNAL, Description
from imgprint.content.fingerprints.declared_hashes import decode_etag
from imgprint.content.fingerprints.fingerprint import (
    fingerprints,
    reference_fingerprints,
)
from imgprint.content.metadata.plain import plain_text
from imgprint.discovery.documents.headers import robots_rules
from imgprint.discovery.limits import cut_url
from imgprint.discovery.urls.variants import variant_of
from imgprint.items import ImageRecord
from imgprint.masking import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imgprint.content.fetched_image import FetchedImage

NO_PDQ = "pdqhash is not installed: pip install -r requirements-pdq.txt"
# What a description and a record have in common.
DESCRIBED = tuple(f.name for f in fields(Description) if f.name not in INTERNAL)
_values_of = attrgetter(*DESCRIBED)


def complete_record(
    fetched: FetchedImage, *, url: str, timestamp: str | None = None, **given: Any
) -> ImageRecord:
    """Return the record of *fetched*, with all that its known bytes say.

    *given* are further fields, such as ``page_url`` and ``site``.
    """
    record = answer_record(fetched, url=url, timestamp=timestamp, **given)
    add_metadata(record)
    add_fingerprints(record)
    release_bytes(record)
    return record


def answer_record(
    fetched: FetchedImage, *, url: str, timestamp: str | None = None, **given: Any
) -> ImageRecord:
    """Return a record of what the server's answer says; it holds *fetched*.

    *given* are further fields, such as ``page_url`` and ``site``.
    """
    if given.get("page_url"):
        given["page_url"] = cut_url(given["page_url"])
    url = cut_url(url)
    transfer, answer = fetched.transfer, fetched.fields
    variant = variant_of(without_credentials(url))
    rules = [plain_text(value) for value in answer.get("x-robots-tag", ())]
    record = ImageRecord(
        url=url,
        image_size=transfer.image.size,
        timestamp=timestamp,
        status=fetched.status,
        etag=_last(answer, "etag"),
        last_modified=_last(answer, "last-modified"),
        media_type=_media_type(transfer.media_type),
        server=_last(answer, "server"),
        transfer={
            "requests": transfer.requests,
            "bytes_received": transfer.bytes_received,
            "range": transfer.honoured,
            "proven": transfer.proven,
            "complete": transfer.image.complete,
        },
        variant_of=variant.key if variant else None,
        robots=sorted(robots_rules(rules)) or None if rules else None,
        **given,
    )
    record.fetched = fetched
    return record


def unchanged_record(
    previous: Mapping[str, Any], *, url: str, timestamp: str
) -> ImageRecord:
    """Return the *previous* record of an image that did not change since."""
    return ImageRecord(**{**previous, "url": cut_url(url), "timestamp": timestamp})


def add_metadata(record: ImageRecord) -> None:
    """Add the format, EXIF, position, camera and so on that the known bytes say."""
    if record.fetched is None:
        return
    description = record.fetched.describe()
    vars(record).update(zip(DESCRIBED, _values_of(description), strict=True))
    record.metadata_complete = description.complete


def add_fingerprints(record: ImageRecord) -> None:
    """Add the fingerprints of the known bytes, and the facts of the ETag."""
    fetched = record.fetched
    if fetched is None:
        return
    image = fetched.transfer.image
    prints = reference_fingerprints(image)
    vars(record).update(prints)
    answer = {name: ", ".join(values) for name, values in fetched.fields.items()}
    record.fingerprints = fingerprints(
        image, fetched.describe(), prints, answer, record.status
    )
    record.etag_decoded = decode_etag(record.etag, record.image_size)


def add_pixel_facts(record: ImageRecord) -> None:
    """Decode the known bytes, in memory, and add what only the pixels say.

    The record has its metadata and fingerprints. This takes several times the CPU
    time of all the rest.
    """
    if record.fetched is None:
        return
    # numpy takes longer to import than a thousand images to read.
    from imgprint.content.fingerprints.perceptual import perceptual

    fetched = record.fetched
    found = perceptual(fetched.transfer.image, fetched.describe())
    differs = found.pop("differs")
    record.fingerprints |= found
    if record.thumbnail:
        record.thumbnail["differs"] = differs


def release_bytes(record: ImageRecord) -> None:
    """Let go of the known bytes, so that records that wait hold no image."""
    record.fetched = None


def _last(answer: dict[str, list[str]], name: str) -> str | None:
    """Return the last value of the field *name*, as plain text."""
    values = answer.get(name)
    return (plain_text(values[-1]) or None) if values else None


def _media_type(value: str | None) -> str | None:
    return plain_text((value or "").partition(";")[0].strip()) or None
