"""Requests that a job keeps for its next run, and what their meta may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy import Request

from imgprint.items import Sighting
from imgprint.jobs.packing import PackingError

if TYPE_CHECKING:
    from scrapy import Spider

    from imgprint.jobs.job import Job

SIGHTING = "imgprint_sighting"
# The line of the list that is done with when the request is queued.
LISTED = "_imgprint_listed"
_KEPT = (
    *("imgprint", "imgprint_depth", "imgprint_render", "imgprint_seed"),
    *("imgprint_tor", SIGHTING, "render", "dont_obey_robotstxt"),
)

_TYPES: dict[str, type | tuple[type, ...]] = {
    "imgprint": (bool, str),
    "imgprint_depth": int,
    "imgprint_render": str,
    "imgprint_seed": bool,
    "imgprint_tor": str,
    SIGHTING: dict,
    "redirect_urls": list,
    "redirect_times": int,
    "redirect_ttl": int,
    "retry_times": int,
    "depth": int,
    "proxy": str,
    "download_slot": str,
    "download_timeout": (int, float),
}
"""What a job's file may hold as meta of a request, where imgprint and Scrapy use it."""


def check_meta(request: Request) -> None:
    """Raise PackingError if meta of *request* is of another type than it can be."""
    for name, value in request.meta.items():
        kind = _TYPES.get(name)
        if kind and value is not None and not isinstance(value, kind):
            raise PackingError(f"the meta key {name!r} of a request has a wrong type")
    places = request.meta.get("redirect_urls") or [""]
    seen = request.meta.get(SIGHTING) or {"site": None, "page_url": None}
    known = Sighting.__dataclass_fields__.keys() >= seen.keys() >= {"site", "page_url"}
    if not known or not all(isinstance(url, str) for url in places):
        raise PackingError("the meta of a request has a wrong form")


def postpone(
    job: Job, spider: Spider, request: Request, url: str | None = None
) -> None:
    """Have *job* keep *request* for the next run, from *url* if it was redirected.

    Of its meta what a proxy, a retry, a redirect or a browser left there is of
    this run.
    """
    meta = {name: request.meta[name] for name in _KEPT if name in request.meta}
    # It starts the next run, but it's no more a seed than it was.
    meta.setdefault("imgprint_seed", False)
    again = Request(
        url or request.url,
        request.callback or spider.parse,
        meta=meta,
        errback=request.errback or getattr(spider, "failed", None),
        dont_filter=True,
    )
    job.postpone(again)


def first_url(request: Request) -> str:
    """Return the URL of *request* before it was redirected.

    >>> first_url(Request("http://b/", meta={"redirect_urls": ["http://a/"]}))
    'http://a/'
    """
    url: str = request.meta.get("redirect_urls", [request.url])[0]
    return url
