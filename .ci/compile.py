"""Compile imgprint/content by mypyc into a folder, with a copy of its sources.

    python .ci/compile.py FOLDER

Needs mypy, setuptools and a C compiler. imgprint/content/__init__.py says when it is
in force.
"""

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from fcntl import LOCK_EX, flock
from pathlib import Path

from mypyc.build import mypycify
from setuptools import setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).absolute().parent.parent
CONTENT = Path("imgprint/content")
# The first says where the rest is; the second is numpy's and Pillow's work.
LEFT = {CONTENT / "__init__.py", CONTENT / "fingerprints/perceptual.py"}
# mypyc 2.4: b[2:1], which is b"", raises SystemError. All slices of bytes come here.
WRONG = "Py_ssize_t slice_len = endn - startn;"
RIGHT = "Py_ssize_t slice_len = endn > startn ? endn - startn : 0;"


def mend(path: Path) -> None:
    """Mend what of mypyc's C library is in *path*."""
    text = path.read_text()
    if text.count(WRONG) != 1:
        sys.exit("compile.py: this mypyc slices bytes in another way: what of b[2:1]?")
    path.write_text(text.replace(WRONG, RIGHT))


class Build(build_ext):
    """Compile the files of an extension at once, as ``-j`` does extensions."""

    def build_extensions(self) -> None:
        compiler, jobs = self.compiler, []
        compile_one, link = compiler._compile, compiler.link_shared_object

        def link_later(*arguments, **options):
            for job in jobs:
                job.result()
            link(*arguments, **options)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            compiler._compile = lambda *a: jobs.append(pool.submit(compile_one, *a))
            compiler.link_shared_object = link_later
            super().build_extensions()


def build(folder: Path) -> None:
    """Build into *folder*, which is not there."""
    shutil.copytree(
        ROOT / CONTENT, folder / CONTENT, ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / "imgprint/__init__.py").touch()
    os.chdir(folder)
    # A group of modules is checked as one cycle, what is used before what uses it.
    files = sorted(set(CONTENT.rglob("*.py")) - LEFT, reverse=True)
    modules = mypycify(
        list(map(str, files)),
        opt_level="1",
        debug_level="0",
        multi_file=True,
        group_name="imgprint_content",
    )
    mend(Path("build/bytes_ops.c"))
    setup(
        name="imgprint",
        ext_modules=modules,
        cmdclass={"build_ext": Build},
        script_args=["-q", "build_ext", "-i", f"-j{os.cpu_count()}"],
    )
    for left in ("build", ".mypy_cache"):
        shutil.rmtree(left)


def main(folder: Path) -> None:
    """Build beside *folder* and move it there, so that it is whole or not there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        flock(lock, LOCK_EX)  # one build at a time
        for left in folder.parent.glob(f".{folder.name}.new-*"):
            shutil.rmtree(left, ignore_errors=True)  # its compiler may still write
        new = folder.parent / f".{folder.name}.new-{os.getpid()}"
        new.mkdir()
        start = new.stat().st_mtime
        build(new / "built")
        os.sync()  # so that no power cut leaves half of it
        if folder.exists():
            folder.rename(new / "old")
        (new / "built").rename(folder)
        os.utime(folder, (start, start))  # for make: what is newer is not in it
        os.chdir(folder)
        shutil.rmtree(new)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
