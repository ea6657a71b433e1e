"""The pure core: bytes in, values out."""

import os
import sys


def _take(folder: str) -> None:
    """Have modules of this package come from *folder*.

    Exit with a sentence if it was made of other sources, or for another Python.
    """
    from filecmp import cmpfiles
    from importlib.machinery import EXTENSION_SUFFIXES
    from pathlib import Path

    here, there = Path(__file__).parent, Path(folder, "imgprint", "content")
    names = {str(p.relative_to(r)) for r in (here, there) for p in r.rglob("*.py")}
    same, _, _ = cmpfiles(here, there, names)
    built = (there / f"sparse{EXTENSION_SUFFIXES[0]}").exists()
    if not built or names != set(same):
        sys.exit(
            f"imgprint: IMGPRINT_COMPILED: {folder} was not made of this"
            " imgprint/content, or not for this Python: make compiled"
        )
    __path__.insert(0, str(there))
    sys.path.append(folder)  # which has the library that the modules share


# ``make compiled`` puts it into build/compiled.
if folder := os.environ.get("IMGPRINT_COMPILED"):
    _take(folder)
