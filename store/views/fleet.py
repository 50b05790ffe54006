"""The fleet: all instances that are not retired, what needs a person first, each with its last upgrade."""

import time
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, TypeAlias, cast

from cachetools import LRUCache
from msgspec import Struct
from sqlalchemy import ColumnElement, Select, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from astrolabe.domain.reach import ALL, Reach
from astrolabe.domain.upgrades.instance_row import InstanceRow
from astrolabe.store.database import Database
from astrolabe.store.views.needs import NEEDS, NO_NEED, Need, rank_of_need
from astrolabe.store.views.projector import NAME
from astrolabe.store.views.queries import HEAD, INSTANCE, SUBSCRIPTION, UPGRADE, seen_within

FleetOrder: TypeAlias = Literal["needs", "name", "product", "host", "updated"]
FleetGroup: TypeAlias = Literal["all", "needs", "updates", "upgrading"]

COUNTED_SECONDS: Final = 10.0
"""How long counts hold while lists stay as they are: by time alone no more than what failed lately changes."""
SEARCHES: Final = 64
"""For how many searches counts are kept."""
UNDER_WAY: Final = ("upgrading", "rolling_back", "awaiting_approval")
LAST: Final = ("upgrade_id", "to_version", "target", "status", "actor", "reason", "requested_at", "downtime_ms")


class FleetFilter(Struct, frozen=True):
    """Which instances, and in which order; `behind` are the products with the versions that something is newer than."""

    search: str | None = None
    group: FleetGroup = "all"
    order: FleetOrder = "needs"
    behind: Collection[tuple[str, str]] = ()
    offset: int = 0
    limit: int = 50
    within: Reach = ALL


class FleetUpgrade(Struct, frozen=True):
    """The last upgrade of an instance."""

    upgrade_id: str
    """The upgrade's id."""
    to_version: str | None
    """The exact version that it goes to; null before `latest` is resolved."""
    target: str
    """The version that was asked for, perhaps `latest`."""
    status: str
    """How far it is, or how it ended."""
    actor: str
    """Who asked for it."""
    reason: str
    """Why, as the requester said."""
    requested_at: datetime
    """When it was asked for."""
    downtime_ms: int | None
    """How long nothing answered, in milliseconds; null where that was not measured."""
    problem_detail: str | None
    """What went wrong, in a sentence; null where nothing did."""


class FleetRow(Struct, frozen=True):
    """An instance, what a person has to look at there, and its last upgrade."""

    instance: InstanceRow
    need: Need | None
    last: FleetUpgrade | None


class Kin(Struct, frozen=True):
    """How many instances of a product run a version, how many need a person, and on how many something is under way."""

    product: str
    version: str | None
    many: int
    needing: int
    under_way: int


class _Counted(NamedTuple):
    """What was counted when lists were at a position."""

    position: int | None
    until: float
    kin: list[Kin]


