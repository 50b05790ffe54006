"""Names of what the steps leave behind: starts, and databases beside the instance's own."""

from astrolabe.domain.upgrades.states import Absent, Run, State


def mark_of(run: Run, which: str) -> str:
    """Name one start of one attempt of an upgrade."""
    return f"{run.upgrade_id}-{run.attempt}-{which}"


def beside(name: str, run: Run, which: str) -> str:
    """Name a database beside the instance's own; at most 63 bytes, as PostgreSQL allows."""
    return f"{name}_{which}_{run.upgrade_id.replace('-', '')[-12:]}_{run.attempt}"


def own_name(state: State) -> str:
    """Return the name that the instance's database has for everybody else."""
    database = None if isinstance(state, Absent) else state.instance.config.database
    return database.name if database else ""


def of_leg(which: str, leg: int) -> str:
    """Tell apart what each leg of an upgrade leaves behind; the first needs no number."""
    return f"{which}{leg + 1}" if leg else which
