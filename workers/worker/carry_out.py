"""Carrying out: all that is due on an instance, while this worker holds its lease and the host's lock."""

import logging
from collections.abc import Mapping

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.upgrades.states import Absent, Idle
from astrolabe.store.database import Database
from astrolabe.store.errors import StaleFence
from astrolabe.store.log.leases import Leases, resources_of
from astrolabe.store.log.log import Log
from astrolabe.store.outputs import Outputs
from astrolabe.store.progress import ProgressBoard
from astrolabe.store.streams.instances import Instances, Loaded
from astrolabe.workers.instance.host import Host
from astrolabe.workers.steps.backup import clear_strays
from astrolabe.workers.steps.recorder import LogUnreachable, Recorder
from astrolabe.workers.steps.together import first
from astrolabe.workers.worker.host_lock import host_lock
from astrolabe.workers.worker.lease import LeaseLost, beat, leased
from astrolabe.workers.worker.reconciler import NotNow, Reconciler

LOCK_SECONDS = 5.0

LOG = logging.getLogger("astrolabe.worker")


class CarryOut:
    """One worker's way of carrying out what is due."""

    def __init__(self, database: Database, host: Host, worker: str, *, lease_seconds: float) -> None:
        self._log: Log = Log(database)
        self._instances: Instances = Instances(self._log)
        self._outputs: Outputs = Outputs(database)
        self._board: ProgressBoard = ProgressBoard(database)
        self._leases: Leases = Leases(database, lease_seconds)
        self._host: Host = host
        self._worker: str = worker

    async def __call__(self, instance_id: str, *resources: str) -> None:
        """Do all that is due on an instance; returns at once where another worker is at it, or at what it acts on.

        `resources` are those that it needs the leases of, as the log had it when the message was sent.
        """
        loaded = self._instances.fresh(instance_id)
        if not resources:
            loaded = await self._instances.refresh(loaded)
            if (config := self._here(loaded)) is None:
                return
            resources = resources_of(config)
        # Two instances that were registered for one database would take each other's writes back.
        async with leased(self._leases, (instance_id, *resources), self._worker) as fences:
            if fences is None:
                return
            async with host_lock(self._host.locks, instance_id, LOCK_SECONDS) as mine:
                if not mine:
                    return
                loaded = await self._instances.refresh(loaded)
                if (config := self._here(loaded)) is None:
                    return
                if fences.keys() >= set(resources_of(config)):
                    await self._while_held(loaded, fences)
                    return
        await self(instance_id)  # it acts on something else by now

    def _here(self, loaded: Loaded) -> InstanceConfig | None:
        """Return the settings of an instance of this host."""
        if isinstance(loaded.state, Absent) or loaded.state.instance.config.host != self._host.name:
            return None
        return loaded.state.instance.config

    async def _while_held(self, loaded: Loaded, fences: Mapping[str, int]) -> None:
        instance_id = loaded.stream_id
        fence = fences[instance_id]
        recorder = Recorder(
            self._instances, self._outputs, self._board, self._host, loaded, worker=self._worker, fence=fence
        )
        try:
            await first(beat(self._leases, fences), Reconciler(self._log, self._host, recorder).run())
            if isinstance(recorder.state, Idle):  # a backup may have been called off after its worker had died
                clear_strays(recorder, self._host)
        except (LeaseLost, StaleFence, LogUnreachable, NotNow) as lost:
            LOG.warning("%s: %s: %s", instance_id, type(lost).__name__, lost)
