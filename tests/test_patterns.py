"""No regular expression takes more than linear time, whatever text it gets.

The expressions are those of the whole package. Each gets text that is made from
itself: see tests/support/adversary.py.
"""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.conftest import ROOT
from tests.support.adversary import DEADLINE, METHODS, slowest

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMES: list[tuple[float, str, str]] = []
LIMIT = 0.05
# A timer's signal may come within a callback, such as hypothesis's of the collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)
"""Seconds of CPU for 64 KB."""

# Calls of re.compile whose result has no name in a module or class.
ELSEWHERE = {
    "imgprint.spiders.scope": "IMGPRINT_ALLOW and the like: the user's own expressions",
    "imgprint.discovery.urls.services": "in the closures of RULES",
}
LOOPS = {"finditer": "finditer", "findall": "finditer", "split": "finditer"}
LOOPS |= {"sub": "finditer", "subn": "finditer"}


class Use(NamedTuple):
    """One expression, the methods that it is used with, and where it stands."""

    where: str
    pattern: re.Pattern[Any]
    methods: tuple[str, ...]


@cache
def trees() -> dict[str, ast.Module]:
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(
            path.read_text(encoding="utf-8")
        )
        for path in sorted((ROOT / "imgprint").rglob("*.py"))
    }


def is_re(node: ast.AST, *names: str) -> bool:
    """Return whether *node* is a call of re.NAME."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and (not names or node.func.attr in names)
    )


@cache
def methods() -> dict[tuple[str, str], set[str]]:
    """Return which methods are called of each name, "?" for any other use."""
    found: dict[tuple[str, str], set[str]] = {}
    for module, tree in trees().items():
        origin = {
            alias.asname or alias.name: (node.module, alias.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        called = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                called[node.value] = node.attr
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                method = called.get(node, "?")
                key = origin.get(node.id, (module, node.id))
                found.setdefault(key, set()).add(LOOPS.get(method, method))
    return found


def used(module: str, name: str) -> tuple[str, ...]:
    """Return the methods to try: all of them unless each use is known."""
    found = methods().get((module, name), {"?"})
    known = found - {"pattern"}
    return tuple(sorted(known)) if known <= set(METHODS) else tuple(METHODS)


def compiled() -> Iterator[Use]:
    """Yield the expressions that modules, classes, tables and closures hold."""
    seen: set[int] = set()
    for name in trees():
        module = importlib.import_module(name.removesuffix(".__init__"))
        for key, value in vars(module).items():
            for where, pattern in _held(value, f"{module.__name__}.{key}", seen):
                last = where.rpartition(".")[2]
                yield Use(where, pattern, used(name, last))


def _held(value: Any, where: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if id(value) in seen or isinstance(value, ModuleType):
        return
    if isinstance(value, re.Pattern):
        seen.add(id(value))
        yield where, value
        return
    inner: list[tuple[str, Any]] = []
    if isinstance(value, (tuple, list, set, frozenset)):
        inner = [(where, item) for item in value]
    elif isinstance(value, dict):
        inner = [(where, item) for item in value.values()]
    elif isinstance(value, FunctionType) and value.__closure__:
        names = value.__code__.co_freevars
        cells = zip(names, value.__closure__, strict=True)
        inner = [(f"{where}.{name}", cell.cell_contents) for name, cell in cells]
    elif isinstance(value, type) and value.__module__.startswith("imgprint"):
        inner = [(f"{where}.{name}", item) for name, item in vars(value).items()]
    if inner:
        seen.add(id(value))
    for place, item in inner:
        yield from _held(item, place, seen)


def inline() -> Iterator[Use]:
    """Yield the expressions that stand in a call: re.search("...", text)."""
    for module, tree in trees().items():
        for node in ast.walk(tree):
            if is_re(node, "search", "match", "fullmatch", *LOOPS):
                assert isinstance(node, ast.Call)
                assert isinstance(node.func, ast.Attribute)
                where = f"{module}:{node.lineno}"
                text = node.args[0]
                assert isinstance(text, ast.Constant), f"{where}: give it a name"
                flags = next((k.value for k in node.keywords if k.arg == "flags"), None)
                for extra in node.args[2:]:
                    flags = extra if ast.unparse(extra).startswith("re.") else flags
                value = eval(ast.unparse(flags), {"re": re}) if flags else 0
                method = LOOPS.get(node.func.attr, node.func.attr)
                yield Use(where, re.compile(text.value, value), (method,))


@cache
def uses() -> list[Use]:
    return [*compiled(), *inline()]


def test_every_expression_is_found():
    """A call of re.compile that leaves nothing in a module would be tested by none."""
    patterns = {use.pattern.pattern for use in uses()}
    for module, tree in trees().items():
        named = {
            node.value
            for scope in ast.walk(tree)
            if isinstance(scope, ast.Module | ast.ClassDef)
            for node in scope.body
            if isinstance(node, ast.Assign)
        }
        for node in ast.walk(tree):
            if is_re(node, "compile") and node not in named:
                assert module in ELSEWHERE, f"{module}:{node.lineno}"
    template = "\\{\\{|\\$\\{|<%|%7B%7B|\\{\\w+\\}|\\[\\[|<[#%?]|\\{%|\\{#"
    assert template in patterns
    assert len(uses()) > 100


@pytest.mark.parametrize(
    ("text", "method"),
    [
        (r"(a+)+$", "match"),
        (r"\d*x\d*\w*!", "match"),
        (r"(?:-[\w-]+)*!", "match"),
        (r"[^?#]*/[^/?#:.]+(?::|%3a)[^/?#]+\.\w+\Z", "match"),
        (r"\w+x", "search"),
        (r"a.*b.*c", "finditer"),
        (rb"<(?:\w{1,40}:)?svg(\s[^>]{0,8000})?>", "search"),
    ],
)
def test_slow_expressions_are_noticed(text, method):
    assert slowest(re.compile(text), method)[0] >= DEADLINE / 2


@pytest.mark.parametrize("use", [pytest.param(use, id=use.where) for use in uses()])
def test_linear(use):
    for method in use.methods:
        took, text = slowest(use.pattern, method)
        print(f"{took * 1000:8.2f} ms  {use.where} {method} {text!r}")
        TIMES.append((took, use.where, method))
        assert took < LIMIT, (method, text)


def test_number_and_slowest():
    took, where, method = max(TIMES, default=(0.0, "none", ""))
    print(f"{len(uses())} expressions, slowest {took * 1000:.1f} ms: {where} {method}")
    assert took < LIMIT
