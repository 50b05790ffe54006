"""A receiver of webhooks and checkpoints on this machine, which answers when and as it is told, and remembers all."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import Struct

from tests.waiting import until

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def answer(status: int, body: str = "", **headers: str) -> bytes:
    """An answer with a status."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body.encode())}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


class Message(Struct):
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """Its webhook-id."""
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        """The CloudEvent in it."""
        return msgspec.json.decode(self.body)


class Receiver:
    """What one endpoint got; `until` is awaited and `reply` says what is answered, None for nothing at all."""

    def __init__(self) -> None:
        self.port = 0
        self.got: list[Message] = []
        self.reply: Callable[[Message], bytes | None] = lambda _: OK
        self.until: Callable[[], Awaitable[object]] | None = None
        self.opened = 0

    @classmethod
    @asynccontextmanager
    async def listening(cls, tls: ssl.SSLContext | None = None) -> AsyncIterator["Receiver"]:
        """Listen on a port of its own."""
        made = cls()
        server = await asyncio.start_server(made._serve, "127.0.0.1", 0, ssl=tls)
        made.port = server.sockets[0].getsockname()[1]
        async with server:
            yield made

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        """The ids of what came, each once, in the order of its first coming."""
        return list(dict.fromkeys(message.id for message in self.got))

    @property
    def bodies(self) -> list[str]:
        """The bodies of all that came, as text."""
        return [message.body.decode() for message in self.got]

    async def gets(self, many: int, seconds: float = 60) -> list[Message]:
        """Wait until so many different messages came."""
        try:
            await until(lambda: len(self.ids) >= many, seconds)
        except TimeoutError:
            raise AssertionError(f"only {len(self.ids)} of {many} came") from None
        return self.got

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            message = Message(head.split(" ")[1], headers, await reader.readexactly(int(headers["content-length"])))
            if self.until:
                await self.until()
            said = self.reply(message)
            self.got.append(message)
            if said is not None:
                writer.write(said)
                await writer.drain()
            else:
                await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
