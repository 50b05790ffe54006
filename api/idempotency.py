"""Idempotency: a request with a key is carried out once, and answered the same each time it is repeated.

What is stored under a key is no body but where the log stood: an answer is folded anew from the same events, so it is
equal to the first, and no secret can be kept by accident. The key belongs to the caller who sent it.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import msgspec
from msgspec import Struct

from api.problems import ApiProblem
from api.services import Asking, Services
from domain.problem import Refused
from store.batch import Claim
from store.errors import AlreadyClaimed
from store.ids import named_id
from store.instances import Loaded, WrongVersion, fold

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


class Promise(Struct, frozen=True):
    """An answer as it is stored: its status, and the version of the stream that it tells of."""

    status: int
    version: int
    upgrade_id: str | None = None


class Answered(Struct, frozen=True):
    """What the answer is made from, the first time and each time again."""

    loaded: Loaded
    promise: Promise


Claims: TypeAlias = Callable[[Loaded], Sequence[Claim]]
Attempt: TypeAlias = Callable[[Claims], Awaitable[Loaded]]
Promised: TypeAlias = Callable[[Loaded], Promise]


def key_of(request: Asking, header: str | None, body: object) -> Key | None:
    """Read Idempotency-Key; raises ApiProblem where it is malformed."""
    if header is None:
        return None
    if not _KEY.fullmatch(header):
        raise ApiProblem(
            "idempotency-key-invalid", "Send an Idempotency-Key of 1 to 128 printable characters without spaces."
        )
    asked = msgspec.json.encode([request.method, request.scope["path"], body], order="sorted")
    return Key(named_id("key", request.auth.name, header), hashlib.sha256(asked).digest())


def claim(key: Key | None, promise: Promise) -> tuple[Claim, ...]:
    """Give the claim that an append makes for a key; none without one."""
    return () if key is None else (Claim(key.command_id, key.request_hash, msgspec.json.encode(promise).decode()),)


async def once(services: Services, key: Key | None, attempt: Attempt, promised: Promised) -> Answered:
    """Carry a request out, or answer it as it was answered first.

    A twin that won leaves the instance changed, so a refusal too may only mean that the work is done.
    """
    try:
        loaded = await _patiently(key, attempt(lambda after: claim(key, promised(after))))
    except (AlreadyClaimed, ApiProblem, Refused, WrongVersion):
        if key is None or (again := await stored(services, key)) is None:
            raise
        return again
    return Answered(loaded, promised(loaded))


async def stored(services: Services, key: Key) -> Answered | None:
    """Find the answer to a key; raises ApiProblem where it was given to another request."""
    found = await promise_of(services, key)
    if found is None:
        return None
    stream_id, promise = found
    history = await services.log.read_stream_at(stream_id, version=promise.version)
    return Answered(fold(stream_id, history), promise)


async def promise_of(services: Services, key: Key) -> tuple[str, Promise] | None:
    """Find what is stored under a key, and for which stream; raises ApiProblem where another request used it."""
    found = await services.log.claim(key.command_id)
    if found is None:
        return None
    if found.request_hash != key.request_hash:
        raise ApiProblem(
            "idempotency-key-reused",
            "This Idempotency-Key was used for another request; use a new key, or send exactly what was sent first.",
        )
    return found.stream_id, msgspec.json.decode(found.answer, type=Promise)


async def _patiently(key: Key | None, work: Awaitable[Loaded]) -> Loaded:
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
