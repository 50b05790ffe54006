"""Prepared transactions: they outlive every session, hold a database fast, and a person must say what of them."""

from astrolabe.domain.kinds.postgres import allow_statement, finish_statements
from astrolabe.store.database import Connection
from astrolabe.workers.instance.failure import StepFailed

PREPARED = "SELECT gid FROM pg_prepared_xacts WHERE database = $1 ORDER BY prepared, gid"


async def prepared_in(connection: Connection, name: str) -> tuple[str, ...]:
    """List the transactions that were prepared in a database and never finished, the oldest first."""
    return tuple([str(row[0]) for row in await connection.fetch(PREPARED, name)])


async def refuse_prepared(connection: Connection, name: str) -> None:
    """Raise StepFailed, with the statements for a person, where a database can be neither copied nor renamed."""
    prepared = await prepared_in(connection, name)
    if not prepared:
        return
    # Nobody is let in while the database stands still, and they can be finished nowhere else.
    finish = " and ".join(" or ".join(f"{each};" for each in finish_statements(gid)) for gid in prepared)
    which = "The first of two undoes what the transaction wrote, the other keeps it."
    raise StepFailed(
        "prepared-transactions",
        f"Transactions that were prepared in {name} keep it from being copied or renamed: {', '.join(prepared)}.",
        seen=prepared,
        todo=f"Run {allow_statement(name, allow=True)}; and then, connected to {name}, {finish} {which} Then retry.",
    )
