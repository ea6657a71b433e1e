"""Images in the AMP cache: which URL they stand for."""

from __future__ import annotations

import re

_CACHED = re.compile(
    r"https?://[\w.-]+\.cdn\.ampproject\.org/ii?/(?:w\d+/)?(s/)?([\w-]+\.[^/?#]+/.*)",
    re.IGNORECASE | re.ASCII,
)


def unwrap_amp(url: str) -> str:
    """Return the URL that an AMP cache URL of an image holds; others as they are.

    >>> unwrap_amp("https://a-example.cdn.ampproject.org/i/s/a.example/b.jpg")
    'https://a.example/b.jpg'

    Source: https://amp.dev/documentation/guides-and-tutorials/learn/
    amp-caches-and-cors/amp-cache-urls/.
    """
    if ".cdn.ampproject.org/i" not in url:
        return url
    match = _CACHED.fullmatch(url)
    return f"http{'s' if match[1] else ''}://{match[2]}" if match else url
