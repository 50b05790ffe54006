"""A receiver of checkpoints on this machine, which answers as a test asks for."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

OK = "HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Receiver:
    """One address; an answer that is empty never comes."""

    answers: Iterator[str]
    url: str = ""
    bodies: list[str] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def listening(cls, answers: Iterable[str] = itertools.repeat(OK)) -> AsyncIterator["Receiver"]:
        """Listen on a port of its own."""
        made = cls(iter(answers))
        server = await asyncio.start_server(made.serve, "127.0.0.1")
        made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/kept"
        async with server:
            yield made

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request, and answer it."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert head.startswith("post /kept")
        length = next(line for line in head.splitlines() if line.startswith("content-length:"))
        self.bodies.append((await reader.readexactly(int(length.split()[1]))).decode())
        answer = next(self.answers)
        if not answer:
            await reader.read()
        writer.write(answer.encode())
        writer.close()
