"""An outage: errors which mean that the database cannot be used now, whichever library met them."""

import asyncpg

_OUT = (
    OSError,  # refused, reset, timed out
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a query met a connection that the server was just closing
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ObjectNotInPrerequisiteStateError,  # takes no connections
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresConnectionError,
    asyncpg.ReadOnlySQLTransactionError,  # a replica, or a server that its owner closed for writing
)
_UNMIGRATED = (asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError, asyncpg.InvalidSchemaNameError)


def is_outage(error: BaseException) -> bool:
    """Return whether the database could not be reached, or would not answer."""
    return _caused_by(error, _OUT)


def is_unmigrated(error: BaseException) -> bool:
    """Return whether the database answered, but has no log in it."""
    return _caused_by(error, _UNMIGRATED)


def _caused_by(error: BaseException | None, kinds: tuple[type[BaseException], ...]) -> bool:
    # SQLAlchemy wraps what the driver said, and names it as the cause.
    while error is not None:
        if isinstance(error, kinds):
            return True
        error = error.__cause__
    return False
