"""HTTP clients that cost next to nothing: each keeps one connection, and asks again as soon as it was answered."""

import asyncio
import re
import time
from collections.abc import Iterator
from typing import cast

from typing_extensions import override

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


def request(path: str, body: bytes, **headers: str) -> bytes:
    """Return the bytes of a POST."""
    lines = [f"POST {path} HTTP/1.1", "Host: bench", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + _END + body


class Client(asyncio.Protocol):
    """One connection, which asks until the time is over or nothing is left to ask."""

    def __init__(self, requests: Iterator[bytes], until: float, ended: asyncio.Future[None]) -> None:
        self._requests: Iterator[bytes] = requests
        self._until: float = until
        self._ended: asyncio.Future[None] = ended
        self._got: bytes = b""
        self._asked: float = 0.0
        self._transport: asyncio.Transport | None = None
        self.seconds: list[float] = []
        """How long each answer took."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    @override
    def data_received(self, data: bytes) -> None:
        """Ask again when the answer is whole."""
        self._got += data
        head = self._got.find(_END)
        if head < 0:
            return
        length = _LENGTH.search(self._got, 0, head + 2)
        if len(self._got) < head + len(_END) + int(length[1] if length else 0):
            return
        if not self._got.startswith(b"HTTP/1.1 2"):
            self._end(ValueError(self._got.decode()))
            return
        self._got = b""
        self.seconds.append(time.perf_counter() - self._asked)
        self._ask()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """End when the server does."""
        self._end(exc or ConnectionError("the server ended the connection"))

    def _ask(self) -> None:
        asked = time.perf_counter()
        following = next(self._requests, None) if asked < self._until else None
        if following is None or self._transport is None:
            self._end(None)
            return
        self._asked = asked
        self._transport.write(following)

    def _end(self, error: Exception | None) -> None:
        if not self._ended.done():
            self._ended.set_exception(error) if error else self._ended.set_result(None)
        if self._transport:
            self._transport.close()


async def ask(port: int, requests: Iterator[bytes], clients: int, seconds: float) -> tuple[float, list[float]]:
    """Ask with so many clients for some seconds; return answers a second, and how long each took."""
    loop, started = asyncio.get_running_loop(), time.perf_counter()
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(clients)]
    asking: list[Client] = []
    for end in ends:
        _, client = await loop.create_connection(
            lambda end=end: Client(requests, started + seconds, end), "127.0.0.1", port
        )
        asking.append(client)
    await asyncio.gather(*ends)
    took = time.perf_counter() - started
    each = [second for client in asking for second in client.seconds]
    return len(each) / took, each
