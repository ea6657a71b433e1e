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


class Refused(IgnoreRequest):
    """A page leads to where no page may lead."""


class OutOfTime(IgnoreRequest):
    """All the time that an image may take is gone."""


class InputError(ValueError):
    """The user gave something that can't be used; the text says what to do."""


def error_text(error: BaseException | None) -> str:
    """Return what a sighting says of *error*: one line, never empty."""
    if isinstance(error, HttpError):
        return f"HTTP {error.response.status}"
    return " ".join(str(error).split()) or type(error).__name__
