"""Webhooks: the endpoints, folded from the one stream they are recorded in."""

from typing import TypeAlias

from astrolabe.domain.streams import WEBHOOKS_STREAM
from astrolabe.domain.webhooks.decider import WEBHOOKS_DECIDER, AddEndpoint, WebhookCommand
from astrolabe.domain.webhooks.endpoint import Endpoints, WebhookEvent
from astrolabe.store.log.log import Log
from astrolabe.store.streams.stream import LoadedStream, OneStream, Streams

LoadedWebhooks: TypeAlias = LoadedStream[Endpoints, WebhookEvent]


class Webhooks(OneStream[WebhookCommand, Endpoints, WebhookEvent]):
    """All endpoints."""

    def __init__(self, log: Log) -> None:
        super().__init__(Streams(log, WEBHOOKS_DECIDER, "webhook", _version_of), WEBHOOKS_STREAM)

    async def at(self, position: int) -> Endpoints:
        """Return the endpoints that there were at a position of the log."""
        return (await self._streams.load_at(WEBHOOKS_STREAM, position=position)).state


def _version_of(loaded: LoadedWebhooks, command: WebhookCommand) -> int:
    """Return the version of the endpoint that is to be changed: callers see that, not the stream's."""
    if isinstance(command, AddEndpoint):
        return loaded.version
    return loaded.state.find(command.endpoint_id).version
