"""Faults of imgprint itself, put into a crawl by a variable: see test_unexpected."""

import os
from functools import wraps

from scrapy.exceptions import CloseSpider

from imgprint.fetch import image_response as http
from imgprint.middlewares.page_type import PageMiddleware
from imgprint.middlewares.ranges import RangeMiddleware
from imgprint.pipelines import image_facts as pipelines
from imgprint.reading import document as reading
from imgprint.spiders import page_images as images
from imgprint.spiders import pages as documents
from imgprint.spiders import scope

BAD = "/bad.jpg"
BAD_PAGE = "/bad"


class Fault(Exception):
    """Nobody catches this by its name."""


def failing(function, end=BAD):
    """Return *function*, which fails if an argument is or has a URL with that *end*."""

    @wraps(function)
    def fail(*args, **named):
        for given in (*args, *named.values()):
            url = getattr(given, "url", given)
            if isinstance(url, str) and url.endswith(end):
                raise Fault("bad\n\x1b[31m\ud800 news" + "!" * 999)
        return function(*args, **named)

    return fail


def failing_page(function):
    return failing(function, BAD_PAGE)


def ending(function):
    """Return the generator *function*, which fails after its second value."""

    @wraps(function)
    def end(*args, **named):
        for number, value in enumerate(function(*args, **named)):
            if number == 2:
                raise Fault("in the middle")
            yield value

    return end


def stop(self, request):
    if request.url.endswith(BAD):
        raise CloseSpider("enough")


PLACES = {
    "download": (RangeMiddleware, "process_request", failing),
    "download-page": (PageMiddleware, "process_request", failing_page),
    "record": (http.ImageResponse, "record", failing),
    "pipeline": (pipelines, "add_fingerprints", failing),
    "key": (images, "url_key", failing),
    "read": (documents.Documents, "read", failing_page),
    "link": (scope.Scope, "follows", failing_page),
    "discovery": (reading, "image_candidates", ending),
    "sheet": (reading, "sheet_candidates", ending),
    "links": (reading, "_page_links", ending),
    "close": (RangeMiddleware, "process_request", lambda _: stop),
}


class Faults:
    """The extension that puts the fault of the variable FAULT into its place."""

    @classmethod
    def from_crawler(cls, crawler):
        place, name, change = PLACES[os.environ["FAULT"]]
        setattr(place, name, change(getattr(place, name)))
        return cls()
