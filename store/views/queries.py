"""The list views: tables that are folded from the log and can be dropped and folded again."""

import math
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast

import msgspec
from sqlalchemy import Column, ColumnElement, DateTime, MetaData, Select, Table, Text, and_, false, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from astrolabe.domain.reach import ALL, Reach
from astrolabe.domain.upgrades.instance_row import InstanceRow
from astrolabe.domain.upgrades.upgrade_row import UpgradeRow
from astrolabe.store.database import Database

Needs: TypeAlias = Literal["approval", "repair"]
"""What something waits for a person for: an approval, or what only a person can put right."""

_meta = MetaData(schema="astrolabe")
_IDS = {"instance_id", "upgrade_id"}


def _kind(field: str) -> Any:
    if field in _IDS:
        return UUID(as_uuid=False)
    return DateTime(timezone=True) if field.endswith(("_at", "_since")) else JSONB() if field == "labels" else None


def _table(name: str, row: type[msgspec.Struct], key: str) -> Table:
    def column(field: str) -> Column[Any]:
        return Column(field, _kind(field), primary_key=field == key)

    return Table(name, _meta, *(column(field) for field in row.__struct_fields__))


INSTANCE = _table("view_instance", InstanceRow, "instance_id")
UPGRADE = _table("view_upgrade", UpgradeRow, "upgrade_id")
LEASE = Table("lease", _meta, Column("resource", UUID(as_uuid=False)), Column("expires_at", DateTime(timezone=True)))
HEAD = Table("log_head", _meta, Column("tree_size"))
SUBSCRIPTION = Table("subscription", _meta, Column("name", Text, primary_key=True), Column("position"))


class InstanceFilter(msgspec.Struct, frozen=True):
    """Which instances a list has; what is None is no matter, and all else must hold at once."""

    status: str | None = None
    product: str | None = None
    host: str | None = None
    needs: Needs | None = None
    labels: Mapping[str, str] = {}
    """Labels that each must have; empty for any."""
    within: Reach = ALL
    """Those that the caller may see."""


class UpgradeFilter(msgspec.Struct, frozen=True):
    """Which upgrades a list has; what is None is no matter, and all else must hold at once."""

    instance_id: str | None = None
    status: str | None = None
    product: str | None = None
    host: str | None = None
    needs: Needs | None = None
    ticket: str | None = None
    labels: Mapping[str, str] = {}
    """Labels that each one's instance must have; empty for any."""
    within: Reach = ALL
    """The instances that the caller may see."""


ALL_INSTANCES: Final = InstanceFilter()
ALL_UPGRADES: Final = UpgradeFilter()

R = TypeVar("R", InstanceRow, UpgradeRow)


def _row(kind: type[R], found: RowMapping) -> R:
    return kind(**found)


async def upgrades_in(connection: AsyncConnection, upgrade_ids: Collection[str]) -> dict[str, UpgradeRow]:
    """Read the rows of upgrades inside a transaction, by their ids."""
    if not upgrade_ids:
        return {}
    query = select(UPGRADE).where(UPGRADE.c.upgrade_id.in_(upgrade_ids))
    return {row["upgrade_id"]: _row(UpgradeRow, row) for row in (await connection.execute(query)).mappings()}


