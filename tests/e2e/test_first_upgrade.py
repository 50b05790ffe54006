"""docs/first-upgrade.md, typed as it stands: from a checkout to a service that was upgraded and taken back."""

import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from signal import SIGINT

import pytest
import pytest_asyncio

from astrolabe.cli.servers.folder import DataFolder
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.shell import Child, Finished
from tests.ports import free_port
from tests.waiting import until

PAGE = Path(__file__).parents[2] / "docs" / "first-upgrade.md"
INSTALL, DESCRIBE, START, UP, UPGRADE, BACK = range(6)
"""The blocks of the page, in order."""
MINUTES = 60.0
NOT_TYPED = ("make .venv/ready", "export PATH=")
"""What made the environment that this runs in."""


def blocks() -> list[str]:
    """What the page says to type, block by block."""
    return re.findall(r"```sh\n(.+?)```", PAGE.read_text("utf-8"), re.DOTALL)


class Newcomer:
    """Terminals of somebody who has a checkout, an empty home, and what the page says."""

    def __init__(self, home: Path, stack: AsyncExitStack) -> None:
        self.folder = home
        self.stack = stack
        self.ports = {"1337": str(free_port()), "8400": str(free_port())}
        self.env = {**os.environ, "HOME": str(home), "ASTROLABE_DATA": str(home / "data"), "TMPDIR": str(home)}
        self.env["PATH"] = f"{Path(sys.executable).parent}:{self.env['PATH']}"

    def typed(self, block: str) -> str:
        """Return what is typed of a block: on ports that are free here, and with yes to what a script is not asked."""
        lines = [line for line in block.splitlines() if not line.startswith(NOT_TYPED)]
        text = "\n".join(lines).replace("1337", self.ports["1337"])
        text = re.sub(r"(?m)^(astrolabe (upgrade|rollback) .+)$", r"\1 --yes", text)
        return re.sub(r"(?m)^(astrolabe up .+)$", rf"\1 --bind 127.0.0.1:{self.ports['8400']}", text)

    async def types(self, block: str, seconds: float = MINUTES) -> Finished:
        """Type a block to its end, in which every command must succeed."""
        words = ["bash", "-euc", self.typed(block)]
        ended = await shell.run(words, env=self.env, cwd=self.folder, deadline=seconds, check=False)
        assert ended.returncode == 0, (block, ended.stdout, ended.stderr)
        return ended

    async def leaves_running(self, block: str, said: str, seconds: float) -> str:
        """Type a block in a terminal of its own; return what it has said once that is among it."""
        log = self.folder / f"{len(list(self.folder.glob('*.log')))}.log"
        child = shell.supervise(["bash", "-c", f"exec {self.typed(block)}"], env=self.env, cwd=self.folder, log=log)
        self.stack.push_async_callback(ended_well, child, log)
        await until(lambda: said in log.read_text("utf-8") or child.returncode is not None, seconds)
        assert child.returncode is None, log.read_text("utf-8")
        return log.read_text("utf-8")


async def ended_well(child: Child, log: Path) -> None:
    """Press Ctrl-C, after which it ends by itself."""
    assert await child.stop(SIGINT, grace=120) == 0, log.read_text("utf-8")


@pytest_asyncio.fixture
async def newcomer(servers_folder: DataFolder) -> AsyncIterator[Newcomer]:
    """Somebody new, in a folder that the servers' user reaches."""
    home = servers_folder.path / "newcomer"
    home.mkdir()
    async with AsyncExitStack() as stack:
        yield Newcomer(home, stack)


@pytest.mark.e2e
@pytest.mark.products
@pytest.mark.product("parse-server", in_ci=True)
@pytest.mark.timeout(1800)
async def test_the_page_leads_to_an_upgraded_service_and_back(newcomer: Newcomer) -> None:
    """Every command of it succeeds as it is typed, and at the end the old version serves again."""
    page = blocks()
    assert len(page) == BACK + 1
    await newcomer.types(page[INSTALL])
    await newcomer.types(page[DESCRIBE])
    started = await newcomer.leaves_running(page[START], "Ctrl-C", 15 * MINUTES)
    up = await newcomer.leaves_running(page[UP], "Next, in another terminal", 2 * MINUTES)
    newcomer.env |= dict(re.findall(r"export (ASTROLABE_\w+)=(\S+)", up))
    (register,) = re.findall(r"(?m)^ +(astrolabe register .+)$", started)
    await newcomer.types(register)
    upgraded = await newcomer.types(page[UPGRADE], 20 * MINUTES)
    assert "succeeded, downtime" in upgraded.stdout
    back = await newcomer.types(page[BACK], 5 * MINUTES)
    assert "rolled_back, downtime" in back.stdout
    assert re.search(r"version +8\.2\.0", back.stdout)
