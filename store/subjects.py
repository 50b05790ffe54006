"""Subjects of events: folded from each stream once, and from there on only as far as it has grown."""

from typing import cast

from cachetools import LRUCache

from astrolabe.domain.recorded import Recorded
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.upgrades.subject import Subject, Subjects
from astrolabe.store.log.entry import AnyRecorded
from astrolabe.store.log.log import Log

REMEMBERED = 1024
"""How many streams' subjects are kept."""


class SubjectReader:
    """Finds what events are about."""

    def __init__(self, log: Log) -> None:
        self._log: Log = log
        self._known: LRUCache[str, Subjects] = LRUCache(REMEMBERED)

    async def of(self, recorded: AnyRecorded) -> Subject | None:
        """Return what an event of an instance's stream is about, as it stood there; None where nothing names it."""
        stream_id, upgrade_id = recorded.stream_id, getattr(recorded.event, "upgrade_id", None)
        known = self._known.get(stream_id) or Subjects()
        if known.version < recorded.version:
            further = await self._log.read_stream(stream_id, known.version)
            known = known.extended(cast("list[Recorded[Event]]", further))
            # Who read at the same time may have read further.
            if known.version > self._known.get(stream_id, known).version or stream_id not in self._known:
                self._known[stream_id] = known
        return known.of(recorded.version, upgrade_id)
