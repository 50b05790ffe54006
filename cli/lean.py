"""Libraries without the parts that nobody here uses, and that take memory and time all the same."""

import sys
from types import ModuleType
from typing import Final, cast

from typing_extensions import override

LEFT_OUT: Final = ("httpx._main", "pydantic")
"""httpx's own command line: it brings what renders and highlights, 4 MB and a third of the time of importing httpx.
And pydantic, which nothing here uses and Litestar loads wherever somebody installed it."""

HOLLOW: Final = (
    *("sqlalchemy.ext.asyncio.scoping", "sqlalchemy.ext.asyncio.session"),
    *("redis.asyncio", "redis.asyncio.client", "redis.asyncio.observability", "redis.asyncio.observability.recorder"),
    *("redis.cluster", "redis.commands.cluster", "redis.keyspace_notifications", "redis.sentinel"),
)
"""SQLAlchemy's sessions, which bring its ORM, 7 MB; and redis's other client, clusters and sentinels, 2 MB. Whatever is
used imports their names."""


class _Hollow(ModuleType):
    """A module in which every name is there, and stands for nothing."""

    @override
    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


def leave_out() -> None:
    """Let these be as if they were not installed; to be called before their libraries are imported."""
    for name in LEFT_OUT:
        sys.modules.setdefault(name, cast("ModuleType", cast("object", None)))
    for name in HOLLOW:
        sys.modules.setdefault(name, _Hollow(name))
