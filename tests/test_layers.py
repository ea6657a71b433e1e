"""The rooms of the package: nothing imports upwards, no circle, no name twice."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Low to high. A room may import what is on its own layer or below.
LAYERS = [
    {"content", "discovery", "demo", "masking"},
    {"errors"},
    {"items", "item_types", "matching"},
    {"records", "report"},
    {"feeds", "fetch", "reading", "config", "setting_types", "setting_check"},
    {"middlewares", "pipelines", "extensions", "jobs"},
    {"spiders", "cluster"},
    {"commands", "addon", "settings", "imgprint"},
]
RANK = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}


def modules_of(root):
    """Return the files of the package below *root*, by the modules' names."""
    found = {}
    for path in sorted((root / "imgprint").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports_of(modules):
    """Return what each module imports of the others, those for types included."""
    found = {}
    for name, path in modules.items():
        wanted = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                members = {f"{node.module}.{alias.name}" for alias in node.names}
                wanted |= members & modules.keys() or {node.module}
        found[name] = (wanted & modules.keys()) - {name}
    return found


def room_of(module):
    return module.split(".")[1] if "." in module else module


def upward(imports):
    """Return the imports of a higher layer's room."""
    return sorted(
        (name, other)
        for name, others in imports.items()
        for other in others
        if RANK[room_of(other)] > RANK[room_of(name)]
    )


def circle(imports):
    """Return modules that import each other in a circle, [] if there is none."""
    left = {name: set(others) for name, others in imports.items()}
    while free := [name for name, others in left.items() if not others & left.keys()]:
        for name in free:
            del left[name]
    return sorted(left)


def doubled(modules):
    """Return names that two modules have; commands are named after their command."""
    own = [m.rpartition(".")[2] for m in modules if room_of(m) != "commands"]
    return sorted(name for name, number in Counter(own).items() if number > 1)


def test_the_package():
    modules = modules_of(ROOT)
    imports = imports_of(modules)
    assert {room_of(name) for name in modules} - RANK.keys() == set()
    assert upward(imports) == []
    assert circle(imports) == []
    assert doubled(modules) == []


def tree(folder, **files):
    for name, text in files.items():
        path = folder / "imgprint" / Path(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return modules_of(folder)


@pytest.mark.parametrize(
    "line",
    [
        "import imgprint.spiders.images",
        "from imgprint.spiders import images",
        "def f():\n    from imgprint.spiders.images import Spider",
        "if TYPE_CHECKING:\n    from imgprint.spiders.images import Spider",
    ],
)
def test_an_import_upwards_is_found(line, tmp_path):
    modules = tree(tmp_path, jobs__journal=line, spiders__images="")
    found = [("imgprint.jobs.journal", "imgprint.spiders.images")]
    assert upward(imports_of(modules)) == found


def test_a_circle_is_found(tmp_path):
    modules = tree(
        tmp_path,
        jobs__a="from imgprint.jobs.b import x",
        jobs__b="from imgprint.jobs.c import x",
        jobs__c="from imgprint.jobs.a import x",
        jobs__d="from imgprint.feeds.e import x",
        feeds__e="",
    )
    assert circle(imports_of(modules)) == [f"imgprint.jobs.{x}" for x in "abc"]


def test_a_name_that_is_there_twice_is_found(tmp_path):
    modules = tree(tmp_path, jobs__a="", feeds__a="", commands__b="", feeds__b="")
    assert doubled(modules) == ["a"]
