"""A cluster of PostgreSQL to put into an image: each container of it begins with a copy, and makes none of its own."""

import os
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from astrolabe.cli.private_engine import bases
from astrolabe.cli.private_engine.layers import Entry, Layer, LayerFolder, pack, tree
from astrolabe.cli.servers.account import cluster_maker, program, service_account
from astrolabe.cli.servers.folder import DataFolder
from astrolabe.workers.programs import shell, tools

OPTIONS: Final = ("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--wal-segsize", "1")
"""Those of the image's own entry; the log is kept in small files, for each container copies one."""

ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
EVERYBODY: Final = "host all all all scram-sha-256\n"


async def cluster_layer(servers: DataFolder, place: Path, password: str) -> Layer:
    """Make a cluster whose superuser is `postgres`, in a folder of servers, and pack it where the image looks for it.

    To make one takes two seconds of computing, which every project of the tests would spend anew.
    """
    account, home = cluster_maker(service_account()), Path(mkdtemp(prefix="cluster-", dir=servers.path))
    (home / "password").write_text(password)
    if account:
        for path in (home, home / "password"):
            os.chown(path, account.uid, account.gid)
    initdb, data = program(tools.postgres("initdb"), account, servers.path / "programs"), home / "data"
    command = [initdb, "--pgdata", data, "--username", "postgres", "--pwfile", home / "password", *OPTIONS]
    await shell.run(command, env=ENVIRONMENT, cwd=Path("/"), deadline=300, user=account)
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write(EVERYBODY)
    at = bases.DATA.lstrip("/")
    folders: dict[str, Entry] = {
        f"{at}/{path.relative_to(data).as_posix()}": LayerFolder(0o700) for path in data.rglob("*") if path.is_dir()
    }
    return pack(place, {at: LayerFolder(0o700), **folders, **tree(data, at)}, bases.POSTGRES_USER)
