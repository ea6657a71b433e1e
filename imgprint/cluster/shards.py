"""Shards: lists of URLs, cut so that every site is fetched by one crawl at a time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_LINES = 10_000
"""A shard's most lines: what another machine begins anew when one dies."""


@dataclass(frozen=True)
class Shard:
    """The work of one crawl.

    *lock* names the bucket of its sites: of shards with the same lock one runs
    at a time. *lines* are a list of URLs as ``scrapy crawl images`` takes it.
    *output* is a directory, or ``s3://bucket/prefix``. *arguments* are the
    spider's, *settings* are NAME=VALUE.
    """

    output: str
    arguments: dict[str, str] = field(default_factory=dict)
    settings: list[str] = field(default_factory=list)
    name: str = ""
    lock: str = ""
    lines: list[str] = field(default_factory=list)
    sites: int = 0

    @property
    def records(self) -> str:
        return f"{self.output}/{self.name}.jsonl"

    @property
    def sightings(self) -> str:
        return f"{self.output}/sightings/{self.name}.jsonl"


def bucket_of(site: str, buckets: int) -> int:
    """Return which bucket *site* is in: the same on every machine, always.

    >>> bucket_of("example.com", 64), bucket_of("example.org", 64)
    (38, 53)
    """
    digest = blake2b(site.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % buckets


def cut(
    lines: Iterable[tuple[str, str]],
    work: Shard,
    buckets: int,
    most: int = MAX_LINES,
) -> Iterator[Shard]:
    """Yield the shards of *lines*, each a site and what to crawl of it.

    Other things are as in *work*. A shard has the sites of one bucket; a bucket
    of more than *most* lines is several shards. The same lines give the same
    names. The largest come first, so that those that end last are small. Memory
    is that of *buckets* times *most* lines.
    """
    waiting: dict[int, list[str]] = {}
    sites: dict[int, set[str]] = {}
    for site, line in lines:
        bucket = bucket_of(site, buckets)
        waiting.setdefault(bucket, []).append(line)
        sites.setdefault(bucket, set()).add(site)
        if len(waiting[bucket]) == most:
            yield _shard(work, bucket, buckets, waiting.pop(bucket), sites.pop(bucket))
    for bucket in sorted(waiting, key=lambda bucket: (-len(waiting[bucket]), bucket)):
        yield _shard(work, bucket, buckets, waiting[bucket], sites[bucket])


def _shard(
    work: Shard, bucket: int, buckets: int, lines: list[str], sites: set[str]
) -> Shard:
    options = [work.output, *sorted(work.arguments.items()), *work.settings]
    text = "\n".join((*lines, repr(options)))
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()
    return replace(
        work,
        name=f"{bucket:03}-{digest}",
        lock=f"{bucket}/{buckets}",
        lines=lines,
        sites=len(sites),
    )
