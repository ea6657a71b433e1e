"""Workers on several machines end as one would, whatever happens to them."""

import os
import re
import signal
import time
from collections import Counter

import pytest

from tests.support.crawling import jsonl
from tests.support.machines import SHARED, Machine, Web, alive, records, until
from tests.support.servers.moto_s3 import MotoS3

QUICK = ("--until-empty", "--processes", "2")


@pytest.fixture
def machine(database, tmp_path):
    """Return the machine of a name; all of them are stopped in the end."""
    machines = {}

    def named(name, **kwargs):
        if name not in machines:
            machines[name] = Machine(tmp_path / name, database, **kwargs)
        return machines[name]

    yield named
    for one in machines.values():
        if one.process and one.process.poll() is None:
            one.kill()


def hit(machine, web, images=3):
    """Wait until crawls of *machine* are in the midst of their sites."""

    def under_way():
        own = set(machine.crawls())
        asked = Counter(a.process for a in web.log if a.path.endswith(".jpg"))
        return {p for p in own if asked[p] >= images}

    return until(under_way)


def runs(queue, outcome):
    return queue.connection.execute(
        "SELECT worker, reason FROM imgprint_runs WHERE outcome = %s", (outcome,)
    ).fetchall()


def test_a_worker_killed_and_one_added(machine, queue, tmp_path):
    """Two workers, two processes each; 20 sites; kill -9 in mid-run."""
    with Web(20) as web:
        out = tmp_path / "out"
        options = ("--output", out, "-sIMGPRINT_QUEUE_BUCKETS=16")
        done = machine("a").enqueue(web.lines, *options)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("20 sites: ")
        again = machine("a").enqueue(web.lines, *options)
        assert " 0 shards put into the queue" in again.stdout
        first, second = machine("a").work(*QUICK), machine("b").work(*QUICK)
        hit(first, web)
        hit(second, web)
        processes = [first.forks(), *first.crawls()]
        first.kill()
        third = machine("c").work(*QUICK)
        until(lambda: not any(map(alive, processes)))
        assert (second.wait(), third.wait()) == (0, 0), second.log + third.log

        assert web.overlaps() == []
        assert {name["worker"].partition(":")[2] for name in runs(queue, "lost")} == {
            str(first.process.pid)
        }
    found = records(out)
    done = machine("a").run(
        *("export", *out.glob("*.jsonl"), "--to", "jsonl", "-o", "all.jsonl")
    )
    assert done.returncode == 0, done.stderr
    merged = jsonl((tmp_path / "a/all.jsonl").read_text())
    assert Counter(r["url"] for r in merged) == dict.fromkeys(web.images, 1)
    # Only what several shards met on a third host was there more than once.
    doubled = Counter(r["url"] for r in found) - Counter(web.images)
    assert len(doubled) == SHARED
    assert all("127.0.0.100" in url for url in doubled)
    shown = machine("a").run("jobs").stdout
    assert "waiting       0 shards         0 sites" in shown
    assert f"done  {len(list(out.glob('*.jsonl'))):>6} shards" in shown
    assert not [f for name in "bc" for f in (tmp_path / name).glob("data/jobs/*")]


def test_the_same_machine_goes_on(machine, tmp_path):
    with Web(2, images=60) as web:
        assert machine("a").enqueue(web.lines).returncode == 0
        worker = machine("a").work(*QUICK)
        hit(worker, web, images=20)
        worker.kill()
        assert worker.work(*QUICK).wait() == 0, worker.log
        again = sum(times - 1 for times in web.asked().values())
        assert again < 2 * 16
        assert web.overlaps() == []
    found = Counter(r["url"] for r in records(tmp_path / "a/data/shards"))
    assert found.keys() == web.images


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_worker_hands_back(number, machine, queue, tmp_path):
    with Web(3, images=60) as web:
        assert machine("a").enqueue(web.lines).returncode == 0
        worker = machine("a").work(*QUICK)
        hit(worker, web)
        worker.signal(number)
        assert worker.wait() == 0, worker.log
        assert len(runs(queue, "stopped")) == 2
        assert {job["status"] for job in queue.jobs(None)} == {"todo"}
        assert worker.work(*QUICK).wait() == 0, worker.log
        assert sum(n - 1 for n in web.asked().values()) <= 2 * 8
    found = Counter(r["url"] for r in records(tmp_path / "a/data/shards"))
    assert found.keys() == web.images


def test_a_frozen_worker_ends_when_others_have_its_shards(machine, queue, tmp_path):
    with Web(2, images=60) as web:
        assert machine("a").enqueue(web.lines, "--output", tmp_path).returncode == 0
        frozen = machine("a").work("--processes", "2")
        hit(frozen, web)
        frozen.signal(signal.SIGSTOP)
        other = machine("b").work(*QUICK)
        until(lambda: runs(queue, "lost"))
        frozen.signal(signal.SIGCONT)
        assert frozen.wait() == 1
        assert "it ends, with its crawls; start it again" in frozen.log
        assert other.wait() == 0, other.log
        assert web.overlaps() == []
    found = Counter(r["url"] for r in records(tmp_path))
    assert found.keys() == web.images


def test_a_worker_without_its_forks_ends(machine, tmp_path):
    with Web(2, images=60) as web:
        assert machine("a").enqueue(web.lines).returncode == 0
        worker = machine("a").work(*QUICK)
        hit(worker, web)
        crawls = worker.crawls()
        os.kill(worker.forks(), signal.SIGKILL)
        assert worker.wait() == 1
        assert "has died: it ends, with its crawls; start it again" in worker.log
        until(lambda: not any(map(alive, crawls)))
        assert worker.work(*QUICK).wait() == 0, worker.log
        assert web.overlaps() == []
    found = Counter(r["url"] for r in records(tmp_path / "a/data/shards"))
    assert found.keys() == web.images


