"""What a contender has to say."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parent.parent.parent.parent
PROGRAMS = ROOT / "benchmarks/contest/programs"


@dataclass(frozen=True)
class Job:
    """What is to be done in *folder*: lists of the pages, and of the images."""

    folder: Path
    pages: Path
    images: Path


@dataclass
class Found:
    """What a contender says of an image.

    *claims* are hashes in hex by the name that the gallery's Truth has for them,
    or the size; *exif* is None for contenders that read none.
    """

    url: str
    claims: dict[str, str | int] = field(default_factory=dict)
    exif: dict[str, str] | None = None


class Contender:
    """One way to identify images.

    *whole* says that it downloads whole files, *takes* whether it is given pages
    or the images' URLs, *title* is its name in the table.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    takes: ClassVar[str] = "pages"
    whole: ClassVar[bool] = False

    def missing(self) -> str | None:
        """Return a sentence that says what has to be installed, or None."""
        return None

    def serving(self, job: Job) -> AbstractContextManager[dict[str, str]]:
        """Return a context in which what *job* needs is there: its environment.

        What runs there is not measured.
        """
        return nullcontext({})

    def command(self, job: Job) -> list[str]:
        raise NotImplementedError

    def env(self) -> dict[str, str]:
        return {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}

    def found(self, job: Job) -> Iterable[Found]:
        raise NotImplementedError

    def program(self, name: str, *arguments: object) -> list[str]:
        return [sys.executable, str(PROGRAMS / name), *map(str, arguments)]
