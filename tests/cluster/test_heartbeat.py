"""Shards that no living worker has, in a queue made to look like that."""

import signal

import pytest

from imgprint.cluster.shards import Shard, cut
from tests.support.machines import Machine, Web, records, until


@pytest.fixture
def machine(database, tmp_path):
    machine = Machine(tmp_path, database)
    yield machine
    if machine.process and machine.process.poll() is None:
        machine.kill()


def put(queue, web, output):
    (shard,) = cut([("a.example", web.lines[0])], Shard(str(output)), 64)
    queue.put([shard], 64)
    return queue.jobs(None)[0]["id"]


def test_a_shard_whose_workers_die_has_failed_in_the_end(machine, queue, tmp_path):
    with Web(1, images=1, delay=0) as web:
        job = put(queue, web, tmp_path / "out")
        queue.connection.execute("UPDATE procrastinate_jobs SET status = 'doing'")
        queue.connection.execute(
            "INSERT INTO imgprint_runs (job, worker, ended, outcome, reason)"
            " SELECT %s, 'gone:1', now(), 'lost', 'its worker died'"
            " FROM generate_series(1, 10)",
            (job,),
        )
        assert machine.work("--until-empty").wait() == 1
        assert "failed: its workers die" in machine.log
        assert "gone:1: its worker died" in machine.run("jobs").stdout
        assert web.log == []


def test_a_shard_whose_end_could_not_be_written_goes_back(machine, queue, tmp_path):
    with Web(1, images=1, delay=0) as web:
        machine.work()
        workers = "SELECT id FROM procrastinate_workers"
        (row,) = until(lambda: queue.connection.execute(workers).fetchall())
        with queue.connection.transaction():
            put(queue, web, tmp_path / "out")
            queue.connection.execute(
                "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s",
                (row["id"],),
            )
        until(lambda: ": done" in machine.log)
        machine.signal(signal.SIGTERM)
        assert machine.wait() == 0
    # The shared images are on a host that no page may lead to.
    assert len(records(tmp_path / "out")) == 1
