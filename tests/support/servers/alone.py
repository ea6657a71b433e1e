"""A function in namespaces of its own: loopback only, and its own name server."""

import json
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.servers.process import require

RESOLV_CONF = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"


def alone(function: str, *args: object) -> object:
    """Return what *function*, ``module:name``, returns where there is no network.

    It runs as root of namespaces; names are asked of 127.0.0.1, port 53. Arguments
    and result are such as JSON has. Skip the test where that is not allowed.
    """
    unshare = [require("unshare", "util-linux"), "-rnm"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        pytest.skip("namespaces are not allowed here")
    code = "import sys; from tests.support.servers.alone import run; run(*sys.argv[1:])"
    done = subprocess.run(
        [*unshare, sys.executable, "-c", code, function, json.dumps(args)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run(function: str, args: str) -> None:
    """Print what *function* returns."""
    subprocess.run(
        [require("ip", "iproute2"), "link", "set", "lo", "up"],
        check=True,
        capture_output=True,
    )
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(RESOLV_CONF)
        file.flush()
        bind = ["mount", "--bind", file.name, str(Path("/etc/resolv.conf").resolve())]
        subprocess.run(bind, check=True)
        module, _, name = function.partition(":")
        print(json.dumps(getattr(import_module(module), name)(*json.loads(args))))
