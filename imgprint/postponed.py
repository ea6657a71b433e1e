"""What was not tried, for the next run of a job: see JOBDIR.

All is in ``spider.state``, which Scrapy keeps in JOBDIR; without one nothing
is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.utils.request import request_from_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy import Spider

NOT_TRIED = "imgprint_not_tried"
SIGHTING = "imgprint_sighting"
_KEPT = (
    *("imgprint", "imgprint_depth", "imgprint_render", "imgprint_seed"),
    *("imgprint_tor", SIGHTING, "render", "dont_obey_robotstxt"),
)


def postpone(spider: Spider, request: Request, url: str | None = None) -> None:
    """Keep *request* for the next run, from *url* if it was redirected.

    Of its meta what a proxy, a retry, a redirect or a browser left there is of
    this run.
    """
    meta = {name: request.meta[name] for name in _KEPT if name in request.meta}
    # It starts the next run, but it's no more a seed than it was.
    meta.setdefault("imgprint_seed", False)
    again = Request(
        url or request.url,
        request.callback,
        meta=meta,
        errback=request.errback,
        dont_filter=True,
    )
    _state(spider).setdefault(NOT_TRIED, []).append(again.to_dict(spider=spider))


def postponed(spider: Spider) -> Iterator[Request]:
    """Yield what the previous run did not try, and forget it."""
    requests = _state(spider).get(NOT_TRIED, [])
    for _ in range(len(requests)):
        yield request_from_dict(requests.pop(0), spider=spider)


def _state(spider: Spider) -> dict[str, Any]:
    state: dict[str, Any] = getattr(spider, "state", {})
    return state
