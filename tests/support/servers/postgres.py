"""PostgreSQL as in Debian, with databases made as they are needed."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.support.servers.process import ServerProcess

USER = "imgprint"


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs, the newest."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    path = str(found[-1]) if found else shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is missing: apt-get install postgresql")
    return path


class Postgres(ServerProcess):
    """A cluster of its own; everybody here may connect, or who has *password*."""

    def __init__(self, password: str | None = None):
        self.programs = program("initdb"), program("postgres")
        super().__init__()
        self.password = password
        self._numbers = count()
        self._prefix: list[str] = []
        self._user: str | None = None
        if os.geteuid() == 0:  # which PostgreSQL refuses to be
            users = {entry.pw_name for entry in pwd.getpwall()}
            self._user = "postgres" if "postgres" in users else "nobody"
            shutil.chown(self.directory, self._user)
            identity = (f"--reuid={self._user}", "--regid=nogroup", "--clear-groups")
            self._prefix = ["setpriv", *identity]

    def command(self) -> list[str]:
        data = self.directory / "data"
        if not data.exists():
            self._initdb(data)
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.directory),
            "fsync": "off",
            "max_connections": "100",
        }
        pairs = [part for k, v in options.items() for part in ("-c", f"{k}={v}")]
        return [
            *self._prefix,
            *(self.programs[1], "-D", str(data), "-p", str(self.port), *pairs),
        ]

    def _initdb(self, data: Path) -> None:
        secret = self.directory / "secret"
        secret.write_text(self.password or "none")
        secret.chmod(0o644)
        subprocess.run(
            [
                *(*self._prefix, self.programs[0], "-D", str(data), "-U", USER),
                *("--no-sync", "--locale=C", "--encoding=UTF8", f"--pwfile={secret}"),
                "--auth-local=trust",
                f"--auth-host={'scram-sha-256' if self.password else 'trust'}",
            ],
            check=True,
            capture_output=True,
            cwd=self.directory,
        )

    def _stop(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGQUIT)  # don't wait for clients
        super()._stop()

    def restart(self, down: float = 0) -> None:
        """Stop at once and start again after *down* seconds, on the same port."""
        self._stop()
        time.sleep(down)
        self._start()
        assert self._listens(), self._output()

    def _listens(self) -> bool:
        """Return whether it answers: it listens before it is ready."""
        for _ in range(400):
            if not super()._listens():
                return False
            with suppress(psycopg.OperationalError), self._connect():
                return True
            time.sleep(0.05)
        return False

    def _connect(self) -> psycopg.Connection:
        """By the socket, where no password is asked for."""
        return psycopg.connect(
            f"host={self.directory} port={self.port} user={USER} dbname=postgres",
            autocommit=True,
        )

    def new(self) -> dict[str, str]:
        """Make a database; return the variables of libpq that lead there."""
        name = f"queue{next(self._numbers)}"
        address = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": USER}
        if self.password:
            address["PGPASSWORD"] = self.password
        with self._connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return {**address, "PGDATABASE": name}
