"""Reading local files as a server's are read: the head, the tail, what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgprint.content.byte_ranges.exchange import HEAD, Ask
from imgprint.content.byte_ranges.transfer import Transfer, tail_span

if TYPE_CHECKING:
    from pathlib import Path


def read_ends(path: Path) -> Transfer:
    """Read the head and the tail of the file at *path*. Raise OSError."""
    transfer = Transfer(honoured="local")
    with path.open("rb") as file:
        size = file.seek(0, 2)
        transfer.image.size = size
        for span in (range(min(size, HEAD.stop)), tail_span(size)):
            file.seek(span.start)
            transfer.image.add(span.start, file.read(len(span)))
    return transfer


def read_more(path: Path, transfer: Transfer, ask: Ask) -> None:
    """Read what *ask* names of the file at *path*. Raise OSError."""
    with path.open("rb") as file:
        for span in ask.parts:
            assert isinstance(span, range)
            file.seek(span.start)
            transfer.image.add(span.start, file.read(len(span)))
