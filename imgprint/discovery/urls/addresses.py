"""Host names as connections are made to them, and which addresses are public."""

from __future__ import annotations

import re
import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias
from unicodedata import normalize
from urllib.parse import unquote, unquote_to_bytes

import idna

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

MAX_NAME = 253  # RFC 1035 section 2.3.4, without the root's empty label
MAX_LABEL = 63
MAX_WRITTEN = 4096
"""Characters of a host that are looked at: escapes make nine of one letter."""
# All that the URL Standard takes (section 3.5, "forbidden domain code point").
_NOT_OF_A_NAME = re.compile(r"[^a-z0-9._~!$&'()*+,;=-]")


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


@lru_cache(maxsize=10_000)
def ascii_host(written: str) -> str:
    """Return the host *written* in a URL as a connection is made to it.

    That is an IP address in its usual notation, IPv6 without brackets, or a name
    in lower case and Punycode. Escapes, letters of other scripts, wide, circled
    and soft ones, and all notations of IPv4 are understood. The dot at the end
    of a name stays.

    Raise ValueError, with a sentence, for what can't be a host.

    >>> ascii_host("WWW.B%C3%BCcher.%45xample"), ascii_host("0x7f000010")
    ('www.xn--bcher-kva.example', '127.0.0.16')
    >>> ascii_host("a..b")
    Traceback (most recent call last):
    ValueError: not a host name: 'a..b' has an empty label

    Source: URL Standard section 3.5, "host parsing"; UTS 46, by idna as in yarl,
    the HTTP client's; RFC 1035 section 2.3.4.
    """
    if len(written) > MAX_WRITTEN:
        raise _not_a_name(written, "is too long")
    if written.startswith("["):
        return _ipv6(written)
    try:
        name = unquote_to_bytes(written).decode() if "%" in written else written
        name = (name if name.isascii() else _to_ascii(name)).lower()
    except UnicodeError:
        raise _not_a_name(written, "can't be written in ASCII") from None
    if _NOT_OF_A_NAME.search(name):
        raise _not_a_name(written, "has a character that no host name has")
    if address := literal_address(name):
        return str(address)
    labels = name.removesuffix(".").split(".")
    if "" in labels:
        raise _not_a_name(written, "has an empty label")
    if len(name.removesuffix(".")) > MAX_NAME or max(map(len, labels)) > MAX_LABEL:
        raise _not_a_name(written, "is too long")
    if any(label.startswith("xn--") and _is_fake(label) for label in labels):
        raise _not_a_name(written, "has a label that stands for no other script")
    return name


def _not_a_name(written: str, reason: str) -> ValueError:
    return ValueError(f"not a host name: {written[:80]!a} {reason}")


def _ipv6(written: str) -> str:
    """Return the address in brackets. A zone (RFC 6874) stays."""
    try:
        address = ip_address(written.removeprefix("[").removesuffix("]"))
    except ValueError:
        address = None
    if not isinstance(address, IPv6Address) or not written.endswith("]"):
        raise _not_a_name(written, "is not an IPv6 address")
    return str(address)


def _to_ascii(name: str) -> str:
    try:
        return idna.encode(name, uts46=True).decode()
    except UnicodeError:  # emoji, or an underscore beside other scripts
        return name.encode("idna").decode()


def _is_fake(label: str) -> bool:
    """Return whether *label* is Punycode of what is written in another way."""
    try:
        text = label[4:].encode().decode("punycode")
    except UnicodeError:
        return True
    return text.isascii() or normalize("NFKC", text.lower()) != text


def embedded_addresses(host: str) -> list[str]:
    """Return the IPv4 addresses that the IPv6 address *host* may stand for.

    >>> embedded_addresses("::ffff:127.0.0.16"), embedded_addresses("a.example")
    (['127.0.0.16'], [])
    """
    if ":" not in host:
        return []
    return [str(address) for address in _embedded(ip_address(host))]


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
