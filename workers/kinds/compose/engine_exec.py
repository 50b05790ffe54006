"""A command inside a container, through the engine's own API: made, started with its output, and asked for its code."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Final

import httpx

from astrolabe.workers.kinds.compose.engine_socket import EngineSocket, unreachable
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.output import Output

KEEP: Final = 1 << 20
"""Characters of each stream that are kept."""

POLL_SECONDS: Final = 0.01
"""How often it is asked whether a command has ended whose output has."""

HEADER: Final = 8
"""Bytes before each piece of output: the stream's number, three of nothing, and the piece's length."""

STDERR: Final = 2
NEVER_RAN: Final = 126
"""The code of what could not be run, as a shell has it."""


class ContainerCommand:
    """One command in one container; what it says is redacted as everywhere."""

    def __init__(self, socket: EngineSocket, command: Sequence[str]) -> None:
        self._socket: EngineSocket = socket
        self._shown: tuple[str, ...] = tuple(map(socket.redact, command))
        self._container: str = command[2]
        self._words: Sequence[str] = command[3:]

    async def run(self, deadline: float, on_line: Callable[[str], None] | None) -> shell.Finished:
        """Run it to its end; CommandFailed where its code is not 0, CommandTimedOut after `deadline` seconds."""
        began = time.monotonic()
        said = {number: Output(self._socket.redact, KEEP, on_line) for number in (1, STDERR)}
        try:
            async with asyncio.timeout(deadline):
                code = await self._code(said)
        except TimeoutError as error:
            tail = said[STDERR].text or said[1].text
            raise shell.CommandTimedOut(f"exec was given up after {deadline:g} seconds", self._shown, tail) from error
        if code != 0:
            raise shell.CommandFailed(self._shown, code, (said[STDERR].text or said[1].text).strip())
        return shell.Finished(self._shown, code, said[1].text, said[STDERR].text, time.monotonic() - began)

    async def _code(self, said: dict[int, Output]) -> int:
        wanted = {"Cmd": self._words, "AttachStdout": True, "AttachStderr": True}
        made = await self._socket.posted(f"/containers/{self._container}/exec", wanted)
        if not made.is_success:
            raise shell.CommandFailed(self._shown, NEVER_RAN, self._socket.redact(made.text))
        known = str(json.loads(made.content)["Id"])
        async for number, piece in self._pieces(known):
            said[STDERR if number == STDERR else 1].feed(piece)
        for each in said.values():
            each.feed(b"", final=True)
        # A connection that was cut is no end: only the engine knows the code.
        while (found := await self._inspected(known))["Running"]:  # noqa: ASYNC110  by HTTP
            await asyncio.sleep(POLL_SECONDS)
        return int(found["ExitCode"] or 0)

    async def _inspected(self, known: str) -> dict[str, Any]:
        found = await self._socket.asked(f"/exec/{known}/json")
        if found is None:
            raise shell.CommandFailed(self._shown, NEVER_RAN, "the engine has forgotten the command")
        return json.loads(found)

    async def _pieces(self, known: str) -> AsyncGenerator[tuple[int, bytes]]:
        """Take the streams apart, which come as one."""
        rest = b""
        try:
            async with self._socket.streamed(f"/exec/{known}/start", {"Detach": False, "Tty": False}) as answer:
                if not answer.is_success:
                    text = (await answer.aread()).decode(errors="replace")
                    raise shell.CommandFailed(self._shown, NEVER_RAN, self._socket.redact(text))
                async for data in answer.aiter_raw():
                    rest += data
                    while len(rest) >= HEADER and len(rest) >= (end := HEADER + int.from_bytes(rest[4:HEADER], "big")):
                        yield rest[0], rest[HEADER:end]
                        rest = rest[end:]
        except httpx.HTTPError as error:
            raise unreachable([f"{type(error).__name__}: {error}"]) from error
