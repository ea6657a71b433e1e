"""The core compiled by mypyc does what its sources say, to the byte."""

import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec

import pytest

from tests.conftest import ROOT
from tests.support.servers.process import require

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


def run(*arguments, compiled="0", root=ROOT):
    """Run Python in *root*; without *compiled* the variable is not set."""
    env = {**os.environ, "PYTHONHASHSEED": "0"}
    del env["IMGPRINT_COMPILED"]
    if compiled is not None:
        env["IMGPRINT_COMPILED"] = str(compiled)
    return subprocess.run(
        [sys.executable, *arguments],
        env=env,
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


WHERE = (
    "from imgprint.content import sparse\n"
    "from imgprint.content.fingerprints import perceptual\n"
    "print(sparse.__file__)"
)


def test_it_is_compiled(built):
    assert run("-c", WHERE, compiled=built).stdout.startswith(f"{built}/imgprint")
    for none in ("0", ""):
        done = run("-c", WHERE, compiled=none)
        assert done.stdout == f"{ROOT}/imgprint/content/sparse.py\n"


def test_content_tests(built):
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
    done = run(*command, "tests/content", "tests/test_pure.py", compiled=built)
    assert done.returncode == 0, done.stdout


def test_same_outcomes(built):
    ours, theirs = (
        run("-m", "tests.support.outcomes", CASES, compiled=folder)
        for folder in ("0", built)
    )
    assert theirs.returncode == 0, theirs.stderr
    pairs = enumerate(zip(ours.stdout.split(), theirs.stdout.split(), strict=True))
    assert not [case for case, (one, other) in pairs if one != other]
    assert ours.stdout.count("\n") == int(CASES)


def change(folder, how):
    """Change what is in *folder*; keep sizes and times where that can be."""
    content = folder / "imgprint/content"
    if how == "edited":
        path = content / "byte_ranges/range_grammar.py"
        times = path.stat()
        path.write_text(path.read_text().replace("#", "%", 1))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    elif how == "added":
        (content / "formats/more.py").touch()
    elif how == "removed":
        (content / "formats/png.py").unlink()
    elif how == "of another Python":
        for path in folder.glob("*.so"):
            path.rename(folder / "imgprint_content__mypyc.cpython-310.so")
    elif how == "of another machine":
        for path in folder.glob("*.so"):
            path.write_bytes(b"\x7fELF")
    else:
        shutil.rmtree(folder)


CHANGES = (
    "edited",
    "added",
    "removed",
    "of another Python",
    "of another machine",
    "not there",
)


@pytest.mark.parametrize("how", CHANGES)
def test_what_does_not_fit_is_refused_where_named(built, how, tmp_path):
    folder = shutil.copytree(built, tmp_path / "built")
    change(folder, how)
    done = run("-c", "import imgprint.content.describe", compiled=folder)
    assert done.returncode == 1
    assert done.stderr.startswith("imgprint: IMGPRINT_COMPILED: ")
    assert done.stderr.count("\n") == 1


@pytest.fixture
def project(built, tmp_path):
    """A checkout in which ``make compiled`` has run."""
    shutil.copytree(ROOT / "imgprint/content", tmp_path / "imgprint/content")
    (tmp_path / "imgprint/__init__.py").touch()
    shutil.copytree(built, tmp_path / "build/compiled")
    return tmp_path


def test_taken_by_default(project):
    done = run("-c", WHERE, compiled=None, root=project)
    assert done.stdout.startswith(f"{project}/build/compiled/imgprint/content/sparse.c")
    done = run("-c", WHERE, root=project)
    assert done.stdout == f"{project}/imgprint/content/sparse.py\n"


@pytest.mark.parametrize("how", CHANGES)
def test_what_does_not_fit_is_not_taken_by_default(project, how):
    change(project / "build/compiled", how)
    done = run("-c", WHERE, compiled=None, root=project)
    assert done.stdout == f"{project}/imgprint/content/sparse.py\n"
    assert done.stderr == ""


def test_edited_sources_are_in_force(project):
    with (project / "imgprint/content/sparse.py").open("a") as file:
        file.write("print('edited')\n")
    done = run("-c", WHERE, compiled=None, root=project)
    assert done.stdout == f"edited\n{project}/imgprint/content/sparse.py\n"


def test_in_an_egg(project, tmp_path_factory):
    egg = shutil.make_archive(tmp_path_factory.mktemp("egg") / "egg", "zip", project)
    code = f"import sys; sys.path.insert(0, {egg!r}); {WHERE}"
    done = run("-c", code, compiled=None, root=tmp_path_factory.mktemp("empty"))
    assert done.stdout == f"{egg}/imgprint/content/sparse.py\n"
    assert done.stderr == ""


def test_builds_do_not_meet(project):
    """An interrupted build leaves what was there; the next one clears up."""
    shutil.copytree(ROOT / ".ci", project / ".ci")
    folder = project / "build/compiled"
    command = [sys.executable, ".ci/compile.py", "build/compiled"]
    before = folder.stat().st_ino
    first, second = (
        subprocess.Popen(command, cwd=project, stderr=subprocess.DEVNULL)
        for _ in range(2)
    )
    while not (left := list(folder.parent.glob(".compiled.new-*/built"))):
        assert first.poll() is None
        time.sleep(0.01)
    building, waiting = (
        (first, second)
        if left[0].parent.name.endswith(f"-{first.pid}")
        else (second, first)
    )
    building.kill()
    building.wait()
    assert folder.stat().st_ino == before
    assert waiting.wait() == 0
    assert folder.stat().st_ino != before
    assert {path.name for path in folder.parent.iterdir()} == {
        "compiled",
        ".compiled.lock",
    }
    done = run("-c", WHERE, compiled=None, root=project)
    assert done.stdout.startswith(f"{folder}/imgprint/content/sparse.c")
