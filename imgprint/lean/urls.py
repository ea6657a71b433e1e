"""The host of a request, worked out once for all that have it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult

from scrapy.utils.httpobj import urlparse_cached

if TYPE_CHECKING:
    from scrapy import Request


def host_of(request: Request) -> str:
    """Return the host name of *request* in lower case, "" for none."""
    return hostname(urlparse_cached(request).netloc)


@lru_cache(maxsize=10_000)
def hostname(netloc: str) -> str:
    """Return the host name in *netloc*, as urllib does.

    >>> hostname("user@Photos.Example:8080")
    'photos.example'
    """
    return SplitResult("", netloc, "", "", "").hostname or ""
