"""A receiver of webhooks that behaves as it is told: lively, slow, answering garbage, or dead."""

import asyncio
import socket
import time
from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

Manner: TypeAlias = Literal["lively", "slow", "garbage", "dead"]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
GARBAGE = b"\x00\xff\x1b[31m and no HTTP\r\n\r\n" * 50


class Seen(Struct, frozen=True):
    """One message that came: which event, of which instance, its place there, and how long it took to come."""

    id: str
    instance_id: str
    version: int
    seconds: float


class Receiver:
    """One endpoint on this machine."""

    def __init__(self, name: str, manner: Manner, *, ordered: bool, slow_seconds: float = 0.0) -> None:
        self.name: str = name
        self.manner: Manner = manner
        self.ordered: bool = ordered
        self.seen: list[Seen] = []
        self.ids: set[str] = set()
        self._slow_seconds: float = slow_seconds
        self._socket: socket.socket = socket.socket()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/{self.name}"

    async def listen(self) -> None:
        """Take a port, and listen there unless dead: then whoever connects is refused."""
        self._socket.bind(("127.0.0.1", 0))
        if self.manner != "dead":
            self._server = await asyncio.start_server(self._serve, sock=self._socket, backlog=256)

    def close(self) -> None:
        """Listen no more."""
        if self._server:
            self._server.close()
        self._socket.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body: dict[str, Any] = msgspec.json.decode(await reader.readexactly(length))
            await asyncio.sleep(self._slow_seconds)
            self._note(body)
            writer.write(GARBAGE if self.manner == "garbage" else OK)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def _note(self, body: dict[str, Any]) -> None:
        took = time.time() - datetime.fromisoformat(body["time"]).timestamp()
        self.seen.append(Seen(body["id"], body["data"]["instance_id"], body["streamversion"], took))
        self.ids.add(body["id"])
