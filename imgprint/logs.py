"""Log lines for people: what failed, in one line, where Scrapy shows a traceback."""

from __future__ import annotations

import logging

from imgprint.errors import error_text

# They log what a network or a disk did with the traceback of whoever noticed.
LOGGERS = (
    "scrapy.downloadermiddlewares.robotstxt",
    "scrapy.extensions.feedexport",
)


def install(level: str) -> None:
    """Make the loggers that show failures of the outside say them in one line.

    What is below *level* is not even made: Scrapy makes three debug records an
    image, Pillow one for each tag, and they leave it to a handler to drop them:
    a seventh of the CPU time.
    """
    for name in LOGGERS:
        logging.getLogger(name).addFilter(in_one_line)
    logging.getLogger("scrapy.utils.signal").addFilter(disk_in_one_line)
    for name in ("scrapy", "PIL"):
        logging.getLogger(name).setLevel(level)


def disk_in_one_line(record: logging.LogRecord) -> bool:
    """Do as in_one_line with what the system refused; other errors are bugs."""
    if record.exc_info and isinstance(record.exc_info[1], OSError):
        in_one_line(record)
    return True


def in_one_line(record: logging.LogRecord) -> bool:
    """Put the exception of *record* into its message, in place of the traceback."""
    if record.exc_info and record.exc_info[1]:
        error = error_text(record.exc_info[1])
        message = record.getMessage()
        record.msg = message if error in message else f"{message}: {error}"
        record.args = ()
        record.exc_info = record.exc_text = None
    return True
