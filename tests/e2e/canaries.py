"""Canaries: a secret of its own in each place that a secret can be, and the search for all of them everywhere else."""

import asyncio
import contextlib
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import AsyncGenerator, Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Final

import asyncpg

from astrolabe.workers.programs.encodings import ways

LOOK_SECONDS: Final = 0.03
"""How often processes are looked at; most commands live ten times as long."""

TABLES: Final = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'astrolabe'"


@dataclass(frozen=True)
class Canary:
    """A secret, the files that are its own place, and whether a gateway is given it by its own instance."""

    name: str
    secret: str
    homes: tuple[Path, ...] = ()
    of_gateway: bool = False


def canary(name: str, *homes: Path, of_gateway: bool = False, plain: bool = False) -> Canary:
    """Make a secret that every encoding writes in another way, unless it must be a plain word."""
    odd = "" if plain else '/+ ü"\\&=%'
    return Canary(name, f"{name}{odd}{token_hex(8)}", homes, of_gateway)


@dataclass
class Canaries:
    """All of them, and where any was seen that it should not be."""

    all: list[Canary] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    looked: int = 0
    """How many texts were looked through."""
    _needles: dict[str, re.Pattern[bytes]] = field(default_factory=dict)

    def add(self, *canaries: Canary) -> None:
        """Look for these too."""
        self.all += canaries

    def look(self, where: str, content: bytes | str, *, allowed: Callable[[Canary], bool] = lambda _: False) -> None:
        """Look through a text, and through what is compressed in it, for all but those that may be there."""
        self.looked += 1
        for text in _unpacked(content.encode() if isinstance(content, str) else content):
            found = [each.name for each in self.all if not allowed(each) and self._pattern(each).search(text)]
            self.seen |= {f"{name} in {where}" for name in found}

    def _pattern(self, canary: Canary) -> re.Pattern[bytes]:
        if canary.name not in self._needles:
            written = {way.encode() for way in ways(canary.secret)}
            written |= {each.hex().encode() for each in written} | {canary.secret.encode("utf-16-le")}
            self._needles[canary.name] = re.compile(b"|".join(map(re.escape, written)))
        return self._needles[canary.name]

    def files(self, *folders: Path) -> None:
        """Look through all files of folders but a canary's own, and through their names."""
        for path in (each for folder in folders for each in folder.rglob("*")):
            self.look(f"the name of {path}", str(path))
            if path.is_file() and not path.is_symlink() and not _is_pulled(path):
                self.look(str(path), path.read_bytes(), allowed=lambda each, path=path: _is_home(each, path))

    async def tables(self, url: str) -> None:
        """Look through every table of a log."""
        connection = await asyncpg.connect(url)
        try:
            for (table,) in await connection.fetch(TABLES):
                for row in await connection.fetch(f"SELECT to_jsonb(t)::text FROM {table} t"):
                    self.look(table, row[0])
        finally:
            await connection.close()

    @contextlib.asynccontextmanager
    async def processes(self, gateways: str) -> AsyncGenerator[None]:
        """Look all the time at every command, and at the variables of gateways, who are started from this folder."""
        looking = asyncio.create_task(self._follow(gateways))
        try:
            yield
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking

    async def _follow(self, gateways: str) -> None:
        known: set[bytes] = set()
        while True:
            await asyncio.to_thread(self.look_at_processes, gateways, known)
            await asyncio.sleep(LOOK_SECONDS)

    def look_at_processes(self, gateways: str, known: set[bytes]) -> None:
        """Look at what runs now, but for what is `known`."""
        for process in (each for each in Path("/proc").iterdir() if each.name.isdigit()):
            command = _read(process / "cmdline")
            if gateways.encode() in command:
                variables = _read(process / "environ")
                if variables not in known:
                    known.add(variables)
                    self.look("a gateway's variables", variables, allowed=lambda each: each.of_gateway)
            if command not in known:
                known.add(command)
                self.look("a command", command.replace(b"\0", b" "))

    def check(self, expected: Collection[str] = ()) -> None:
        """See that nothing was seen but this."""
        assert self.seen == set(expected)


def _is_home(canary: Canary, path: Path) -> bool:
    """Return whether a file is a canary's own, or a closed one with what a gateway printed that knows it."""
    printed = path.parent.name == "logs" and path.parents[2].name == "instances"
    return path in canary.homes or (canary.of_gateway and printed and path.stat().st_mode & 0o077 == 0)


def _read(path: Path) -> bytes:
    with contextlib.suppress(OSError):
        return path.read_bytes()
    return b""


def _is_pulled(path: Path) -> bool:
    return "node_modules" in path.parts


def _unpacked(content: bytes) -> Iterator[bytes]:
    """Yield a text, and those that are compressed in it."""
    yield content
    with contextlib.suppress(OSError, EOFError, zlib.error):
        yield gzip.decompress(content)
    with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield from map(archive.read, archive.namelist())
