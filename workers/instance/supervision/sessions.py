"""Foreign sessions: of other roles, in a database whose name only the new version was given."""

from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.supervision.fence import Sighting


async def foreign_sessions(database: InstanceDatabase) -> list[Sighting]:
    """Find the sessions of other roles, such as a superuser's backup of everything; end those that the role may end."""
    try:
        found = await database.end_foreign()
    except StepFailed:
        return []  # a server that is away lets nobody in; whoever needs it says so
    return [Sighting("session", who, ended) for who, ended in found]
