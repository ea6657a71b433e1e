"""The commands that documents tell people to type."""

import argparse
import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from scrapy.settings import Settings

from tests.support.crawling import ROOT

PROGRAMS = {"scrapy", "make", "python", "python3", "pip", "apt-get", "playwright"}
PROGRAMS |= {
    "curl",
    "head",
    "echo",
    "exiftool",
    "cd",
    "scrapyd-deploy",
    "scrapyd-client",
}
EXIT = re.compile(r"# exits with (\d)")
INLINE = re.compile(r"`((?:scrapy|make|python|pip|apt-get|playwright) [^`]+)`")


@dataclass(frozen=True)
class Command:
    """What to type, and the exit code that the document says it has."""

    document: str
    text: str

    @property
    def code(self) -> int:
        said = EXIT.search(self.text)
        return int(said[1]) if said else 0


def documents() -> list[str]:
    paths = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in paths)


def commands(document: str) -> list[Command]:
    """Return the commands in code blocks of *document*, in order.

    In fences of sh every line is one, elsewhere those that begin with one of
    PROGRAMS. A line that ends with a backslash goes on in the next.
    """
    found = []
    for language, lines in blocks((ROOT / document).read_text(encoding="utf-8")):
        text = re.sub(r"\\\n\s*", "", "\n".join(lines))
        for line in filter(None, map(str.strip, text.splitlines())):
            if language == "sh" or (
                language in ("", "indented") and line.split()[0] in PROGRAMS
            ):
                found.append(Command(document, line))
            else:
                known = language != "indented" or line.startswith("https://")
                assert known, (
                    f"{document}: what is {line!r}? see tests/support/documents.py"
                )
    return found


def blocks(text: str) -> list[tuple[str, list[str]]]:
    """Return the code blocks: language of the fence, or "indented", and lines."""
    found: list[tuple[str, list[str]]] = []
    fence = before = None
    for line in text.splitlines():
        if line.startswith("```"):
            fence = None if fence is not None else line[3:]
            if fence is not None:
                found.append((fence, []))
        elif fence is not None:
            found[-1][1].append(line)
        elif line.startswith("    ") and (before == "" or before == "indented"):
            if before == "":
                found.append(("indented", []))
            found[-1][1].append(line[4:])
            before = "indented"
            continue
        before = line.strip()
    return found


def files(document: str) -> dict[str, str]:
    """Return the blocks of Python that say in their first line which file they are."""
    found = {}
    for language, lines in blocks((ROOT / document).read_text(encoding="utf-8")):
        if language == "python" and "/" in lines[0]:
            found[lines[0].removeprefix("# ")] = "\n".join(lines) + "\n"
    return found


def inline(document: str) -> list[str]:
    """Return the commands within sentences of *document*."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return [" ".join(found.split()) for found in INLINE.findall(text)]


def requirements() -> set[str]:
    """Return the names of all packages that are pinned or named as extras."""
    text = "\n".join(path.read_text() for path in ROOT.glob("requirements*.txt"))
    text += re.sub(r'^.*?optional-dependencies\]|"', "\n", pyproject(), flags=re.DOTALL)
    names = re.findall(r"^\s*([A-Za-z][\w.-]*)(?:\[[\w,]+\])?[=>]=", text, re.MULTILINE)
    return {name.lower() for name in names}


def command_names() -> list[str]:
    """Return the names of imgprint's commands."""
    return sorted(path.stem for path in (ROOT / "imgprint/commands").glob("[a-z]*.py"))


def command_of(name: str) -> tuple[Any, argparse.ArgumentParser]:
    """Return a command and its parser, as ``scrapy`` makes them."""
    command = import_module(f"imgprint.commands.{name}").Command()
    command.settings = Settings()
    parser = argparse.ArgumentParser(
        usage=f"scrapy {name} {command.syntax()}", description=command.long_desc()
    )
    command.add_options(parser)
    return command, parser


def pyproject() -> str:
    return (ROOT / "pyproject.toml").read_text()


def makefile() -> str:
    return Path(ROOT / "Makefile").read_text()
