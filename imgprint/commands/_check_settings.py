"""The check of settings before a crawl, with the files that they name."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgprint import config
from imgprint.errors import InputError
from imgprint.feeds.input_files import read_key
from imgprint.feeds.previous_feed import PreviousFeed
from imgprint.fetch.resolving import check_lookups
from imgprint.middlewares.blocklist import read_blocklist
from imgprint.pipelines.hash_list import hash_list
from imgprint.pipelines.privacy import privacy_key
from imgprint.setting_check import prepare_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.settings import BaseSettings

    from imgprint.setting_types import Setting


def check_settings(settings: BaseSettings) -> None:
    """Raise InputError, in one sentence, at the first setting that can't be used.

    Values of the environment are applied first. Files are read, but nothing is
    asked of the network.
    """
    prepare_settings(settings)
    check_lookups(settings)
    for setting, check in _CHECKS:
        if setting.read(settings):
            try:
                check(settings)
            except InputError as error:
                sentence = _complete(setting, settings[setting.name], str(error))
                raise InputError(sentence) from error


def _complete(setting: Setting[Any], value: Any, sentence: str) -> str:
    """Return *sentence* with the name of *setting* and what to give in its place."""
    if setting.name not in sentence:
        sentence = f"{setting.name}={setting.type.shown(value)}: {sentence}"
    advice = setting.type.description.replace("`", "")
    return sentence if " give " in sentence else f"{sentence}; give {advice}"


def _check_blocklist(settings: BaseSettings) -> None:
    read_blocklist(config.BLOCKLIST.read(settings) or "")


def _check_revisit(settings: BaseSettings) -> None:
    PreviousFeed(config.REVISIT.read(settings) or "").close()


def _check_hash_list_key(settings: BaseSettings) -> None:
    read_key(Path(config.HASHLIST_KEY.read(settings) or ""))


def _check_browser(settings: BaseSettings) -> None:
    if not shutil.which(config.BROWSER.read(settings) or ""):
        raise InputError("not a program here; give the path of a Chromium")


def _check_spool(settings: BaseSettings) -> None:
    folder = Path(config.SPOOL.read(settings))
    if folder.exists() and not folder.is_dir():
        raise InputError("a file is there; give the path of a folder")


_CHECKS: tuple[tuple[Setting[Any], Callable[[BaseSettings], object]], ...] = (
    (config.BLOCKLIST, _check_blocklist),
    (config.PRIVACY, privacy_key),
    (config.REVISIT, _check_revisit),
    (config.HASHLIST_KEY, _check_hash_list_key),
    (config.HASHLIST, hash_list),
    (config.BROWSER, _check_browser),
    (config.SPOOL, _check_spool),
)
