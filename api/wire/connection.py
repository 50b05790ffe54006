"""A connection: uvicorn's, with an end to what it may send, and to how long it may take.

uvicorn bounds neither the head of a request nor the time in which it comes, and answers what is no HTTP as text.
"""

import asyncio
from typing import Any, Final

import msgspec
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from astrolabe.api.http.problems import MEDIA_TYPE, RETRY_SECONDS, ApiProblem, details_of
from astrolabe.api.wire.bounds import Bounds
from astrolabe.api.wire.gathered import GatheringTransport

MOST_HEAD: Final = 32_768
"""Bytes of a request line and its headers."""
MOST_HEADERS: Final = 100
HEAD_SECONDS: Final = 10.0
"""How long the head of a request may take to come, from its connection or the answer before."""
BODY_SECONDS: Final = 30.0
"""How long its body may take then."""
UNREAD_SECONDS: Final = 60.0
"""How long an answer may wait for a caller who does not read it."""
LINGER_SECONDS: Final = 1.0
"""How long a caller who was refused in the middle of a request may take to hear of it."""

NEVER_CROWDED: Final = frozenset({"/healthz", "/readyz"})


class Connection(HttpToolsProtocol):
    """One caller's connection, with bounds that all of a server share."""

    def __init__(self, *, bounds: Bounds, **given: Any) -> None:
        super().__init__(**given)
        self._bounds: Bounds = bounds
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._head: int = 0
        self._in_head: bool = True
        self._in_body: bool = False
        self._ended: bool = False
        self._begun: bool = False
        self._refused: bool = False

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to wait for a request."""
        super().connection_made(GatheringTransport(transport, self.loop))
        self._wait()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the caller."""
        self._bounds.forget(self)
        self._due = None
        self._set_timer(None)
        self.resume_writing()
        super().connection_lost(exc)

    def give_way(self) -> None:
        """End at once."""
        self._bounds.forget(self)
        self.transport.abort()

    @override
    def data_received(self, data: bytes) -> None:
        """Read on, as far as a head may go."""
        if self._refused:
            return
        self._ended = False
        super().data_received(data)
        if self._in_head and not self._ended:
            # A header that has not ended yet is with the parser, and is counted here alone.
            self._head += len(data)
            if self._head > MOST_HEAD:
                self._refuse("head-too-large", "The request line and its headers may have 32768 bytes; send fewer.")

    @override
    def on_headers_complete(self) -> None:
        """Have a request answered, unless its head is more than one may be."""
        self._in_head, self._in_body = False, True
        if self._refused:
            return
        if len(self.headers) > MOST_HEADERS or len(self.url) + _size(self.headers) > MOST_HEAD:
            self._refuse("head-too-large", "A request may have 100 headers of 32768 bytes together; send fewer.")
            return
        if self._bounds.crowded and self.url.partition(b"?")[0].decode("latin-1") not in NEVER_CROWDED:
            self._refuse("too-busy", "Too many requests are being answered; ask again in a few seconds.")
            return
        self._bounds.answer(self)
        self._within(BODY_SECONDS)
        super().on_headers_complete()
        self._begun = True

    @override
    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if not self._refused:
            super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        """Let the answer take as long as it takes; the next request may begin."""
        self._in_head, self._in_body, self._head, self._ended = True, False, 0, True
        if not self._refused:
            self._within(None)
            super().on_message_complete()
            if self.cycle.response_complete:
                self._wait()

    @override
    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self.pipeline and not self._in_body and not self.transport.is_closing():
            self._wait()

    @override
    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP as every other mistake is."""
        self._refuse("bad-request", "The request is not HTTP/1.1; correct its request line and headers.")

    @override
    def pause_writing(self) -> None:
        """Bound how long an answer is kept for a caller who does not read."""
        super().pause_writing()
        self._unread = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        """Write on."""
        if self._unread:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def _wait(self) -> None:
        self._within(HEAD_SECONDS)
        self._bounds.wait(self)

    def _within(self, seconds: float | None) -> None:
        """Bound how long what follows may take; a timer that comes earlier looks again then, and is left alone."""
        self._due = self.loop.time() + seconds if seconds else None
        if self._due and (self._timer is None or self._timer.when() > self._due):
            self._set_timer(self._due)

    def _set_timer(self, when: float | None) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self.loop.call_at(when, self._look) if when else None

    def _look(self) -> None:
        self._timer = None
        if self._due and self._due > self.loop.time():
            self._set_timer(self._due)
        elif self._due:
            self._late()

    def _late(self) -> None:
        if (self._in_head and not self._head) or (self._in_body and self.cycle.response_complete):
            self.transport.close()  # nothing was begun, or it was answered already
        else:
            self._refuse("request-too-slow", "The request did not come to its end in time; send it again at once.")

    def _refuse(self, name: str, detail: str) -> None:
        """Answer with a problem where nothing was answered yet, and hear no more."""
        if self._refused:
            return
        self._refused = True
        self._within(None)
        self._unset_keepalive_if_required()
        if self._begun and not self.cycle.response_complete:
            if self.cycle.response_started:
                self.transport.abort()
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(_answer(ApiProblem(name, detail)))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        # To close at once would take the answer back while the caller still sends.
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def _size(headers: list[tuple[bytes, bytes]]) -> int:
    return sum(len(name) + len(value) + 4 for name, value in headers)


def _answer(problem: ApiProblem) -> bytes:
    details = details_of(problem)
    body = msgspec.json.encode(details)
    retry = RETRY_SECONDS.get(problem.name)
    head = (
        f"HTTP/1.1 {details.status} {details.title}",
        f"Content-Type: {MEDIA_TYPE}",
        f"Content-Length: {len(body)}",
        *((f"Retry-After: {retry}",) if retry else ()),
        "Connection: close",
    )
    return "\r\n".join((*head, "", "")).encode() + body
