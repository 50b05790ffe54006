"""A line to a server, which can be cut and mended."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeAlias

Connect: TypeAlias = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Line:
    """Carries connections to where `connect` leads, for as long as it is whole."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._open: set[asyncio.StreamWriter] = set()
        self.whole = True

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        if not self.whole:
            writer.close()
            return
        there, back = await self._connect()
        self._open |= {writer, back}
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        for each in (writer, back):
            each.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()  # whoever has said everything may still hear an answer

    async def cut(self) -> None:
        """End everything, and let nothing through."""
        self.whole = False
        for each in self._open:
            each.close()

    async def mend(self) -> None:
        """Let everything through again."""
        self.whole = True
