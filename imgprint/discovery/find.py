"""The images of a document, by its bytes: the public find_images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgprint.discovery.documents.encoding import encoding_of
from imgprint.discovery.html.page import image_candidates
from imgprint.discovery.html.tree import parse_html
from imgprint.discovery.limits import within_limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imgprint.discovery.candidate import Candidate


def find_images(
    body: bytes, url: str, content_type: str = "text/html"
) -> Iterator[Candidate]:
    """Yield the images of the HTML page *body*, each URL once.

    *url* is where the page is, *content_type* the field that it came with. Nothing
    is fetched. What is not ``chosen`` is another size of a picture that is.

    >>> [found.url for found in find_images(b"<img src=b.jpg>", "http://a.example/")]
    ['http://a.example/b.jpg']
    """
    body = within_limits(body)
    encoding = encoding_of(body, content_type)
    root = parse_html(body.decode(encoding, "replace").removeprefix("\ufeff"))
    return image_candidates(root, url, candidates="marked", encoding=encoding)
