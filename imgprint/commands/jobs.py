"""``scrapy jobs``: what is in the queue, and what became of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand

from imgprint.commands.crawl import complain
from imgprint.commands.enqueue import open_queue, output
from imgprint.errors import InputError
from imgprint.setting_check import prepare_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from imgprint.cluster.queue import Queue

STATES = {"todo": "waiting", "doing": "running", "succeeded": "done"}
SHOWN = 100


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[DIR] [--retry | --cancel]"

    def short_desc(self) -> str:
        return "Show what of the queue is done, waits, runs and failed, and why"

    def long_desc(self) -> str:
        return (
            "Show the shards in the queue (IMGPRINT_QUEUE): how many are in which "
            "state, those that run and by which worker, those that failed and why. "
            "With DIR only those whose --output it is."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_mutually_exclusive_group()
        group.add_argument(
            "--retry", action="store_true", help="put those that failed back"
        )
        group.add_argument(
            "--cancel",
            action="store_true",
            help="take out those that wait, and what enqueue --every set up",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            if len(args) > 1:
                raise InputError("give one directory, or none")
            prepare_settings(self.settings)
            queue = open_queue(self.settings)
            try:
                self._run(queue, output(args[0]) if args else None, opts)
            finally:
                queue.close()
        except InputError as error:
            complain(str(error))
            self.exitcode = 2

    def _run(self, queue: Queue, where: str | None, opts: argparse.Namespace) -> None:
        found = queue.jobs(where)
        if opts.retry:
            failed = [job["id"] for job in found if job["status"] == "failed"]
            print(f"{sum(map(queue.retry, failed))} shards put back")
        elif opts.cancel:
            waiting = [job["id"] for job in found if job["status"] == "todo"]
            print(f"{sum(map(queue.cancel, waiting))} shards and timers taken out")
        else:
            print("\n".join(report(found)))


def report(jobs: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines that say how far *jobs* are."""
    states: dict[str, list[dict[str, Any]]] = {}
    for job in jobs:
        state = STATES.get(job["status"], "failed")
        states.setdefault("timer" if job["timer"] else state, []).append(job)
    for state in ("waiting", "running", "done", "failed"):
        some = states.get(state, [])
        sites = sum(job["sites"] for job in some)
        yield f"{state:>8}  {len(some):>6,} shards  {sites:>8,} sites"
    for job in _first(states.get("running", [])):
        yield f"running  {_what(job)}  {job['worker']} since {job['began']:%F %T}"
    for job in _first(states.get("waiting", [])):
        if job["reason"]:
            yield f"waiting  {_what(job)}  {job['worker']}: {job['reason']}"
    for job in _first(states.get("failed", [])):
        yield f"failed   {_what(job)}  {job['worker']}: {job['reason']}"
    timers = [job for job in states.get("timer", []) if job["status"] == "todo"]
    due = Counter((j["every"], j["output"], j["scheduled_at"]) for j in timers)
    for (every, where, when), count in due.items():
        yield f"every    {every}  {count} shards  {where}  next {when:%F %T}"


def _what(job: dict[str, Any]) -> str:
    return f"{job['name']}  {job['sites']} sites  {job['lines']} URLs"


def _first(jobs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(jobs)[:SHOWN]
