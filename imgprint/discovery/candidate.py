"""What discovery finds: one image URL, and where on the page it was."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Candidate:
    """An image URL of a page.

    ``url`` is absolute, escaped, without fragment, and http or https; or it is
    a whole ``data:`` URI, never to be requested.

    ``element`` names the place:

    ==============  ====================================================
    img             ``img``, AMP's ``amp-img``, any ``*-img``: src, srcset
    source          ``source`` of a ``picture``
    a, area         link to an image
    meta            Open Graph, Twitter card, tile, ... in ``meta``
    link            icon, image_src, preload as image
    style           style attribute, style block
    background      background attribute
    video           poster
    svg             ``image``, ``feImage``, ``use`` of another file
    input           ``input type=image``
    object, embed   data, src
    data-attribute  lazy loading, zoom and other attributes of any element
    json-ld         schema.org as JSON-LD
    microdata       schema.org as itemprop or RDFa property
    script          JSON or program text
    noscript        anything within ``noscript``
    template        anything within ``template``, declarative shadow DOM or
                    a script that holds HTML
    iframe          ``iframe src``, anything within ``iframe srcdoc``
    stylesheet      an external style sheet, its imports included
    link-header     Link field of the page: icon, preload as image
    manifest        web app manifest: icons, screenshots, shortcuts
    feed            RSS, Atom: media, enclosures, logos, HTML within
    sitemap         image of a page in a sitemap
    favicon         ``/favicon.ico``, named nowhere
    rendered        asked for by the page's scripts, or shown by them, in a
                    browser
    ==============  ====================================================

    ``alt`` is None where there is none; ``alt=""`` stays "". ``width`` and
    ``height`` are the declared ones in pixels, None if absent.

    ``chosen`` is False if another source of the same picture is to be fetched.
    ``page`` is the page that a sitemap names for the image, ``original`` the URL
    of the picture of which this is a size, if that is to be tried; else None.
    """

    url: str
    element: str
    alt: str | None = None
    width: int | None = None
    height: int | None = None
    chosen: bool = True
    page: str | None = None
    original: str | None = None