class Views:
    """What lists are read from; each a moment behind the log."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database

    async def instances(
        self, wanted: InstanceFilter = ALL_INSTANCES, *, after: str | None = None, limit: int = 100
    ) -> list[InstanceRow]:
        """List instances in order of registration, after an instance id."""
        query = select(INSTANCE).where(*_instances(wanted)).order_by(INSTANCE.c.instance_id).limit(limit)
        if after:
            query = query.where(INSTANCE.c.instance_id > after)
        async with self._database.transaction() as connection:
            return [_row(InstanceRow, row) for row in (await connection.execute(query)).mappings()]

    async def upgrades(
        self, wanted: UpgradeFilter = ALL_UPGRADES, *, before: str | None = None, limit: int = 100
    ) -> list[UpgradeRow]:
        """List upgrades, the newest first, before an upgrade id."""
        query = select(UPGRADE).where(*_upgrades(wanted)).order_by(UPGRADE.c.upgrade_id.desc()).limit(limit)
        if before:
            query = query.where(UPGRADE.c.upgrade_id < before)
        async with self._database.transaction() as connection:
            return [_row(UpgradeRow, row) for row in (await connection.execute(query)).mappings()]

    async def unattended(self, quiet: timedelta, limit: int = 1000) -> list[InstanceRow]:
        """List instances on which something is due, for longer than `quiet`, and nobody holds the lease."""
        query = unattended(quiet).order_by(INSTANCE.c.updated_at).limit(limit)
        async with self._database.transaction() as connection:
            return [_row(InstanceRow, row) for row in (await connection.execute(query)).mappings()]

    async def until_due(self) -> float:
        """Return the seconds until something is due: 0 where something is, infinity where nothing will be by itself."""
        async with self._database.transaction() as connection:
            now, seconds = (await connection.execute(until_due())).one()
        return 0.0 if now else math.inf if seconds is None else max(0.0, float(seconds))

    async def at_rest(self, host: str) -> list[str]:
        """List the ids of a host's instances on which nothing is under way."""
        query = select(INSTANCE.c.instance_id).where(INSTANCE.c.host == host, INSTANCE.c.status == "idle")
        async with self._database.transaction() as connection:
            return list((await connection.execute(query.order_by(INSTANCE.c.instance_id))).scalars())

    async def like(self, product: str, kind: str, host: str, limit: int, within: Reach = ALL) -> list[str]:
        """List the ids of instances of a product and a kind on a host, those registered first before the others."""
        same = INSTANCE.c.product == product, INSTANCE.c.kind == kind, INSTANCE.c.host == host, *seen_within(within)
        query = select(INSTANCE.c.instance_id).where(*same).order_by(INSTANCE.c.instance_id.desc()).limit(limit)
        async with self._database.transaction() as connection:
            return sorted((await connection.execute(query)).scalars())

    async def counts(self, within: Reach = ALL) -> dict[str, dict[str, int]]:
        """Count instances and upgrades by status, of all instances or of some."""
        instances, upgrades = [*seen_within(within)], [*_upgrades(UpgradeFilter(within=within))]
        async with self._database.transaction() as connection:
            found: dict[str, dict[str, int]] = {}
            for name, table, which in (("instances", INSTANCE, instances), ("upgrades", UPGRADE, upgrades)):
                number = func.count().label("number")
                rows = await connection.execute(select(table.c.status, number).where(*which).group_by(table.c.status))
                found[name] = {row.status: row.number for row in rows}
            return found

    async def lags(self) -> dict[str, int]:
        """Return how many events each subscriber is behind the log."""
        async with self._database.transaction() as connection:
            size: int = (await connection.execute(select(HEAD.c.tree_size))).scalar_one()
            rows = await connection.execute(select(SUBSCRIPTION.c.name, SUBSCRIPTION.c.position))
            return {name: size - 1 - position for name, position in rows}


def _instances(wanted: InstanceFilter) -> Iterator[ColumnElement[bool]]:
    """Return what must hold of an instance."""
    for name in ("status", "product", "host"):
        if (value := getattr(wanted, name)) is not None:
            yield INSTANCE.c[name] == value
    if wanted.labels:
        yield INSTANCE.c.labels.contains(dict(wanted.labels))
    yield from seen_within(wanted.within)
    match wanted.needs:
        case "approval":
            yield INSTANCE.c.status == "awaiting_approval"
        case "repair":
            yield or_(
                INSTANCE.c.status.in_(("inconsistent", "unadopted")),
                INSTANCE.c.in_sync.is_(False),
                INSTANCE.c.unobserved_since.is_not(None),
            )
        case None:
            pass


def seen_within(reach: Reach) -> Iterator[ColumnElement[bool]]:
    """Return what must hold of an instance that a caller may see."""
    if reach.selectors is not None:
        yield or_(false(), *(INSTANCE.c.labels.contains(dict(each)) for each in reach.selectors))


def _upgrades(wanted: UpgradeFilter) -> Iterator[ColumnElement[bool]]:
    """Return what must hold of an upgrade."""
    for name in ("instance_id", "status", "ticket"):
        if (value := getattr(wanted, name)) is not None:
            yield UPGRADE.c[name] == value
    if wanted.product is not None or wanted.host is not None or wanted.labels or not wanted.within.is_all:
        whose = _instances(
            InstanceFilter(product=wanted.product, host=wanted.host, labels=wanted.labels, within=wanted.within)
        )
        yield UPGRADE.c.instance_id.in_(select(INSTANCE.c.instance_id).where(*whose))
    match wanted.needs:
        case "approval":
            yield UPGRADE.c.status == "awaiting_approval"
        case "repair":
            yield UPGRADE.c.status.in_(("inconsistent", "unwell"))
        case None:
            pass


def until_due() -> "Select[bool, float | None]":
    """Ask whether something is due, and after how many seconds something will be by its time alone."""
    under_way = select(INSTANCE.c.instance_id).where(INSTANCE.c.due.is_not(None)).exists()
    first = select(func.min(INSTANCE.c.due_at)).scalar_subquery()
    return cast("Select[bool, float | None]", select(under_way, func.extract("epoch", first - func.now())))


def unattended(quiet: timedelta) -> Select[Any]:
    """Ask for the instances on which something has been due for longer than `quiet` with nobody at it."""
    # Not clock_timestamp(): what may differ from row to row is compared with every row, and with no index.
    now = func.now()
    held = select(LEASE.c.resource).where(LEASE.c.resource == INSTANCE.c.instance_id, LEASE.c.expires_at > now)
    waits = or_(and_(INSTANCE.c.due.is_not(None), INSTANCE.c.updated_at <= now - quiet), INSTANCE.c.due_at <= now)
    return select(INSTANCE).where(waits, ~held.exists())
