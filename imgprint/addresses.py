"""Which IP addresses belong to the public internet."""

from __future__ import annotations

import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias
from unicodedata import normalize
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from ipaddress import IPv4Network, IPv6Network

    Network: TypeAlias = IPv4Network | IPv6Network

Address: TypeAlias = IPv4Address | IPv6Address

# Of IPv6 this is all that is given out (RFC 4291 section 2.4). What lies
# outside is loopback, link-local, site-local, unique local, multicast or unused.
_UNICAST = ip_network("2000::/3")
_MAPPED = ip_network("::ffff:0:0/96")  # RFC 4291 section 2.5.5.2
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052 section 2.1
_6TO4 = ip_network("2002::/16")  # RFC 3056 section 2
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # RFC 5214 section 6.1

# Not public, whatever ipaddress says: its tables differ between versions.
_SPECIAL = [
    ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's metadata service, in its own public space
        "192.0.0.0/24",  # RFC 6890; Oracle's metadata service is 192.0.0.192
        "192.88.99.0/24",  # RFC 7526: was the 6to4 relay
        "2001::/23",  # RFC 2928: Teredo, ORCHID, benchmarks
        "3fff::/20",  # RFC 9637: documentation
    )
]


def is_public(address: str | Address, allowed: Iterable[Network] = ()) -> bool:
    """Return whether *address* is of the public internet, or of *allowed*.

    IPv6 addresses that stand for an IPv4 address are what that one is.

    >>> is_public("93.184.216.34"), is_public("10.0.0.1"), is_public("::ffff:7f00:1")
    (True, False, False)

    Source: the IANA special-purpose address registries (RFC 6890).
    """
    if isinstance(address, str):
        address = ip_address(address)
    networks = tuple(allowed)
    inner = tuple(_embedded(address))
    if any(one in network for one in (address, *inner) for network in networks):
        return True
    if isinstance(address, IPv6Address) and (address in _MAPPED or address in _NAT64):
        return all(is_public(one) for one in inner)
    return _is_global(address) and all(is_public(one) for one in inner)


def _is_global(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    special = any(address in network for network in _SPECIAL)
    odd = address.is_multicast or address.is_reserved or address.is_private
    return address.is_global and not odd and not special


def _embedded(address: Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses that packets to *address* may be sent on to."""
    if isinstance(address, IPv4Address):
        return
    value = int(address)
    if (
        address in _MAPPED
        or address in _NAT64
        or value >> 32 & 0xFFFF_FFFF in _ISATAP
        or value >> 32 == 0  # RFC 4291 section 2.5.5.1: IPv4-compatible
    ):
        yield IPv4Address(value & 0xFFFF_FFFF)
    if address in _6TO4:
        yield IPv4Address(value >> 80 & 0xFFFF_FFFF)


@lru_cache(maxsize=10_000)  # asked of every request
def literal_address(host: str) -> Address | None:
    """Return the address that *host* is in some notation, None if it is a name.

    All that the C library's resolver takes is understood: decimal, octal, hex
    and short IPv4 forms, and a dot at the end; escapes and wide digits, too.

    >>> literal_address("0x7f.1"), literal_address("[::1]")
    (IPv4Address('127.0.0.1'), IPv6Address('::1'))
    >>> literal_address("example.com")
    """
    host = normalize("NFKC", unquote(host)).strip("[]").removesuffix(".")
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError, ValueError):
        return None


def parse_networks(values: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks that *values* name; a lone address is one.

    Raise ValueError, with the value in its text.

    >>> parse_networks(["10.0.0.0/8", "::1"])
    (IPv4Network('10.0.0.0/8'), IPv6Network('::1/128'))
    """
    return tuple(ip_network(value.strip()) for value in values if value.strip())
