"""Where a named job is kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imgprint.errors import InputError

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


def job_folder(name: str) -> str:
    """Return the JOBDIR of the job *name*. Raise InputError if that's no name.

    >>> job_folder("museums-2026")
    'data/jobs/museums-2026'
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"-a job={name}: a name has letters, digits, points, hyphens and "
            "underscores, 100 at most"
        )
    return f"data/jobs/{name}"


def use_job(settings: BaseSettings, name: str | None) -> None:
    """Set JOBDIR for the job *name*, if there is one, and no other JOBDIR."""
    if name and not settings.get("JOBDIR"):
        settings.set("JOBDIR", job_folder(name), priority="spider")
