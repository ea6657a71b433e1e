"""Names that must never be looked up by DNS: refused wherever that could happen.

Requests for them are refused, or go through Tor or I2P, long before: see
OnionMiddleware and HttpDownloadHandler. This is for whatever did not see that.
"""

from __future__ import annotations

import os
import re
import socket
import sys
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from aiohttp import ThreadedResolver

from imgprint import config
from imgprint.discovery.urls.addresses import ascii_host
from imgprint.errors import InputError
from imgprint.fetch.tor.onion_names import is_hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aiohttp.abc import ResolveResult
    from scrapy.settings import BaseSettings

# Names of the functions in Python's table of audit events.
_LOOKUPS = frozenset(
    ["socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"]
)
# These are servers that the libraries of others look up.
_SETTINGS = (
    "AWS_ENDPOINT_URL",
    config.I2P_PROXY.name,
    config.QUEUE.name,
    config.TOR_PROXIES.name,
    "MAIL_HOST",
    "PLAYWRIGHT_CDP_URL",
    "PLAYWRIGHT_CONNECT_URL",
)
_VARIABLES = re.compile(r"AWS_ENDPOINT_URL\w*|PGHOST")
# The parts of a URL, of libpq's "host=NAME" and of a list.
_BETWEEN = re.compile(r"[\s/@:,=?&'\"]+")


def refuse_hidden(host: str) -> None:
    """Raise OSError if *host* is a name of Tor or I2P (RFC 7686), in any notation."""
    if is_hidden(_known(host)):
        raise socket.gaierror(
            socket.EAI_NONAME, "names of Tor and I2P are not looked up by DNS"
        )


def _known(host: str) -> str:
    try:
        return ascii_host(host)
    except ValueError:
        return host


class Resolver(ThreadedResolver):
    """aiohttp's resolver: it tells *answered* which addresses a name has.

    Raise OSError for names of Tor and I2P.
    """

    def __init__(self, answered: Callable[[list[str]], None]):
        super().__init__()
        self._answered = answered

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        refuse_hidden(host)
        found = await super().resolve(host, port, family)
        self._answered([each["host"] for each in found])
        return found


@cache  # an audit hook stays for ever
def refuse_lookups() -> None:
    """Have Python's own lookups of such names fail in this process.

    Scrapy's, those of mail, FTP and S3 are among them; those of uvloop, which
    downloads use, and of C libraries are not.
    """
    sys.addaudithook(_audit)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event in _LOOKUPS and args:
        host = args[0]
        if isinstance(host, bytes | bytearray):
            host = host.decode(errors="replace")
        if isinstance(host, str):
            refuse_hidden(host)


def check_lookups(
    settings: BaseSettings, environment: Mapping[str, str] = os.environ
) -> None:
    """Raise InputError if a server's name in *settings* is one of Tor or I2P.

    So for proxies and other servers in *environment*. A webhook may be an onion
    if there is a way to it.
    """
    for name, value in _servers(settings, environment):
        for host in filter(None, _BETWEEN.split(value)):
            if is_hidden(_known(host)):
                raise InputError(
                    f"{name}: DNS would be asked for {_known(host)!r}, and must never "
                    "be asked for names of Tor and I2P (RFC 7686); give another host"
                )
    _check_webhook(settings)


def _servers(
    settings: BaseSettings, environment: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield name and value of what names a server."""
    for name in _SETTINGS:
        for value in settings.getlist(name):
            yield name, str(value)
    for name, value in environment.items():
        if _VARIABLES.fullmatch(name):
            yield name, value
    for scheme, value in getproxies().items():
        if scheme != "no":
            yield f"{scheme}_proxy", value
    for uri in (*settings.getdict("FEEDS"), config.SIGHTINGS.read(settings) or ""):
        parts = urlsplit(str(uri))
        if parts.scheme in ("ftp", "ftps"):
            yield "FEEDS", parts.netloc


def _check_webhook(settings: BaseSettings) -> None:
    webhook = config.WEBHOOK.read(settings)
    if not webhook:
        return
    from imgprint.discovery.urls.targets import read_place
    from imgprint.fetch.tor.onion_names import is_i2p

    place = read_place(webhook)
    if place.problem:
        raise InputError(f"IMGPRINT_WEBHOOK: {place.problem}")
    i2p = is_i2p(place.host)
    tor = config.TOR.read(settings) != "off"
    way = bool(config.I2P_PROXY.read(settings)) if i2p else tor
    if is_hidden(place.host) and not way:
        name = "IMGPRINT_I2P_PROXY is not set" if i2p else "IMGPRINT_TOR is off"
        raise InputError(f"IMGPRINT_WEBHOOK: there is no way to {place.host}: {name}")
