"""The downloader middleware for sites that must not be asked for anything."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

from scrapy.exceptions import NotConfigured

from imgprint import config
from imgprint.discovery.urls.addresses import embedded_addresses, literal_address
from imgprint.discovery.urls.targets import host_of
from imgprint.errors import InputError, Refused

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector

_LINE = re.compile(r"([0-9a-fA-F]{64})\b.*|#.*|")


class BlocklistMiddleware:
    """Refuse requests to hosts on a list that doesn't show them.

    The list is the file IMGPRINT_BLOCKLIST. Subdomains of a name on it are refused as
    well, and so is a host in any other notation.

    At position 40 it comes before all else. Stat: ``imgprint/blocklist/refused``.
    """

    def __init__(self, hashes: frozenset[bytes], stats: StatsCollector):
        self.stats = stats
        self._is_blocked = lru_cache(maxsize=16_384)(
            lambda host: any(name in hashes for name in hashes_of(host))
        )

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        path = config.BLOCKLIST.read(crawler.settings)
        if not path:
            raise NotConfigured
        return cls(read_blocklist(path), crawler.stats)

    def process_request(self, request: Request) -> None:
        host = host_of(request)
        if host and self._is_blocked(host):
            self.stats.inc_value("imgprint/blocklist/refused")
            raise Refused("on the list IMGPRINT_BLOCKLIST")


def hashes_of(host: str) -> list[bytes]:
    """Return the hashes of *host* and of the domains that it is in.

    Of an IPv6 address, also those of the IPv4 addresses that it may stand for.

    >>> [digest.hex()[:8] for digest in hashes_of("WWW.example.com.")]
    ['80fc0fb9', 'a379a6f6', '71b4f3a3']
    """
    host = host.lower().rstrip(".").partition("%")[0]  # an IPv6 zone is no part of it
    if literal_address(host):
        names = [host, *embedded_addresses(host)]
    else:
        labels = host.split(".")
        names = [".".join(labels[i:]) for i in range(len(labels))]
    return [hashlib.sha256(name.encode()).digest() for name in names]


def read_blocklist(path: str) -> frozenset[bytes]:
    """Return the hashes in the file at *path*. Raise InputError if it's no list."""
    hashes = set()
    try:
        with Path(path).open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                match = _LINE.fullmatch(line.strip())
                if not match:
                    raise InputError(
                        f"IMGPRINT_BLOCKLIST {path} line {number} is no SHA-256 in "
                        "hexadecimal"
                    )
                if match[1]:
                    hashes.add(bytes.fromhex(match[1]))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InputError(
            f"IMGPRINT_BLOCKLIST {path} can't be read: {reason}"
        ) from error
    return frozenset(hashes)
