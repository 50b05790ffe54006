"""Practising: a product's version, started as its owner would, with a PostgreSQL server that is there for it alone."""

import contextlib
import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from astrolabe.cli.failure import CommandError, CommandFailed
from astrolabe.cli.printing import note
from astrolabe.cli.scratch import BY_ITS_OWNER, checked, make_database, start_version
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.instances.registration import needs_database
from astrolabe.domain.instances.secret_names import looks_secret
from astrolabe.domain.products.product import Product
from astrolabe.domain.words import Name, SecretRef, SettingName, Version
from astrolabe.store.ids import new_id
from astrolabe.store.whole_file import write
from astrolabe.workers.instance import process
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.npm.npx import NpxDriver

GRACE_SECONDS: Final = 3.0
"""How long it may take to end: its database is gone, for which some would wait, and nothing of it is kept."""


class Wanted(Struct, frozen=True):
    """What is to be started."""

    product: Product
    """What it is."""
    version: Version
    """Which version of it."""
    name: Name
    """The name of the instance that it is to be registered as."""
    port: int | None
    """The port that it is to listen on; None for a product without one."""
    settings: dict[SettingName, str]
    """What it is given beside its database."""
    folder: str | None
    """The folder that it is started in; None for an empty one."""


class Practice:
    """A product's version that runs in a scratch folder; its secrets lie where the worker of `up` finds them."""

    def __init__(self, wanted: Wanted, scratch: Path, secrets_folder: Path) -> None:
        self._wanted: Final = wanted
        self._scratch: Final = scratch
        self._kept: Final = secrets_folder / wanted.name
        self._id: Final = new_id()
        self._files: Final[list[Path]] = []
        self.register: str = ""
        """The command that registers it, once it runs."""

    def refuse_taken(self) -> None:
        """Raise CommandError where its name is in use here, before anything is begun."""
        passwords = ["password"] if needs_database(self._wanted.product) else []
        for each in (*passwords, *(_secret_file(name) for name, _ in self._secret_settings())):
            self._refuse_kept(self._kept / each)

    async def start(self, environment: Mapping[str, str]) -> None:
        """Start it on the server that an environment names; raises CommandFailed where it does not come to serve."""
        config = await self._config(environment["DATABASE_URL"])
        product, version = self._wanted.product, self._wanted.version
        host = Host("local", self._scratch, {product.name: product}, Secrets([self._kept.parent]))
        note(f"{product.title} {version} is installed by npm, which may take minutes, and started.")
        driver = NpxDriver(Site(host, self._id, config))
        ok, outcome, why = await start_version(driver, config, product, version, BY_ITS_OWNER)
        if not ok:
            raise CommandFailed(f"{product.title} {version} is {outcome}: {why}")
        self.register = registration(config)

    async def end(self) -> None:
        """End it, and what an upgrade started in its place."""
        for each in process.marked_by({self._id}, str(self._scratch)):
            await process.end(each, grace=GRACE_SECONDS)
        found = process.listener(self._wanted.port) if self._wanted.port else None
        if found and found.tree(self._wanted.product.package.package):
            await process.end(found, grace=GRACE_SECONDS)
        for each in self._files:
            each.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._kept.rmdir()

    async def _config(self, server_url: str) -> InstanceConfig:
        wanted = self._wanted
        database = None
        if needs_database(wanted.product):
            self._place("password")
            role = f"practice_{wanted.name.replace('-', '_')}"
            database = await make_database(server_url, role, secrets.token_hex(16), self._kept)
        kept = self._keep_secrets()
        config = InstanceConfig(
            wanted.name,
            wanted.product.name,
            wanted.port,
            database=database,
            settings={name: value for name, value in wanted.settings.items() if name not in kept},
            secrets=kept,
            folder=wanted.folder,
        )
        return checked(config, wanted.product)

    def _keep_secrets(self) -> dict[SettingName, SecretRef]:
        """Keep each setting that looks like a secret in a file, which the line that registers it names."""
        kept: dict[SettingName, SecretRef] = {}
        for name, value in self._secret_settings():
            place = self._place(_secret_file(name))
            write(place, value.encode(), private=True)
            kept[name] = f"file:{place}"
        return kept

    def _secret_settings(self) -> list[tuple[SettingName, str]]:
        product, settings = self._wanted.product, self._wanted.settings
        return [each for each in settings.items() if each[0] in product.settings and looks_secret(*each)]

    def _place(self, name: str) -> Path:
        """Return where a secret is to be kept until the end; raises CommandError where one is kept there already."""
        place = self._kept / name
        self._refuse_kept(place)
        self._kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._files.append(place)
        return place

    @staticmethod
    def _refuse_kept(place: Path) -> None:
        if place.exists():
            raise CommandError(f"{place} is there already; choose another --name.")


def _secret_file(name: SettingName) -> str:
    return f"{name}.secret"


def registration(config: InstanceConfig) -> str:
    """Return the command that registers what runs."""
    words = ["astrolabe", "register", config.name, "--product", config.product]
    if config.port:
        words += ["--port", str(config.port)]
    if where := config.database:
        words += ["--database", f"postgresql://{where.user}@{where.host}:{where.port}/{where.name}"]
        words += ["--password-from", str(where.password)]
    for name, value in config.settings.items():
        words += ["--set", f"{name}={value}"]
    for name, reference in config.secrets.items():
        words += ["--secret", f"{name}={reference}"]
    if config.folder:
        words += ["--folder", config.folder]
    return shlex.join(words)
