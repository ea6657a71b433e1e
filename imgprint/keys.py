"""Short keys for long strings, where millions are held in memory."""

from functools import lru_cache
from hashlib import blake2b


@lru_cache(maxsize=1)  # who asks asks twice
def url_key(url: str) -> bytes:
    """Return 8 bytes that stand for *url*: two of a million agree once in 10^7.

    >>> url_key("http://example.com/").hex()
    'fb2241160c9dad06'
    """
    return blake2b(url.encode(), digest_size=8).digest()
