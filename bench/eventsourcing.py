"""The `eventsourcing` package, in an environment of its own, doing what its users do: save an aggregate."""

import asyncio
import sys
from pathlib import Path
from urllib.parse import urlsplit

from bench.row import payload
from bench.server import environment
from workers import shell

HERE = Path(__file__).parent
LOCK = HERE / "requirements.lock"
ENVIRONMENT = HERE.parent / ".cache" / "bench"


class EventSourcing:
    """Each client is a thread that saves one more event of an aggregate of its own."""

    def __init__(self, url: str) -> None:
        self.name: str = "eventsourcing"
        self._url: str = url

    async def prepare(self) -> None:
        """Install the package as its lock says, unless that was done before."""
        ready = ENVIRONMENT / "ready"
        wanted = await asyncio.to_thread(LOCK.read_text, "utf-8")
        if ready.exists() and await asyncio.to_thread(ready.read_text, "utf-8") == wanted:
            return
        await shell.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], env=environment(), deadline=120)
        pip = [
            _python(),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            LOCK,
        ]
        await shell.run(pip, env=environment(), deadline=600)
        await asyncio.to_thread(ready.write_text, wanted, "utf-8")

    async def run(self, clients: int, seconds: float) -> float:
        """Save for some seconds; gives saves a second."""
        parts = urlsplit(self._url)
        env = environment(
            PERSISTENCE_MODULE="eventsourcing.postgres",
            POSTGRES_DBNAME=parts.path[1:],
            POSTGRES_HOST=str(parts.hostname),
            POSTGRES_PORT=str(parts.port),
            POSTGRES_USER=str(parts.username),
            POSTGRES_PASSWORD=str(parts.password),
            POSTGRES_POOL_SIZE=str(clients),
            POSTGRES_MAX_OVERFLOW="0",
        )
        # Isolated, for beside that program lies a module of the package's name.
        argv = [_python(), "-I", HERE / "saving.py", str(clients), str(seconds), str(len(payload()))]
        finished = await shell.run(argv, env=env, deadline=seconds + 120)
        return float(finished.stdout.strip())


def _python() -> Path:
    return ENVIRONMENT / ("Scripts" if sys.platform == "win32" else "bin") / "python"
