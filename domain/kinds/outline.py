"""The outline of an upgrade: what each step does, and where a failure of it leads."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from astrolabe.domain.words import Step


class StepOutline(Struct, frozen=True):
    """What a step does, and what a failure of it leads to, in words."""

    does: str
    may_fail_into: str


GATEWAY: Final[Mapping[Step, StepOutline]] = MappingProxyType(
    {
        "preflight": StepOutline(
            "resolves the version and proves what it is; looks at health, disk, tools, required stops and notes",
            "refused, nothing touched",
        ),
        "backup": StepOutline(
            "dumps the database with its SHA-256 while the instance serves, and proves the dump",
            "failed, nothing touched",
        ),
        "pull": StepOutline(
            "brings everything that the new version needs to the host before anything stops",
            "failed, nothing touched",
        ),
        "migrate": StepOutline(
            "stops the old version, copies its database (the rollback point), starts the new one, follows its start",
            "rolled back",
        ),
        "verify": StepOutline(
            "asks doctor, version, health and migration history; then lets others in, which is the point of no return",
            "rolled back",
        ),
    }
)
"""The outline of what serves and keeps its data in a database."""

AT_ONCE: Final = StepOutline(
    "asks doctor, version, health and migration history, while others are let in already", "rolled back"
)
"""Verifying, where others are let in as soon as the new version serves."""

NO_DATABASE: Final = StepOutline("skipped: the instance has no database", "nothing")
