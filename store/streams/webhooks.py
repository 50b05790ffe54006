"""Webhooks: the endpoints, folded from the one stream they are recorded in."""

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

from astrolabe.domain.problem import Refused
from astrolabe.domain.recorded import Cause
from astrolabe.domain.webhooks.decider import AddEndpoint, WebhookCommand, decide_webhooks, replay_webhooks
from astrolabe.domain.webhooks.endpoint import WEBHOOKS_STREAM, Endpoint, Endpoints, WebhookEvent
from astrolabe.store.errors import Conflict
from astrolabe.store.log.batch import Claim
from astrolabe.store.log.entry import AnyRecorded
from astrolabe.store.log.log import Log
from astrolabe.store.streams.instances import WrongVersion

ATTEMPTS = 16
"""How often a command is decided anew when others keep appending first."""

ClaimsAt: TypeAlias = Callable[[int], Sequence[Claim]]


def no_claims(_version: int) -> Sequence[Claim]:
    """Claim nothing."""
    return ()


class Webhooks:
    """All endpoints; what was folded is kept, and what is new is read each time."""

    def __init__(self, log: Log) -> None:
        self._log: Log = log
        self._endpoints: Endpoints = Endpoints()
        self._version: int = 0

    async def current(self) -> Endpoints:
        """Return the endpoints that there are now."""
        more = await self._log.read_stream(WEBHOOKS_STREAM, self._version)
        if more and more[-1].version > self._version:
            self._endpoints = fold([each for each in more if each.version > self._version], self._endpoints)
            self._version = more[-1].version
        return self._endpoints

    async def at(self, *, position: int | None = None, version: int = 2**31 - 1) -> Endpoints:
        """Return the endpoints that there were at a position of the log, or at a version of the stream."""
        return fold(await self._log.read_stream_at(WEBHOOKS_STREAM, position=position, version=version))

    async def execute(
        self,
        command: WebhookCommand,
        cause: Cause,
        *,
        if_match: int | None = None,
        claims: ClaimsAt = no_claims,
    ) -> int:
        """Decide a command and append what follows; return the stream's version, 0 where nothing had to change.

        `claims` is told that version. Raises Refused, WrongVersion (of the endpoint), AlreadyClaimed.
        """
        for _ in range(ATTEMPTS):
            endpoints = await self.current()
            version = self._version
            if if_match is not None and not isinstance(command, AddEndpoint):
                _expect(endpoints.find(command.endpoint_id), if_match)
            events = decide_webhooks(command, endpoints)
            if not events:
                return 0
            after = version + len(events)
            try:
                await self._log.append(WEBHOOKS_STREAM, version, events, cause, claims=claims(after))
            except Conflict:
                continue
            return after
        raise Refused("contended", "Too many others change webhooks at this moment; try again.")


def fold(recorded: Sequence[AnyRecorded], start: Endpoints | None = None) -> Endpoints:
    """Fold the stream's recorded events."""
    return replay_webhooks(cast("Sequence[WebhookEvent]", [each.event for each in recorded]), start)


def _expect(endpoint: Endpoint, version: int) -> None:
    if endpoint.version != version:
        raise WrongVersion(endpoint.version)
