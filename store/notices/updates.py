"""Updates that are known: noted for each contact that wants to hear of them, each version once."""

import uuid
from collections import defaultdict
from datetime import UTC, datetime

import msgspec

from astrolabe.domain.notices.contact import Contact
from astrolabe.domain.notices.notice import Runs, update_notice
from astrolabe.domain.products.product import Product
from astrolabe.domain.products.updates import releases_ahead
from astrolabe.store.database import Database
from astrolabe.store.ids import named_id
from astrolabe.store.notices import sql
from astrolabe.store.notices.zones import known_zone


class UpdateNotes:
    """Compares what runs with what is known: product files, and the versions that somebody's upgrade came to."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database

    async def note(self, contacts: list[Contact], products: dict[str, Product], public_url: str) -> int:
        """Note what is newer than what runs, for those who want it; return how many notices are new."""
        pool = self._database.pool
        reached: dict[str, set[str]] = defaultdict(set)
        for product, version in await pool.fetch(sql.REACHED):
            reached[product].add(version)
        noted, now = 0, datetime.now(UTC)
        for row in await pool.fetch(sql.RUNNING):
            runs = Runs(*row)
            described = products[runs.product].release if runs.product in products else ()
            ahead = releases_ahead(runs.version, described, reached[runs.product])
            for contact in contacts if ahead else ():
                if contact.config.wants("update", runs.instance_id):
                    which = named_id("update", runs.instance_id, ahead[-1].version)
                    due = contact.config.hours.due(now, known_zone(contact.config.time_zone))
                    written = msgspec.json.encode(update_notice(runs, ahead, public_url)).decode()
                    ids = uuid.UUID(contact.contact_id), uuid.UUID(which), uuid.UUID(runs.instance_id)
                    noted += await pool.execute(sql.UPDATE, *ids, due, written) == "INSERT 0 1"
        return noted
