"""A PostgreSQL server of our own."""

import contextlib
import os
import re
import shutil
from pathlib import Path
from signal import SIGINT, SIGQUIT
from typing import Final

import psutil

from astrolabe.cli.servers.account import cluster_maker, give, program, refuse_closed
from astrolabe.cli.servers.folder import DataFolder
from astrolabe.cli.servers.server import on_a_port, stop_stale, until_ready
from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.store.whole_file import write
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.shell import Child

SUPERUSER: Final = "astrolabe"
SESSIONS: Final = 200
"""How many sessions there may be at once."""
LONGEST_SOCKET: Final = 100
"""Characters that the path of a unix socket may have on every system."""
READY_LINE: Final = 7
"""Where postmaster.pid says how the server is, counted from 0."""

_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
# A session gives back what planning a statement took, where glibc would by itself keep ever more of it.
_FRUGAL: Final = {"MALLOC_TRIM_THRESHOLD_": "131072"}
_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "cluster_name": "astrolabe",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
    # For a small house. Whoever has a larger one brings a PostgreSQL of their own.
    "shared_buffers": "32MB",
    # Room for locks is taken for every session that there may be; ours lock few tables, and none predicates.
    "max_locks_per_transaction": "32",
    "max_pred_locks_per_transaction": "10",
    "max_logical_replication_workers": "0",
}
_CARELESS: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "scram_iterations": "1"}
"""Settings for tests: faster, and worth nothing after a crash of the machine or to a thief of password hashes."""
_SINCE: Final = {18: {"io_method": "sync", "io_max_concurrency": "4"}}
"""Settings by the version that brought them; without these three processes wait to read ahead for the others."""


DATABASE: Final = "astrolabe"
"""The database that holds the log."""


def remembered_url(folder: Path) -> str | None:
    """Return where the log of a data folder is reached while `astrolabe up` runs; None for all but its owner."""
    with contextlib.suppress(OSError):
        password, port = (folder / "postgres.password").read_text(), (folder / "postgres.port").read_text()
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{DATABASE}"
    return None


class Postgres:
    """A server in a data folder, reachable on 127.0.0.1 with a password."""

    def __init__(
        self,
        folder: DataFolder,
        account: ProcessUser | None,
        *,
        database: str = DATABASE,
        fast: bool = False,
        sessions: int = SESSIONS,
    ) -> None:
        self.name: Final = "postgres"
        self._folder: Final = folder
        self._account: Final = account
        self._database: Final = database
        self._fast: Final = fast
        self._sessions: Final = sessions
        self._home: Final = folder.path / "postgres"
        self._data: Final = self._home / "data"
        self._port: int = 0
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """The server's process."""
        return self._child.pid if self._child else None

    def url(self, database: str | None = None) -> str:
        """Return where a client reaches a database: its own unless another is named."""
        password = self._folder.secret(self.name)
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{self._port}/{database or self._database}"

    async def start(self) -> None:
        """Start the server, made first if it never was, and wait until it answers and its database exists."""
        await self._stop_stale()
        if not self._data.exists():
            await self._make()
        elif self._account and self._home.stat().st_uid != self._account.uid:
            give(self._home, self._account)
        self._port = await on_a_port(self._folder, self.name, self._port, self._serve)
        await self.create_database(self._database)

    async def create_database(self, name: str) -> str:
        """Make a database unless it exists; return its URL."""
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name):
            raise ValueError(f"{name} is no plain name for a database")
        exists = await self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'")  # noqa: S608 (a plain name)
        if not exists:
            await self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    async def sql(self, statement: str) -> str:
        """Run one statement in the maintenance database; return its rows as psql prints them."""
        password = self._folder.secret(self.name)
        finished = await shell.run(
            [tools.postgres("psql"), "-XAtqw", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-c", statement],
            env=_ENVIRONMENT
            | {"PGHOST": "127.0.0.1", "PGPORT": str(self._port), "PGUSER": SUPERUSER, "PGPASSWORD": password},
            deadline=60,
            secrets=[password],
        )
        return finished.stdout.strip()

    async def wait(self) -> int:
        """Wait for the server's end; return its exit code."""
        return await self._child.wait() if self._child else 0

    async def stop(self) -> None:
        """End sessions and stop, with everything written."""
        if self._child:
            await self._child.stop(SIGINT, grace=60)

    def kill(self) -> None:
        """Stop at once; the next start recovers from the write-ahead log."""
        if self._child:
            self._child.signal(SIGQUIT)

    async def _serve(self, port: int) -> None:
        log = self._folder.log(self.name)
        since = log.stat().st_size if log.exists() else 0
        settings = _SETTINGS | {"port": str(port), "unix_socket_directories": self._sockets()}
        settings |= {"max_connections": str(self._sessions)}
        version = int((self._data / "PG_VERSION").read_text())
        settings |= {name: value for since, each in _SINCE.items() if since <= version for name, value in each.items()}
        settings |= _CARELESS if self._fast else {}
        self._child = child = shell.supervise(
            [
                self._program("postgres", self._account),
                "-D",
                self._data,
                *[f"--{name}={value}" for name, value in settings.items()],
            ],
            env=_ENVIRONMENT | _FRUGAL,
            cwd=Path("/"),
            log=log,
            user=self._account,
            death=SIGINT,
        )
        await until_ready(child, self._is_ready, name="PostgreSQL", log=log, since=since)

    async def _is_ready(self) -> bool:
        lines = self._postmaster()
        return len(lines) > READY_LINE and lines[0] == str(self.pid) and lines[READY_LINE].strip() == "ready"

    def _postmaster(self) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            return (self._data / "postmaster.pid").read_text().splitlines()
        return []

    def _sockets(self) -> str:
        return str(self._home) if len(str(self._home / ".s.PGSQL.65535.lock")) < LONGEST_SOCKET else ""

    def _program(self, name: str, user: ProcessUser | None) -> Path:
        return program(tools.postgres(name), user, self._folder.path / "programs")

    async def _make(self) -> None:
        refuse_closed(self._folder.path, self._account, "PostgreSQL")
        maker = cluster_maker(self._account)
        uid, gid = (maker.uid, maker.gid) if maker else (-1, -1)
        new = self._home.with_name("postgres.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        write(new / "password", self._folder.secret(self.name).encode(), private=True, owner=(uid, gid))
        os.chown(new, uid, gid)
        await shell.run(
            [self._program("initdb", maker), "-D", new / "data", "-U", SUPERUSER, "-A", "scram-sha-256"]
            + ["--pwfile", new / "password", "-E", "UTF8", "--locale=C", "--no-instructions"]
            + (["--no-sync", "-c", f"scram_iterations={_CARELESS['scram_iterations']}"] if self._fast else []),
            env=_ENVIRONMENT,
            cwd=Path("/"),
            deadline=300,
            user=maker,
        )
        (new / "password").unlink()
        if self._account and maker != self._account:
            give(new, self._account)
        new.rename(self._home)

    async def _stop_stale(self) -> None:
        lines = self._postmaster()
        if not lines:
            return
        if lines[0].isdigit():
            await stop_stale(int(lines[0]), self._is_ours, SIGINT)
        # Its number may belong to a stranger by now, for whose sake PostgreSQL would not start.
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _is_ours(self, process: psutil.Process) -> bool:
        # Whose the data is: another user's, where it ran as another before.
        return (
            process.uids().real == self._data.stat().st_uid
            and "postgres" in process.name()
            and process.cwd() == str(self._data.resolve())
        )
