"""What of this environment Astrolabe asks for, as an installer would find it."""

from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ASTROLABE: Final = "astrolabe-upgrades"


def needed(asked: str) -> set[str]:
    """Return the names of the distributions that a requirement leads to, itself left out."""
    todo, seen = [Requirement(asked)], {asked}
    for each in todo:
        for text in distribution(each.name).requires or ():
            further = Requirement(text)
            extras = each.extras or {""}
            if further.marker and not any(further.marker.evaluate({"extra": extra}) for extra in extras):
                continue
            if text not in seen:
                seen.add(text)
                todo.append(further)
    return {canonicalize_name(each.name) for each in todo[1:]}


def parts(names: set[str]) -> Iterator[Path]:
    """Return the files and folders at the top of what this environment has of distributions."""
    for name in names:
        held = distribution(name)
        tops = {each.parts[0] for each in held.files or ()} - {"..", "__pycache__"}
        yield from (Path(str(held.locate_file(top))) for top in tops)
