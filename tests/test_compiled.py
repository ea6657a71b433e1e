"""The core compiled by mypyc does what its sources say, to the byte."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.conftest import ROOT
from tests.servers.process import require

CASES = os.environ.get("IMGPRINT_FUZZ_CASES", "12000")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    require("cc", "g++ python3-dev")
    if find_spec("mypyc") is None:
        pytest.skip("mypyc is missing: pip install mypy")
    folder = tmp_path_factory.mktemp("compiled") / "built"
    done = run(".ci/compile.py", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def run(*arguments, compiled=""):
    return subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"IMGPRINT_COMPILED": str(compiled), "PYTHONHASHSEED": "0"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_compiled(built):
    code = "from imgprint.content import sparse; print(sparse.__file__)"
    assert run("-c", code, compiled=built).stdout.startswith(f"{built}/imgprint")
    assert run("-c", code).stdout == f"{ROOT}/imgprint/content/sparse.py\n"


def test_content_tests(built):
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
    done = run(*command, "tests/content", "tests/test_pure.py", compiled=built)
    assert done.returncode == 0, done.stdout


def test_same_outcomes(built):
    ours, theirs = (
        run("-m", "tests.content.outcomes", CASES, compiled=folder)
        for folder in ("", built)
    )
    assert theirs.returncode == 0, theirs.stderr
    pairs = enumerate(zip(ours.stdout.split(), theirs.stdout.split(), strict=True))
    assert not [case for case, (one, other) in pairs if one != other]
    assert ours.stdout.count("\n") == int(CASES)


@pytest.mark.parametrize("change", ["edited", "added", "removed", "not there"])
def test_other_sources_are_refused(built, change, tmp_path):
    folder = tmp_path / "built"
    if change != "not there":
        shutil.copytree(built, folder)
    content = folder / "imgprint/content"
    if change == "edited":
        with (content / "ranges.py").open("a") as file:
            file.write("# edited\n")
    elif change == "added":
        (content / "formats/more.py").touch()
    elif change == "removed":
        (content / "formats/png.py").unlink()
    done = run("-c", "import imgprint.content.describe", compiled=folder)
    assert done.returncode == 1
    assert done.stderr.startswith("imgprint: IMGPRINT_COMPILED: ")
    assert done.stderr.count("\n") == 1
