"""Which variants of one picture to fetch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from imgprint.discovery.urls.variants import Variant, variant_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imgprint.discovery.candidate import Candidate

Choice: TypeAlias = Literal["group", "largest", "original", "all"]


def choose_variants(
    candidates: Iterable[Candidate], choice: Choice
) -> Iterator[Candidate]:
    """Yield *candidates* with what to fetch of them: ``chosen`` and ``original``.

    "group" leaves them as they are; "largest" chooses one of each picture, by
    the widths in their URLs and of their elements; "original" that and the
    original, where it is known, on the same host and not among them; "all"
    what is there, and the originals.
    """
    if choice == "group":
        yield from candidates
        return
    groups: dict[str, list[tuple[Candidate, Variant]]] = {}
    for candidate in candidates:
        variant = variant_of(candidate.url)
        if candidate.chosen and variant:
            groups.setdefault(variant.key, []).append((candidate, variant))
        else:
            yield candidate
    for group in groups.values():
        yield from _choose(group, choice)


def _choose(
    group: list[tuple[Candidate, Variant]], choice: Choice
) -> Iterator[Candidate]:
    urls = {candidate.url for candidate, _ in group}
    best = max(range(len(group)), key=lambda i: _size(*group[i]))
    for index, (candidate, variant) in enumerate(group):
        original = variant.original if index == best and choice != "largest" else None
        yield replace(
            candidate,
            chosen=index == best or choice == "all",
            original=None if original in urls else original,
        )


def _size(candidate: Candidate, variant: Variant) -> tuple[bool, int]:
    """Return what is more for a larger one: the picture itself is the largest."""
    return variant.rule is None, variant.width or candidate.width or 0
