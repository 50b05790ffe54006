"""Database obstacles: what on a database or its server would end a copy or a way back, and the checks they make."""

from collections.abc import Iterator

from msgspec import Struct

from astrolabe.domain.kinds.postgres import finish_statements, refresh_collation_statement, terminate_statement
from astrolabe.domain.plans.plan import Check

SHOWN = 5
"""How many of a kind are named."""


class Collation(Struct, frozen=True):
    """The version that a database's order of text was recorded at, and the server's own; None where it has none."""

    recorded: str
    actual: str | None


class ForeignSession(Struct, frozen=True):
    """A session in the database that the instance's role may not end."""

    pid: int
    seen: str


class DatabaseObstacles(Struct, frozen=True):
    """What was found on a database; each in words that hold no secret."""

    name: str
    collation: Collation | None = None
    """None where the server and the database agree."""
    prepared: tuple[str, ...] = ()
    """The names of transactions that were prepared in the database and never finished."""
    sessions: tuple[ForeignSession, ...] = ()
    slots: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    """Settings of the role or the database, as NAME=VALUE, that hold for the gateway's sessions."""


ONLY_COPIES = ("collation",)
"""The checks of what refuses a copy and lets a database be renamed."""

ADVICE = {
    "collation": "Rebuild what depends on the order of text, run the statement that was seen, then retry.",
    "prepared-transactions": "Finish them in that database with the statements that were seen, then retry.",
    "foreign-sessions": "End these as a superuser, with the statements that were seen, then retry.",
}
"""What a person may do, by the name of a check."""


def obstacle_checks(found: DatabaseObstacles) -> Iterator[Check]:
    """Check what would refuse a copy or a swap, and name what stays where a rename leaves it."""
    yield _collation(found)
    yield Check("prepared-transactions", not found.prepared, _prepared(found))
    yield Check("foreign-sessions", not found.sessions, _sessions(found))
    if found.slots or found.subscriptions:
        yield Check("replication", True, _replication(found))
    if found.limits:
        seen = f"{', '.join(found.limits)}: for the gateway and its migrations; our own sessions set it aside"
        yield Check("session-settings", True, seen)


def _collation(found: DatabaseObstacles) -> Check:
    if (versions := found.collation) is None:
        return Check("collation", True, f"{found.name} and its server order text alike")
    provides = f"provides version {versions.actual}" if versions.actual else "has no version of its own"
    seen = (
        f"{found.name} was created using collation version {versions.recorded}, and the server {provides}:"
        f" it refuses to copy it; {refresh_collation_statement(found.name)};"
    )
    return Check("collation", False, seen)


def _prepared(found: DatabaseObstacles) -> str:
    if not found.prepared:
        return f"no transaction is prepared in {found.name}"
    either = [" or ".join(f"{each};" for each in finish_statements(name)) for name in found.prepared]
    return f"{len(either)} in {found.name}, which keep it from being copied: {', '.join(either[:SHOWN])}"


def _sessions(found: DatabaseObstacles) -> str:
    if not found.sessions:
        return f"the role may end every session in {found.name}"
    ending = [f"{each.seen}: {terminate_statement(each.pid)};" for each in found.sessions]
    return f"{len(ending)} in {found.name} that the role may not end: {', '.join(ending[:SHOWN])}"


def _replication(found: DatabaseObstacles) -> str:
    kinds = (("slots", found.slots), ("subscriptions", found.subscriptions))
    stays = "; ".join(f"{what}: {', '.join(names)}" for what, names in kinds if names)
    return f"{stays}; these stay with the upgraded database: after a way back, set them up anew on {found.name}"
