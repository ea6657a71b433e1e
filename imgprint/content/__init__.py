"""The pure core: bytes in, values out."""

import os
import sys
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

_HERE = Path(__file__).parent
# Where ``make compiled`` puts it.
_BUILT = _HERE.parent.parent / "build/compiled"


def _sources(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.py")}


def _take(folder: Path) -> bool:
    """Have modules of this package come from *folder*; return whether they do.

    They don't if it was made of other sources, or does not load in this Python.
    """
    there = folder / "imgprint" / "content"
    library = "imgprint_content__mypyc"  # which the modules share
    try:
        built = (folder / f"{library}{EXTENSION_SUFFIXES[0]}").exists()
        if not built or _sources(_HERE) != _sources(there):
            return False
        sys.path.insert(0, str(folder))
        try:
            import_module(library)
        finally:
            sys.path.remove(str(folder))
    except (OSError, ImportError):
        return False
    # There only: one module of the sources among compiled ones would crash.
    __path__[:] = [str(there)]
    return True


# IMGPRINT_COMPILED=0: the sources; =FOLDER: what is there, or nothing.
_named = os.environ.get("IMGPRINT_COMPILED")
if _named is None:
    _take(_BUILT)
elif _named not in ("", "0") and not _take(Path(_named)):
    sys.exit(
        f"imgprint: IMGPRINT_COMPILED: {_named} was not made of this"
        " imgprint/content, or not for this Python: make compiled"
    )
