"""The check of settings when the add-on is loaded, in whatever project."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from scrapy.utils.log import configure_logging

from imgprint.errors import InputError
from imgprint.extensions.log_filters import hide_secrets, readable
from imgprint.setting_check import prepare_settings

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

logger = logging.getLogger(__name__)


def check_at_startup(settings: BaseSettings) -> None:
    """Apply the environment's settings and check all of imgprint's. Raise InputError.

    Scrapy's command line would show a traceback and go on. Under it, say what is wrong
    in one sentence, in the log file as well, and end with exit code 2.
    """
    try:
        prepare_settings(settings)
    except InputError as error:
        if "scrapy.cmdline" not in sys.modules:
            raise
        hide_secrets(settings)
        sentence = readable(str(error))
        sys.stderr.write(f"imgprint: {sentence}\n")
        if settings.get("LOG_FILE"):  # under Scrapyd all that one sees
            configure_logging({"LOG_FILE": settings["LOG_FILE"]})
            logger.error("%s", sentence)
        raise SystemExit(2) from None
