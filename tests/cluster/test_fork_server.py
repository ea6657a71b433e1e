"""Crawls as a ForkServer starts them, in a process that has nothing of pytest."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

RUN = """
import asyncio, json, pathlib, signal, sys
from contextlib import closing
from imgprint.cluster.fork_server import ForkServer

async def code_of(forks, number, code):
    path = pathlib.Path(f"code{number}.py")
    path.write_text(code)
    with open(f"{number}.log", "wb") as log:
        crawl = await forks.crawl(["runspider", str(path)], 30, log.fileno())
    return await crawl.wait()

async def codes(forks):
    crawls = [code_of(forks, *piece) for piece in enumerate(json.loads(sys.argv[1]))]
    if sys.argv[2] == "together":
        return await asyncio.gather(*crawls)
    return [await crawl for crawl in crawls]

signal.signal(signal.SIGINT, signal.default_int_handler)  # nohup ignores it
with closing(ForkServer()) as forks:
    print(asyncio.run(codes(forks)))
"""
SAY = "import json, os, signal, sys, threading; print(json.dumps({}), file=sys.stderr)"


@pytest.fixture
def run(tmp_path):
    """Return exit codes of pieces of Python that crawls begin with, and what they say.

    What pieces say with SAY is in JSON.
    """

    def run(*codes, how="in turns"):
        (tmp_path / "settings.py").write_text("LOG_ENABLED = False\n")
        done = subprocess.run(
            [sys.executable, "-c", RUN, json.dumps(codes), how],
            cwd=tmp_path,
            env=os.environ
            | {
                "PYTHONPATH": f"{ROOT}:{tmp_path}",
                "SCRAPY_SETTINGS_MODULE": "settings",
            },
            capture_output=True,
            text=True,
        )
        assert done.stderr == ""
        said = [(tmp_path / f"{i}.log").read_text() for i in range(len(codes))]
        return json.loads(done.stdout), said

    return run


def test_exit_codes(run):
    codes, said = run(
        "import sys; sys.exit(0)",
        "import sys; sys.exit(3)",
        "import os; os.kill(os.getpid(), 9)",
        "raise RuntimeError('what is wrong')",
    )
    assert codes == [0, 3, -9, 1]
    assert said[:3] == ["", "", ""]
    assert said[3].endswith("RuntimeError: what is wrong\n")


def test_a_crawl_is_a_process_of_its_own(run):
    values = (
        "os.getsid(0) == os.getpid() == os.getpgrp()",
        "signal.getsignal(signal.SIGINT) is signal.default_int_handler",
        "signal.getsignal(signal.SIGTERM) is signal.SIG_DFL",
        "os.readlink('/proc/self/fd/1') == os.devnull",
        "'imgprint.addon' in sys.modules and 'aiohttp' in sys.modules",
        "threading.active_count() == 2",  # it, and the leash
    )
    say = SAY.format(f"[{', '.join(values)}]") + "; sys.exit()"
    codes, said = run(say, say)
    assert codes == [0, 0]
    for text in said:
        assert json.loads(text) == [True] * len(values)


def test_crawls_have_no_files_of_others(run):
    say = SAY.format("len(os.listdir('/proc/self/fd'))") + "; sys.exit()"
    say = f"import time; time.sleep(1); {say}"
    (_, (alone,)), (_, together) = run(say), run(say, say, say, how="together")
    assert together == [alone] * 3


def test_settings_are_read_anew(run):
    change = "import sys; open('settings.py', 'a').write('A = 12')"
    say = "from scrapy.utils.project import get_project_settings as get; import sys; "
    say += "print(get().getint('A'), file=sys.stderr); sys.exit()"
    _, said = run(say, f"{change}; sys.exit()", say)
    assert said == ["0\n", "", "12\n"]
