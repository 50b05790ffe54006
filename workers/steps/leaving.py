"""Leaving an instance to a person: whatever kept it running may do so again, and what to type is known."""

import logging
from collections.abc import Callable, Sequence

from astrolabe.domain.kinds.postgres import allow_statement, rename_statement
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.instance import Run
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.marks import beside, mark_of

LOG = logging.getLogger("astrolabe.worker")

LIST = "SELECT datname, datallowconn FROM pg_database ORDER BY 1"


async def leave_to_person(run: Run, found: Callable[[], StepContext]) -> Sequence[HandCommand]:
    """Put back what keeps the gateway running, and return what brings it up by hand.

    It raises nothing, nor where not even the instance is found, as without its password: why the way back failed is
    recorded in any case.
    """
    commands: list[HandCommand] = []
    try:
        commands = await _leave(found())
    except Exception as error:  # noqa: BLE001  the failure that led here is what must be recorded
        LOG.warning("upgrade %s: what to do by hand could not be found out: %s", run.upgrade_id, type(error).__name__)
    again = f"astrolabe retry {run.upgrade_id}"
    return [*commands, HandCommand("takes over what serves then, or tries the way back again", again)]


async def _leave(context: StepContext) -> list[HandCommand]:
    state, database = context.expect(s.RollingBack, s.Restored), context.driver.database
    statements, old = await _statements(state, database) if database else ([], True)
    artifact = state.back.artifact if old else state.back.to
    typed = [HandCommand(does, await database.typed(each)) for does, each in statements] if database else []
    try:
        typed += await context.driver.leave(artifact, mark_of(state.run, "old" if old else "serving"), old=old)
    except StepFailed as failure:
        LOG.warning("%s: nothing was put back: %s", context.site.instance_id, failure)
    return typed


async def _statements(
    state: s.RollingBack | s.Restored, database: InstanceDatabase
) -> tuple[list[tuple[str, str]], bool]:
    """Return what makes a database ready, with what each statement does; and whether that is the one of before."""
    back, name = state.back, database.name
    aside = beside(name, state.run, "after")
    allow = ("lets connections in", allow_statement(name, allow=True))
    look = ("shows which databases there are", LIST)
    if isinstance(state, s.Restored) or not back.migrated or back.copy is None:
        return [look, allow], True
    try:
        swapped = await database.exists(aside)
        private = (
            back.private_database if back.private_database and await database.exists(back.private_database) else ""
        )
    except StepFailed:  # it is away: what was true last
        swapped, private = False, back.private_database or ""
    if swapped:
        return [look, allow], True
    # Where nobody was let in, the copy has every write, whatever the migrated database is called.
    migrated = private or (name if back.isolated and back.counters is None else "")
    if not migrated:
        return [look, allow], False  # the migrated database has its own name: the new version belongs to it
    renames = [
        ("keeps the migrated database aside", rename_statement(migrated, aside)),
        ("puts the database of before in its place", rename_statement(back.copy.database, name)),
    ]
    return [look, *renames, allow], True
