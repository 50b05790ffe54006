"""The observer: looks at every instance at rest on this host, and records what is not what was seen before.

That it cannot look is recorded as well, once it has been so for a while: what nobody can see is not well.
"""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from astrolabe.domain.bounds import fit
from astrolabe.domain.problem import Refused
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades.commands import Report
from astrolabe.domain.upgrades.events import InstanceObserved, ObservationFailed
from astrolabe.domain.upgrades.states import Idle
from astrolabe.store.database import Database
from astrolabe.store.errors import WrongVersion
from astrolabe.store.log.log import Log
from astrolabe.store.streams.instances import Instances, Loaded
from astrolabe.store.views.queries import Views
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.detection import Detection, detect
from astrolabe.workers.kinds.registry import driver_of
from astrolabe.workers.programs.output import Redactor
from astrolabe.workers.programs.tools import ToolMissing

LOG = logging.getLogger("astrolabe.observer")
A_WHILE: Final = timedelta(minutes=5)
"""How long an instance that cannot be looked at may be just being mended."""
AT_ONCE: Final = 16
"""How many instances are looked at at once."""
SPREAD: Final = 0.9
"""Over which part of the time between two rounds the looks of one are spread: the rest is for those that are slow."""
MOST: Final = 2000
"""How many bytes of why it cannot be looked at are kept."""


class Observer:
    """Looks again and again; what is seen twice in a row, and is not what the log has, is recorded.

    It needs no lease: an observation is recorded only where nothing else was since the instance was loaded, so that no
    upgrade can have begun.
    """

    def __init__(self, database: Database, host: Host, worker: str, a_while: timedelta = A_WHILE) -> None:
        self._views: Views = Views(database)
        self._instances: Instances = Instances(Log(database))
        self._host: Host = host
        self._worker: str = worker
        self._a_while: timedelta = a_while
        self._before: dict[str, Detection] = {}
        self._failing: dict[str, datetime] = {}

    async def run(self, seconds: float) -> None:
        """Look for ever, every so many seconds: at all at once in the beginning, and then evenly over that time."""
        within = 0.0
        while True:
            began = time.monotonic()
            await self.round(within)
            took, within = time.monotonic() - began, seconds * SPREAD
            if took > seconds:
                LOG.warning("looking at every instance took %.0f s, and is to be done every %g s", took, seconds)
            await asyncio.sleep(seconds - took)

    async def round(self, within: float = 0.0) -> None:
        """Look once at every instance at rest, evenly over some seconds; one that is slow to answer delays few."""
        instances, began = await self._views.at_rest(self._host.name), time.monotonic()
        numbered = iter(enumerate(instances))

        async def lane() -> None:
            for number, instance_id in numbered:
                await asyncio.sleep(began + within * number / len(instances) - time.monotonic())
                await self._look(instance_id)

        lanes = [asyncio.create_task(lane()) for _ in range(min(AT_ONCE, len(instances)))]
        try:
            await asyncio.gather(*lanes)
        finally:
            for each in lanes:
                each.cancel()

    async def _look(self, instance_id: str) -> None:
        loaded = await self._instances.current(instance_id)
        if isinstance(loaded.state, Idle):
            await self._observe(loaded, loaded.state)

    async def _observe(self, loaded: Loaded, state: Idle) -> None:
        site = Site(self._host, loaded.stream_id, state.instance.config)
        try:
            found = await detect(site, driver_of(site))
        except (StepFailed, ToolMissing) as failure:
            LOG.warning("%s could not be looked at: %s", loaded.stream_id, failure)
            await self._failed(loaded, state, str(failure), Redactor(site.secrets))
            return
        self._failing.pop(loaded.stream_id, None)
        # A gateway that is started again at this moment is no news.
        twice = self._before.get(loaded.stream_id) == found
        self._before[loaded.stream_id] = found
        known = state.instance.observed
        news = known is None or (known.version, known.seen) != (found.version, found.seen)
        if twice and (news or state.instance.unobserved):
            fact = InstanceObserved(found.version, Redactor(site.secrets)(found.seen), datetime.now(UTC))
            await self._record(loaded, fact)

    async def _failed(self, loaded: Loaded, state: Idle, why: str, redact: Redactor) -> None:
        self._before.pop(loaded.stream_id, None)
        now = datetime.now(UTC)
        since = self._failing.setdefault(loaded.stream_id, now)
        if state.instance.unobserved is None and now - since >= self._a_while:
            await self._record(loaded, ObservationFailed(fit(redact(why), MOST), since, now))

    async def _record(self, loaded: Loaded, fact: InstanceObserved | ObservationFailed) -> None:
        cause = Cause(self._worker, "it looked", f"worker/{self._worker}")
        try:
            await self._instances.execute(loaded, Report(fact), cause, if_match=loaded.version)
        except (WrongVersion, Refused):
            LOG.info("%s was changed while it was looked at", loaded.stream_id)
