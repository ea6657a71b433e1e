"""The arguments of the spider ``images``, checked before it begins."""

from __future__ import annotations

from imgprint.errors import InputError
from imgprint.jobs.folder import job_folder
from imgprint.spiders.scope import pattern
from imgprint.spiders.seeds import check_seeds

NUMBERS = ("depth", "max_images", "max_pages")
PATTERNS = ("allow", "deny")
CHOICES = {"render": ("0", "1", "auto"), "sitemap": ("0", "1")}
ARGUMENTS = frozenset(["urls", "url", "job", *NUMBERS, *PATTERNS, *CHOICES])


def check_arguments(**arguments: str) -> None:
    """Raise InputError, before anything is fetched, if a crawl can't start."""
    for name in arguments:
        if name not in ARGUMENTS and name[:1] != "_":  # Scrapyd's _job
            known = ", ".join(sorted(ARGUMENTS))
            raise InputError(f"unknown argument -a {name}: the spider has {known}")
    for name in NUMBERS:
        value = arguments.get(name, "0")
        if not value.isascii() or not value.isdigit():
            raise InputError(f"-a {name}={value}: give a whole number, 0 or more")
    for name, values in CHOICES.items():
        if arguments.get(name, "0") not in values:
            raise InputError(f"-a {name}: give one of {', '.join(values)}")
    for name in PATTERNS:
        pattern(name, arguments.get(name))
    job_folder(arguments.get("job", "any"))
    check_seeds(arguments.get("urls"), arguments.get("url"))
