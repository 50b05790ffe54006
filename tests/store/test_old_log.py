"""A log as an older version wrote it: it still folds to what it was, still verifies, and goes on."""

import io
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from click.testing import CliRunner

from astrolabe.cli.commands.audit import audit
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.cli.verifying import verify_export
from astrolabe.domain.audit.checkpoint import Proven, open_checkpoint
from astrolabe.domain.audit.merkle import leaf_hash, root_of
from astrolabe.domain.audit.note import PrivateKey, PublicKey, parse_public_key
from astrolabe.domain.audit.verification_failed import VerificationFailed
from astrolabe.domain.instances.identity import named
from astrolabe.domain.plans.rollback_point import RollbackPoint
from astrolabe.domain.streams import ACCESS_STREAM, OWN_STREAMS, WEBHOOKS_STREAM
from astrolabe.domain.upgrades.commands import Approve
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.domain.upgrades.instance_row import instance_status, upgrade_of
from astrolabe.domain.upgrades.states import Absent, Approved, State, Unversioned, Waiting
from astrolabe.store.audit.checkpoints import Checkpoints
from astrolabe.store.audit.export import export_lines
from astrolabe.store.audit.tree import Tree
from astrolabe.store.database import Connection, Database
from astrolabe.store.log.entry import TYPES, AnyRecorded
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.migrate import migrate
from astrolabe.store.streams.instances import Instances
from astrolabe.store.streams.stream import fold
from astrolabe.store.streams.tokens import Tokens
from astrolabe.store.streams.webhooks import Webhooks
from astrolabe.store.views.projector import Projector
from astrolabe.store.webhooks.fan_out import FanOut
from tests.databases import run
from tests.store.stage import BY, everything, stream_of

FOLDER = Path(__file__).parent / "old_log"
STATES: dict[str, Any] = json.loads((FOLDER / "states.json").read_text("utf-8"))
VIEWS: dict[str, list[dict[str, Any]]] = json.loads((FOLDER / "views.json").read_text("utf-8"))
EXPORT = (FOLDER / "export.jsonl").read_bytes()
KEY: PublicKey = parse_public_key((FOLDER / "key.txt").read_text("ascii"))
NEW_KEY = PrivateKey(KEY.name, bytes(range(32)))

ROWS = {
    "view_instance": "SELECT to_jsonb(v)::text FROM view_instance v ORDER BY instance_id",
    "view_upgrade": "SELECT to_jsonb(v)::text FROM view_upgrade v ORDER BY upgrade_id",
}
RENAMED = {"as_believed": "in_sync"}
"""Columns that have another name since."""

NOTED = """
SELECT endpoint_id, event_id, type, instance_id, position, occurred_at FROM webhook_delivery ORDER BY 1, 2
"""


