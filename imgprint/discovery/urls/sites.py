"""The site a URL belongs to."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address

from tldextract import TLDExtract

from imgprint.discovery.urls.targets import read_place

# The list bundled with tldextract: no network, no cache on disk. Its private part
# counts, as in browsers: two blogs of github.io are two sites.
_extract = TLDExtract(
    suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True
)


def site_of(url: str) -> str | None:
    """Return the registrable domain of *url*, lower case, without port.

    An onion site is its label before ``.onion``, whatever the subdomain. IP
    addresses, single labels (``localhost``) and public suffixes stand for
    themselves. Other scripts are in Punycode, addresses in their usual notation,
    as a request has them. None if *url* has no host
    (``file:``, ``data:``, no URL).

    Source: https://publicsuffix.org/list/, "Algorithm".

    >>> site_of("https://a.b.co.uk:8080/c"), site_of("http://WWW.Abc.onion./")
    ('b.co.uk', 'abc.onion')
    >>> site_of("http://127.0.0.1:8000/"), site_of("file:///etc")
    ('127.0.0.1', None)
    """
    place = read_place(url)
    if not place.host or place.scheme == "file":
        return None
    return _site_of_host(place.host)


@lru_cache(maxsize=16_384)
def _site_of_host(host: str) -> str | None:
    host = host.rstrip(".").lower()
    if not host or _is_ip(host):
        return host or None
    labels = host.split(".")
    if labels[-1] == "onion":
        return ".".join(labels[-2:])
    names = _extract(host)
    if not names.suffix:  # "If no rules match, the prevailing rule is '*'"
        return ".".join(labels[-2:])
    return names.top_domain_under_public_suffix or host


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
