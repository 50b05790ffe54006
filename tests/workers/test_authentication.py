"""A database's password is given to nobody who asks for it in clear, or as an MD5, from another host."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from ssl import SSLContext
from urllib.parse import urlsplit

import pytest

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.kinds.postgres import dump
from astrolabe.workers.instance import reach as reaching
from astrolabe.workers.instance.authentication import required_of
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.grants import read_grants
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.reach import Reach
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.compose.engine import Engine, owners_environment
from astrolabe.workers.programs import shell, tools
from tests.workers.test_tls import certified

PASSWORD = "the-password-itself"
ELSEWHERE = "0.0.0.0"  # noqa: S104  reaches this host, by an address that is not the loopback
CLEAR, MD5 = 3, 5
TLS_WANTED = 80877103


class Asking:
    """A server that asks for a password in a way of its own, and keeps what it is given."""

    def __init__(self, request: int, tls: SSLContext | None = None) -> None:
        self._request: int = request
        self._tls: SSLContext | None = tls
        self.sessions: int = 0
        self.port: int = 0
        self.given: bytes = b""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Asking"]:
        """Listen on every address."""
        async with await asyncio.start_server(self._serve, ELSEWHERE, 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length, code = struct.unpack("!II", await reader.readexactly(8))
        if code == TLS_WANTED:
            writer.write(b"S" if self._tls else b"N")
            if self._tls:
                await writer.start_tls(self._tls)
            length, code = struct.unpack("!II", await reader.readexactly(8))
        await reader.readexactly(length - 8)
        self.sessions += 1
        salt = b"salt" if self._request == MD5 else b""
        asked = struct.pack("!cII", b"R", 8 + len(salt), self._request) + salt
        for each in asked:  # however small the pieces in which it comes
            writer.write(bytes([each]))
            await writer.drain()
        with contextlib.suppress(ConnectionError):
            self.given += await reader.read(1000)
        writer.close()

    def site(self, folder: Path, **parameters: str) -> Site:
        """An instance whose database is there, as the owner of the host lets it be."""
        (folder / "flags").mkdir(exist_ok=True)
        (folder / "flags" / "password").write_text(PASSWORD)
        reference = f"file:{folder / 'flags' / 'password'}"
        where = DatabaseConfig("flags", "ada", ELSEWHERE, self.port, reference, parameters=parameters)
        secrets = Secrets([folder], read_grants([f"flags={reference}@{ELSEWHERE}"]))
        return Site(Host("local", folder, {}, secrets), "1", InstanceConfig("flags", "unleash", 4242, database=where))


@pytest.mark.parametrize("request_", [CLEAR, MD5], ids=["clear", "md5"])
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
async def test_our_own_sessions_do_not_answer(tmp_path: Path, request_: int, *, encrypted: bool) -> None:
    """Not within TLS either: whoever is at its other end would have the password."""
    tls = certified(tmp_path)[1] if encrypted else None
    parameters = {"sslmode": "require"} if encrypted else {}
    async with Asking(request_, tls).listening() as server:
        database = server.site(tmp_path, **parameters).database
        assert database
        with pytest.raises(StepFailed) as failed:
            await database.size()
        assert failed.value.problem.code == "authentication-weak"
        assert "scram-sha-256" in failed.value.problem.todo
        assert server.sessions
        assert server.given == b""


@pytest.mark.parametrize("request_", [CLEAR, MD5], ids=["clear", "md5"])
async def test_the_programs_that_a_step_starts_do_not_answer(tmp_path: Path, request_: int) -> None:
    """`pg_dump` is told the same by its environment, in libpq's words."""
    async with Asking(request_).listening() as server:
        site = server.site(tmp_path)
        assert site.config.database
        command = dump(str(tools.postgres("pg_dump")), site.config.database, str(tmp_path / "dump"), "gzip:1")
        with pytest.raises(shell.CommandProblem, match="authentication method requirement") as failed:
            await shell.run(command, env=site.database_environment(), deadline=30)
        assert PASSWORD not in str(failed.value)
        assert server.sessions
        assert server.given == b""


async def test_on_this_host_a_password_may_be_asked_for_as_the_server_likes() -> None:
    """Nobody is in between: many a small host's server still asks so."""
    async with Asking(CLEAR).listening() as server:
        where = DatabaseConfig("flags", "ada", "127.0.0.1", server.port)
        with pytest.raises(StepFailed, match="closed"):
            await InstanceDatabase(where, PASSWORD, Reach(database_is_here=True)).size()
        assert PASSWORD.encode() in server.given
    assert "PGREQUIREAUTH" not in required_of(here=True)


async def test_a_password_is_proven_anywhere(postgres_server: Postgres) -> None:
    """A server that asks for SCRAM is asked whatever the step wants to know."""
    server = urlsplit(postgres_server.url())
    where = DatabaseConfig("postgres", server.username or "", ELSEWHERE, server.port or 0)
    assert await InstanceDatabase(where, server.password).server_version() > 100_000


def test_a_program_before_16_proves_it_within_tls_or_not_at_all() -> None:
    """It knows no `require_auth`, and would give the password to whoever asks."""
    assert required_of(here=False, program=15) == {"PGCHANNELBINDING": "require"}
    assert required_of(here=False, program=16) == {"PGREQUIREAUTH": "!password,!md5"}


async def test_a_database_elsewhere_that_nobody_granted_is_not_asked() -> None:
    """Without a password no grant names it: what came of a connection would still tell who listens there."""
    async with Asking(CLEAR).listening() as server:
        where = DatabaseConfig("flags", "ada", ELSEWHERE, server.port)
        with pytest.raises(StepFailed) as failed:
            await InstanceDatabase(where, None).size()
        assert failed.value.problem.code == "address-forbidden"
        assert server.sessions == 0


async def test_an_engine_elsewhere_that_nobody_allowed_is_not_asked(tmp_path: Path) -> None:
    """It would be given all that the project is filled with."""
    project = ComposeProject(str(tmp_path), "flags", engine="tcp://0.0.0.0:2375")
    config = InstanceConfig("flags", "unleash", 4242, kind="compose", compose=project)
    site = Site(Host("local", tmp_path, {}, Secrets([])), "1", config)
    with pytest.raises(StepFailed) as failed:
        await site.checked_engine()
    assert failed.value.problem.code == "address-forbidden"
    engine = Engine(owners_environment(project), (), site.checked_engine)
    for each in (engine, engine.unredacted()):
        with pytest.raises(StepFailed, match=r"0\.0\.0\.0"):
            await each.container("flags")


async def test_an_engine_is_asked_where_its_name_was_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker's program would ask its resolver again, and be led elsewhere; TLS proves the name itself."""
    host = Host("local", tmp_path, {}, Secrets([]), (ip_network("0.0.0.0/32"),))
    project = ComposeProject(str(tmp_path), "flags", engine="tcp://engine.example:2376")
    site = Site(host, "1", InstanceConfig("flags", "unleash", 4242, kind="compose", compose=project))
    found = ["0.0.0.0"]  # noqa: S104  as above

    async def resolve(_: str) -> tuple[str, ...]:
        return tuple(found)

    monkeypatch.setattr(reaching, "resolve", resolve)
    monkeypatch.delenv("DOCKER_TLS_VERIFY", raising=False)
    assert await site.checked_engine() == {"DOCKER_HOST": "tcp://0.0.0.0:2376"}
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    assert await site.checked_engine() == {}
    found.clear()
    with pytest.raises(StepFailed, match=r"engine\.example has no address") as failed:
        await site.checked_engine()
    assert failed.value.problem.code == "engine-unreachable"
