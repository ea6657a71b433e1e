"""Log lines for people: one line for each failure, without secrets and commands.

Scrapy shows a traceback where the network failed, and all settings of a crawl.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imgprint import config
from imgprint.errors import error_text
from imgprint.masking import Secrets, neutralised, url_secrets, webhook_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scrapy.settings import BaseSettings

# They log what a network or a disk did with the traceback of whoever noticed.
LOGGERS = (
    "scrapy.downloadermiddlewares.robotstxt",
    "scrapy.extensions.feedexport",
)
SECRETS = Secrets()
"""What the settings of this process say that nobody else may know."""

_SECRET_NAME = re.compile(
    "SECRET|PASSWORD|PASSWD|PASS$|TOKEN|ACCESS_KEY|API_?KEY|PRIVATE_KEY|CREDENTIAL",
    re.IGNORECASE,
)
# They name a file; who takes them for the key itself must not find it in the log.
_KEY_FILES = (config.HASHLIST_KEY.name, config.PRIVACY.name)
_KEY = re.compile(r"[0-9A-Fa-f]{32,}|[A-Za-z0-9+/_-]{42,}={0,2}")
_ENVIRONMENT = ("AWS_", "PG", config.PREFIX, "SCRAPY_")


def install(level: str) -> None:
    """Make the loggers that show failures of the outside say them in one line.

    What is below *level* is not even made: Scrapy makes three debug records an
    image, Pillow one for each tag, and they leave it to a handler to drop them:
    a seventh of the CPU time.

    From now on no log record of the process shows SECRETS, credentials in URLs
    or characters that a terminal obeys, whichever handler writes it: Scrapy
    replaces its handler when a crawl begins.
    """
    for name in LOGGERS:
        logging.getLogger(name).addFilter(in_one_line)
    logging.getLogger("scrapy.utils.signal").addFilter(disk_in_one_line)
    for name in ("scrapy", "PIL"):
        logging.getLogger(name).setLevel(level)
    factory = logging.getLogRecordFactory()
    if not isinstance(factory, _ReadableRecords):
        logging.setLogRecordFactory(_ReadableRecords(factory))


def hide_secrets(settings: BaseSettings) -> None:
    """Add the secrets of *settings* and of the environment to SECRETS.

    Secrets are the values of settings with such names, the credentials of URLs in
    any setting, and the query and long parts of the path of IMGPRINT_WEBHOOK.
    """
    values = {
        name: settings[name] for name in settings if settings.getpriority(name)
    }  # Scrapy's defaults are public
    for name, value in os.environ.items():
        if name.startswith(_ENVIRONMENT) or name.lower().endswith("_proxy"):
            SECRETS.add(_secrets(name, value))
    SECRETS.add(_secrets("", values))


def readable(text: str) -> str:
    """Return *text* as people may see it: see install."""
    return neutralised(SECRETS.mask(text))


def _secrets(name: str, value: Any) -> Iterator[str]:
    """Yield what is secret in *value*, that of a setting called *name*."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _secrets("", key)
            yield from _secrets(str(key), inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _secrets(name, inner)
    elif isinstance(value, str):
        if _SECRET_NAME.search(name) or (name in _KEY_FILES and _KEY.fullmatch(value)):
            yield value
        if name == config.WEBHOOK.name:
            yield from webhook_secrets(value)
        yield from url_secrets(value)


class _ReadableRecords:
    """Makes log records whose text is readable: see install."""

    def __init__(self, inner: Callable[..., logging.LogRecord]):
        self.inner = inner

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self.inner(*args, **kwargs)
        record.msg, record.args = _Text(record.msg, record.args), ()
        if record.exc_info and record.exc_info[0]:
            traceback = logging.Formatter().formatException(record.exc_info)
            record.exc_text = readable(traceback)
        return record


class _Text:
    """A message that is put together when a handler asks for it."""

    def __init__(self, message: object, arguments: Any):
        self.message, self.arguments = message, arguments

    def __str__(self) -> str:
        text = str(self.message)
        return readable(text % self.arguments if self.arguments else text)


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
        record.msg = readable(message if error in message else f"{message}: {error}")
        record.args = ()
        record.exc_info = record.exc_text = None
    return True
