"""The request that asks for an image's ends, and the response that holds them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from time import time
from typing import TYPE_CHECKING, Any

from scrapy.http import Response

from imgprint.content.byte_ranges.transfer import Transfer
from imgprint.content.formats import identify
from imgprint.content.metadata.plain import plain_text
from imgprint.discovery.documents.headers import robots_rules
from imgprint.discovery.limits import cut_url
from imgprint.discovery.urls.sites import site_of
from imgprint.discovery.urls.variants import variant_of
from imgprint.fetch.lean_request import LeanRequest, LeanResponse
from imgprint.items import ImageRecord
from imgprint.masking import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy import Request
    from scrapy.http import Headers

    from imgprint.content.describe import Description
    from imgprint.discovery.urls.data_uri import DataImage

# The page, where no Referer may say it.
REFERRER = "_imgprint_referrer"


def image_request(url: str, **kwargs: Any) -> Request:
    """Return a request for the ends of the image at *url*.

    Its response is an ImageResponse. ``Request(url, meta={"imgprint": True})``
    is the same. Without a callback the record comes by itself.
    """
    meta = {**(kwargs.pop("meta", None) or {}), "imgprint": True}
    return LeanRequest(url, meta=meta, **kwargs)


def inline_image(image: DataImage) -> ImageResponse | None:
    """Return a response for an image within a page; None if it is no image."""
    if not identify(image.data[:512]):
        return None
    transfer = Transfer(honoured="local", media_type=image.media_type)
    transfer.image.size = len(image.data)
    transfer.image.add(0, image.data)
    return ImageResponse(image.label, transfer=transfer)


class ImageResponse(LeanResponse):
    """What a server gave of an image. The body is empty: see ``transfer.image``.

    *description* is what the known bytes say, None if that is still to be read.
    *previous* is the record of an image that did not change since, else None.
    """

    attributes = (*Response.attributes, "transfer", "description", "previous")

    def __init__(
        self,
        *args: Any,
        transfer: Transfer,
        description: Description | None = None,
        previous: dict[str, Any] | None = None,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.transfer = transfer
        self.description = description
        self.previous = previous

    def record(self, **fields: Any) -> ImageRecord:
        """Return the record of this image, for the pipelines to fill in.

        *fields*, such as ``page_url`` and ``site``, go into it as they are. Of
        an image that did not change, return the previous record at a new time.
        """
        timestamp = _second(int(time()))
        fields.setdefault("url", self.request.url if self.request else self.url)
        for name in ("url", "page_url"):
            if fields.get(name):
                fields[name] = cut_url(fields[name])
        if self.previous:
            same = {"url": fields["url"], "timestamp": timestamp}
            return ImageRecord(**{**self.previous, **same})
        transfer, headers = self.transfer, self.headers
        variant = variant_of(without_credentials(fields["url"]))
        rules = [
            plain_text(rule.decode("latin-1"))
            for rule in dict.get(headers, b"X-Robots-Tag", ())
        ]
        record = ImageRecord(
            image_size=transfer.image.size,
            timestamp=timestamp,
            status=None if transfer.honoured == "local" else self.status,
            etag=_last(headers, b"Etag"),
            last_modified=_last(headers, b"Last-Modified"),
            media_type=_media_type(transfer.media_type),
            server=_last(headers, b"Server"),
            transfer={
                "requests": transfer.requests,
                "bytes_received": transfer.bytes_received,
                "range": transfer.honoured,
                "proven": transfer.proven,
                "complete": transfer.image.complete,
            },
            variant_of=variant.key if variant else None,
            robots=sorted(robots_rules(rules)) or None if rules else None,
            **fields,
        )
        record.content = transfer.image
        record.description = self.description
        record.headers = {
            name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
            for name, values in dict.items(headers)
        }
        return record


def _last(headers: Headers, name: bytes) -> str | None:
    """Return the last value of the field *name*, written as Headers have it."""
    values = dict.get(headers, name)
    return (plain_text(values[-1].decode("latin-1")) or None) if values else None


def _media_type(value: str | None) -> str | None:
    return plain_text((value or "").partition(";")[0].strip()) or None


@lru_cache(maxsize=1)
def _second(now: int) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def yield_record(response: Response) -> Iterator[ImageRecord]:
    """Yield the record: the callback of image requests that have none."""
    assert isinstance(response, ImageResponse)
    assert response.request
    referrer = response.request.meta.get(REFERRER) or (
        response.request.headers.get("Referer") or b""
    ).decode("latin-1")
    yield response.record(
        page_url=referrer or None, site=site_of(referrer or response.url)
    )
