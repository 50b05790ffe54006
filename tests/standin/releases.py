"""The stand-in gateway's releases, and the npm packages they are shipped in."""

import base64
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

GATEWAY: Final = Path(__file__).with_name("gateway.js")
NAME: Final = "standin-gateway"
SLOW_STEPS: Final = 6


@dataclass(frozen=True, slots=True)
class Release:
    """A version, the migrations it adds to those of its base, and what is wrong with it."""

    version: str
    adds: Mapping[str, str]
    base: "Release | None" = None
    fault: Mapping[str, object] = field(default_factory=dict)

    @property
    def migrations(self) -> dict[str, str]:
        """Name and SQL of every migration in the package, in the order they run."""
        return {**(self.base.migrations if self.base else {}), **self.adds}


@dataclass(frozen=True, slots=True)
class Package:
    """What a registry knows of one version: its manifest and its tarball."""

    manifest: Mapping[str, Any]
    tarball: bytes

    @property
    def name(self) -> str:
        """The package's name, with its scope."""
        return self.manifest["name"]

    @property
    def version(self) -> str:
        """The exact version."""
        return self.manifest["version"]

    @property
    def integrity(self) -> str:
        """The tarball's hash as npm writes it."""
        return "sha512-" + base64.b64encode(hashlib.sha512(self.tarball).digest()).decode()


FIRST: Final = Release(
    "1.0.0",
    {"0001-create-items": "CREATE TABLE items (id serial PRIMARY KEY, name text NOT NULL);"},
)
FINE: Final = Release(
    "1.1.0",
    {
        "0002-add-note": "ALTER TABLE items ADD COLUMN note text;",
        "0003-create-labels": "CREATE TABLE labels (id serial PRIMARY KEY, name text NOT NULL);",
    },
    FIRST,
)
FAILS_HALF_WAY: Final = Release(
    "1.2.0",
    {
        "1201-add-slug": "ALTER TABLE items ADD COLUMN slug text;"
        " UPDATE items SET slug = lower(name), name = upper(name);",
        # The column is added before the reference fails, for want of a unique key, whatever the tables hold.
        "1202-link-labels": "ALTER TABLE labels ADD COLUMN item text; UPDATE items SET note = 'half way';"
        " ALTER TABLE labels ADD FOREIGN KEY (item) REFERENCES items (slug);",
    },
    FINE,
)
SLOW: Final = Release(
    "1.3.0",
    {
        "1300-create-archive": "CREATE TABLE archive (step integer NOT NULL, item integer NOT NULL, name text);",
        **{
            f"130{step}-fill-archive": f"INSERT INTO archive SELECT {step}, id, name FROM items;"
            f" SELECT pg_sleep(current_setting('standin.slow_ms')::float / 1000 / {SLOW_STEPS});"
            for step in range(1, SLOW_STEPS + 1)
        },
    },
    FINE,
)
NEVER_HEALTHY: Final = Release(
    "1.4.0", {"1401-add-rank": "ALTER TABLE items ADD COLUMN rank integer;"}, FINE, {"unhealthy": True}
)
EXITS: Final = Release("1.5.0", {"1501-add-rank": "ALTER TABLE items ADD COLUMN rank integer;"}, FINE, {"exits": 3})
SICK: Final = Release(
    "1.6.0",
    {"1601-add-rank": "ALTER TABLE items ADD COLUMN rank integer;"},
    FINE,
    {"sick": "the rank of some items is unknown"},
)
ONCE: Final = Release("1.7.0", {"1701-add-rank": "ALTER TABLE items ADD COLUMN rank integer;"}, FINE, {"once": True})
SERVES_FIRST: Final = Release(
    "1.8.0", {"1801-add-rank": "ALTER TABLE items ADD COLUMN rank integer;"}, FINE, {"serves_first": 3000}
)
SILENT: Final = Release(
    "1.9.0", {"1901-add-rank": "ALTER TABLE items ADD COLUMN rank integer;"}, FINE, {"silent_ms": 2500}
)
BREAKING: Final = Release("2.0.0", {"2001-drop-note": "ALTER TABLE items DROP COLUMN note;"}, FINE)
SECOND_STOP: Final = Release("2.1.0", {"2101-add-owner": "ALTER TABLE items ADD COLUMN owner text;"}, BREAKING)
AFTER_STOPS: Final = Release("2.2.0", {"2201-create-owners": "CREATE TABLE owners (name text);"}, SECOND_STOP)
FAILS_AFTER_STOPS: Final = Release(
    "2.3.0",
    {
        "2301-drop-owner": "ALTER TABLE items DROP COLUMN owner;",
        "2302-link-owners": "UPDATE items SET name = 'half way';"
        " ALTER TABLE items ADD FOREIGN KEY (name) REFERENCES no;",
    },
    SECOND_STOP,
)

RELEASES: Final = (
    FIRST,
    FINE,
    FAILS_HALF_WAY,
    SLOW,
    NEVER_HEALTHY,
    EXITS,
    SICK,
    ONCE,
    SERVES_FIRST,
    SILENT,
    SECOND_STOP,
    AFTER_STOPS,
    FAILS_AFTER_STOPS,
    BREAKING,
)
"""Every release, in the order of publication: the last one is `latest`."""


def package(release: Release, modules: Path, *, name: str = NAME, bin_name: str | None = None) -> Package:
    """Pack a release under a name of choice; `modules` is the node_modules folder to bundle, with pg in it."""
    manifest = {
        "name": name,
        "version": release.version,
        "description": "A gateway to rehearse upgrades with",
        "license": "MIT",
        "bin": {bin_name or name.rpartition("/")[2]: GATEWAY.name},
        "engines": {"node": ">=18"},
        "repository": {"type": "git", "url": f"git+https://example.invalid/{name}.git"},
        "dependencies": {"pg": "*"},
        "bundleDependencies": ["pg"],
        "standin": dict(release.fault),
    }
    files = {
        "package.json": json.dumps(manifest, indent=2).encode(),
        GATEWAY.name: GATEWAY.read_bytes(),
        **{f"migrations/{step}.sql": sql.encode() for step, sql in release.migrations.items()},
        **dict(_bundled(modules)),
    }
    return Package(manifest, pack(files))


def packages(modules: Path, *, name: str = NAME, bin_name: str | None = None) -> list[Package]:
    """Pack every release under a name of choice."""
    return [package(release, modules, name=name, bin_name=bin_name) for release in RELEASES]


def unpack(packed: Package, folder: Path) -> Path:
    """Lay a package out as npm would, in well under its time; the script to run with node."""
    with tarfile.open(fileobj=io.BytesIO(packed.tarball)) as tar:
        for entry in tar:  # not extractall, whose filter Python 3.11.2 does not know and 3.14 asks for
            content = tar.extractfile(entry)
            assert content, f"{entry.name} is no file"
            path = folder / entry.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())
            path.chmod(entry.mode)
    return folder / "package" / GATEWAY.name


def pack(files: Mapping[str, bytes]) -> bytes:
    """Make the tarball that npm would make of these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, content in files.items():
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(content)
            entry.mode = 0o755 if path == GATEWAY.name else 0o644
            tar.addfile(entry, io.BytesIO(content))
    # No time in the header: the same release has the same integrity in every session.
    return gzip.compress(packed.getvalue(), compresslevel=1, mtime=0)


def _bundled(modules: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(modules.rglob("*")):
        # Dot entries are npm's own notes on the folder; a package does not carry them.
        inside = path.relative_to(modules)
        if path.is_file() and not inside.parts[0].startswith("."):
            yield f"node_modules/{inside.as_posix()}", path.read_bytes()
