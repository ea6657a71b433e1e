"""What a request for an image says of its page."""

from __future__ import annotations

from functools import lru_cache

from scrapy.spidermiddlewares.referer import StrictOriginWhenCrossOriginPolicy

from imgprint.discovery.urls.targets import origin_of


def referrer_of(page_url: str, url: str) -> str | None:
    """Return the Referer that browsers send by default, None for none.

    Of *url* nothing but its origin counts.

    >>> referrer_of("https://a.example/page", "https://b.example/i.jpg")
    'https://a.example/'

    Source: W3C Referrer Policy section 3.6, strict-origin-when-cross-origin.
    """
    return _referrer_to(page_url, origin_of(url))


@lru_cache(maxsize=1000)
def _referrer_to(page_url: str, origin: str) -> str | None:
    return StrictOriginWhenCrossOriginPolicy().referrer(page_url, origin)
