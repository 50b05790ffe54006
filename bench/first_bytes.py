"""First bytes: how long a server lets somebody wait who asks again and again on one connection."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


class Caller:
    """One connection, which costs next to nothing beside what it asks for."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, secret: str) -> None:
        self._reader: asyncio.StreamReader = reader
        self._writer: asyncio.StreamWriter = writer
        self._secret: str = secret

    @classmethod
    @asynccontextmanager
    async def connected(cls, port: int, secret: str) -> AsyncGenerator["Caller"]:
        """Connect to a server on this host, with a token."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield cls(reader, writer, secret)
        finally:
            writer.close()

    async def seconds(self, path: str, accept: str = "application/json") -> float:
        """Ask for a path; return the seconds until its first byte, once the answer is whole or goes on without end."""
        lines = (f"GET {path} HTTP/1.1", "Host: bench", f"Accept: {accept}", f"Authorization: Bearer {self._secret}")
        asked = time.perf_counter()
        self._writer.write("\r\n".join(lines).encode() + _END)
        first = await self._reader.readexactly(1)
        took = time.perf_counter() - asked
        head = first + await self._reader.readuntil(_END)
        if not head.startswith(b"HTTP/1.1 2"):
            raise ValueError(head.decode())
        if length := _LENGTH.search(head):
            await self._reader.readexactly(int(length[1]))
        return took


async def first_byte(port: int, secret: str, path: str, accept: str) -> float:
    """Return the seconds until the first byte of what may have no end, on a connection of its own."""
    async with Caller.connected(port, secret) as caller:
        return await caller.seconds(path, accept)
