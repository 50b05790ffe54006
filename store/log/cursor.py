"""A cursor: how far a subscriber has read the log."""

from astrolabe.store.database import Database

GET = "SELECT position FROM subscription WHERE name = $1"
PUT = """
INSERT INTO subscription (name, position) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET position = greatest(subscription.position, excluded.position)
"""


class Cursor:
    """The place of one named subscriber; it never moves back."""

    def __init__(self, database: Database, name: str) -> None:
        self._database: Database = database
        self._name: str = name

    async def get(self) -> int:
        """Return the last position that was dealt with, -1 before the first."""
        found = await self._database.hot.fetchval(GET, self._name)
        return -1 if found is None else found

    async def put(self, position: int) -> None:
        """Remember a position as dealt with."""
        await self._database.hot.execute(PUT, self._name, position)
