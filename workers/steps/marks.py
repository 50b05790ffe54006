"""Names of what the steps leave behind: starts, dumps, and databases beside the instance's own."""

from astrolabe.domain.kinds import postgres
from astrolabe.domain.upgrades.instance import Run
from astrolabe.domain.upgrades.states import Absent, State


def mark_of(run: Run, which: str) -> str:
    """Name one start of one attempt of an upgrade."""
    return f"{run.upgrade_id}-{run.attempt}-{which}"


def dump_of(run: Run) -> str:
    """Name the dump of one attempt of an upgrade."""
    return f"{run.upgrade_id}-{run.attempt}.dump"


def attempt_of(run: Run) -> str:
    """Name one attempt of an upgrade as the end of a database's name."""
    return f"{run.upgrade_id.replace('-', '')[-12:]}_{run.attempt}"


def beside(name: str, run: Run, which: str) -> str:
    """Name a database beside the instance's own; at most 63 bytes, as PostgreSQL allows."""
    return postgres.beside(name, which, attempt_of(run))


def own_name(state: State) -> str:
    """Return the name that the instance's database has for everybody else."""
    database = None if isinstance(state, Absent) else state.instance.config.database
    return database.name if database else ""
