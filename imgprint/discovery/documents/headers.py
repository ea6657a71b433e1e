"""Images and rules for images in HTTP header fields and robots meta elements."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from imgprint.discovery.html.image_elements import Place
from imgprint.discovery.html.names import IMAGE_RELS
from imgprint.discovery.html.srcset import Source, parse_srcset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_LINKS = 1000
"""Links read of all Link fields of one response."""

_LINK = re.compile(
    r"[\s,]*<([^>]*)>((?:\s*;\s*[^\s=;,\"]+(?:\s*=\s*(?:\"(?:[^\"\\]|\\.)*+\"|[^\s;,\"]*))?)*)"
)
_PARAMETER = re.compile(
    r";\s*([^\s=;,\"]+)(?:\s*=\s*(?:\"((?:[^\"\\]|\\.)*+)\"|([^\s;,\"]*)))?"
)
_WITH_VALUE = frozenset(
    ["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"]
)
# Whom a rule for one robot must be for to count for us.
_AGENTS = frozenset(["robots", "imgprint", "*"])


class Link(NamedTuple):
    """One link of a Link field: the target as it stands there, and parameters."""

    url: str
    parameters: dict[str, str]

    @property
    def rels(self) -> set[str]:
        return set(self.parameters.get("rel", "").lower().split())


def parse_links(values: Iterable[str]) -> Iterator[Link]:
    """Yield the links of Link fields, up to what is malformed in each.

    >>> [link.url for link in parse_links(['<a.css>; rel="preload", <b>;as=image'])]
    ['a.css', 'b']

    Source: RFC 8288 section 3.
    """
    count = 0
    for value in values:
        position = 0
        while (match := _LINK.match(value, position)) and count < MAX_LINKS:
            position = match.end()
            count += 1
            parameters: dict[str, str] = {}
            for name, quoted, token in _PARAMETER.findall(match[2]):
                text = re.sub(r"\\(.)", r"\1", quoted) or token
                parameters.setdefault(name.lower(), text)  # the first one counts
            yield Link(match[1].strip(), parameters)


def link_places(links: Iterable[Link]) -> Iterator[Place]:
    """Yield the images that Link fields name: icons, and what is to be preloaded."""
    for link in links:
        preloads = link.parameters.get("as", "").strip().lower() == "image" and not {
            "preload",
            "prefetch",
        }.isdisjoint(link.rels)
        if preloads or link.rels & IMAGE_RELS:
            own = [Source(link.url)] if link.url else []
            srcset = parse_srcset(link.parameters.get("imagesrcset", ""))
            yield Place(s._replace(element="link-header") for s in chain(own, srcset))


def robots_rules(values: Iterable[str]) -> set[str]:
    """Return the rules of X-Robots-Tag fields that are for all robots, lower case.

    >>> sorted(robots_rules(["noai, noimageai", "googlebot: noindex"]))
    ['noai', 'noimageai']

    Source: https://developers.google.com/search/docs/crawling-indexing/
    robots-meta-tag; noai and noimageai are DeviantArt's.
    """
    rules: set[str] = set()
    for value in values:
        ours = True
        for part in value.lower().split(","):
            rule = part.strip()
            name, colon, rest = rule.partition(":")
            if colon and name.strip() not in _WITH_VALUE:
                ours, rule = name.strip() in _AGENTS, rest.strip()
            if ours and rule and len(rule) < 64 and len(rules) < 32:
                rules.add(rule)
    return rules


def meta_rules(root: Any) -> set[str]:
    """Return the rules of the robots meta elements of the document *root*."""
    return robots_rules(
        meta.get("content") or ""
        for meta in root.iter("meta")
        if (meta.get("name") or "").strip().lower() in _AGENTS
    )