def test_the_database_restarts(machine, postgres, tmp_path):
    with Web(4, images=40) as web:
        assert machine("a", timeout=30).enqueue(web.lines).returncode == 0
        worker = machine("a").work(*QUICK)
        hit(worker, web)
        postgres.restart(down=3)
        assert worker.wait() == 0, worker.log
        assert "Traceback" not in worker.log
        assert max(web.asked().values()) == 1
    found = Counter(r["url"] for r in records(tmp_path / "a/data/shards"))
    assert found.keys() == web.images


def test_the_database_is_away_for_a_while(machine, queue, postgres, tmp_path):
    """A worker with nothing to do waits for it, and goes on."""
    with Web(1, images=5, delay=0) as web:
        worker = machine("a").work("--processes", "1")
        until(
            lambda: queue.connection.execute("TABLE procrastinate_workers").fetchall()
        )
        postgres.restart(down=4)
        until(lambda: "; trying on" in worker.log)
        assert machine("a").enqueue(web.lines).returncode == 0
        until(lambda: ": done" in worker.log)
        worker.signal(signal.SIGTERM)
        assert worker.wait() == 0
        assert "Traceback" not in worker.log
    assert {r["url"] for r in records(tmp_path / "a/data/shards")} == web.images


def test_s3(machine, tmp_path):
    with Web(2, images=5, delay=0) as web, MotoS3("bucket") as s3:
        where = "s3://bucket/museums/"
        assert machine("a").enqueue(web.lines, "--output", where).returncode == 0
        machine("a").env |= s3.settings | {"AWS_DEFAULT_REGION": "us-east-1"}
        worker = machine("a").work(*QUICK)
        assert worker.wait() == 0, worker.log
        names = s3.keys()
        keys = [name for name in names if "/sightings/" not in name]
        stored = [r for key in keys for r in jsonl(s3.get(key).decode())]
        assert len(names) == 2 * len(keys) == 4
        assert all(name.startswith("museums/") for name in names)
    assert {r["url"] for r in stored} == web.images


def test_a_shard_that_fails(machine, tmp_path):
    with Web(1, delay=0) as web:
        (tmp_path / "taken").write_text("a file")
        where = tmp_path / "taken/out"
        assert machine("a").enqueue(web.lines, "--output", where).returncode == 0
        worker = machine("a").work(*QUICK, "--attempts", "2")
        assert worker.wait() == 1
        assert "attempt 1 of 2, again in 5 s: feed '" in worker.log
        assert "failed, after 2 attempts: feed '" in worker.log
        assert "Traceback" not in worker.log
        shown = machine("a").run("jobs", where).stdout
        assert "failed       1 shards         1 sites" in shown
        assert shown.rstrip().endswith("Not a directory; give another path with -O")
        assert (
            "failed       0 shards" in machine("a").run("jobs", tmp_path / "x").stdout
        )

        (tmp_path / "taken").unlink()
        assert machine("a").run("jobs", "--retry").stdout == "1 shards put back\n"
        assert worker.work(*QUICK).wait() == 0, worker.log
    assert {r["url"] for r in records(where)} == web.images


def test_every_now_and_then(machine, tmp_path):
    with Web(2, images=2, delay=0) as web:
        every = ("--every", "* * * * * */3", "--output", tmp_path / "out")
        done = machine("a").enqueue(web.lines, *every)
        assert done.stdout == "2 sites: 2 timers put into the queue\n", done.stderr
        again = machine("a").enqueue(web.lines, *every).stdout
        assert again == ("2 sites: 0 timers put into the queue, 2 were there already\n")
        shown = machine("a").run("jobs").stdout
        timers = re.findall(r"every    \* \* \* \* \* \*/3  (\d) shards", shown)
        assert sum(map(int, timers)) == 2, shown
        worker = machine("a").work()

        def rounds():
            folders = [f for f in (tmp_path / "out").glob("*") if f.is_dir()]
            return [f for f in folders if len(records(f)) == 2 * (2 + SHARED)]

        until(lambda: len(rounds()) >= 2)
        worker.signal(signal.SIGTERM)
        assert worker.wait() == 0
        canceled = machine("a").run("jobs", tmp_path / "out", "--cancel").stdout
        assert canceled.endswith("shards and timers taken out\n")
        assert "every" not in machine("a").run("jobs").stdout
    assert {r["url"] for r in records(rounds()[0])} == web.images


def test_jobs_show_what_runs(machine):
    with Web(2, images=60) as web:
        assert machine("a").enqueue(web.lines).returncode == 0
        worker = machine("a").work("--processes", "1")
        hit(worker, web)
        shown = machine("a").run("jobs").stdout
        assert "waiting       1 shards         1 sites" in shown
        assert "running       1 shards         1 sites" in shown
        assert f":{worker.process.pid} since {time.gmtime().tm_year}" in shown


def test_crawls_take_settings_from_the_worker_s_environment(machine, tmp_path):
    with Web(1, images=2) as web:
        worker = machine("a")
        assert worker.enqueue(web.lines).returncode == 0
        worker.env = worker.env | {"IMGPRINT_MIN_SIZE": str(2**30)}
        assert worker.work(*QUICK).wait() == 0, worker.log
        assert len(web.asked()) == 2
    assert records(tmp_path / "a/data/shards") == []
    assert records(tmp_path / "a/data/shards/sightings")
