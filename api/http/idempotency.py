"""Idempotency: a request with a key is carried out once, and answered the same each time it is repeated.

What is stored under a key is no body but where the log stood: an answer is folded anew from the same events, so it is
equal to the first, and no secret can be kept by accident. The key belongs to the caller who sent it.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, Resources
from astrolabe.domain.decider import Decider, EventT, StateT
from astrolabe.domain.problem import Refused
from astrolabe.store.errors import AlreadyClaimed, WrongVersion
from astrolabe.store.ids import named_id
from astrolabe.store.log.batch import Claim
from astrolabe.store.streams.stream import ClaimsFor, LoadedStream, fold

T = TypeVar("T")

PATIENCE_SECONDS = 5.0
"""How long a change may wait for another that holds the same key or stream."""

GIVEN_UP = (
    "Another change held this one up and it was given up; see whether it was recorded before asking again, "
    "or send an Idempotency-Key, with which asking again is always safe."
)
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


class Key(Struct, frozen=True):
    """A caller's key, and the hash of what was asked under it."""

    command_id: str
    request_hash: bytes


class StoredResponse(Struct, frozen=True):
    """An answer as it is stored: its status, the version of the stream that it shows, and what in it it is about."""

    status: int
    version: int
    upgrade_id: str | None = None
    endpoint_id: str | None = None


class Answered(Struct, Generic[StateT, EventT], frozen=True):
    """What the answer is made from, the first time and each time again."""

    loaded: LoadedStream[StateT, EventT]
    response: StoredResponse


Attempt: TypeAlias = Callable[[ClaimsFor[StateT, EventT]], Awaitable[LoadedStream[StateT, EventT]]]


def key_of(request: AuthenticatedRequest, header: str | None, body: object) -> Key | None:
    """Read Idempotency-Key; raises ApiProblem where it is malformed."""
    if header is None:
        return None
    if not _KEY.fullmatch(header):
        raise ApiProblem(
            "idempotency-key-invalid", "Send an Idempotency-Key of 1 to 128 printable characters without spaces."
        )
    asked = msgspec.json.encode([request.method, request.scope["path"], body], order="sorted")
    # Of a token that is bound the key is its own: another of the same name may not see what the first was answered.
    whose = request.auth.token_id if request.auth.bound else request.auth.name
    return Key(named_id("key", whose, header), hashlib.sha256(asked).digest())


async def idempotently(
    resources: Resources,
    decider: Decider[Any, StateT, EventT],
    key: Key | None,
    attempt: Attempt[StateT, EventT],
    status: int,
    *,
    upgrade_id: str | None = None,
    endpoint_id: str | None = None,
) -> Answered[StateT, EventT]:
    """Carry a request out, or answer it as it was answered first: with this status, about that upgrade or endpoint.

    A twin that won leaves the stream changed, so a refusal too may only mean that the work is done.
    """

    def response_of(after: LoadedStream[StateT, EventT]) -> StoredResponse:
        return StoredResponse(status, after.version, upgrade_id, endpoint_id)

    try:
        loaded = await _patiently(key, attempt(lambda after: _claims(key, response_of(after))))
    except (AlreadyClaimed, ApiProblem, Refused, WrongVersion):
        if key is None or (again := await _stored(resources, decider, key)) is None:
            raise
        return again
    return Answered(loaded, response_of(loaded))


def _claims(key: Key | None, response: StoredResponse) -> tuple[Claim, ...]:
    return () if key is None else (Claim(key.command_id, key.request_hash, msgspec.json.encode(response).decode()),)


async def _stored(
    resources: Resources, decider: Decider[Any, StateT, EventT], key: Key
) -> Answered[StateT, EventT] | None:
    """Find the answer to a key; raises ApiProblem where it was given to another request."""
    found = await resources.log.claim(key.command_id)
    if found is None:
        return None
    if found.request_hash != key.request_hash:
        raise ApiProblem(
            "idempotency-key-reused",
            "This Idempotency-Key was used for another request; use a new key, or send exactly what was sent first.",
        )
    response = msgspec.json.decode(found.answer, type=StoredResponse)
    history = await resources.log.read_stream_at(found.stream_id, version=response.version)
    if response.endpoint_id is None and history:
        # An answer of before it said which endpoint it is about: the one that the change of then names.
        response = replace(response, endpoint_id=getattr(history[-1].event, "endpoint_id", None))
    return Answered(fold(decider, found.stream_id, history), response)


async def _patiently(key: Key | None, work: Awaitable[T]) -> T:
    deadline = asyncio.timeout(PATIENCE_SECONDS)
    try:
        async with deadline:
            return await work
    except TimeoutError:
        if not deadline.expired():
            raise
    if key:
        raise ApiProblem("request-in-flight", "The first request with this key is still under way; ask again soon.")
    raise ApiProblem("database-unavailable", GIVEN_UP)
