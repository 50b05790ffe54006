"""Peers: packages that do the same work, in an environment of their own made from `bench/requirements.lock`."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from tempfile import TemporaryDirectory

from astrolabe.workers.programs import shell
from bench.server import environment

HERE = Path(__file__).parent
LOCK = HERE / "requirements.lock"
ENVIRONMENT = HERE.parent / ".cache" / "bench"
GRACE_SECONDS = 300


async def install() -> None:
    """Install the packages as their lock says, unless that was done before."""
    ready = ENVIRONMENT / "ready"
    wanted = await asyncio.to_thread(LOCK.read_text, "utf-8")
    if ready.exists() and await asyncio.to_thread(ready.read_text, "utf-8") == wanted:
        return
    await shell.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], env=environment(), deadline=120)
    pip = [_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", LOCK]
    await shell.run(pip, env=environment(), deadline=600)
    await asyncio.to_thread(ready.write_text, wanted, "utf-8")


async def measured(program: str, *words: object, **env: str) -> float:
    """Run a peer's program to its end; return the number that it prints last."""
    finished = await shell.run(_argv(program, words), env=environment(**env), deadline=GRACE_SECONDS)
    return float(finished.stdout.split()[-1])


@contextlib.asynccontextmanager
async def serving(argv: list[str], **env: str) -> AsyncGenerator[int]:
    """Run a server beside the measurement; return the port that it prints."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        server = shell.supervise(argv, env=environment(**env), log=log, cwd=HERE.parent)
        try:
            while not (said := log.read_text("utf-8") if log.exists() else "").endswith("\n"):  # noqa: ASYNC110  another process writes it
                await asyncio.sleep(0.05)
            yield int(said.split()[-1])
        finally:
            await server.stop()


def peer_serving(program: str, *words: object) -> contextlib.AbstractAsyncContextManager[int]:
    """Run a peer's server beside the measurement; return the port that it prints."""
    return serving(_argv(program, words))


def _argv(program: str, words: tuple[object, ...]) -> list[str]:
    # Isolated, for beside a program lie others, and a name may be a package's too.
    return [str(_python()), "-I", str(HERE / "peers" / program), *map(str, words)]


def _python() -> Path:
    return ENVIRONMENT / ("Scripts" if sys.platform == "win32" else "bin") / "python"
