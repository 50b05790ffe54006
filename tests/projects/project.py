"""A project of a product's owner: its files, its commands, its database and its own files."""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited

UP_SECONDS: Final = 300

GUARD: Final = """
CREATE FUNCTION sabotage() RETURNS event_trigger LANGUAGE plpgsql
  AS $$ BEGIN RAISE EXCEPTION 'sabotaged: no table may be changed'; END $$;
CREATE EVENT TRIGGER sabotage ON ddl_command_end
  WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE', 'CREATE INDEX', 'DROP TABLE', 'DROP INDEX') EXECUTE FUNCTION sabotage();
"""
"""What makes every migration of tables fail, as a row of somebody's own would make one of them."""
NO_GUARD: Final = "DROP EVENT TRIGGER sabotage; DROP FUNCTION sabotage();"


@dataclass
class Project:
    """One project in a folder."""

    folder: Path
    name: str
    port: int
    database: str
    password: str
    http: httpx.AsyncClient

    @classmethod
    def make(cls, folder: Path, name: str, port: int, database: str) -> "Project":
        """Make the folder and a password."""
        folder.mkdir(parents=True)
        http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30)
        return cls(folder, name, port, database, secrets.token_hex(12), http)

    async def compose(self, *words: str) -> str:
        """Type a command of Compose; return what it printed."""
        command = ["docker", "compose", "--project-directory", self.folder, "-p", self.name, *words]
        return (await shell.run(command, env=inherited(), deadline=UP_SECONDS)).stdout

    async def inside(self, service: str, *words: str) -> str:
        """Run a command in a service's container."""
        return await self.compose("exec", "--no-TTY", service, *words)

    async def sql(self, statement: str, database: str = "") -> str:
        """Run statements as the owner of the database's server; rows are lines."""
        url = f"postgresql://{self.database}:{self.password}@127.0.0.1/{database or self.database}"
        return (await self.inside("db", "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", url, "-c", statement)).strip()

    async def databases(self) -> list[str]:
        """Name all databases of the project's server."""
        return (await self.sql("SELECT datname FROM pg_database WHERE NOT datistemplate")).splitlines()

    async def versions(self) -> dict[str, str]:
        """Return the version in the tag that each service runs, but the database's; without what is around it."""
        images = await self.compose("ps", "--format", "{{.Service}} {{.Image}}")
        found = dict(line.split(" ", 1) for line in images.splitlines() if line)
        return {service: image.partition("@")[0].rpartition(":")[2] for service, image in found.items()}


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder by its path."""
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    return {str(each.relative_to(folder)): hashlib.sha256(each.read_bytes()).hexdigest() for each in files}
