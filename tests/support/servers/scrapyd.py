"""Scrapyd with basic authentication, and the project deployed to it."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import requests

from tests.support.crawling import ROOT
from tests.support.servers.process import LogLine, ServerProcess

LOGIN = ("crawler", "a secret")
PROJECT = ("imgprint", "pyproject.toml", "requirements.txt", "README.md", "LICENSE")
SECONDS = 120

CONFIGURATION = """
[scrapyd]
bind_address = 127.0.0.1
http_port = {port}
username = {username}
password = {password}
max_proc = 2
poll_interval = 0.1
"""


class Scrapyd(ServerProcess):
    """Run Scrapyd in ``directory``; ``project`` is a copy of this one there.

    The copy's scrapy.cfg leads to the server, and ~/.netrc has the login.
    """

    @property
    def project(self) -> Path:
        return self.directory / "project"

    def command(self) -> list[str]:
        username, password = LOGIN
        text = CONFIGURATION.format(
            port=self.port, username=username, password=password
        )
        (self.directory / "scrapyd.conf").write_text(text)
        self._copy()
        netrc = self.directory / ".netrc"
        netrc.write_text(f'machine 127.0.0.1 login {username} password "{password}"\n')
        netrc.chmod(0o600)
        return [sys.executable, "-m", "scrapyd", "--pidfile="]

    def _copy(self) -> None:
        shutil.rmtree(self.project, ignore_errors=True)
        self.project.mkdir()
        for name in (*PROJECT, "setup.py"):
            if (ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, self.project / name, ignore=ignored)
            else:
                shutil.copy(ROOT / name, self.project)
        text = (ROOT / "scrapy.cfg").read_text()
        text = text.replace("http://localhost:6800", self.url)
        (self.project / "scrapy.cfg").write_text(text)

    def environment(self) -> dict[str, str]:
        environment = super().environment()
        environment.pop("PYTHONPATH", None)  # imgprint has to come from the egg
        bin = Path(sys.executable).parent
        return environment | {"PATH": f"{bin}:{os.environ['PATH']}"}

    def parse_log(self, line: str) -> LogLine | None:
        return None

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a shell command in the copy of the project."""
        return subprocess.run(
            ["sh", "-c", line],
            cwd=self.project,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def get(self, path: str, **parameters: str) -> requests.Response:
        return requests.get(f"{self.url}/{path}", parameters, auth=LOGIN, timeout=30)

    def post(self, path: str, **fields: object) -> dict[str, object]:
        answer = requests.post(f"{self.url}/{path}", fields, auth=LOGIN, timeout=30)
        return answer.json()

    def schedule(self, settings: dict[str, str] | None = None, **fields: str) -> str:
        """Schedule the spider images; return the id of the job."""
        pairs = [f"{name}={value}" for name, value in (settings or {}).items()]
        where = {"project": "imgprint", "spider": "images"}
        answer = self.post("schedule.json", **where, setting=pairs, **fields)
        assert answer["status"] == "ok", answer
        return str(answer["jobid"])

    def cancel(self, job: str) -> dict[str, object]:
        return self.post("cancel.json", project="imgprint", job=job)

    def jobs(self, state: str) -> list[str]:
        jobs = self.get("listjobs.json", project="imgprint").json()
        return [job["id"] for job in jobs[state]]

    def wait(self, job: str) -> str:
        """Wait for the end of *job*; return its log."""
        deadline = time.monotonic() + SECONDS
        while job in self.jobs("pending") + self.jobs("running"):
            assert time.monotonic() < deadline, self.job_log(job)
            time.sleep(0.1)
        return self.job_log(job)

    def job_log(self, job: str) -> str:
        return self.get(f"logs/imgprint/images/{job}.log").text
