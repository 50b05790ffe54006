"""Our own sessions in an instance's server: what its owner set for others does not bite them.

The gateway's sessions are the owner's, and keep every setting.
"""

from typing import Final

from astrolabe.store.database import Connection

APPLICATION: Final = "astrolabe-worker"

SET_ASIDE: Final = {
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "default_transaction_read_only": "off",
}
"""A copy takes as long as it takes; a limit on the role or the database would end it in the middle of the downtime."""

TRANSACTION_TIMEOUT_SINCE: Final = 17


async def set_aside(connection: Connection) -> None:
    """Set aside what only newer servers know; an older one would refuse a connection that begins with it."""
    if connection.get_server_version().major >= TRANSACTION_TIMEOUT_SINCE:
        await connection.execute("SET transaction_timeout = 0")
