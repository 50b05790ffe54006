"""Cosigning: asks all witnesses at once to cosign a checkpoint, and waits for as many as must have seen it."""

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping
from typing import Final

from astrolabe.domain.audit.checkpoint import read_checkpoint
from astrolabe.domain.audit.note import Signature, SignedNote, parse_note, time_of, write_note
from astrolabe.domain.audit.witness_policy import WitnessPolicy
from astrolabe.domain.audit.witness_reports import ReportCosigned, ReportFailure, WitnessCommand, WitnessFailed
from astrolabe.domain.problem import Refused
from astrolabe.domain.recorded import Cause
from astrolabe.domain.webhooks.web_address import Network
from astrolabe.store.audit.tree import Tree
from astrolabe.store.streams.witnesses import Witnesses
from astrolabe.workers.backoff import pauses
from astrolabe.workers.relay.witness_client import NoCosignature, WitnessClient

LOG = logging.getLogger("astrolabe.cosigning")

GRACE_SECONDS: Final = 1.0
"""How long those are waited for who are not needed any more."""
PAUSE_SECONDS: Final = (1.0, 60.0)
"""How long a witness that failed is left alone: at first, and at the most."""
SILENT_SECONDS: Final = 60.0
"""How long a witness may be silent before that is recorded; what it refuses or contradicts is recorded at once."""

CAUSE: Final = Cause("relay", "each checkpoint is to be cosigned", "relay")


class _Lane:
    """One witness, when it may be asked again, and since when it is silent."""

    def __init__(self, client: WitnessClient, pause_seconds: tuple[float, float]) -> None:
        self.client: WitnessClient = client
        self._pause_seconds: tuple[float, float] = pause_seconds
        self._waits: Iterator[float] = pauses(*pause_seconds)
        self._not_before: float = 0.0
        self._silent_since: float | None = None

    @property
    def rests(self) -> bool:
        return time.monotonic() < self._not_before

    def failed(self, failure: NoCosignature, silent_seconds: float) -> bool:
        """Note a failure; return whether it is to be recorded."""
        now = time.monotonic()
        self._not_before = now + next(self._waits)
        if failure.why != "silent":
            self._silent_since = None
            return failure.why is not None
        self._silent_since = self._silent_since or now
        return now - self._silent_since >= silent_seconds

    def cosigned(self) -> None:
        self._not_before, self._silent_since, self._waits = 0.0, None, pauses(*self._pause_seconds)


class Cosigning:
    """The witnesses of a log, and what is reported of them."""

    def __init__(
        self,
        policy: WitnessPolicy,
        tree: Tree,
        reports: Witnesses,
        allowed: tuple[Network, ...] = (),
        *,
        pause_seconds: tuple[float, float] = PAUSE_SECONDS,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        """Ask the policy's witnesses; raises Forbidden where one of them has no address that could be asked."""
        self._policy: WitnessPolicy = policy
        self._tree: Tree = tree
        self._reports: Witnesses = reports
        self._silent_seconds: float = silent_seconds
        self._lanes: Mapping[str, _Lane] = {
            each.name: _Lane(WitnessClient(each.key, each.url, allowed), pause_seconds)
            for each in policy.witnesses
            if each.url is not None
        }

    async def collect(self, text: str) -> str | None:
        """Return a signed checkpoint with its cosignatures; None where too few witnesses cosigned it."""
        note = parse_note(text)
        size = read_checkpoint(note).size
        asked = {
            asyncio.create_task(self._ask(lane, note, text, size)): name
            for name, lane in self._lanes.items()
            if not lane.rests
        }
        found: dict[str, Signature] = {}
        try:
            await self._wait(asked, found)
        finally:
            for each in asked:
                each.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        if not self._policy.suffices({name: time_of(each) for name, each in found.items()}):
            return None
        return write_note(note.text, [*note.signatures, *found.values()])

    async def _wait(self, asked: Mapping[asyncio.Task[Signature | None], str], found: dict[str, Signature]) -> None:
        waiting = set(asked)
        while waiting:
            enough = self._policy.suffices({name: time_of(each) for name, each in found.items()})
            timeout = GRACE_SECONDS if enough else None
            done, waiting = await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            found |= {asked[task]: signature for task in done if (signature := task.result())}
            if not done:
                return

    async def _ask(self, lane: _Lane, note: SignedNote, text: str, size: int) -> Signature | None:
        name = lane.client.key.name
        try:
            found = await lane.client.cosign(note, text, size, self._tree.consistency, self._tree.size)
        except NoCosignature as failure:
            LOG.log(
                logging.ERROR if failure.why == "contradicted" else logging.WARNING,
                "%s%s does not cosign: %s",
                "FORK? " if failure.why == "contradicted" else "",
                name,
                failure,
            )
            if lane.failed(failure, self._silent_seconds) and failure.why:
                await self._report(ReportFailure(WitnessFailed(name, failure.why, size, str(failure))))
            return None
        lane.cosigned()
        await self._report(ReportCosigned(name, size))
        return found

    async def _report(self, command: WitnessCommand) -> None:
        try:
            await self._reports.execute(command, CAUSE)
        except Refused as error:
            LOG.warning("not recorded, and tried again: %s", error)
