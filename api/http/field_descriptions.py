"""Field descriptions: what stands under a field in its class, read from the source once it is asked for.

Python keeps no docstring of a field; editors show it all the same, and it is where a reader of the class looks.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise


@cache
def field_descriptions(kind: type) -> dict[str, str]:
    """Return what each field of a class is, those of its bases included, each on one line.

    A field that nothing stands under is left out, and so is every field where the source is not installed.
    """
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        found |= _in_module(each.__module__).get(each.__qualname__, {})
    return found


@cache
def _in_module(name: str) -> dict[str, dict[str, str]]:
    try:
        tree = ast.parse(inspect.getsource(sys.modules[name]))
    except (OSError, TypeError):
        return {}
    return {each.name: dict(_described(each)) for each in tree.body if isinstance(each, ast.ClassDef)}


def _described(kind: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, under in pairwise(kind.body):
        match field, under:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, " ".join(text.split())
            case _:
                pass
