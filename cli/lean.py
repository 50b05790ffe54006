"""Libraries without the parts that nobody here uses, and that take memory and time all the same."""

import sys
from types import ModuleType
from typing import Final, cast

LEFT_OUT: Final = ("httpx._main", "pydantic")
"""httpx's own command line: it brings what renders and highlights, 4 MB and a third of the time of importing httpx.
And pydantic, which nothing here uses and Litestar loads wherever somebody installed it."""


def leave_out() -> None:
    """Let these be as if they were not installed; to be called before their libraries are imported."""
    for name in LEFT_OUT:
        sys.modules.setdefault(name, cast("ModuleType", cast("object", None)))
