"""What a crawl remembers beyond itself: the interface of jobs, and of no job."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping

    from scrapy import Request
    from scrapy.crawler import Crawler

    from imgprint.items import Sighting


class Job(Protocol):
    """What spider, middlewares and extensions ask of a job, and tell it."""

    @property
    def outcomes(self) -> MutableMapping[bytes, Any]:
        """What became of each image, by ``url_key``: an error, None, or to come."""

    def images_per_site(self) -> Mapping[str | None, int]:
        """Return how many images of each site were asked for in earlier runs."""

    def seeds(self) -> Iterable[str]:
        """Return the origins (``http://host:port/``) that earlier runs were given."""

    def is_listed(self, text: str) -> bool:
        """Return whether the request of this line of a list was queued before."""

    def mark_listed(self, text: str, last: Request | None) -> None:
        """Remember this line of a list when *last*, its last request, is queued.

        At once, if it asks for nothing new.
        """

    def has_sighting(self, sighting: Sighting) -> bool:
        """Return whether the journal has *sighting*."""

    def has_request(self, fingerprint: bytes) -> bool:
        """Return whether a request of this fingerprint was ever queued."""

    def postpone(self, request: Request) -> None:
        """Keep *request* for the next run."""


class NoJob:
    """A crawl without a job: it remembers the outcomes of its own images only."""

    def __init__(self) -> None:
        self.outcomes: MutableMapping[bytes, Any] = {}

    def images_per_site(self) -> Mapping[str | None, int]:
        return {}

    def seeds(self) -> Iterable[str]:
        return ()

    def is_listed(self, text: str) -> bool:
        return False

    def mark_listed(self, text: str, last: Request | None) -> None:
        pass

    def has_sighting(self, sighting: Sighting) -> bool:
        return False

    def has_request(self, fingerprint: bytes) -> bool:
        return False

    def postpone(self, request: Request) -> None:
        pass


_JOBS: WeakKeyDictionary[Crawler, Callable[[], Job | None]] = WeakKeyDictionary()


def set_job(crawler: Crawler, job: Job) -> None:
    """Make *job* that of *crawler*. Whoever gives it keeps it alive."""
    # A weak reference, because a job knows its crawler: neither would ever go.
    _JOBS[crawler] = weakref.ref(job)


def job_of(crawler: Crawler) -> Job:
    """Return the job that *crawler* works on: a NoJob if it has none.

    The job is known when the spider is opened (``spider_opened``).
    """
    kept = _JOBS.get(crawler)
    job = kept() if kept else None
    if job is None:
        none = NoJob()
        _JOBS[crawler] = lambda: none
        return none
    return job
