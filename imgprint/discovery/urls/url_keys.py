"""Short keys for long strings, where millions are held in memory."""

from functools import lru_cache
from hashlib import blake2b

from imgprint.discovery.limits import cut_url


@lru_cache(maxsize=1)  # who asks asks twice
def url_key(url: str) -> bytes:
    """Return 8 bytes that stand for *url*: two of a million agree once in 10^7.

    A long URL and what is written of it have the same key.

    >>> url_key("http://example.com/").hex()
    'fb2241160c9dad06'
    """
    return blake2b(cut_url(url).encode(), digest_size=8).digest()
