"""How far a crawl goes: depth, site, patterns, caps."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from imgprint.discovery.urls.sites import site_of
from imgprint.discovery.urls.url_keys import url_key
from imgprint.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_PAGES = 10_000
"""Pages of one site, unless the user says otherwise: no pagination is endless."""
MAX_MATCHED = 8_192
"""Characters of a URL that *allow* and *deny* are looked for in.

The user's expressions may take any time for text that is long enough.
"""


class Scope:
    """Which pages to follow, which images to fetch.

    *depth* is how many links to follow; *max_pages* and *max_images* are caps
    per site, None for none. Links are followed if *allow* is found in their
    URL and *deny* is not; images are fetched unless *deny* is found in theirs.
    A URL of more than MAX_MATCHED characters is as one that *deny* is found in.
    What the user listed is always crawled. Raise InputError for a bad pattern.
    """

    def __init__(
        self,
        depth: int = 0,
        max_pages: int | None = MAX_PAGES,
        max_images: int | None = None,
        allow: str | None = None,
        deny: str | None = None,
    ):
        self.depth = depth
        self.max_pages = max_pages
        self.max_images = max_images
        self.allow = pattern("allow", allow)
        self.deny = pattern("deny", deny)
        self._images: Counter[str | None] = Counter()
        self._pages: Counter[str | None] = Counter()
        self._seen: set[bytes] = set()

    def follows(self, url: str, site: str | None) -> bool:
        """Return whether to crawl the page that a page of *site* links to; once."""
        if not site or site_of(url) != site:
            return False
        long = len(url) > MAX_MATCHED
        if self.allow and (long or not self.allow.search(url)):
            return False
        if self.deny and (long or self.deny.search(url)):
            return False
        key = url_key(url)
        if key in self._seen or self._pages[site] == self.max_pages:
            return False
        self._seen.add(key)
        self._pages[site] += 1
        return True

    def resume(self, images: Mapping[str | None, int]) -> None:
        """Take it that so many *images* of each site were fetched before."""
        self._images.update(images)

    def refuses_image(self, url: str, site: str | None) -> str | None:
        """Return why not to fetch the image of a page of *site*; count it if None."""
        if self.deny and (len(url) > MAX_MATCHED or self.deny.search(url)):
            return "matches deny"
        if self.max_images is not None and self._images[site] >= self.max_images:
            return f"over max_images={self.max_images} of {site}"
        self._images[site] += 1
        return None


def pattern(name: str, text: str | None) -> re.Pattern[str] | None:
    """Return the regular expression of argument *name*. Raise InputError."""
    try:
        return re.compile(text) if text else None
    except (re.error, RecursionError, OverflowError) as error:
        raise InputError(f"-a {name}={text}: no regular expression: {error}") from error
