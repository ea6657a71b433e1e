"""The request that asks for an image's ends, and the response that holds them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from time import time
from typing import TYPE_CHECKING, Any

from scrapy.http import Response

from imgprint.content.byte_ranges.transfer import Transfer
from imgprint.content.fetched_image import FetchedImage
from imgprint.content.formats import identify
from imgprint.discovery.urls.sites import site_of
from imgprint.fetch.lean_request import LeanRequest, LeanResponse
from imgprint.records import answer_record, complete_record, unchanged_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scrapy import Request

    from imgprint.content.describe import Description
    from imgprint.discovery.urls.data_uri import DataImage
    from imgprint.items import ImageRecord

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
    """Return a response for *image*, of a page; None if it is not an image."""
    if not identify(image.data[:512]):
        return None
    transfer = Transfer(honoured="local", media_type=image.media_type)
    transfer.image.size = len(image.data)
    transfer.image.add(0, image.data)
    return ImageResponse(image.label, transfer=transfer)


class ImageResponse(LeanResponse):
    """The response with an image's ends. The body is empty: see ``transfer.image``.

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
        """Return the record of this image, for the pipelines to complete.

        *fields*, such as ``page_url`` and ``site``, go into it as they are. Of
        an image that did not change, return the previous record at a new time.
        """
        return self._record(answer_record, fields)

    def complete_record(self, **fields: Any) -> ImageRecord:
        """Return the record as the pipelines would complete it, without pixels."""
        return self._record(complete_record, fields)

    def fetched(self) -> FetchedImage:
        """Return the known bytes of the image, and the answer."""
        local = self.transfer.honoured == "local"
        return FetchedImage(
            self.transfer,
            None if local else self.status,
            {
                name.decode("latin-1").lower(): [v.decode("latin-1") for v in values]
                for name, values in dict.items(self.headers)
            },
            self.description,
        )

    def _record(
        self, make_record: Callable[..., ImageRecord], fields: dict[str, Any]
    ) -> ImageRecord:
        fields.setdefault("url", self.request.url if self.request else self.url)
        timestamp = _second(int(time()))
        if self.previous:
            return unchanged_record(
                self.previous, url=fields["url"], timestamp=timestamp
            )
        return make_record(self.fetched(), timestamp=timestamp, **fields)


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
