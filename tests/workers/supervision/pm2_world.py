"""A real pm2 with a home of its own, as its owner types it."""

import os
from pathlib import Path
from typing import Any

import msgspec

from astrolabe.workers.programs import shell, tools


class Pm2:
    """One daemon of pm2's, and all that it keeps."""

    def __init__(self, modules: Path, folder: Path) -> None:
        self.folder: Path = folder
        self.home: Path = folder / ".pm2"
        self.program: tuple[str, str] = str(tools.node()), str((modules / ".bin" / "pm2").resolve())
        self._path: str = os.pathsep.join((str(tools.node().parent), str(modules / ".bin"), "/usr/bin", "/bin"))

    async def __call__(self, *words: str, **env: str) -> str:
        """Type a command of pm2's."""
        own = {"PATH": self._path, "HOME": str(self.folder), "PM2_HOME": str(self.home)}
        ended = await shell.run([*self.program, *words], env={**own, **env}, deadline=60, cwd=self.folder)
        return ended.stdout

    async def entry(self, name: str) -> dict[str, Any]:
        """What pm2 knows of a process."""
        listed = msgspec.json.decode((await self("jlist")).splitlines()[-1])
        (found,) = [each for each in listed if each["name"] == name]
        return found["pm2_env"]

    async def reboots(self) -> None:
        """End everything, and start what the owner had saved, as `pm2 startup` does."""
        await self("kill")
        await self("resurrect")
