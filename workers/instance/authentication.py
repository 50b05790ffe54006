"""Authentication to an instance's server: a password is proven elsewhere, and given away nowhere but on this host.

A server says how it wants to be convinced. One that asks for the password in clear, or for an MD5 of it, which anybody
who hears it may try words against, gets neither from another host. libpq has `require_auth` for that, and asyncpg
nothing: so what the server says until it is convinced is read here, before asyncpg may answer it.
"""

import struct
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

import asyncpg.protocol
from typing_extensions import override

WEAK: Final = {3: "in clear", 5: "as an MD5"}
"""What PostgreSQL's requests for authentication that are not answered elsewhere have for a number."""

REQUIRED: Final = {"PGREQUIREAUTH": "!password,!md5"}
"""The same, for PostgreSQL's own programs since 16."""
REQUIRED_BEFORE_16: Final = {"PGCHANNELBINDING": "require"}
"""What older programs have: they prove a password by SCRAM within TLS, and do nothing else."""
REQUIRES_SINCE: Final = 16

_AUTHENTICATION: Final = b"R"
_SUCCEEDED: Final = 0
_HEADER: Final = struct.Struct("!cI")
_REQUEST: Final = struct.Struct("!cIi")
_LONGEST: Final = 1 << 16
"""Bytes of a message that a server may say before it is convinced."""

_weak_refused: ContextVar[list[str] | None] = ContextVar("weak_refused", default=None)


if TYPE_CHECKING:
    _Protocol = asyncpg.protocol.Protocol[Any]
else:  # not subscriptable where it runs
    _Protocol = asyncpg.protocol.Protocol


class WeakAuthentication(Exception):  # noqa: N818  what a server did, no fault of ours
    """The server asked for the password in a way that would give it away."""


def required_of(*, here: bool, program: int = REQUIRES_SINCE) -> Mapping[str, str]:
    """Return the environment that keeps a program of PostgreSQL's from giving a password away elsewhere.

    `program` is its major version.
    """
    if here:
        return {}
    return REQUIRED if program >= REQUIRES_SINCE else REQUIRED_BEFORE_16


@contextmanager
def authenticated(*, here: bool) -> Generator[None]:
    """Let sessions that are opened in the block give a password away on this host alone; raises WeakAuthentication."""
    if here:
        yield
        return
    asked: list[str] = []
    token = _weak_refused.set(asked)
    try:
        yield
    except Exception as error:
        if asked:
            raise WeakAuthentication(asked[0]) from error
        raise
    finally:
        _weak_refused.reset(token)


class _Guarded(_Protocol):
    """The protocol of asyncpg, which hears nothing that it would answer with a password given away."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._asked: list[str] | None = _weak_refused.get()
        self._heard: bytearray = bytearray()
        self._hang_up: Callable[[], None] = self.abort
        if self._asked is None:
            setattr(self, "data_received", super().data_received)  # noqa: B010  nothing stands between them

    @override
    def connection_made(self, transport: Any) -> None:
        """Begin to speak."""
        self._hang_up = transport.abort
        super().connection_made(transport)

    @override
    def data_received(self, data: Any) -> None:
        """Hand on what the server said, message by message while it is not convinced."""
        self._heard += data
        while self._asked is not None and (message := self._next()):
            kind, _, request = _REQUEST.unpack_from(message.ljust(_REQUEST.size, b"\0"))
            if kind == _AUTHENTICATION and request in WEAK:
                self._asked.append(WEAK[request])
                self._hang_up()
                return
            if kind == _AUTHENTICATION and request == _SUCCEEDED:
                self._asked = None
            super().data_received(message)
        if self._asked is None:
            heard, self._heard = bytes(self._heard), bytearray()
            super().data_received(heard)

    def _next(self) -> bytes:
        """Take the next whole message; nothing where it has not come yet, or is none."""
        if len(self._heard) < _HEADER.size:
            return b""
        length = 1 + _HEADER.unpack_from(self._heard)[1]
        if length > _LONGEST:
            self._hang_up()
        if len(self._heard) < length or length > _LONGEST:
            return b""
        message = bytes(self._heard[:length])
        del self._heard[:length]
        return message


# asyncpg makes its protocol itself and lets nobody choose another; one that nobody asked to be strict is as it was.
asyncpg.protocol.Protocol = _Guarded
