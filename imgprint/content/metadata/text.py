"""Text in the encodings that metadata has it in."""

from __future__ import annotations

import unicodedata

from imgprint.content.metadata.marks import SHORT, is_binary
from imgprint.content.metadata.plain import latin_text

# Bytes of a text that tell its byte order.
_TRIED = 2048


def decode(data: bytes, *, latin: bool) -> str | None:
    """Return *data* as text without padding, None if that leaves nothing.

    UTF-8 if it decodes as such, as most writers have it in any field; *latin*
    says that the format prescribes Latin-1. Bytes that are no text give a mark.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        # Text may be cut within a character.
        cut = error.start >= len(data) - 3 and not latin
        text = data.decode(errors="ignore") if cut else latin_text(data)
    return text.strip("\0 \r\n\t") or None


def user_comment(value: bytes, order: str) -> str | None:
    r"""Return the text of a UserComment, None if there is none to read.

    Source: CIPA DC-008-2019 section 4.6.5 (UserComment): 8 bytes of charset.

    >>> user_comment(b"ASCII\0\0\0nice", "<"), user_comment(bytes(20), "<")
    ('nice', None)
    """
    charset, data = value[:8], value[8:]
    if charset == b"UNICODE\0":
        return _utf16(data, order)
    if charset == b"JIS\0\0\0\0\0":
        return data.decode("iso2022_jp", errors="ignore").strip("\0 ") or None
    if charset not in (b"ASCII\0\0\0", bytes(8)):
        data = value
    text = data.decode("utf-8", errors="ignore").replace("\0", "").rstrip(" ")
    return text if text and sum(map(str.isprintable, text)) * 2 > len(text) else None


def exif_text(text: str) -> str:
    r"""Return an Exif text, which Pillow reads as Latin-1, as it was meant.

    UTF-8 if it decodes as such, else Windows-1252 where Latin-1 has control
    characters. NULs end the text; those between the two parts of a Copyright
    (CIPA DC-008-2019 section 4.6.4) give way to a semicolon.

    >>> exif_text("Jos\u00c3\u00a9\0\0"), exif_text("Photographer\0Editor\0")
    ('José', 'Photographer; Editor')
    """
    if not text.isascii():
        try:
            data = text.encode("latin-1")
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            found = latin_text(data)
            text = text if is_binary(found) or found.startswith("<") else found
        except UnicodeEncodeError:
            pass
    if "\0" not in text:
        return text
    if is_binary(text.replace("\0", "")):
        # Bytes that are not text: what stands for them is made of all of them.
        return text if len(text) >= SHORT else text.replace("\0", "")
    return "; ".join(part for part in text.split("\0") if part.strip())


def wide_text(data: bytes) -> str:
    r"""Return UTF-16LE text up to its NUL, as Windows writes its XP tags.

    >>> wide_text(b"J\0o\0e\0\0\0")
    'Joe'
    """
    text = data[: len(data) & ~1].decode("utf-16-le", errors="ignore")
    return text.lstrip("\ufeff").partition("\0")[0]


def _utf16(data: bytes, order: str) -> str | None:
    """Decode UTF-16 by its mark, else in the byte order that gives likelier text.

    The codes of one script share their high bytes, so that these vary less than
    the low ones. *order* is that of the file, for text that leaves both open.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        order, data = ("<" if data[0] == 0xFF else ">"), data[2:]
    else:
        other = ">" if order == "<" else "<"
        if _oddity(data, other) < _oddity(data, order):
            order = other
    codec = "utf-16-le" if order == "<" else "utf-16-be"
    text = data.decode(codec, errors="ignore").partition("\0")[0]
    return text.rstrip(" ") or None


def _oddity(data: bytes, order: str) -> tuple[int, int]:
    """Return how many codes are unlikely in text, and how many high bytes there are."""
    data = data[: len(data) & ~1][:_TRIED]
    end = len(data)
    while end and not any(data[end - 2 : end]):
        end -= 2
    data = data[:end]
    codec = "utf-16-le" if order == "<" else "utf-16-be"
    text = data.decode(codec, errors="replace")
    odd = sum(
        letter == "\ufffd" or unicodedata.category(letter) in ("Cn", "Co", "Cc")
        for letter in text
        if letter not in "\r\n\t"
    )
    return odd, len(set(data[1 if order == "<" else 0 :: 2]))
