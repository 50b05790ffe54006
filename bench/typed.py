"""The document's own commands for an upgrade and a way back, typed by a script."""

import asyncio
from pathlib import Path

from astrolabe.cli.demo.stage import NpxStage
from astrolabe.workers.instance import process
from astrolabe.workers.instance.probe import Probe
from astrolabe.workers.instance.site import Site
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.shell import Child

POLL_SECONDS = 0.05
WAIT_SECONDS = 600
DUMP_SECONDS = 3600

PACKAGE = "unleash-server"
RUN = 'exec node "$(dirname "$(command -v db-migrate)")/../unleash-server/dist/server.js"'
"""Unleash brings no command of its own; one that its packages bring shows where npx has put them."""


class Typed:
    """Someone who upgrades by hand: dump, end the old version, let npx fetch and start the new one, look."""

    def __init__(self, stage: NpxStage, cache: Path) -> None:
        self._stage: NpxStage = stage
        self._cache: Path = cache
        self._dump: Path = stage.host.folder / f"{stage.config.name}-pre-upgrade.dump"
        self._runs: Child | None = None

    async def upgrade(self, version: str) -> None:
        """Back up, apply the upgrade, verify: the document's four steps, with nobody to read the notes."""
        await self._postgres("pg_dump", "-F", "c", "-f", str(self._dump))
        await self.stop()
        await self._npx(version)

    async def roll_back(self, version: str) -> None:
        """Stop, restore over the migrated database, run the previous version: what the document prescribes."""
        await self.stop()
        # It ends with errors and leaves new tables behind; the document's reader would go on all the same.
        await self._postgres("pg_restore", "-c", str(self._dump), check=False)
        await self._npx(version)

    async def stop(self) -> None:
        """End whatever listens on the port, and what npx left around it."""
        if listening := process.listener(self._stage.config.gateway_port):
            await process.end(listening)
        if self._runs:
            await self._runs.stop(group=True)
            self._runs = None

    def clear(self) -> None:
        """Delete the dump."""
        self._dump.unlink(missing_ok=True)

    async def _postgres(self, program: str, *words: str, check: bool = True) -> None:
        where = self._stage.database
        login = ("-h", where.host, "-p", str(where.port), "-U", where.user, "-d", where.name)
        env = self._site().database_environment()
        await shell.run((tools.postgres(program), *login, *words), env=env, deadline=DUMP_SECONDS, check=check)

    async def _npx(self, version: str) -> None:
        npx = (*tools.npx(), "--yes", f"--package={PACKAGE}@{version}", "-c", RUN)
        site = self._site()
        env = {**site.environment(), "npm_config_cache": str(self._cache)}
        env["PATH"] = f"{tools.node().parent}:{env['PATH']}"
        log = self._stage.host.folder / f"{self._stage.config.name}-npx.log"
        self._runs = shell.supervise(npx, env=env, log=log)
        async with Probe.open(self._stage.config, site.product) as probe, asyncio.timeout(WAIT_SECONDS):
            while await probe.version() != version:  # noqa: ASYNC110  it is asked over HTTP
                await asyncio.sleep(POLL_SECONDS)

    def _site(self) -> Site:
        return Site(self._stage.host, self._stage.config.name, self._stage.config)
