"""The first bytes of bodies that come in packets of any size, in any coding."""

import gzip
import sys
import zlib

import brotli
import pytest

from imgprint.middlewares.first_bytes import FirstBytes

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(200))


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def fed(body, size, codings=()):
    first = FirstBytes(codings)
    for start in range(0, len(body), size):
        if found := first.feed(body[start : start + size]):
            return found
    return None


CODED = {
    "plain": (PNG, ()),
    "gzip": (gzip.compress(PNG), ("gzip",)),
    "deflate": (zlib.compress(PNG), ("deflate",)),
    "raw deflate": (raw_deflate(PNG), (" Deflate ",)),
    "br": (brotli.compress(PNG), ("br",)),
    "zstd": (zstd.compress(PNG), ("zstd",)),
    "twice": (brotli.compress(gzip.compress(PNG)), ("gzip", "br")),
    "a gzip file": (gzip.compress(PNG), ()),
    "a gzip file, coded": (gzip.compress(gzip.compress(PNG)), ("gzip",)),
    "blank lines first": (b"\n" * 5_000 + PNG, ()),
    "a byte order mark first": (b"\xef\xbb\xbf \r\n" + PNG, ()),
    "blank lines first, coded": (gzip.compress(b" " * 99_999 + PNG), ("gzip",)),
}


@pytest.mark.parametrize("size", [1, 7, 100, 100_000])
@pytest.mark.parametrize("name", CODED)
def test_the_first_bytes(name, size):
    body, codings = CODED[name]
    found = fed(body, size, codings)
    assert found
    assert found == PNG[: len(found)]


@pytest.mark.parametrize("codings", [(), ("gzip",), ("br",), ("zstd",), ("deflate",)])
def test_what_is_not_coded_as_it_says_ends(codings):
    found = fed(b"<!doctype html><title>A page</title>" * 9, 20, codings)
    assert found is not None


def test_a_short_body_has_no_first_bytes():
    assert fed(b"<p>Hi", 5) is None


def test_the_name_of_an_unknown_coding_changes_nothing():
    assert fed(PNG, 64, ("none", "\xff")) == PNG[:64]
