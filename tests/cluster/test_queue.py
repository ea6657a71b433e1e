import os
from datetime import UTC, datetime

import pytest

from imgprint.cluster.queue import AGAIN, CRAWL, Queue, next_time
from imgprint.cluster.shards import Shard, cut
from imgprint.errors import InputError
from tests.support.crawling import scrapy
from tests.support.servers.postgres import Postgres
from tests.support.servers.process import free_port

LINES = [(f"s{i}.example", f"http://s{i}.example/") for i in range(40)]


def shards(buckets=8, output="/out"):
    return list(cut(LINES, Shard(output), buckets))


def test_what_waits_is_not_put_twice(queue):
    assert queue.put(shards(), 8) == (8, 0)
    assert queue.put(shards(), 8) == (0, 8)
    assert queue.put(shards(output="/other"), 8) == (8, 0)
    jobs = queue.jobs("/out")
    assert len(jobs) == 8
    assert sum(job["sites"] for job in jobs) == sum(job["lines"] for job in jobs) == 40
    assert queue.cancel(jobs[0]["id"])
    assert not queue.cancel(jobs[0]["id"])
    assert queue.put(shards(), 8) == (1, 7)


def test_all_or_nothing(queue):
    def broken():
        yield from shards()
        raise InputError("no list")

    with pytest.raises(InputError, match="no list"):
        queue.put(broken(), 8)
    assert queue.jobs(None) == []


def test_one_number_of_buckets(queue):
    queue.put(shards(), 8)
    with pytest.raises(InputError, match="are of 8 buckets, not 16: give that as"):
        queue.put(shards(16), 16)
    for job in queue.jobs(None):
        queue.cancel(job["id"])
    assert queue.put(shards(16), 16)[0] == len(shards(16))


def test_timers(queue):
    (shard,) = cut(LINES[:1], Shard("/out"), 8)
    every = "0 3 * * *"
    assert queue.put_timers([shard], every) == (1, 0)
    assert queue.put_timers([shard], every) == (0, 1)
    assert queue.put_timers([shard], "0 4 * * *") == (1, 0)
    # Shards of the same bucket do not wait for it.
    assert [job["timer"] for job in queue.jobs(None)] == [True, True]
    due = datetime(2026, 1, 2, 3, tzinfo=UTC)
    for _ in range(2):  # as after a crash
        queue.put_again(shard, every, due)
    crawls = [job for job in queue.jobs(None) if not job["timer"]]
    assert [job["output"] for job in crawls] == ["/out/2026-01-02T030000"]
    assert [j["scheduled_at"].hour for j in queue.jobs(None) if j["timer"]] == [3, 4]
    rows = queue.connection.execute("SELECT task_name, lock FROM procrastinate_jobs")
    assert {(row["task_name"], row["lock"]) for row in rows} == {
        (CRAWL, shard.lock),
        (AGAIN, None),
    }


def test_setting_up_again_changes_nothing(queue):
    queue.put(shards(), 8)
    queue.set_up()
    assert len(queue.jobs(None)) == 8


@pytest.mark.parametrize("every", ["", "x", "0 3 * *", "61 * * * *"])
def test_bad_times(every):
    with pytest.raises(InputError, match=r"--every '.*' is no time: give five fields"):
        next_time(every, datetime.now(UTC))


def complaint(*args, cwd, env):
    """What a command says, in one line, of what it can't do."""
    clean = {name: "" for name in os.environ if name.startswith("PG")}
    done = scrapy(*args, cwd=cwd, env=clean | env)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert done.stdout == ""
    return line


@pytest.mark.parametrize("command", ["worker", "jobs"])
def test_no_database(command, tmp_path):
    url = f"postgresql://me:secret@127.0.0.1:{free_port()}/x"
    said = complaint(command, f"-sIMGPRINT_QUEUE={url}", cwd=tmp_path, env={})
    assert said.startswith("imgprint: the queue's database can't be reached: ")
    assert said.endswith("or set PGHOST, PGUSER and PGDATABASE")
    assert "secret" not in said


@pytest.mark.parametrize(
    "url",
    [
        "postgres:/me:secret@host",
        "postgresql://me:secret@host:port/x",
        "postgresql://me:se@secret@host/x",
        "postgresql://me:secret/x@host/x",
        "postgresql://me:1/secret@host/x",
    ],
)
def test_no_address(url):
    with pytest.raises(InputError) as caught:
        Queue(url)
    assert str(caught.value) == (
        "IMGPRINT_QUEUE is no address of PostgreSQL: give "
        "postgresql://USER@HOST/DATABASE; in a password write @ as %40, / as %2F"
    )
    assert caught.value.__suppress_context__


