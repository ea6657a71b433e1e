"""The reference of settings and stats.

Settings are those of ``imgprint.config``; stats are found in docstrings of classes.
"""

from __future__ import annotations

import ast
import re
from importlib.resources import files
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

from imgprint.config import SETTINGS
from imgprint.setting_check import ENVIRONMENT_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    from imgprint.setting_types import Setting

INTRODUCTION = """\
# Settings and stats

Made by `scrapy fields --settings`; don't edit.

All of Scrapy's settings apply. These are imgprint's own.

A value comes from the first of these places that has one:

1. `-s NAME=VALUE` on the command line;
2. the environment variable `NAME`, such as `IMGPRINT_QUEUE`;
3. `custom_settings` of the spider, then the project's `settings.py`;
4. the default below.

Commands that crawl check all of them before anything is fetched. A value that can't
be used, or a name that is not one of these, is one sentence and exit code 2.
"""
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


def stats() -> dict[str, str]:
    """Return the stats that are documented, and where."""
    found: dict[str, str] = {}
    for where, text in paragraphs():
        for name in STAT.findall(text):
            found.setdefault(name.replace(" ", "").rstrip("/"), where)
    return dict(sorted(found.items()))


def reference() -> str:
    """Return docs/settings.md."""
    groups: dict[str, list[Setting[Any]]] = {}
    for setting in SETTINGS.values():
        groups.setdefault(setting.group, []).append(setting)
    lines = [INTRODUCTION]
    for group, settings in groups.items():
        lines += [f"## {group}", ""]
        for setting in settings:
            lines += _entry(setting)
    lines += ["## Environment variables that are not settings", ""]
    lines += ["| variable | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {text} |" for name, text in ENVIRONMENT_ONLY.items()]
    lines += ["", "## Stats", "", "| stat | counted by |", "|---|---|"]
    lines += [f"| `{name}` | `{where}` |" for name, where in stats().items()]
    return "\n".join(lines) + "\n"


def _entry(setting: Setting[Any]) -> Iterator[str]:
    yield from (f"### {setting.name}", "")
    yield f"- Type: {setting.type.description}"
    yield f"- Default: {_default(setting)}"
    yield f"- When to change it: {setting.change}"
    yield from ("", setting.meaning, "")


def _default(setting: Setting[Any]) -> str:
    """Return the default as one writes it after ``-s NAME=``."""
    value = setting.default_text or setting.default
    if value is None:
        return "none"
    if isinstance(value, bool | float):
        return f"`{value:g}`"
    return str(value) if " " in str(value) or value == "none" else f"`{value}`"
