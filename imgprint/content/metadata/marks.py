"""What stands in a record for values that are not text, and how those are told."""

from __future__ import annotations

import hashlib
import re

from imgprint.content.formats import identify

SHORT = 64
"""Values under it, in bytes or characters, hold no picture that anybody could see."""
MAX_TEXT = 16_384
"""Longest text of a record, in characters, the mark of a cut included."""

# Control characters but tab, line ends (U+0085, too), and halves of surrogates.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
C0 = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Bytes read as UTF-16 give a tenth of these; of real text they are a rare part.
_RARE = re.compile(r"[\ue000-\uf8ff\ufffd]")
_WIDE = 32


def is_binary(text: str) -> bool:
    """Return whether *text* is what comes of reading bytes that are no text."""
    if CONTROL.search(text):
        return True
    if len(text) < _WIDE or text.isascii():
        return False
    return len(_RARE.findall(text)) * _WIDE > len(text)


def binary_mark(data: bytes) -> str:
    """Return what stands for *data*.

    >>> binary_mark(b"GIF89a")[:31]
    '<gif image: 6 bytes, sha256:610'
    """
    kind = identify(data)
    name = f"{kind} image" if kind else "binary"
    return f"<{name}: {len(data)} bytes, sha256:{hashlib.sha256(data).hexdigest()}>"


def cut(text: str, whole: str) -> str:
    """Return the start of *text*, which was longer: *whole* says how long."""
    return f"{text[: MAX_TEXT - SHORT]} <cut: {whole} in all>"


def encoded_mark(kind: str, run: str, data: bytes) -> str:
    """Return what stands for *run*, which spells *data* in a code of that *kind*."""
    found = identify(data)
    name = f"{kind} of a {found} image" if found else kind
    digest = hashlib.sha256(data).hexdigest()
    return f"<{name}: {len(run)} characters, sha256:{digest}>"
