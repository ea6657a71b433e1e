"""Images that a page carries in itself, as ``data:`` URIs."""

from __future__ import annotations

import binascii
import hashlib
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

MAX_MEDIA_TYPE = 255
"""Characters of a media type: RFC 6838 4.2 has 127 for each half."""

_WHITE_SPACE = bytes.maketrans(b"-_", b"+/"), b" \t\n\r\f"


class DataImage(NamedTuple):
    """The decoded image. ``media_type`` is lower case, "" if there is none.

    It has up to MAX_MEDIA_TYPE characters. A longer one is not a media type: "".
    """

    media_type: str
    data: bytes

    @property
    def label(self) -> str:
        """A ``data:`` URI that names the image by its SHA-256, without its data.

        The media type is the page's text.

        >>> DataImage("image/gif", b"GIF89a").label[:35]
        'data:image/gif;sha256=610f5ae4d76e3'
        """
        digest = hashlib.sha256(self.data).hexdigest()
        return f"data:{self.media_type};sha256={digest},"


def decode_data_uri(uri: str) -> DataImage:
    """Return the image that *uri* holds. Raise ValueError if it is broken.

    >>> decode_data_uri("data:image/gif;base64,R0lGODlh")
    DataImage(media_type='image/gif', data=b'GIF89a')

    Source: RFC 2397; Infra, "forgiving-base64 decode": padding may be absent.
    """
    head, comma, body = uri.partition(",")
    if head[:5].lower() != "data:" or not comma:
        raise ValueError("Invalid data: URI")
    media_type, _, parameters = head[5:].partition(";")
    data = unquote_to_bytes(body)
    if parameters.rpartition(";")[2].strip().lower() == "base64":
        data = data.translate(*_WHITE_SPACE).rstrip(b"=")
        try:
            data = binascii.a2b_base64(data + b"=" * (-len(data) % 4))
        except binascii.Error as error:
            raise ValueError("Invalid base64 in data: URI") from error
    media_type = media_type.strip().lower()
    return DataImage(media_type if len(media_type) <= MAX_MEDIA_TYPE else "", data)
