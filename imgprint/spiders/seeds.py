"""What to crawl: URL lists, single URLs, directories of images."""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO
from urllib.parse import urlsplit

from w3lib.url import file_uri_to_path, safe_url_string

from imgprint.content.formats import identify
from imgprint.discovery.urls.image_urls import with_short_host
from imgprint.errors import InputError
from imgprint.masking import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_INLINE = 65_536
"""Bytes of what is written out as an argument.

Linux starts no program with an argument of 131,072 bytes, its name included.
Scrapyd, which passes arguments on like that, has no answer to it: the job never
begins or ends, and its slot is lost until Scrapyd is started again. Half of that
is refused, so that a list that grows is noticed before it gets there.
"""

MAX_URL = 65_536
"""Characters of a line of a list. Servers take a tenth of that."""

_RENDER = "render="
_RENDER_MODES = ("0", "1", "auto")
_BEGINNING = re.compile(r"\s*https?://", re.IGNORECASE)
_COMMA = re.compile(r",(?=https?://)", re.IGNORECASE)
_INLINE = re.compile(r"\S+(?:\s+render=(?:0|1|auto)(?!\S))?")


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


def inline_lines(urls: str) -> list[str]:
    """Return the lines of a list that is written out, [] if *urls* is a path.

    Such a list begins with http:// or https://, as no path does. White space
    ends a URL, and so does a comma before the next one.

    >>> inline_lines("http://a.example/x,1,http://b.example/ render=1")
    ['http://a.example/x,1', 'http://b.example/ render=1']
    >>> inline_lines("lists/a,b.txt")
    []
    """
    if not _BEGINNING.match(urls):
        return []
    lines = _INLINE.findall(_COMMA.sub(" ", urls))
    return [line.rstrip(",") for line in lines if line.strip(",")]


def list_url(urls: str | None) -> str | None:
    """Return *urls* if that is one URL: of a list, not of a page."""
    lines = inline_lines(urls or "")
    return lines[0] if len(lines) == 1 and len(lines[0].split()) == 1 else None


class Line(NamedTuple):
    """One thing to crawl as the user wrote it: see parse_seed."""

    text: str
    where: str
    local: bool = True

    def seed(self) -> Seed:
        return parse_seed(self.text, self.where, local=self.local)


def read_seeds(urls: str | None, url: str | None) -> Iterator[Seed]:
    """Yield the seed of each of seed_lines."""
    for line in seed_lines(urls, url):
        yield line.seed()


def split_urls(text: str) -> list[str]:
    """Return the URLs and paths of *text*: a comma may be part of a URL.

    >>> split_urls("http://a.example/b,1.html,http://c.example/,d")
    ['http://a.example/b,1.html', 'http://c.example/,d']
    >>> split_urls("http://a.example/,,")
    ['http://a.example/', '', '']
    """
    found: list[str] = []
    for piece in text.split(","):
        whole = (
            not piece.strip() or "://" in piece or not found or "://" not in found[-1]
        )
        if whole:
            found.append(piece)
        else:
            found[-1] += f",{piece}"
    return found


def seed_lines(urls: str | None, url: str | None) -> Iterator[Line]:
    """Yield the lines of *urls*, then what *url* has between commas.

    *urls* is the path of a file or the list itself. Of the URL of a list there
    is nothing to read here: see imgprint.spiders.url_lists. Raise InputError if
    there is no such file.
    """
    if urls and not list_url(urls):
        if lines := inline_lines(urls):
            for text in lines:
                yield Line(text, "-a urls")
        else:
            yield from _read_file(urls)
    for text in split_urls(url or ""):
        if text.strip():
            yield Line(text.strip(), "-a url")


def _read_file(path: str) -> Iterator[Line]:
    try:
        with Path(path).open(encoding="utf-8-sig", errors="replace") as file:
            if stat.S_ISCHR(os.fstat(file.fileno()).st_mode):
                raise OSError(errno.ENODEV, "it is a device")
            yield from read_lines(_bounded(file), path)
    except OSError as error:
        raise InputError(
            f"URL list {path!r} can't be read: {error.strerror}; "
            "give a file with one URL per line as -a urls=FILE"
        ) from error


