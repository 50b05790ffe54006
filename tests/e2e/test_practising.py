"""`astrolabe products start`: a version of a product to practise with, registered by the line that it prints."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from signal import SIGINT

import httpx
import pytest
import pytest_asyncio

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.servers.folder import DataFolder
from astrolabe.store.ports import is_free
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.shell import Child
from tests.ports import free_port
from tests.standin.registry import Registry
from tests.waiting import until
from tests.world import product_text

pytestmark = pytest.mark.e2e
SECONDS = 90.0
HIDDEN = "hidden-word"


class Practice:
    """What was started, and what it said."""

    def __init__(self, child: Child, log: Path, port: int, data: Path) -> None:
        self.child = child
        self.log = log
        self.port = port
        self.password = data / "secrets" / "shop" / "password"
        self.token = data / "secrets" / "shop" / "STANDIN_TOKEN.secret"

    def said(self) -> str:
        """Return what it said until now."""
        return self.log.read_text("utf-8")


@pytest_asyncio.fixture
async def practice(registry: Registry, servers_folder: DataFolder, tmp_path: Path) -> AsyncIterator[Practice]:
    """A stand-in 1.1.0 that is started to practise with."""
    file, log, port = tmp_path / "standin.toml", tmp_path / "start.log", free_port()
    file.write_text(product_text(registry), "utf-8")
    scratch = servers_folder.path / "practice"
    scratch.mkdir(exist_ok=True)
    env = {**os.environ, "TMPDIR": str(scratch), "ASTROLABE_DATA": str(tmp_path / "data")}
    words = ("products", "start", str(file), "1.1.0", "--name", "shop", "--port", str(port))
    words += ("--setting", "STANDIN_SLOW_MS=1", "--setting", f"STANDIN_TOKEN={HIDDEN}")
    child = shell.supervise(run_astrolabe(*words), env=env, log=log)
    made = Practice(child, log, port, tmp_path / "data")
    try:
        await until(lambda: "Ctrl-C" in made.said() or child.returncode is not None, SECONDS)
        yield made
    finally:
        await child.stop(SIGINT, grace=30)
    assert list(scratch.iterdir()) == []


async def refusals(practice: Practice, tmp_path: Path) -> None:
    """A port that is taken and a name that is in use are refused in one line, and nothing that runs is touched."""
    env = {**os.environ, "ASTROLABE_DATA": str(tmp_path / "data")}
    start = ("products", "start", str(tmp_path / "standin.toml"), "1.1.0", "--name", "shop")
    for words, said in (("--port", str(practice.port)), "is taken by another program"), ((), "choose another --name"):
        ended = await shell.run(run_astrolabe(*start, *words), env=env, deadline=SECONDS, check=False)
        assert ended.returncode == 2
        assert said in ended.stderr
        assert len(ended.stderr.splitlines()) == 1
    assert practice.password.exists()
    assert practice.child.returncode is None


async def test_it_serves_says_how_it_is_registered_and_is_gone_at_the_end(practice: Practice, tmp_path: Path) -> None:
    """The password lies where the worker of `astrolabe up` reads an instance's own, and goes with all else."""
    assert practice.child.returncode is None, practice.said()
    (line,) = re.findall(r"(?m)^ +(astrolabe register .+)$", practice.said())
    assert f"register shop --product standin --port {practice.port} --database postgresql://practice_shop@" in line
    assert f"--password-from file:{practice.password}" in line
    assert f"--set STANDIN_SLOW_MS=1 --secret STANDIN_TOKEN=file:{practice.token}" in line
    assert HIDDEN not in practice.said()
    assert practice.token.read_text("utf-8") == HIDDEN
    assert (practice.password.stat().st_mode | practice.token.stat().st_mode) & 0o077 == 0
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(f"http://127.0.0.1:{practice.port}/health")).json()
    await refusals(practice, tmp_path)
    assert "Not given: STANDIN_DOCTOR_MS, STANDIN_FILES. What" in practice.said()
    assert await practice.child.stop(SIGINT, grace=30) == 0
    assert re.search(r"(?m)^.+ ends, and what was made for it in \S+ is deleted\.$", practice.said())
    assert is_free(practice.port)
    assert not practice.password.parent.exists()
