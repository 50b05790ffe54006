"""Every public name says what it is, as PEP 257 asks."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import astrolabe

FLOORS = ("api", "cli", "domain", "migrations", "store", "workers")
NOT_IMPERATIVE = {"Give", "Tell", "Returns", "Gets", "Get", "This", "The", "A", "An"}
"""First words that are no order to the function, or that say less than "Return"."""


def public_names(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Every class and function that others may use, with the methods of such classes."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                yield from ((f"{node.name}.{name}", each) for name, each in public_names(ast.Module(node.body, [])))


def complaints(file: Path) -> Iterator[str]:
    """What is wrong with the docstrings of a file."""
    tree = ast.parse(file.read_text("utf-8"))
    if not ast.get_docstring(tree):
        yield "the file says nothing"
    for name, node in public_names(tree):
        assert isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if {ast.unparse(each) for each in node.decorator_list} & {"override"} and not ast.get_docstring(node):
            continue  # what it overrides says it
        first, _, rest = (ast.get_docstring(node) or "").partition("\n")
        is_property = any("property" in ast.unparse(each) for each in node.decorator_list)
        if not first.endswith((".", "…")):
            yield f"{name}: no sentence on the first line"
        elif rest and not rest.startswith("\n"):
            yield f"{name}: no blank line after the first"
        elif not isinstance(node, ast.ClassDef) and not is_property and first.split()[0] in NOT_IMPERATIVE:
            yield f"{name}: not in the imperative: {first}"


@pytest.mark.parametrize("floor", FLOORS)
def test_every_public_name_begins_as_pep_257_asks(floor: str) -> None:
    """A sentence on the first line, by itself; a function's in the imperative."""
    folder = Path(astrolabe.__file__).parent / floor
    files = sorted(folder.rglob("*.py"))
    assert files
    assert [f"{file.relative_to(folder)}: {each}" for file in files for each in complaints(file)] == []
