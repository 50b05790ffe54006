"""A site: one instance on this host, with all that acting on it needs."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.products.product import Product
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.host import Host
from astrolabe.workers.programs.environment import inherited


@dataclass(frozen=True)
class Site:
    """An instance as this host sees it; what is secret is resolved each time it is needed, for it may change."""

    host: Host
    instance_id: str
    config: InstanceConfig
    on_private_port: bool = False
    """Whether the gateway is started where only this host reaches it."""

    @cached_property
    def product(self) -> Product:
        """The product file of this instance."""
        return self.host.product(self.config.product)

    @cached_property
    def instance_folder(self) -> Path:
        """The folder of this instance's logs and marks."""
        return self.host.instance_folder(self.instance_id)

    @property
    def password(self) -> str | None:
        """The database's password, None where it needs none."""
        database = self.config.database
        return self.host.secrets.resolve(database.password) if database and database.password else None

    @property
    def secret_settings(self) -> dict[str, str]:
        """The settings that are secret."""
        return {name: self.host.secrets.resolve(place) for name, place in self.config.secrets.items()}

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that no event and no log line may show."""
        return self.host.secrets.of(self.config)

    @cached_property
    def database(self) -> InstanceDatabase | None:
        """The instance's database, None where it has none."""
        return InstanceDatabase(self.config.database, self.password) if self.config.database else None

    def _placeholders(self) -> dict[str, str]:
        values = {"address": self.config.address, "port": str(self.config.port or ""), "database_url": ""}
        if where := self.config.database:
            login = quote(where.user, safe="") + (f":{quote(self.password, safe='')}" if self.password else "")
            if where.host.startswith("/"):
                values["database_url"] = f"postgresql://{login}@/{where.name}?host={where.host}&port={where.port}"
            else:
                values["database_url"] = f"postgresql://{login}@{where.host}:{where.port}/{where.name}"
        return values

    def arguments(self, args: tuple[str, ...]) -> list[str]:
        """Fill the placeholders of a product's arguments."""
        return [arg.format(**self._placeholders()) for arg in args]

    def environment(self) -> dict[str, str]:
        """Return the environment of the product's own commands: what is inherited, the product's, the instance's."""
        values = self._placeholders()
        own = {name: value.format(**values) for name, value in self.product.start.env.items()}
        return {**inherited(), **own, **self.config.settings, **self.secret_settings}

    def database_environment(self) -> dict[str, str]:
        """Return the environment of PostgreSQL's own programs."""
        return {**inherited(), **({"PGPASSWORD": self.password} if self.password else {}), "PGCONNECT_TIMEOUT": "10"}
