"""``scrapy spool``: upload the feeds that could not be uploaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand

from imgprint import config
from imgprint.commands.crawl import complain
from imgprint.errors import InputError
from imgprint.feeds.s3_storage import upload_spool
from imgprint.feeds.spool import Spool
from imgprint.fetch.resolving import check_lookups
from imgprint.setting_check import prepare_settings

if TYPE_CHECKING:
    import argparse


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        return "Upload feeds that S3 did not take when their crawl ended"

    def long_desc(self) -> str:
        return (
            "Upload the feeds to s3:// that could not be stored, from the folder "
            f"IMGPRINT_SPOOL (default: {config.SPOOL.default}). Credentials and "
            "endpoint are the usual AWS variables. The exit code is 1 if something "
            "could still not be uploaded; the next crawl tries, too."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            prepare_settings(self.settings)
            check_lookups(self.settings)
        except InputError as error:
            complain(str(error))
            self.exitcode = 2
            return
        stored, failure = upload_spool(
            Spool.from_settings(self.settings), self.settings
        )
        for uri in stored:
            print(f"uploaded {uri}")
        if failure:
            complain(failure)
            self.exitcode = 1
        elif not stored:
            print("nothing to upload")