def test_wrong_password_and_no_right(tmp_path):
    (tmp_path / "urls.txt").write_text("http://a.example/\n")
    with Postgres(password="right") as postgres:
        env = postgres.new()
        said = complaint(
            *("enqueue", "urls.txt"), cwd=tmp_path, env=env | {"PGPASSWORD": "wrong"}
        )
        assert 'password authentication failed for user "imgprint"' in said
        assert "wrong" not in said
        queue = Queue(f"{_dsn(env)} password=right")
        queue.connection.execute("CREATE ROLE guest LOGIN PASSWORD 'right'")
        queue.close()
        guest = env | {"PGUSER": "guest"}
        said = complaint("enqueue", "urls.txt", cwd=tmp_path, env=guest)
        assert "permission denied for schema public; let its owner grant" in said


def _dsn(env):
    return (
        f"host={env['PGHOST']} port={env['PGPORT']} user={env['PGUSER']} "
        f"dbname={env['PGDATABASE']}"
    )


def test_no_queue_yet(database, tmp_path):
    said = complaint("jobs", cwd=tmp_path, env=database)
    assert said == (
        "imgprint: the database holds no queue yet: 'scrapy enqueue urls.txt' makes it"
    )


@pytest.mark.parametrize(
    ("lines", "options", "words"),
    [
        ("http://a.example/", ["-a", "deep=1"], "unknown argument -a deep"),
        ("http://a.example/", ["-a", "job=x"], "-a job: the list is urls.txt"),
        ("http://a.example/", ["-a", "x"], "give arguments of the spider as -a"),
        ("http://a.example/", ["--every", "x"], "--every 'x' is no time"),
        (
            "http://a.example/",
            ["-sIMGPRINT_QUEUE_BUCKETS=0"],
            "give a whole number",
        ),
        ("# nothing", [], "holds no URL"),
    ],
)
def test_bad_input(lines, options, words, database, tmp_path):
    (tmp_path / "urls.txt").write_text(lines)
    said = complaint("enqueue", "urls.txt", *options, cwd=tmp_path, env=database)
    assert words in said


def test_a_list_on_the_web_is_to_be_fetched_first(tmp_path):
    said = complaint("enqueue", "http://127.0.0.1:1/urls.txt", cwd=tmp_path, env={})
    assert said.endswith("urls.txt: fetch the list into a file, and give that")


def test_lines_that_are_no_urls_are_left_out(database, tmp_path):
    (tmp_path / "here.jpg").write_bytes(b"")
    lines = ["http://a.example/ render=1", "nothing", "here.jpg", *("?" * 5)]
    (tmp_path / "urls.txt").write_text("\n".join(lines))
    done = scrapy("enqueue", "urls.txt", cwd=tmp_path, env=database)
    assert (done.returncode, done.stdout) == (
        *(0, "1 sites: 1 shards put into the queue\n"),
    )
    said = done.stderr.splitlines()
    assert said[0].startswith("imgprint: left out: urls.txt line 2: 'nothing' is")
    assert said[1].endswith("line 3: files are of one machine: scrapy crawl images")
    assert said[-1] == "imgprint: left out: 2 lines more"
    queue = Queue(_dsn(database))
    found = queue.connection.execute(
        "SELECT args->'lines' AS x FROM procrastinate_jobs"
    )
    assert [row["x"] for row in found] == [["http://a.example/ render=1"]]
    queue.close()


@pytest.mark.parametrize("command", [["enqueue", "urls.txt"], ["worker"], ["jobs"]])
def test_without_procrastinate(command, tmp_path):
    """A module of its name stands in front of it, and can't be imported."""
    (tmp_path / "procrastinate.py").write_text("raise ImportError")
    (tmp_path / "urls.txt").write_text("http://a.example/\n")
    path = f"{tmp_path}:{scrapy.__globals__['ROOT']}"
    said = complaint(*command, cwd=tmp_path, env={"PYTHONPATH": path})
    assert said == (
        "imgprint: the queue needs procrastinate: pip install 'procrastinate==3.10.*' "
        "'psycopg[binary]==3.*'"
    )
