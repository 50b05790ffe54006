"""A Valkey server of our own."""

import asyncio
import contextlib
from functools import partial
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Final

import psutil

from astrolabe.cli.servers.account import give, program, refuse_closed
from astrolabe.cli.servers.folder import DataFolder
from astrolabe.cli.servers.server import on_a_port, stop_stale, until_ready
from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.store.whole_file import write
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.shell import Child

_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

PATIENCE_SECONDS: Final = 5.0


class Valkey:
    """A server in a data folder, reachable on 127.0.0.1 with a password."""

    def __init__(self, folder: DataFolder, account: ProcessUser | None, *, fast: bool = False) -> None:
        self.name: Final = "valkey"
        self._folder: Final = folder
        self._account: Final = account
        self._fast: Final = fast
        self._data: Final = folder.path / "valkey"
        self._configuration: Final = folder.path / "valkey.conf"
        self._port: int = 0
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """The server's process."""
        return self._child.pid if self._child else None

    @property
    def url(self) -> str:
        """Where a client reaches it."""
        return f"redis://:{self._folder.secret(self.name)}@127.0.0.1:{self._port}/0"

    async def start(self) -> None:
        """Start the server and wait until it answers."""
        await self._stop_stale()
        self._make()
        self._port = await on_a_port(self._folder, self.name, self._port, self._serve)

    async def wait(self) -> int:
        """Wait for the server's end; return its exit code."""
        return await self._child.wait() if self._child else 0

    async def stop(self) -> None:
        """Stop, with everything written."""
        if self._child:
            if self._child.returncode is None:
                # A signal is only noticed at its next look at the clock, a second later.
                await self._asks(self._port, "SHUTDOWN")
            await self._child.stop(SIGTERM, grace=30)

    def kill(self) -> None:
        """Stop at once; at most a second of messages is lost, which the log makes again."""
        if self._child:
            self._child.signal(SIGKILL)

    def _make(self) -> None:
        refuse_closed(self._folder.path, self._account, "Valkey")
        if not self._data.exists():
            self._data.mkdir(mode=0o700)
        if self._account and self._data.stat().st_uid != self._account.uid:
            give(self._data, self._account)

    def _owner(self) -> tuple[int, int]:
        return (self._account.uid, self._account.gid) if self._account else (-1, -1)

    async def _serve(self, port: int) -> None:
        write(self._configuration, self._text(port).encode(), lasting=True, private=True, owner=self._owner())
        log = self._folder.log(self.name)
        since = log.stat().st_size if log.exists() else 0
        self._child = child = shell.supervise(
            [program(tools.valkey(), self._account, self._folder.path / "programs"), self._configuration],
            env=_ENVIRONMENT,
            cwd=Path("/"),
            log=log,
            user=self._account,
        )
        await until_ready(child, partial(self._answers, port), name="Valkey", log=log, since=since)

    def _text(self, port: int) -> str:
        settings = {
            "bind": "127.0.0.1",
            "port": str(port),
            "requirepass": self._folder.secret(self.name),
            "dir": str(self._data),
            "pidfile": str(self._data / "pid"),
            "appendonly": "yes",
            "appendfsync": "no" if self._fast else "everysec",
            "save": "",
            # How often it looks at its clock: 10 times a second by default, for keys whose time has come; ours wait.
            "hz": "1",
            # A title of its own would hide the configuration by which a stale one is recognised.
            "set-proc-title": "no",
        }
        return "".join(f"{name} {_quoted(value)}\n" for name, value in settings.items())

    async def _answers(self, port: int) -> bool:
        return await self._asks(port, "PING") == [b"+OK\r\n", b"+PONG\r\n"]

    async def _asks(self, port: int, command: str) -> list[bytes]:
        """Return what is answered to our password and a command, nothing where nobody answers."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    writer.write(f"AUTH {self._folder.secret(self.name)}\r\n{command}\r\n".encode())
                    return [await reader.readline(), await reader.readline()]
                finally:
                    writer.close()
        return []

    async def _stop_stale(self) -> None:
        with contextlib.suppress(FileNotFoundError, ValueError):
            await stop_stale(int((self._data / "pid").read_text()), self._is_ours, SIGTERM)

    def _is_ours(self, process: psutil.Process) -> bool:
        uid = self._data.stat().st_uid  # another user's, where it ran as another before
        return process.uids().real == uid and process.cmdline()[1:] == [str(self._configuration)]


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
