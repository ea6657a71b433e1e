"""What to crawl: URL lists, single URLs, directories of images."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from w3lib.url import file_uri_to_path, safe_url_string

from imgprint.content.formats import identify
from imgprint.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_RENDER = re.compile(r"\s+render=(0|1|auto)\Z")


@dataclass(slots=True, frozen=True)
class Seed:
    """One thing to crawl, or why it can't be (*error*).

    *url* is a page or an image on the web, or a ``file:`` URL; *where* says
    where the user wrote it. *render* is "0", "1" or "auto" if the line ends in
    ``render=0``, ``render=1`` or ``render=auto``, after a space.
    """

    where: str
    url: str = ""
    error: str | None = None
    render: str | None = None


def read_seeds(urls: str | None, url: str | None) -> Iterator[Seed]:
    """Yield a seed per line of the file *urls*, then per comma-separated *url*.

    Raise InputError if there is no such file.
    """
    if urls:
        try:
            with Path(urls).open(encoding="utf-8-sig", errors="replace") as lines:
                for number, line in enumerate(lines, 1):
                    text = line.strip()
                    if text and not text.startswith("#"):
                        yield parse_seed(text, f"{urls} line {number}")
        except OSError as error:
            raise InputError(
                f"URL list {urls!r} can't be read: {error.strerror}; "
                "give a file with one URL per line as -a urls=FILE"
            ) from error
    for text in (url or "").split(","):
        if text.strip():
            yield parse_seed(text.strip(), "-a url")


def parse_seed(text: str, where: str) -> Seed:
    """Return the seed that *text* names: a URL, or the path of something local."""
    if option := _RENDER.search(text):
        seed = parse_seed(text[: option.start()], where)
        return replace(seed, render=option[1])
    try:
        scheme = urlsplit(text).scheme.lower()
        if scheme in ("http", "https") and urlsplit(text).hostname:
            return Seed(where, safe_url_string(text))
    except ValueError:  # such as an IPv6 address without its closing bracket
        scheme = "http"
    path = Path(file_uri_to_path(text)) if scheme == "file" else Path(text)
    try:
        if path.is_dir():
            with os.scandir(path):
                pass
        elif path.is_file():
            with path.open("rb"):
                pass
        else:
            return Seed(
                where,
                error=f"{text!r} is neither a URL (http://..., https://...) "
                "nor a file or directory here",
            )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return Seed(where, error=f"{text!r} can't be read: {reason}")
    return Seed(where, path.absolute().as_uri())


def local_files(path: Path) -> Iterator[Path | OSError]:
    """Yield *path*, or all files below it, in order. Links are not followed.

    A directory that can't be listed yields the error that says so.
    """
    if not path.is_dir():
        yield path
        return
    errors: list[OSError] = []
    for folder, folders, names in os.walk(path, onerror=errors.append):
        folders.sort()
        for name in sorted(names):
            yield Path(folder, name)
    yield from errors


def is_local_image(path: Path) -> bool:
    """Return whether the file begins like an image. Raise OSError."""
    with path.open("rb") as file:
        return identify(file.read(512)) is not None


def check_seeds(urls: str | None, url: str | None) -> None:
    """Raise InputError unless there is at least one seed that can be crawled."""
    if not urls and not url:
        raise InputError(
            "nothing to crawl: give -a urls=FILE (one URL per line) or -a url=URL"
        )
    first = None
    for seed in read_seeds(urls, url):
        if not seed.error:
            return
        first = first or seed
    if first:
        raise InputError(f"{first.where}: {first.error}")
    raise InputError(f"{urls or '-a url'} holds no URL: write one per line")
