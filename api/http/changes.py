"""Changing a kind that is kept in one stream: once for each Idempotency-Key, and on the version that the caller saw."""

from typing import Generic

from msgspec import Struct

from astrolabe.api.http.cause import cause_of
from astrolabe.api.http.etag import expected_version
from astrolabe.api.http.idempotency import Answered, idempotently, key_of
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.domain.decider import CommandT, Decider, EventT, StateT
from astrolabe.store.streams.stream import ClaimsFor, LoadedStream, OneStream


class RequestedChange(Struct, Generic[CommandT], frozen=True):
    """A change as it was asked for: the command, the body it came in, and the headers that go with it."""

    command: CommandT
    body: object
    reason: str | None
    idempotency_key: str | None
    if_match: str | None = None


async def carry_out(
    request: AuthenticatedRequest,
    kind: OneStream[CommandT, StateT, EventT],
    decider: Decider[CommandT, StateT, EventT],
    asked: RequestedChange[CommandT],
    status: int,
    *,
    endpoint_id: str | None = None,
) -> Answered[StateT, EventT]:
    """Carry a change out, or find what it led to the first time; `endpoint_id` is what the answer is about."""
    cause, expected = cause_of(request, asked.reason), expected_version(asked.if_match)

    async def attempt(claims: ClaimsFor[StateT, EventT]) -> LoadedStream[StateT, EventT]:
        return await kind.execute(asked.command, cause, if_match=expected, claims=claims)

    key = key_of(request, asked.idempotency_key, asked.body)
    return await idempotently(resources_of(request), decider, key, attempt, status, endpoint_id=endpoint_id)