class Fleet:
    """What the fleet is read from; a moment behind the log."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database
        self._counted: LRUCache[str | None, _Counted] = LRUCache(SEARCHES)

    async def positions(self) -> tuple[int, int]:
        """Return the position up to which lists are, and the log's last one; -1 for nothing."""
        shown = select(SUBSCRIPTION.c.position).where(SUBSCRIPTION.c.name == NAME).scalar_subquery()
        async with self._database.transaction() as connection:
            at, size = (await connection.execute(select(shown, HEAD.c.tree_size))).one()
            return -1 if at is None else int(at), int(size) - 1

    async def cursor(self, within: Reach) -> int:
        """Return a number that is another one whenever something of what a caller may see has changed."""
        if within.is_all:
            shown, _ = await self.positions()
            return shown
        query = select(func.coalesce(func.sum(INSTANCE.c.stream_version), 0)).where(*seen_within(within))
        async with self._database.transaction() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def census(self, search: str | None, within: Reach) -> list[Kin]:
        """Count what is found by a search, by product and version."""
        async with self._database.transaction() as connection:
            if not within.is_all:
                return await _count(connection, search, within)
            at = (await connection.execute(select(SUBSCRIPTION.c.position).where(SUBSCRIPTION.c.name == NAME))).scalar()
            known = self._counted.get(search)
            if known is None or known.position != at or known.until < time.monotonic():
                kin = await _count(connection, search, within)
                known = self._counted[search] = _Counted(at, time.monotonic() + COUNTED_SECONDS, kin)
            return known.kin

    async def rows(self, wanted: FleetFilter) -> list[FleetRow]:
        """Return a page of instances."""
        chosen = _chosen(wanted).subquery("chosen")
        last = select(UPGRADE).where(UPGRADE.c.instance_id == chosen.c.instance_id)
        last = last.order_by(UPGRADE.c.upgrade_id.desc()).limit(1).lateral("last")
        shown = (*LAST, "problem_detail")
        query = select(chosen, *(last.c[name].label(f"last_{name}") for name in shown))
        query = query.select_from(chosen.outerjoin(last, literal(value=True)))
        query = query.order_by(*_order(wanted.order, chosen.c, chosen.c.rank))
        async with self._database.transaction() as connection:
            found = (await connection.execute(query)).mappings()
            return [_row(row, shown) for row in found]


async def _count(connection: AsyncConnection, search: str | None, within: Reach) -> list[Kin]:
    rank = rank_of_need()
    counts = (
        func.count().label("many"),
        func.count().filter(rank < NO_NEED).label("needing"),
        func.count().filter(INSTANCE.c.status.in_(UNDER_WAY)).label("under_way"),
    )
    kin = INSTANCE.c.product, INSTANCE.c.version
    query = select(*kin, *counts).where(*_found(search, within)).group_by(*kin)
    return [Kin(*row) for row in await connection.execute(query)]


def _row(row: Any, shown: Iterable[str]) -> FleetRow:
    instance = InstanceRow(**{name: row[name] for name in InstanceRow.__struct_fields__})
    last = FleetUpgrade(**{name: row[f"last_{name}"] for name in shown}) if row["last_upgrade_id"] else None
    rank = cast("int", row["rank"])
    return FleetRow(instance, NEEDS[rank] if rank < NO_NEED else None, last)


def _chosen(wanted: FleetFilter) -> Select[Any]:
    rank = rank_of_need()
    wherever = (*_found(wanted.search, wanted.within), *_in_group(wanted, rank))
    query = select(INSTANCE, rank.label("rank")).where(*wherever)
    return query.order_by(*_order(wanted.order, INSTANCE.c, rank)).offset(wanted.offset).limit(wanted.limit)


def _order(by: FleetOrder, of: Any, rank: ColumnElement[int]) -> tuple[ColumnElement[Any], ...]:
    orders: dict[FleetOrder, tuple[ColumnElement[Any], ...]] = {
        "needs": (rank,),
        "name": (),
        "product": (of.product,),
        "host": (of.host,),
        "updated": (of.updated_at.desc(),),
    }
    return (*orders[by], of.name, of.instance_id)


def _found(search: str | None, within: Reach) -> Iterable[ColumnElement[bool]]:
    yield from seen_within(within)
    yield INSTANCE.c.status != "retired"
    if search:
        where = (INSTANCE.c[name].icontains(search, autoescape=True) for name in ("name", "product", "host", "kind"))
        yield or_(*where)


def _in_group(wanted: FleetFilter, rank: ColumnElement[int]) -> Iterable[ColumnElement[bool]]:
    match wanted.group:
        case "needs":
            yield rank < NO_NEED
        case "upgrading":
            yield INSTANCE.c.status.in_(UNDER_WAY)
        case "updates":
            yield tuple_(INSTANCE.c.product, INSTANCE.c.version).in_(wanted.behind)
        case "all":
            pass
