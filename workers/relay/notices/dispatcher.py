"""The dispatcher of notices: follows the log, and sends each contact what is due."""

import asyncio
import contextlib
import logging
import random
from datetime import UTC, datetime
from typing import Final, TypeAlias

from astrolabe.domain.notices.contact import Contact
from astrolabe.domain.notices.notice import Notice, notice, together, trial
from astrolabe.domain.products.product import ProductError
from astrolabe.domain.webhooks.retrying import next_pause
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.log.tail import Tail
from astrolabe.store.notices.fan_out import NoticeFanOut
from astrolabe.store.notices.queue import LeasedNotice, NoticeQueue
from astrolabe.store.notices.settings import NoticeSettings
from astrolabe.store.notices.updates import UpdateNotes
from astrolabe.store.notices.zones import known_zone
from astrolabe.store.outage import is_outage
from astrolabe.store.products.catalogue import Catalogue
from astrolabe.store.streams.contacts import ContactBook
from astrolabe.store.subjects import SubjectReader
from astrolabe.workers.backoff import through_outages
from astrolabe.workers.relay.notices.sending import send

LOG = logging.getLogger("astrolabe.notices")

GATHER_SECONDS: Final = 0.1
"""How long events are gathered before it is recorded who is notified: workers and webhooks come first."""

LONGEST_SECONDS: Final = 300.0
"""How often is looked for what another relay noted and did not send."""

SHORTEST_SECONDS: Final = 1.0
RETENTION_SECONDS: Final = 3600.0
UPDATES_SECONDS: Final = 600.0
"""How often is looked for updates, where anybody wants to hear of them."""
MOST_URGENT: Final = 4
"""So many urgent notices are a message each; more are one."""

Message: TypeAlias = tuple[Notice, list[LeasedNotice]]


class NoticeDispatcher:
    """Everything that has to do with contacts; any number of relays may run it, and share the work."""

    def __init__(self, database: Database, tail: Tail, settings: NoticeSettings) -> None:
        log = Log(database)
        self._updates: Final = UpdateNotes(database)
        self._tail: Final = tail
        self._settings: Final = settings
        self._fan_out: Final = NoticeFanOut(database, log)
        self._book: Final = ContactBook(log)
        self._queue: Final = NoticeQueue(database)
        self._subjects: Final = SubjectReader(log)
        self._more: Final = asyncio.Event()
        self._served: Final[dict[str, asyncio.Task[bool]]] = {}

    async def run(self) -> None:
        """Follow the log for ever."""
        try:
            async with asyncio.TaskGroup() as group:
                for part in (self._note, self._note_updates, self._send, self._drop_old):
                    group.create_task(through_outages(part))
        finally:
            tasks = list(self._served.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _note(self) -> None:
        while True:
            heard = self._tail.heard
            if await self._fan_out.step():
                self._more.set()
            else:
                await self._tail.wait(since=heard)
                await asyncio.sleep(GATHER_SECONDS)

    async def _note_updates(self) -> None:
        catalogue: Catalogue | None = None
        while True:
            contacts = list((await self._book.current()).by_id.values())
            if any("update" in each.config.occasions or not each.config.occasions for each in contacts):
                try:
                    # Not before anybody wants to hear of updates: it stays in memory.
                    catalogue = catalogue or Catalogue(self._settings.products)
                except ProductError as mistake:
                    LOG.warning("nobody is notified of updates: %s", mistake)
                else:
                    if await self._updates.note(contacts, catalogue.products, self._settings.public_url):
                        self._more.set()
            await asyncio.sleep(UPDATES_SECONDS)

    async def _send(self) -> None:
        while True:
            self._more.clear()
            wait = LONGEST_SECONDS
            if (await self._book.current()).by_id:
                for contact_id in await self._queue.contacts_due():
                    self._begin(contact_id)
                due = await self._queue.due_in()
                # What falls due for a contact that is being served goes when that is over, which wakes us.
                wait = LONGEST_SECONDS if due is None else min(max(due, SHORTEST_SECONDS), LONGEST_SECONDS)
            await _until(self._more, wait)

    def _begin(self, contact_id: str) -> None:
        # One process a contact: its silence holds up nobody else, and it is not sent to by two at once.
        if contact_id not in self._served:
            self._served[contact_id] = task = asyncio.create_task(self._serve(contact_id))
            task.add_done_callback(lambda ended: self._ended(contact_id, ended))

    def _ended(self, contact_id: str, task: asyncio.Task[bool]) -> None:
        self._served.pop(contact_id, None)
        # Of a contact that was just removed something may still be due, and nothing is sent.
        if not task.cancelled() and task.result():
            self._more.set()

    async def _serve(self, contact_id: str) -> bool:
        """Send a contact what is due; return whether anything was."""
        try:
            contact = (await self._book.current()).by_id.get(contact_id)
            taken = await self._queue.take(contact_id, self._settings.lease) if contact else []
            if contact and taken:
                await self._deliver(contact, taken)
                return True
        except Exception as error:
            # What was taken comes back when its lease ends.
            if not is_outage(error):
                LOG.exception("contact %s was not served", contact_id)
        return False

    async def _deliver(self, contact: Contact, taken: list[LeasedNotice]) -> None:
        messages = await self._messages(contact, await self._awake(contact, taken))
        if not messages:
            return
        whys = await send(self._settings, contact.config.url, [message for message, _ in messages])
        for (_, held), why in zip(messages, whys, strict=True):
            for each in held:
                await self._finish(each, why)
        if failed := next(filter(None, whys), None):
            LOG.warning("contact %s: %s", contact.config.name, failed)

    async def _awake(self, contact: Contact, taken: list[LeasedNotice]) -> list[LeasedNotice]:
        """Put off what fell due, by a retry or a late relay, in quiet hours; return the rest."""
        now = datetime.now(UTC)
        until = contact.config.hours.after_quiet(now, known_zone(contact.config.time_zone))
        if until == now:
            return taken
        for each in taken:
            if not each.urgent:
                await self._queue.put_off(each, until)
        return [each for each in taken if each.urgent]

    async def _messages(self, contact: Contact, taken: list[LeasedNotice]) -> list[Message]:
        made = [(await self._notice(contact, each), each) for each in taken]
        urgent = [(one, [each]) for one, each in made if each.urgent]
        rest = [(one, each) for one, each in made if not each.urgent]
        if len(urgent) > MOST_URGENT:
            urgent = [(together([one for one, _ in urgent]), [each for _, held in urgent for each in held])]
        if rest:
            urgent.append((together([one for one, _ in rest]), [each for _, each in rest]))
        return urgent

    async def _notice(self, contact: Contact, each: LeasedNotice) -> Notice:
        if each.written:
            return each.written
        if each.recorded is None or each.occasion == "trial":
            return trial(contact.config.name, self._settings.public_url)
        return notice(each.recorded, await self._subjects.of(each.recorded), self._settings.public_url)

    async def _finish(self, each: LeasedNotice, why: str | None) -> None:
        if why is None:
            await self._queue.finish(each, "delivered", "")
            return
        pause = next_pause(each.attempts + 1, random.random())  # noqa: S311  jitter, no secret
        if pause is None:
            await self._queue.finish(each, "failed", why)
        else:
            await self._queue.finish(each, "pending", why, datetime.now(UTC) + pause)

    async def _drop_old(self) -> None:
        while True:
            await self._queue.drop_old()
            await asyncio.sleep(RETENTION_SECONDS)


async def _until(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
