"""The feed storage of S3: what can't be uploaded is kept and uploaded later."""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit, urlunsplit

from scrapy.extensions.feedexport import S3FeedStorage
from scrapy.utils.asyncio import run_in_thread
from scrapy.utils.defer import deferred_from_coro

from imgprint.feeds.spool import Spool

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from twisted.internet.defer import Deferred

    from imgprint.feeds.spool import Kept


class S3Storage(S3FeedStorage):
    """Write the feed to the folder IMGPRINT_SPOOL, then upload it.

    Credentials, region and endpoint are the usual ones: ``AWS_ACCESS_KEY_ID``,
    ``AWS_SECRET_ACCESS_KEY``, ``AWS_SESSION_TOKEN``, ``AWS_REGION_NAME`` and
    ``AWS_ENDPOINT_URL``. How often to retry is the AWS library's
    AWS_MAX_ATTEMPTS, an environment variable.
    """

    spool: Spool

    def __init__(self, uri: str, *args: Any, **kwargs: Any):
        super().__init__(uri, *args, **kwargs)
        self.uri = uri
        self.failure: str | None = None
        self.kept: Path | None = None

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, uri: str, *, feed_options: dict[str, Any] | None = None
    ) -> Self:
        storage = super().from_crawler(crawler, uri, feed_options=feed_options)
        storage.spool = Spool.from_settings(crawler.settings)
        return storage

    def open(self, spider: Spider) -> IO[bytes]:
        return self.spool.open()

    def store(self, file: IO[bytes]) -> Deferred[None]:
        return deferred_from_coro(run_in_thread(self._store, file))

    def _store(self, file: IO[bytes]) -> None:
        path = Path(file.name)
        try:
            file.flush()
            file.close()
        except OSError as error:
            self.abandon(file, error)
            raise
        try:
            self.upload(path)
        except OSError as error:
            self.kept = self.spool.keep(path, self.uri).path
            self.failure = (
                f"feed {public(self.uri)!r} could not be uploaded: {error}; it is "
                f"kept in {str(self.spool.folder)!r}: upload it with "
                "'scrapy spool'"
            )
            raise OSError(self.failure) from None
        path.unlink()
        self.spool.discard(self.uri)

    def upload(self, path: Path) -> None:
        """Upload the file at *path*. Raise OSError."""
        # As Scrapy does: who has no feed to S3 needn't wait for this library.
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        options = {"ACL": self.acl} if self.acl else None
        try:
            self.s3_client.upload_file(
                str(path), self.bucketname, self.keyname, ExtraArgs=options
            )
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise OSError(reason(error)) from None

    def abandon(self, file: IO[bytes] | None, error: OSError) -> None:
        """Say that the feed could not even be written."""
        folder = str(self.spool.folder)
        self.failure = (
            f"feed {public(self.uri)!r} can't be written to {folder!r} on its way: "
            f"{error.strerror or error}"
        )


def upload_spool(spool: Spool, settings: BaseSettings) -> tuple[list[str], str | None]:
    """Upload what *spool* holds, up to the first failure.

    Return the URIs that were stored, and the failure in a sentence.
    """
    stored: list[str] = []
    for kept in spool.entries():
        try:
            _storage(kept, settings).upload(kept.path)
        except OSError as error:
            left = len(spool.entries())
            return stored, (
                f"feed {public(kept.uri)!r} could not be uploaded: {error}; "
                f"{left} {'feed is' if left == 1 else 'feeds are'} kept in "
                f"{str(spool.folder)!r}"
            )
        kept.remove()
        stored.append(public(kept.uri))
    return stored, None


def _storage(kept: Kept, settings: BaseSettings) -> S3Storage:
    return S3Storage(
        kept.uri,
        access_key=settings.get("AWS_ACCESS_KEY_ID"),
        secret_key=settings.get("AWS_SECRET_ACCESS_KEY"),
        session_token=settings.get("AWS_SESSION_TOKEN"),
        acl=settings.get("FEED_STORAGE_S3_ACL") or None,
        endpoint_url=settings.get("AWS_ENDPOINT_URL") or None,
        region_name=settings.get("AWS_REGION_NAME") or None,
    )


def public(uri: str) -> str:
    """Return *uri* without the credentials in it.

    >>> public("s3://key:secret@bucket/feed.jsonl")
    's3://bucket/feed.jsonl'
    """
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def reason(error: Exception) -> str:
    """Return what *error* says, without what the AWS library puts before it."""
    text = " ".join(str(error).split())
    return re.sub(r"^Failed to upload (?>.*? to ).*?: ", "", text).rstrip(".")
