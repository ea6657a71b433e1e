import pytest

from tests.support.servers.postgres import Postgres


@pytest.fixture(scope="session")
def postgres():
    with Postgres() as postgres:
        yield postgres


@pytest.fixture
def database(postgres):
    """The variables of libpq for a new database."""
    return postgres.new()


@pytest.fixture
def queue(database):
    from imgprint.cluster.queue import Queue

    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user"}
    names["PGDATABASE"] = "dbname"
    queue = Queue(" ".join(f"{names[key]}={value}" for key, value in database.items()))
    queue.set_up()
    yield queue
    queue.close()
