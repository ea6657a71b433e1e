"""Running ``scrapy`` as a user does, and reading what it wrote."""

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from jsonschema import Draft202012Validator

from imgprint.feeds.schema import schema

ROOT = Path(__file__).parents[2]
RECORD, SIGHTING = (
    Draft202012Validator(schema()["$defs"][name]) for name in ("record", "sighting")
)
FEEDS = ("data/*.json", "data/*.jsonl", "data/sightings/*.jsonl", "data/demo/*.json*")
FEEDS += ("data/jobs/*/records.jsonl", "data/jobs/*/sightings.jsonl")
# What differs between two fetches of the same image.
VOLATILE = ("url", "timestamp", "page_url", "site", "variant_of")


@dataclass
class Crawl:
    """A finished crawl. *records* and *sightings* are None without such a feed."""

    code: int
    log: str
    output: str
    records: list[dict] | None = None
    sightings: list[dict] | None = None
    stats: dict[str, int] = field(default_factory=dict)

    def by_name(self):
        """The records by the last part of their path."""
        return {r["url"].rpartition("/")[2]: r for r in self.records}


def scrapy(*args, cwd, env=None, timeout=120, module="imgprint.settings"):
    """Run the scrapy command in *cwd*; return the completed process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("SCRAPY_SETTINGS_MODULE", None)  # Scrapy may have set it for us
    environment |= env or {}
    if module:
        environment["SCRAPY_SETTINGS_MODULE"] = module
    # By way of a shell that forks: what a process executes inherits the peak of
    # its memory, so the crawl's would never be below that of the tests.
    fork = ("sh", "-c", '"$@"; exit $?', "sh")
    return subprocess.run(
        [*fork, sys.executable, "-m", "scrapy", *map(str, args)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def crawl(*args, cwd, settings=None, env=None, timeout=120):
    """Run the images spider with its default feeds; return what came of it."""
    options = [f"-s{name}={value}" for name, value in (settings or {}).items()]
    done = scrapy("crawl", "images", *args, *options, cwd=cwd, env=env, timeout=timeout)
    records, sightings = feed(cwd, "data/*.jsonl"), feed(cwd, "data/sightings/*.jsonl")
    validate(records or [])
    validate(sightings or [])
    return Crawl(
        done.returncode,
        done.stderr,
        done.stdout,
        records,
        sightings,
        {k: int(v) for k, v in re.findall(r"'([\w/. ]+)': (\d+),?\n", done.stderr)},
    )


def validate(items):
    """Raise ValidationError if one of *items* is not as docs/record.schema.json."""
    for item in items:
        (RECORD if "url" in item else SIGHTING).validate(item)


def validate_feeds(folder):
    """Validate all that crawls left under *folder*; return how many items it was.

    Crawls may have been killed: a last line that is none is not theirs to keep.
    """
    count = 0
    for path in (path for pattern in FEEDS for path in folder.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            items = json.loads(text)
        else:
            whole, _, rest = text.rpartition("\n")
            items = jsonl(whole)
            with suppress(ValueError):
                items += jsonl(rest)
        validate(items)
        count += len(items)
    return count


def feed(cwd, pattern):
    """The items of the one feed that matches *pattern*, None if there is none."""
    files = list(Path(cwd).glob(pattern))
    if not files:
        return None
    (file,) = files
    text = file.read_text(encoding="utf-8")
    return json.loads(text) if file.suffix == ".json" else jsonl(text)


def jsonl(text):
    return [json.loads(line) for line in text.splitlines()]


def same_in_every_fetch(record):
    """The record without what differs between two fetches of the same image."""
    return {k: v for k, v in record.items() if k not in VOLATILE}
