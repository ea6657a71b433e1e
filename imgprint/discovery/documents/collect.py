"""From places to candidates: which URL of a picture, absolute, and each once."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Literal, TypeAlias

from imgprint.discovery.candidate import Candidate
from imgprint.discovery.html.srcset import MAX_SOURCES, Source, largest
from imgprint.discovery.limits import cut_text
from imgprint.discovery.urls.amp import unwrap_amp

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator

    from imgprint.discovery.html.image_elements import Place
    from imgprint.discovery.urls.image_urls import Cleaner

MAX_CANDIDATES = 100_000
"""Candidates of one document; real galleries have a few thousand."""

MAX_SOURCES_TRIED = 500_000
"""URLs of one document that are made absolute, the same ones again included."""
MAX_CHARACTERS = 32_000_000
"""Characters of all candidates' URLs: a long ``base`` is in each of them."""

Mode: TypeAlias = Literal["largest", "all", "marked"]


class Collector:
    """The state of one document: which URLs were found, and whether that is enough.

    *mode* says what becomes of the sources of one picture: "largest" takes one,
    "all" takes all, "marked" takes one and notes the others, which ``others``
    yields at the end, with ``chosen`` False.

    *skipped* counts ``limit`` once if there are more than MAX_CANDIDATES, or if they
    have more than MAX_CHARACTERS.

    Raise ValueError if *mode* is none of these.
    """

    def __init__(self, mode: Mode, skipped: Counter[str]):
        if mode not in ("largest", "all", "marked"):
            raise ValueError(
                f"candidates is 'largest', 'all' or 'marked', not {mode!r}"
            )
        self.mode = mode
        self.skipped = skipped
        self.full = False
        self._room = MAX_CHARACTERS
        self._tries = MAX_SOURCES_TRIED
        # Hashes, since a data: URI may be long; two of 100,000 agree once in 10^9.
        self._seen: set[int] = set()
        self._others: dict[str, Candidate] = {}

    def take(
        self, place: Place, cleaner: Cleaner, inside: str | None = None
    ) -> Iterator[Candidate]:
        """Yield what is new of *place*; *inside* names where it is embedded."""
        for source in self._chosen(place, cleaner, inside):
            if self._tries <= 0:
                self._fill()
                return
            self._tries -= 1
            url = self._clean(source.url, cleaner)
            if url is None or hash(url) in self._seen:
                continue
            if len(self._seen) == MAX_CANDIDATES or len(url) > self._room:
                self._fill()
                return
            self._room -= len(url)
            self._seen.add(hash(url))
            yield _candidate(url, source, place, inside)

    def _fill(self) -> None:
        self.skipped["limit"] += not self.full
        self.full = True

    def others(self) -> Iterator[Candidate]:
        """Yield the candidates that were not chosen anywhere in the document."""
        for url, candidate in self._others.items():
            if hash(url) not in self._seen:
                yield candidate

    def _clean(self, url: str, cleaner: Cleaner) -> str | None:
        cleaned = cleaner.clean(url)
        return unwrap_amp(cleaned) if cleaned else None

    def _chosen(
        self, place: Place, cleaner: Cleaner, inside: str | None
    ) -> Iterable[Source]:
        sources = place.sources
        if self.mode == "all" or (isinstance(sources, list) and len(sources) == 1):
            return sources
        usable = (source for source in sources if cleaner.is_usable(source.url))
        if self.mode == "largest":
            best = largest(usable)
            return [best] if best else []
        known = list(islice(usable, MAX_SOURCES))
        best = largest(known)
        if len(known) > 1:
            self._note(known, best, place, cleaner, inside)
        return [best] if best else []

    def _note(
        self,
        sources: list[Source],
        best: Source | None,
        place: Place,
        cleaner: Cleaner,
        inside: str | None,
    ) -> None:
        """Keep all of *sources* but the *best*, data: URIs excepted, for the end."""
        if len(self._others) >= MAX_CANDIDATES:
            return
        for source in sources:
            self._tries -= 1
            if source is not best and source.url[:5] not in ("data:", "DATA:"):
                url = self._clean(source.url, cleaner)
                if url and url not in self._others and url[:5] != "data:":
                    if len(url) > self._room:
                        self._fill()
                        return
                    self._room -= len(url)
                    other = _candidate(url, source, place, inside, chosen=False)
                    self._others[url] = other


def _candidate(
    url: str, source: Source, place: Place, inside: str | None, *, chosen: bool = True
) -> Candidate:
    return Candidate(
        url,
        inside or source.element,
        cut_text(place.alt),
        place.width or (None if place.height else source.width),
        place.height or (None if place.width else source.height),
        chosen,
    )
