"""What is remembered of hosts, so that what failed once is not tried each time."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgprint.content.byte_ranges.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_HOSTS = 10_000
REPROBE_AFTER = 1_000  # images
LISTS_IGNORED = 2  # a cold cache ignores the first list for a file (nginx)
RANGES_IGNORED = 3

# Stores and caches that answer a list of ranges with an error or the whole file.
_NO_LISTS_HOST = re.compile(
    r"(?:^|\.)(?:amazonaws\.com|blob\.core\.windows\.net|storage\.googleapis\.com"
    r"|upload\.wikimedia\.org|githubusercontent\.com|i\.imgur\.com"
    r"|digitaloceanspaces\.com|aliyuncs\.com)$"
)
_NO_LISTS_SERVER = re.compile(r"AmazonS3|AliyunOSS|UploadServer|Varnish", re.IGNORECASE)
_NO_LISTS_FIELD = ("x-amz-", "x-goog-", "x-ms-")


@dataclass(slots=True)
class _Host:
    lists: bool = True
    tails: bool = True
    images: int = 0
    lists_ignored: int = 0
    ranges_ignored: int = 0


class HostMemory:
    """Which hosts do lists of ranges, and ranges at all.

    A host is ``(scheme, host, port)`` in any form that can be hashed; *name*
    is its host name. At most MAX_HOSTS are remembered, the last ones seen, and
    each is tried anew after REPROBE_AFTER images.
    """

    def __init__(self) -> None:
        self._hosts: OrderedDict[object, _Host] = OrderedDict()

    def transfer(self, key: object, name: str) -> Transfer:
        """Return the transfer of one more image of this host."""
        host = self._hosts.get(key)
        if host is None or host.images >= REPROBE_AFTER:
            host = self._hosts[key] = _Host(lists=not _NO_LISTS_HOST.search(name))
            if len(self._hosts) > MAX_HOSTS:
                self._hosts.popitem(last=False)
        self._hosts.move_to_end(key)
        host.images += 1
        return Transfer(lists=host.lists, tails=host.tails)

    def learn(self, key: object, transfer: Transfer) -> None:
        """Take in what a finished transfer showed."""
        host = self._hosts.get(key)
        if host is None:
            return
        if transfer.lists_work is not None:
            host.lists = transfer.lists_work
        if transfer.image.complete:
            return  # servers that do ranges answer small files whole
        if transfer.list_ignored and transfer.honoured == "single":
            host.lists_ignored += 1
            host.lists = host.lists_ignored < LISTS_IGNORED
        if transfer.honoured == "ignored":
            host.ranges_ignored += 1
            host.tails = host.ranges_ignored < RANGES_IGNORED
        elif transfer.honoured:
            host.ranges_ignored, host.tails = 0, True

    def recognise(self, key: object, headers: Mapping[str, str]) -> None:
        """Take in the fields (lower-case names) of a page of a host.

        Nothing is learnt from them once an image of that host was asked for.
        """
        if key not in self._hosts and _no_lists(headers):
            self._hosts[key] = _Host(lists=False)


def _no_lists(headers: Mapping[str, str]) -> bool:
    return bool(
        _NO_LISTS_SERVER.search(headers.get("server", ""))
        or "varnish" in headers.get("via", "").lower()
        or headers.get("x-powered-by") == "Express"
        or headers.get("x-served-by", "").startswith("cache-")
        or any(name.startswith(_NO_LISTS_FIELD) for name in headers)
    )
