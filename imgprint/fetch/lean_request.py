"""Scrapy's Request and Response, for images."""

from __future__ import annotations

from typing import Any, Self

from scrapy import Request
from scrapy.http import Response

from imgprint.discovery.urls.targets import Place, Target, plain_target
from imgprint.fetch.lean_headers import LeanHeaders


class LeanRequest(Request):
    """A request that knows its *place* and its *target* if its URL is plain.

    It is none of those that scrapy.utils.trackref counts, nor is its response.
    """

    __slots__ = ("place", "target")

    place: Place | None
    target: Target | None

    # Fifty looks for each image, which need no function.
    meta = Request._meta  # type: ignore[assignment,misc]
    url = Request._url  # type: ignore[misc]

    def __new__(cls, *_: Any, **__: Any) -> Self:
        return object.__new__(cls)

    def __init__(self, url: str, *, meta: dict[str, Any], **kwargs: Any):
        headers = LeanHeaders(kwargs.pop("headers", None))
        super().__init__(url, meta=meta, **kwargs)
        self.headers = headers

    def _set_url(self, url: str) -> None:
        self.target = plain_target(url)
        if self.target:
            self._url = url  # w3lib would leave it as it is
            self.place = self.target.place
        else:
            super()._set_url(url)
            self.place = None


class LeanResponse(Response):
    """The response to such a request."""

    def __new__(cls, *_: Any, **__: Any) -> Self:
        return object.__new__(cls)
