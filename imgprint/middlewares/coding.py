"""Pages that are coded, for the way, so that nobody can decode them."""

from __future__ import annotations

import zlib
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware

from imgprint.errors import BadCoding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy import Request
    from scrapy.http import Response


def _decoders_errors() -> Iterator[type[Exception]]:
    """Yield the exceptions of the libraries that Scrapy decodes by, if installed."""
    yield from (zlib.error, EOFError, OSError)
    for module, name in (
        ("brotli", "error"),
        ("brotlicffi", "error"),
        ("backports.zstd", "ZstdError"),
        ("compression.zstd", "ZstdError"),
    ):
        with suppress(ImportError):
            yield getattr(import_module(module), name)


_ERRORS = tuple(_decoders_errors())


class DecodingMiddleware(HttpCompressionMiddleware):
    """Scrapy's, but a body that can't be decoded raises BadCoding."""

    def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        try:
            return super().process_response(request, response)
        except _ERRORS as error:
            coding = b", ".join(response.headers.getlist("Content-Encoding"))
            raise BadCoding(coding.decode("ascii", "replace")) from error
