"""Where a request goes, worked out once for all that go there."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult

from scrapy.utils.httpobj import urlparse_cached

if TYPE_CHECKING:
    from scrapy import Request

# As the client, yarl, splits a URL: what follows says nothing of the place.
_ORIGIN = re.compile(r"[^:/?#]+://[^/?#]*")


def origin_of(url: str) -> str:
    """Return *url* up to its path, all of it if it has no authority.

    >>> origin_of("https://user@a.example:8/p?q"), origin_of("data:,")
    ('https://user@a.example:8', 'data:,')
    """
    origin = _ORIGIN.match(url)
    return origin[0] if origin else url


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
