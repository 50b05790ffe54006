"""Gathered: the head of an answer goes out together with the beginning of its body.

uvicorn writes one after the other, and uvloop sends each at once: two packets, and a caller who is woken twice.
"""

import asyncio
from typing import Any, Final

from typing_extensions import override

_HEAD: Final = b"HTTP/1.1 "
"""How the head of an answer begins."""


class GatheringTransport(asyncio.Transport):
    """A transport that holds the head of an answer until there is more to write, but no longer than its turn."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport: asyncio.Transport = transport
        self._loop: asyncio.AbstractEventLoop = loop
        self._head: bytes | bytearray | memoryview = b""

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write what was held, and this; hold it where it is a head."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(b"".join((head, data)))
        elif data[: len(_HEAD)] == _HEAD:
            self._head = data
            self._loop.call_soon(self._flush)
        else:
            self._transport.write(data)

    def _flush(self) -> None:
        if self._head:
            self.write(b"")

    @override
    def close(self) -> None:
        """Write what is held, and end the connection."""
        self._flush()
        self._transport.close()

    @override
    def abort(self) -> None:
        """End the connection at once."""
        self._head = b""
        self._transport.abort()

    @override
    def can_write_eof(self) -> bool:
        """Return whether one side alone can be ended."""
        return self._transport.can_write_eof()

    @override
    def write_eof(self) -> None:
        """Write what is held, and that nothing follows."""
        self._flush()
        self._transport.write_eof()

    @override
    def is_closing(self) -> bool:
        """Return whether the connection ends or has ended."""
        return self._transport.is_closing()

    @override
    def pause_reading(self) -> None:
        """Read no further."""
        self._transport.pause_reading()

    @override
    def resume_reading(self) -> None:
        """Read on."""
        self._transport.resume_reading()

    @override
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what the transport knows about itself."""
        return self._transport.get_extra_info(name, default)
