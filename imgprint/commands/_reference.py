"""The settings and stats of imgprint, as the docstrings of its classes have them."""

from __future__ import annotations

import ast
import re
from importlib.resources import files
from inspect import cleandoc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

SETTING = re.compile(r"``(IMGPRINT_[A-Z0-9_]+)")
STAT = re.compile(r"imgprint/(?:[a-z0-9_/]|\{[^{}]*\})+")


def modules(folder: Traversable | None = None) -> Iterator[tuple[str, ast.Module]]:
    """Yield the name and the source of each module of the package."""
    folder = folder or files("imgprint")
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and entry.name != "__pycache__":
            for name, tree in modules(entry):
                yield f"{folder.name}.{name}", tree
        elif entry.name.endswith(".py"):
            tree = ast.parse(entry.read_text(encoding="utf-8"))
            yield f"{folder.name}.{entry.name[:-3]}", tree


def paragraphs() -> Iterator[tuple[str, str]]:
    """Yield the paragraphs of docstrings, with the dotted name of what they tell of."""
    for module, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef | ast.Module | ast.FunctionDef):
                name = f"{module}.{node.name}" if hasattr(node, "name") else module
                for part in cleandoc(ast.get_docstring(node) or "").split("\n\n"):
                    yield name, " ".join(part.split())


def settings() -> dict[str, tuple[str, str]]:
    """Return where each setting is documented, and the paragraph that does it.

    The paragraph with its default wins, then one that begins with its name.
    """
    found: dict[str, tuple[int, str, str]] = {}
    for where, text in paragraphs():
        for match in SETTING.finditer(text):
            near = text[match.end() : match.end() + 30]
            rank = 2 * ("(default" in near) + (match.start() == 0)
            if match[1] not in found or found[match[1]][0] < rank:
                found[match[1]] = (rank, where, text)
    return {name: found[name][1:] for name in sorted(found)}


def stats() -> dict[str, str]:
    """Return the stats that are documented, and where."""
    found: dict[str, str] = {}
    for where, text in paragraphs():
        for name in STAT.findall(text):
            found.setdefault(name.replace(" ", "").rstrip("/"), where)
    return dict(sorted(found.items()))


def reference() -> str:
    """Return docs/settings.md."""
    lines = [
        "# Settings and stats",
        "",
        "Made by `scrapy fields --settings`; don't edit.",
    ]
    lines += ["", "All of Scrapy's settings apply. These are imgprint's own.", ""]
    for name, (where, text) in settings().items():
        lines += [f"## {name}", "", text.replace("``", "`"), "", f"In `{where}`.", ""]
    lines += ["## Stats", "", "| stat | counted by |", "|---|---|"]
    lines += [f"| `{name}` | `{where}` |" for name, where in stats().items()]
    return "\n".join(lines) + "\n"
