"""Pictures on disk, feeds and hash lists, as queries of ``scrapy match``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from imgprint.content.describe import describe_known
from imgprint.content.fetched_image import FetchedImage
from imgprint.content.fingerprints.fingerprint import whole_hashes
from imgprint.content.metadata.parts import as_file
from imgprint.errors import InputError
from imgprint.feeds.input_files import LeftOut, kind_of, read_feed, read_list, reading
from imgprint.fetch.local_files import read_ends, read_more
from imgprint.records import complete_record
from imgprint.report.figures import is_record
from imgprint.spiders.seeds import is_local_image, local_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imgprint.items import ImageRecord
    from imgprint.matching.search import Query

# Files up to this size are read whole where they are what is looked for.
MAX_WHOLE = 256 * 1024 * 1024


def is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def queries(argument: str, left_out: LeftOut, *, decode: bool) -> Iterator[Query]:
    """Yield what a QUERY that is a path stands for. Raise InputError.

    *left_out* takes the lines of feeds that are no items. With *decode* the
    pictures are decoded, for their PDQ.
    """
    # Scrapy imports this module at every start, and numpy is slow to import.
    from imgprint.matching.search import query_of_entry, query_of_record

    path = Path(argument)
    if path.is_dir():
        yield from _pictures(path, decode=decode)
        return
    kind = kind_of(path)
    if kind == "image":
        yield _picture(path, decode=decode)
    elif kind == "feed":
        for record in read_feed(path, left_out):
            if is_record(record):
                yield query_of_record(record["url"][:200], record)
    else:
        yield from map(query_of_entry, read_list(path))


def _pictures(folder: Path, *, decode: bool) -> Iterator[Query]:
    found = False
    for path in local_files(folder):
        if isinstance(path, OSError):
            raise InputError(f"'{path.filename}' can't be read: {path.strerror}")
        with reading("picture", path):
            image = is_local_image(path)
        if image:
            found = True
            yield _picture(path, decode=decode)
    if not found:
        raise InputError(f"no picture in directory '{folder}'")


def _picture(path: Path, *, decode: bool) -> Query:
    from imgprint.matching.search import query_of_record

    with reading("picture", path):
        record = query_record(path, decode=decode)
    return query_of_record(str(path), vars(record))


def query_record(path: Path, *, decode: bool) -> ImageRecord:
    """Return the record of a picture that is looked for, hashes of all of it included.

    A server may have stated those, a list may hold them. With *decode* its
    pixels are made, for the PDQ of all of it and of its strips. Raise OSError.
    """
    transfer = read_ends(path)
    while not (description := describe_known(transfer)):
        while ask := transfer.next_ask():
            read_more(path, transfer, ask)
    fetched = FetchedImage(transfer, description=description)
    record = complete_record(fetched, url=path.absolute().as_uri())
    if (transfer.image.size or 0) <= MAX_WHOLE:
        data = path.read_bytes()
        record.fingerprints |= whole_hashes(as_file(data))
        if decode:
            from imgprint.content.fingerprints.perceptual import whole_picture

            record.fingerprints |= whole_picture(data)
    return record
