"""The house: names that a stranger can find their way by."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ("domain", "store", "api", "workers", "cli", "migrations")

OLD = {
    "promise",
    "keeping",
    "crossing",
    "door",
    "dress",
    "room",
    "sweep",
    "lapse",
    "believed",
    "it",
    "house",
    "tell",
    "told",
    "teller",
    "telling",
}
"""Words of our own that gave way to the field's; none is part of a name."""

HABITS = re.compile(r"(Give|Gives|Tell|Tells)\b")
"""How no docstring begins: a function returns, notifies or describes."""


OLD_TEXT = re.compile(
    r"(?<![.\w])(tells?|told|telling|doors?|dress|crossings?|laps(e|es|ed)|sweep(s|er)?)\b", re.IGNORECASE
)
"""Words that gave way in sentences, too; a stream's position, `.tell()`, is Python's."""


def modules(floor: str) -> Iterator[tuple[Path, ast.Module]]:
    """Read the modules of a floor."""
    for path in sorted((ROOT / floor).rglob("*.py")):
        yield path.relative_to(ROOT), ast.parse(path.read_text("utf-8"))


def names(module: ast.Module) -> Iterator[str]:
    """List what a module names: classes, functions, parameters, variables and attributes."""
    for node in ast.walk(module):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def words(name: str) -> set[str]:
    """Take a name apart: snake_case, CamelCase and UPPER_CASE alike."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


@pytest.mark.parametrize("floor", FLOORS)
def test_no_class_stands_twice_on_one_floor(floor: str) -> None:
    """A name means one class; who reads it in an error or a search finds that one."""
    found: dict[str, list[str]] = defaultdict(list)
    for path, module in modules(floor):
        for node in ast.walk(module):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(str(path))
    assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}


@pytest.mark.parametrize("floor", FLOORS)
def test_no_name_has_a_word_that_gave_way(floor: str) -> None:
    """One word means one thing, and it is the field's word."""
    found = {
        str(path): hits
        for path, module in modules(floor)
        if (hits := sorted({name for name in (path.stem, *names(module)) if words(name) & OLD}))
    }
    assert found == {}


@pytest.mark.parametrize("floor", FLOORS)
def test_a_docstring_begins_as_its_function_does(floor: str) -> None:
    """Return, append, notify: never give or tell, which say nothing of how."""
    found = [
        f"{path}:{node.lineno}"
        for path, module in modules(floor)
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if HABITS.match(ast.get_docstring(node) or "")
    ]
    assert found == []


@pytest.mark.parametrize("place", [*FLOORS[:-1], "docs", "README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_no_sentence_has_a_word_that_gave_way(place: str) -> None:
    """What is reported, returned, shown or recorded is not told; migrations stay as they were run."""
    files = [path for path in (ROOT / place).rglob("*") if path.suffix in {".py", ".md"}] or [ROOT / place]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if OLD_TEXT.search(line)
    ]
    assert found == []


def test_the_root_of_the_domain_imports_no_folder() -> None:
    """What lies at the root is known to every folder, so it knows none."""
    folders = tuple(f"astrolabe.domain.{each.name}." for each in (ROOT / "domain").iterdir() if each.is_dir())
    found = [
        f"{path}: {node.module}"
        for path, module in modules("domain")
        if len(path.parts) == 2
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(folders)
    ]
    assert found == []
