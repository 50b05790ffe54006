"""A host: what a worker needs to know of the machine it acts on."""

import contextlib
import os
import stat
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.domain.products.product import Product
from astrolabe.domain.webhooks.web_address import Network
from astrolabe.domain.words import HostName
from astrolabe.store.products.catalogue import Catalogue
from astrolabe.store.settings import DEFAULTS
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.kept_variables import KeptVariables
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.programs.places import HostPlaces

PASS = 0o011
"""The permissions by which others go through a folder and see nothing of it."""


@dataclass(frozen=True)
class Host:
    """One machine: its name, the folder that Astrolabe keeps things in, its products and its secrets."""

    name: HostName
    folder: Path
    products: dict[str, Product]
    secrets: Secrets
    allowed: tuple[Network, ...] = ()
    """The networks that instances may be asked in besides this host's own addresses."""
    catalogue: Catalogue | None = None
    """The files that the products come from; None where they stay as they are."""
    output_retention: timedelta = timedelta(days=DEFAULTS.output_days)
    """How long what a command says at length is kept beside the log."""
    places: HostPlaces = field(default_factory=HostPlaces)
    """How much of what takes long is done at once."""

    def product(self, name: str) -> Product:
        """Find a product; raises StepFailed where this host has no such file."""
        if found := (self.catalogue.products if self.catalogue else self.products).get(name):
            return found
        raise StepFailed(
            "product-unknown",
            f"This host has no product file for {name}.",
            todo=f"Put {name}.toml into the worker's product folder, then retry.",
        )

    @property
    def locks(self) -> Path:
        """The folder of the locks by which the workers of this host keep out of each other's way."""
        return self.folder / "locks"

    def artifacts(self) -> Path:
        """Return the folder of everything that was pulled; gateways of other users pass through root's."""
        return self._made("artifacts", passable=os.geteuid() == 0)

    def backups(self, instance_id: str) -> Path:
        """Return the folder of an instance's dumps."""
        return self._made("backups", instance_id)

    def kept_backups(self, instance_id: str) -> list[Path]:
        """Return the dumps of an instance; no folder is made for one that has none."""
        folder = self.folder / "backups" / instance_id
        return list(folder.resolve().iterdir()) if folder.is_dir() else []

    def files(self, instance_id: str) -> Path:
        """Return the folder of the copies of an instance's own folders."""
        return self._made("files", instance_id)

    def instance_folder(self, instance_id: str) -> Path:
        """Return the folder of an instance's logs and marks."""
        return self._made("instances", instance_id)

    def gateway_folder(self, instance_id: str, user: ProcessUser) -> Path:
        """Return the folder that an instance's gateway runs in as another user than ours; it is that user's alone."""
        folder = self._made("gateways", instance_id, passable=True) / "home"
        folder.mkdir(exist_ok=True, mode=0o700)
        os.chown(folder, user.uid, user.gid, follow_symlinks=False)
        return folder

    def by_hand(self, instance_id: str, user: ProcessUser | None, name: str = "by-hand") -> Path:
        """Return where what starts an instance by hand is written, for whoever it runs as to read."""
        folder = self._made("gateways", instance_id, passable=True) if user else self.instance_folder(instance_id)
        return folder / f"{name}.sh"

    def kept_variables(self, instance_id: str, config: InstanceConfig) -> KeptVariables:
        """Return what is kept here of the environment that an instance's owner started it with."""
        return KeptVariables(self.instance_folder(instance_id), config.kept_variables)

    def secrets_of(self, instance_id: str, config: InstanceConfig) -> tuple[str, ...]:
        """Return everything of an instance that no event and no log line may show."""
        # Asked for before each record: where nothing is kept, no folder is looked at.
        kept = self.kept_variables(instance_id, config).secrets() if config.kept_variables else ()
        return (*self.secrets.of(config), *kept)

    def _made(self, *parts: str, passable: bool = False) -> Path:
        folder = self.folder.joinpath(*parts)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if passable:
            _let_pass(self.folder, stat.S_IMODE(self.folder.stat().st_mode) | PASS)
        for nth in range(len(parts)):
            _let_pass(self.folder.joinpath(*parts[: nth + 1]), 0o700 | (PASS if passable else 0))
        return folder.resolve()  # npm writes other paths into its lock when its prefix lies behind a link


def _let_pass(folder: Path, mode: int) -> None:
    """Set who may enter a folder of ours, also one that was made otherwise before."""
    if stat.S_IMODE(folder.stat().st_mode) != mode:
        with contextlib.suppress(PermissionError):  # it is another user's, who says so
            folder.chmod(mode)
