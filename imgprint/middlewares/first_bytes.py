"""The first bytes of a body that is being received, decoded as far as needed."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

import brotli  # type: ignore[import-untyped]

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Iterable

_Decoder: TypeAlias = Callable[[bytes], Iterator[bytes]]

ENOUGH = 16
"""Bytes that tell an image from a document: see content.formats.identify."""
_KEPT = 64
_STEP = 65_536
_MAX_CODINGS = 5
_SPACE = b" \t\r\n\f\v"
_MARKS = (b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe")
_GZIP = b"\x1f\x8b\x08"


class FirstBytes:
    """Collect what a body begins with, after a byte order mark and white space.

    *codings* are the tokens of Content-Encoding, in the order in which the server
    applied them (RFC 9110 section 8.4). A body that is itself a gzip file is looked
    into as well. Bodies are decoded in steps of 64 KB, and no further than needed.
    """

    def __init__(self, codings: Iterable[str] = ()):
        names = [name.strip().lower() for name in codings]
        known = [_DECODERS[name] for name in names if name in _DECODERS]
        self._decoders = [make() for make in reversed(known)][:_MAX_CODINGS]
        self._first = b""

    def feed(self, data: bytes) -> bytes | None:
        """Return the first bytes, up to 64, once 16 are there; None before that."""
        try:
            for piece in self._decoded(data, 0):
                self._first = _strip(self._first + piece[:_STEP])[:_KEPT]
                if len(self._first) >= ENOUGH:
                    return self._first
        except (zlib.error, brotli.error, zstd.ZstdError, EOFError):
            return self._first + data[:_KEPT]  # it is not coded as it says
        return None

    def _decoded(self, data: bytes, level: int) -> Iterator[bytes]:
        if level < len(self._decoders):
            for piece in self._decoders[level](data):
                yield from self._decoded(piece, level + 1)
            return
        if level < _MAX_CODINGS and (self._first + data[:3]).startswith(_GZIP):
            self._decoders.append(_gzip())
            data, self._first = self._first + data, b""
            yield from self._decoded(data, level)
        else:
            yield data


def _strip(data: bytes) -> bytes:
    data = data.lstrip(_SPACE)
    for mark in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].lstrip(_SPACE)
    return data


def _inflate(bits: int) -> _Decoder:
    decoder = zlib.decompressobj(bits)

    def decode(data: bytes) -> Iterator[bytes]:
        while data:
            yield decoder.decompress(data, _STEP)
            data = decoder.unconsumed_tail

    return decode


def _gzip() -> _Decoder:
    return _inflate(31)


def _deflate() -> _Decoder:
    begin = b""
    decoder: _Decoder | None = None

    def decode(data: bytes) -> Iterator[bytes]:
        nonlocal begin, decoder
        begin += data
        if decoder is None and len(begin) >= 2:
            # Some servers send the raw format: RFC 9110 section 8.4.1.2. The format
            # of zlib begins with a number that 31 divides: RFC 1950 section 2.2.
            wrapped = int.from_bytes(begin[:2]) % 31 == 0 and begin[0] & 15 == 8
            decoder = _inflate(15 if wrapped else -15)
        if decoder:
            data, begin = begin, b""
            yield from decoder(data)

    return decode


def _brotli() -> _Decoder:
    decoder = brotli.Decompressor()

    def decode(data: bytes) -> Iterator[bytes]:
        while piece := decoder.process(data, output_buffer_limit=_STEP):
            yield piece
            data = b""

    return decode


def _zstd() -> _Decoder:
    decoder = zstd.ZstdDecompressor()

    def decode(data: bytes) -> Iterator[bytes]:
        while not decoder.eof and (piece := decoder.decompress(data, _STEP)):
            yield piece
            data = b""

    return decode


_DECODERS = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
