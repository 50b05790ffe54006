"""What of requirements.lock Astrolabe needs to run, in a lock of its own: `python -m tests.runtime_lock` writes it."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[1]
WHOLE: Final = ROOT / "requirements.lock"
RUNTIME: Final = ROOT / "requirements-runtime.lock"
PYTHONS: Final = ("3.11.0", "3.11.9", "3.12.0", "3.13.0", "3.14.0")
"""Those that markers may name; what any of them needs is locked."""


def runtime_lock() -> str:
    """Return the entries of the lock that an installation without extras leads to, on any Python."""
    wanted = set(_needed("astrolabe-upgrades"))
    return "".join(each for each in _entries(WHOLE.read_text()) if _name(each) in wanted)


def _needed(asked: str) -> Iterator[str]:
    todo, seen = [Requirement(asked)], {asked}
    for each in todo:
        for text in _requires(each.name):
            further = Requirement(text)
            if text not in seen and any(_is_asked(further, extra) for extra in each.extras or {""}):
                seen.add(text)
                todo.append(further)
                yield canonicalize_name(further.name)


def _requires(name: str) -> list[str]:
    try:
        return distribution(name).requires or []
    except PackageNotFoundError:  # of another Python than this
        return []


def _is_asked(requirement: Requirement, extra: str) -> bool:
    if requirement.marker is None:
        return True
    marks = [
        {"extra": extra, "python_full_version": each, "python_version": each.rpartition(".")[0]} for each in PYTHONS
    ]
    return any(requirement.marker.evaluate(each) for each in marks)


def _entries(text: str) -> list[str]:
    """Cut a lock into its entries, each with its hashes."""
    return re.findall(r"^\S.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)


def _name(entry: str) -> str:
    return canonicalize_name(re.split(r"[=\s\[;]", entry, maxsplit=1)[0])


if __name__ == "__main__":
    RUNTIME.write_text(runtime_lock())