@pytest_asyncio.fixture
async def database_url(postgres_server: Postgres) -> AsyncIterator[str]:
    """The old log in a database of the test's own, brought up to date."""
    name = f"old_{uuid4().hex}"
    url = await postgres_server.create_database(name)
    connection = await asyncpg.connect(url)
    await connection.execute((FOLDER / "log.sql").read_text("utf-8"))
    await connection.close()
    await migrate(url)
    yield url
    await run(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


def last_note() -> str:
    """The checkpoint at the end of the old export."""
    return json.loads(EXPORT.splitlines()[-1])["checkpoint"]


def proven() -> Proven:
    """What the old key has signed."""
    return open_checkpoint(last_note(), [KEY])


async def described(log: Log, instance_id: str) -> dict[str, Any]:
    """Describe an instance as the old version described it."""
    history = await log.read_stream(instance_id)
    state = _state(instance_id, history)
    assert not isinstance(state, Absent)
    known = None if isinstance(state, Unversioned) else state.instance
    return {
        "version": history[-1].version,
        "state": type(state).__name__,
        "path": [
            type(fold(INSTANCE_DECIDER, instance_id, history[:nth]).state).__name__
            for nth in range(1, len(history) + 1)
        ],
        "name": state.instance.config.name,
        "kind": state.instance.config.kind,
        "status": instance_status(state),
        "upgrade": upgrade_of(state),
        "runs": known and known.version,
        "last": [known.last.run.upgrade_id, known.last.run.attempt, known.last.outcome]
        if known and known.last
        else None,
        "rollback_point": _point(known.rollback_point) if known and known.rollback_point else None,
        "kept": [[each.what, each.name, each.upgrade_id, each.until.isoformat()] for each in known.kept]
        if known
        else [],
        "review": [known.review.upgrade_id, known.review.until.isoformat(), known.review.overdue]
        if known and known.review
        else None,
        "observed": [known.observed.version, known.observed.seen, known.observed.since.isoformat()]
        if known and known.observed
        else None,
    }


def _state(instance_id: str, history: Sequence[AnyRecorded]) -> State:
    return fold(INSTANCE_DECIDER, instance_id, history).state


def _point(point: RollbackPoint) -> dict[str, Any]:
    artifact, dump, copy = point.artifact, point.dump, point.copy
    return {
        "upgrade": point.upgrade_id,
        "artifact": [artifact.package, artifact.version, artifact.integrity, artifact.registry],
        "dump": [dump.path, dump.sha256, dump.size] if dump else None,
        "copy": [copy.database, copy.size] if copy else None,
        "writes": [point.counters.total, point.counters.tables],
        "taken_at": point.taken_at.isoformat(),
    }


async def views(superuser: Connection) -> dict[str, list[dict[str, Any]]]:
    """Read the columns that the views had then; what was added since is nothing that the old version knew."""
    await superuser.execute("SET timezone = 'UTC'")
    found = {table: [json.loads(row[0]) for row in await superuser.fetch(query)] for table, query in ROWS.items()}
    return {
        table: [{column: row[RENAMED.get(column, column)] for column in VIEWS[table][0]} for row in rows]
        for table, rows in found.items()
    }


async def export(database: Database) -> bytes:
    """Export the log as it is now."""
    tree = Tree(database)
    checkpoints = Checkpoints(database, tree)
    last = await checkpoints.latest()
    assert last
    return b"".join([line async for line in export_lines(tree, checkpoints, last)])


async def test_every_type_of_event_is_still_read(log: Log, superuser: Connection) -> None:
    """Nothing that was ever stored has lost its name, and all of it is read in order."""
    stored = {row[0] for row in await superuser.fetch("SELECT DISTINCT type FROM event")}
    assert stored <= TYPES
    assert [each.position for each in await everything(log)] == list(range(proven().checkpoint.size))


async def test_every_instance_folds_to_what_it_was(log: Log, superuser: Connection) -> None:
    """At its end and after each event on the way there, each stream leads to the state that the old version knew."""
    streams = {row[0] for row in await superuser.fetch("SELECT DISTINCT stream_id::text FROM event")}
    assert streams - OWN_STREAMS == set(STATES["instances"])
    assert {instance_id: await described(log, instance_id) for instance_id in STATES["instances"]} == STATES[
        "instances"
    ]


async def test_names_stay_taken(log: Log) -> None:
    """An instance is still found by its name, which nobody else can have, retired or not."""
    for instance_id, known in STATES["instances"].items():
        assert await log.holder(named(known["name"])) == instance_id


async def test_tokens_in_use_are_those_that_were(log: Log) -> None:
    """Whoever had a token has it, with the same scopes; what was revoked stays revoked."""
    found = (await Tokens(log).current()).tokens
    assert STATES["tokens"] == sorted(
        (
            {"id": each.token_id, "name": each.name, "scopes": sorted(each.scopes), "digest": digest}
            for digest, each in found.items()
        ),
        key=lambda each: each["id"],
    )


async def test_webhooks_in_use_are_those_that_were(log: Log) -> None:
    """Endpoints are told where they were, of what they were, with the secrets that they had."""
    found = (await Webhooks(log).current()).by_id
    assert STATES["webhooks"] == [
        {
            "id": each.endpoint_id,
            "name": each.config.name,
            "url": each.config.url,
            "types": list(each.config.types),
            "instances": list(each.config.instances),
            "ordered": each.config.ordered,
            "key_id": each.key_id,
            "version": each.version,
            "generation": each.generation,
            "old": [[generation, until.isoformat()] for generation, until in each.old],
            "disabled": each.disabled,
        }
        for _, each in sorted(found.items())
    ]


@pytest.mark.parametrize("at_once", [True, False])
async def test_the_views_are_folded_to_what_they_were(
    database: Database, log: Log, superuser: Connection, at_once: bool
) -> None:
    """A rebuild, and a projector that begins anew, make the rows that the old version made, value by value."""
    projector = Projector(database, log)
    await superuser.execute("TRUNCATE view_instance, view_upgrade; DELETE FROM subscription WHERE name = 'views'")
    await (projector.rebuild() if at_once else projector.drain())
    assert await views(superuser) == VIEWS


async def test_how_upgrades_ended_is_filled_in_as_it_would_be_folded(
    database: Database, log: Log, superuser: Connection
) -> None:
    """The column that the old version had not says after the migration what a rebuild says."""
    ended = "SELECT instance_id::text, last_outcome FROM view_instance ORDER BY 1"
    filled = [tuple(row) for row in await superuser.fetch(ended)]
    await Projector(database, log).rebuild()
    assert [tuple(row) for row in await superuser.fetch(ended)] == filled
    assert len({outcome for _, outcome in filled}) > 1


async def test_endpoints_are_to_be_told_what_they_were(database: Database, log: Log, superuser: Connection) -> None:
    """Deliveries that are noted anew are those that the old version noted."""
    noted = await superuser.fetch(NOTED)
    assert noted
    await superuser.execute("DELETE FROM webhook_delivery; DELETE FROM subscription WHERE name = 'webhooks'")
    await FanOut(database, log).drain()
    assert await superuser.fetch(NOTED) == noted


async def test_the_tree_is_the_one_that_was_signed(database: Database) -> None:
    """The root, as it is stored and as it follows from the events, is the one that the old key signed."""
    tree, signed = Tree(database), proven().checkpoint
    latest = await Checkpoints(database, tree).latest()
    assert latest
    assert (latest.note, latest.size, await tree.size()) == (last_note(), signed.size, signed.size)
    assert await tree.root(signed.size) == signed.root
    assert root_of([leaf_hash(leaf) async for leaf, _ in tree.leaves(0, signed.size)]) == signed.root


async def test_an_export_is_the_old_one_to_the_byte(database: Database) -> None:
    """Every entry is exported as it was stored, with the same chains and the same checkpoint behind it."""
    assert await export(database) == EXPORT


def test_the_old_export_still_verifies() -> None:
    """The file and the public key suffice, as they did, and a changed word in it is found where it stands."""
    words = ["verify", str(FOLDER / "export.jsonl"), "--key", str(FOLDER / "key.txt")]
    ended = CliRunner().invoke(audit, words)
    assert ended.exit_code == 0, ended.output
    found = verify_export(io.BytesIO(EXPORT), [KEY])
    assert found.proven == proven()
    assert found.streams == len(STATES["instances"]) + len({ACCESS_STREAM, WEBHOOKS_STREAM})
    with pytest.raises(VerificationFailed) as broken:
        verify_export(io.BytesIO(EXPORT.replace(b"not on a Friday", b"not on a Monday")), [KEY])
    assert b"not on a Friday" in EXPORT.splitlines()[broken.value.position]


async def test_the_old_log_goes_on(database: Database, log: Log, sequencer: Sequencer, superuser: Connection) -> None:
    """What waits is approved, what is new follows without a gap, and all of it verifies against the old checkpoint."""
    waiting = next(key for key, each in STATES["instances"].items() if each["status"] == "awaiting_approval")
    instances, size = Instances(log), proven().checkpoint.size
    loaded = await instances.load(waiting)
    assert isinstance(loaded.state, Waiting)
    yes = Approve(loaded.state.run.upgrade_id, "somebody-else", loaded.state.approvals[-1].at)
    loaded = await instances.execute(loaded, yes, BY)
    assert isinstance(loaded.state, Approved)
    await stream_of(log, "one", "two")
    await sequencer.drain()
    assert [each.position for each in await log.read_all(size - 1)] == [size, size + 1, size + 2]
    await Projector(database, log).drain()
    row = await superuser.fetchrow("SELECT status, stream_version FROM view_instance WHERE instance_id = $1", waiting)
    assert row == ("upgrading", loaded.version)
    tree = Tree(database)
    await tree.drain()
    await Checkpoints(database, tree).make([NEW_KEY])
    found = verify_export(io.BytesIO(await export(database)), [KEY, NEW_KEY.public], proven().checkpoint)
    assert found.proven.checkpoint.size == size + 3
