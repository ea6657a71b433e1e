"""Text in the encodings that metadata has it in."""

from __future__ import annotations

from imgprint.content.metadata.plain import latin_text


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
    text = data.decode("utf-8", errors="ignore").rstrip("\0 ")
    return text if text and sum(map(str.isprintable, text)) * 2 > len(text) else None


def _utf16(data: bytes, order: str) -> str | None:
    """Decode UTF-16 by its mark, else in whichever order gives low codes."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        order, data = ("<" if data[0] == 0xFF else ">"), data[2:]
    elif data[::2].count(0) != data[1::2].count(0):
        order = "<" if data[1::2].count(0) > data[::2].count(0) else ">"
    codec = "utf-16-le" if order == "<" else "utf-16-be"
    return data.decode(codec, errors="ignore").rstrip("\0 ") or None
