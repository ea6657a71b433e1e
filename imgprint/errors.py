"""What can go wrong with one request, and with what the user gave."""

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.spidermiddlewares.httperror import HttpError

from imgprint.masking import text_without_credentials

DOWNLOAD_ERRORS = (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
    OSError,
)


class NotAnImage(IgnoreRequest):
    """What was asked for as an image is something else."""


class IsAnImage(IgnoreRequest):
    """What was asked for as part of a page, or as robots.txt, is an image."""


class Refused(IgnoreRequest):
    """A page leads to where no page may lead."""


class BadCoding(IgnoreRequest):
    """The body of an answer is not coded as it says."""

    def __init__(self, coding: str):
        super().__init__(f"can't be decoded from {coding[:100]!a}")


class NoHostName(IgnoreRequest):
    """A URL's host is not a name that could be looked up."""

    def __init__(self, host: str):
        super().__init__(f"not a host name: {host[:300]!a}")


class SeenBefore(IgnoreRequest):
    """A redirect leads to *url*, which another request is for."""

    def __init__(self, url: str):
        super().__init__(f"redirects to {url}, which was seen before")


class OutOfTime(IgnoreRequest):
    """All the time that an image may take is gone."""


class OnionRefused(IgnoreRequest):
    """What must not leave Tor, or can never be reached through it: not retried.

    *name* is for stats.
    """

    def __init__(self, name: str, text: str):
        super().__init__(text)
        self.name = name


NOT_TRIED = "not tried: "
INTERRUPTED = "interrupted"
# Errors of what a later run may do better.
OPEN = (INTERRUPTED, NOT_TRIED)


class TorDown(IgnoreRequest):
    """There is no Tor to ask: what it was to fetch was not tried."""

    name = "not_tried"

    def __init__(self, place: str, reason: str):
        super().__init__(f"{NOT_TRIED}no Tor at {place} ({reason})")
        self.place = place


class TorError(DownloadFailedError):
    """Tor could not connect, but may be able to later.

    *code* is its SOCKS reply and *name* that reply's name in stats.
    *host_unreachable* says that the whole onion site can't be reached.
    """

    def __init__(self, text: str, *, code: int, name: str, host_unreachable: bool):
        super().__init__(text)
        self.code = code
        self.name = name
        self.host_unreachable = host_unreachable


class InputError(ValueError):
    """The user gave something that can't be used; the text says what to do."""


def error_text(error: BaseException | None) -> str:
    """Return what a sighting says of *error*: one line, never empty.

    The URLs that it quotes are without credentials.
    """
    if isinstance(error, HttpError):
        return f"HTTP {error.response.status}"
    text = text_without_credentials(" ".join(str(error).split()))
    return text or type(error).__name__