def _bounded(file: TextIO) -> Iterator[str]:
    """Yield the lines of *file*, cut behind the first character that is too many."""
    while line := file.readline(MAX_URL + 1):
        yield line
        while len(line) > MAX_URL and not line.endswith("\n"):
            line = file.readline(MAX_URL + 1)


def read_lines(
    lines: Iterable[str], name: str, *, local: bool = True
) -> Iterator[Line]:
    """Yield the lines of the list *name*, but for empty ones and comments.

    Without *local* what is on this machine counts as invalid.
    """
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield Line(text, f"{name} line {number}", local)


def parse_seed(text: str, where: str, *, local: bool = True) -> Seed:
    """Return the seed that *text* names: a URL, or with *local* a path."""
    if len(text) > MAX_URL:
        error = f"{text[:60]!r}... has over {MAX_URL:,} characters"
        return Seed(where, error=error)
    end, render = _split_render(text)
    if render:
        return replace(parse_seed(text[:end], where, local=local), render=render)
    try:
        scheme = urlsplit(text).scheme.lower()
        named = urlsplit(text).hostname and with_short_host(text)
        if scheme in ("http", "https") and named:
            return Seed(where, safe_url_string(text))
    except ValueError:  # such as an IPv6 address without its closing bracket
        scheme = "http"
    shown = without_credentials(text)
    if not local:
        return Seed(where, error=f"{shown!r} is no URL (http://..., https://...)")
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
                error=f"{shown!r} is neither a URL (http://..., https://...) "
                "nor a file or directory here",
            )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return Seed(where, error=f"{shown!r} can't be read: {reason}")
    return Seed(where, path.absolute().as_uri())


def _split_render(text: str) -> tuple[int, str | None]:
    """Return where the options at the end of *text* begin, and the last one's value."""
    end, render = len(text), None
    while True:
        start = text.rfind(_RENDER, 0, end)
        mode = text[start + len(_RENDER) : end]
        if start < 1 or mode not in _RENDER_MODES or not text[start - 1].isspace():
            return end, render
        render, end = render or mode, start
        while end and text[end - 1].isspace():
            end -= 1


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


def local_seeds(path: Path) -> Iterator[tuple[str, str]]:
    """Yield what each file at or below *path* is, and its URL.

    That is "image", "page" or "other". Of a file that can't be read it is "failed",
    and why.
    """
    for file in local_files(path):
        try:
            if isinstance(file, OSError):
                raise file
            if is_local_image(file):
                kind = "image"
            else:
                is_page = file.suffix.lower() in (".html", ".htm", ".xhtml")
                kind = "page" if is_page else "other"
            yield kind, file.as_uri()
        except OSError as error:
            yield "failed", f"{error.filename}: {error.strerror}"


def check_seeds(urls: str | None, url: str | None) -> None:
    """Raise InputError unless there is at least one seed that can be crawled.

    The URL of a list counts as one.
    """
    if not urls and not url:
        raise InputError(
            "nothing to crawl: give -a urls=FILE (one URL per line) or -a url=URL"
        )
    for name, value in (("urls", urls), ("url", url)):
        if (size := len((value or "").encode(errors="surrogateescape"))) > MAX_INLINE:
            raise InputError(
                f"-a {name} has {size:,} bytes, and at most {MAX_INLINE:,} are safe "
                "there: put the list into a file or on a web server, and give its "
                "path or URL as -a urls"
            )
    first = None
    if address := list_url(urls):
        first = parse_seed(address, "-a urls", local=False)
        if not first.error:
            return
    for seed in read_seeds(urls, url):
        if not seed.error:
            return
        first = first or seed
    if first:
        raise InputError(f"{first.where}: {first.error}")
    raise InputError(f"{urls or '-a url'} holds no URL: write one per line")
