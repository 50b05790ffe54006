"""A mail server on this machine (RFC 5321, as much of it as a client needs), which keeps what it is given."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

ANSWERS = {b"EHLO": b"250 mailbox", b"HELO": b"250 mailbox", b"QUIT": b"221 bye", b"DATA": b"354 go on"}


class Mailbox:
    """What came, and for whom."""

    def __init__(self) -> None:
        self.port = 0
        self.got: list[EmailMessage] = []

    @classmethod
    @asynccontextmanager
    async def listening(cls) -> AsyncIterator["Mailbox"]:
        """Listen on a port of its own."""
        made = cls()
        server = await asyncio.start_server(made._serve, "127.0.0.1", 0)
        made.port = server.sockets[0].getsockname()[1]
        async with server:
            yield made

    @property
    def url(self) -> str:
        """How Apprise is asked to send here."""
        return f"mailto://127.0.0.1:{self.port}?from=astrolabe@mail.example&to=team@mail.example"

    @staticmethod
    def text(message: EmailMessage) -> str:
        """Return what a person reads."""
        part = message.get_body(("plain", "html"))
        assert part is not None
        return cast("str", part.get_content())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 mailbox\r\n")
            while line := await reader.readline():
                verb = line[:4].upper()
                writer.write(ANSWERS.get(verb, b"250 ok") + b"\r\n")
                if verb == b"DATA":
                    whole = (await reader.readuntil(b"\r\n.\r\n")).removesuffix(b"\r\n.\r\n")
                    parsed = message_from_bytes(whole.replace(b"\r\n..", b"\r\n."), policy=policy.default)
                    self.got.append(cast("EmailMessage", parsed))
                    writer.write(b"250 kept\r\n")
                if verb == b"QUIT":
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
