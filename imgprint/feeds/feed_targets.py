"""Checks of feed targets before a crawl: names, places, schemes, formats."""

from __future__ import annotations

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from w3lib.url import file_uri_to_path

from imgprint.errors import InputError
from imgprint.feeds.file_storage import is_special
from imgprint.masking import text_without_credentials

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from scrapy import Spider
    from scrapy.settings import BaseSettings

WHOLE = ("json", "geojson", "parquet")
"""Formats of files that nothing can be appended to."""


def local_path(uri: str) -> Path | None:
    """Return the path that a feed URI names, None if it is not a local file.

    >>> local_path("data/a.json"), local_path("s3://bucket/a.json")
    (PosixPath('data/a.json'), None)
    """
    if uri.startswith("file:"):
        return Path(file_uri_to_path(uri))
    if urlsplit(uri).scheme or uri == "-":
        return None
    return Path(uri)


def check_targets(uris: Iterable[str]) -> None:
    """Raise InputError if one of the local feed targets can't be written.

    Directories are made, as the feed storage would. In a name with
    placeholders only what stands before them is checked.
    """
    for uri in uris:
        path = local_path(uri)
        if path is None:
            continue
        parts = path.parts
        fixed = next((i for i, part in enumerate(parts) if "%(" in part), len(parts))
        folder = Path(*parts[: min(fixed, len(parts) - 1)])
        try:
            if fixed == len(parts) and path.is_dir():
                raise IsADirectoryError(21, "Is a directory")
            if fixed == len(parts) and is_special(path):
                _check_special(path)
                continue
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
            if fixed == len(parts) and path.exists():
                path.open("ab").close()
        except OSError as error:
            raise InputError(
                f"feed {uri!r} can't be written: {error.strerror}; "
                "give another path with -O"
            ) from error


def check_schemes(uris: Iterable[str], settings: BaseSettings) -> None:
    """Raise InputError if Scrapy has no storage for one of *uris*, or can't use it."""
    known = settings.getwithbase("FEED_STORAGES")
    words = {name for name, path in known.items() if name and path}
    for uri in uris:
        scheme = "" if local_path(uri) else urlsplit(uri).scheme
        shown = text_without_credentials(uri)
        if uri == "-" or not scheme:
            continue
        if scheme not in words:
            names = ", ".join(sorted(words - {"stdout"}))
            raise InputError(
                f"feed {shown!r}: there is no storage for {scheme}:; give a path, or "
                f"an address with one of {names}"
            )
        if library := _LIBRARIES.get(scheme):
            package, _, install = library.partition(" ")
            if not _is_installed(package):
                raise InputError(
                    f"feed {shown!r} needs {install}: pip install {install}"
                )
        if scheme in ("s3", "gs", "ftp") and not _names_a_file(uri):
            raise InputError(
                f"feed {shown!r} names no file: give {scheme}://PLACE/FILE"
            )


_LIBRARIES = {
    "s3": "boto3 boto3",
    "gs": "google.cloud.storage google-cloud-storage",
}
"""By scheme: the module that Scrapy's storage imports, and the package that has it."""


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a parent of it is missing
        return False


def _names_a_file(uri: str) -> bool:
    # A secret key may have a slash: a bucket or host can't.
    parts = urlsplit(uri)
    place, _, name = (parts.netloc + parts.path).rpartition("@")[2].partition("/")
    return bool(place and name.strip("/"))


def _check_special(path: Path) -> None:
    """Raise OSError if the device or pipe at *path* may not be written.

    A pipe is not opened, because its reader would take that for the end.
    """
    if not os.access(path, os.W_OK):
        raise PermissionError(13, "Permission denied")


def check_names(
    uris: Iterable[str], spider: type[Spider], arguments: Mapping[str, str]
) -> None:
    """Raise InputError if placeholders in *uris* stand for nothing that there is.

    They may name attributes of the spider, and what Scrapy's feed exports add.
    """
    own: Any = None
    for uri in uris:
        if "%" not in uri:
            continue
        if own is None:
            given = {name: v for name, v in arguments.items() if name != "job"}
            try:
                own = spider(**given)
            except (AttributeError, LookupError, TypeError, ValueError):
                return  # it wants a crawler, perhaps
        try:
            uri % _Names(own)
        except (KeyError, TypeError, ValueError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise InputError(
                f"feed {uri!r}: {reason}; give names such as %(name)s and %(time)s, "
                "and %% for a percent sign"
            ) from error


class _Names(dict[str, Any]):
    """What the placeholders of a feed's URI stand for."""

    def __init__(self, spider: Spider):
        super().__init__(time="", batch_time="", batch_id=1)
        self._spider = spider

    def __missing__(self, name: str) -> Any:
        try:
            return getattr(self._spider, name)
        except AttributeError:
            raise KeyError(name) from None


def check_formats(
    feeds: Mapping[str, Mapping[str, Any]], own: Container[str] = ()
) -> None:
    """Raise InputError if one of *feeds* can't be written in its format.

    *own* are files of the job that goes on: they are made anew.
    """
    for uri, options in feeds.items():
        name = options.get("format")
        if name == "parquet" and not find_spec("pyarrow"):
            raise InputError(f"feed {uri!r} needs pyarrow: pip install pyarrow")
        path = local_path(uri)
        if name not in WHOLE or options.get("overwrite") or not path or uri in own:
            continue
        if path.is_file() and path.stat().st_size:
            raise InputError(
                f"feed {uri!r} exists, and {name} can't be appended to: "
                "give it with -O to replace it"
            )
