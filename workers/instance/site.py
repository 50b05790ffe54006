"""A site: one instance on this host, with all that acting on it needs."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from msgspec.structs import replace

from astrolabe.domain.instances.destination import Destination, of_settings, stays_here
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.domain.products.placeholders import PLACEHOLDERS
from astrolabe.domain.products.product import Product
from astrolabe.domain.supervision.supervisor import SupervisorId
from astrolabe.workers.instance.authentication import REQUIRES_SINCE, required_of
from astrolabe.workers.instance.connection_string import connection_string, encryption_of, schema_of
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.kept_variables import KeptVariables
from astrolabe.workers.instance.reach import NoAddressError, Reach
from astrolabe.workers.programs.environment import inherited, inherited_by

ENGINE_PORT = 2375
"""Where Docker's program asks an engine over plain TCP if no port is named."""

NAMELESS = "Correct the engine's host, or write its address, then retry."


@dataclass(frozen=True)
class Site:
    """An instance as this host sees it; what is secret is resolved each time it is needed, for it may change."""

    host: Host
    instance_id: str
    config: InstanceConfig
    on_private_port: bool = False
    """Whether the gateway is started where only this host reaches it."""
    supervisor: SupervisorId | None = None
    """Who keeps the gateway running; None where nobody does."""
    user: ProcessUser | None = None
    """Whom the gateway runs as; None where its kind or its supervisor sees to that, or nobody looked yet."""

    @property
    def other_user(self) -> ProcessUser | None:
        """The user that the gateway is started as where that is not the worker's own, which only root may choose."""
        chosen = self.user if self.supervisor is None and os.geteuid() == 0 else None
        return chosen if chosen and chosen.uid != 0 else None

    @cached_property
    def product(self) -> Product:
        """The product file of this instance; its migration history is where the instance's connection string says."""
        product, database = self.host.product(self.config.product), self.config.database
        schema = schema_of(database) if database else None
        if product.migrations is None or schema is None or not product.migrations.table.startswith("public."):
            return product
        table = f"{schema}.{product.migrations.table.partition('.')[2]}"
        return replace(product, migrations=replace(product.migrations, table=table))

    @cached_property
    def instance_folder(self) -> Path:
        """The folder of this instance's logs and marks."""
        return self.host.instance_folder(self.instance_id)

    @property
    def password(self) -> str | None:
        """The database's password, None where it needs none."""
        return self.host.secrets.password(self.config)

    @property
    def secret_settings(self) -> dict[str, str]:
        """The settings that are secret."""
        return self.host.secrets.settings(self.config)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that no event and no log line may show."""
        return self.host.secrets_of(self.instance_id, self.config)

    @cached_property
    def database(self) -> InstanceDatabase | None:
        """The instance's database, None where it has none."""
        where = self.config.database
        return InstanceDatabase(where, self.password, self.reach) if where else None

    @cached_property
    def reach(self) -> Reach:
        """Where this instance may be asked."""
        engine_is_here = all(each.is_here for each in of_settings(self.config))
        return Reach(self.host.allowed, stays_here(self.config), engine_is_here)

    async def checked_engine(self) -> dict[str, str]:
        """Return what Docker's program is given besides, so that it asks the engine where that was checked.

        Raises StepFailed where the instance names an engine that this worker may not ask. TLS and SSH prove by
        themselves who answers, by the name; plain TCP does not.
        """
        plain = (engine := str(self.config.compose and self.config.compose.engine)).startswith("tcp://")
        for each in of_settings(self.config):
            try:
                found = await self.reach.addresses(each.host)
            except NoAddressError as error:
                raise StepFailed("engine-unreachable", f"The engine {engine}: {error}.", todo=NAMELESS) from error
            if plain and not inherited().get("DOCKER_TLS_VERIFY"):
                return {"DOCKER_HOST": f"tcp://{Destination(found[0], each.port or ENGINE_PORT)}"}
        return {}

    @property
    def kept_variables(self) -> KeptVariables:
        """What is kept on this host of the environment that its owner started it with."""
        return self.host.kept_variables(self.instance_id, self.config)

    @property
    def filled_variables(self) -> frozenset[str]:
        """The variables that the product's file fills in with an address, a port or a connection string."""
        return frozenset([name for name, value in self.product.start.env.items() if "{" in value])

    def _placeholders(self) -> dict[str, str]:
        values = dict.fromkeys(PLACEHOLDERS, "")
        values |= {"address": self.config.address, "port": str(self.config.port or "")}
        if where := self.config.database:
            values |= {
                "database_url": connection_string(where, self.password),
                "database_host": where.host,
                "database_port": str(where.port),
                "database_name": where.name,
                "database_user": where.user,
                "database_password": self.password or "",
            }
        return values

    def arguments(self, args: tuple[str, ...]) -> list[str]:
        """Fill the placeholders of a product's arguments."""
        return [arg.format(**self._placeholders()) for arg in args]

    def environment(self) -> dict[str, str]:
        """Return the environment of the product's own commands: what is inherited, the product's, the instance's."""
        values, kept = self._placeholders(), self.kept_variables.read()
        own = {name: value.format(**values) for name, value in self.product.start.env.items()}
        # While it runs apart it listens elsewhere, on another database: of that the owner's own words are not kept.
        filled = {name: own[name] for name in self.filled_variables}
        base = inherited_by(self.other_user) if self.other_user else inherited()
        return {**base, **own, **kept, **filled, **self.config.settings, **self.secret_settings}

    def database_environment(self, program: int = REQUIRES_SINCE) -> dict[str, str]:
        """Return the environment of PostgreSQL's own programs, by their major version."""
        encryption = encryption_of(self.config.database) if self.config.database else {}
        return {
            **inherited(),
            **{f"PG{name.upper()}": value for name, value in encryption.items()},
            **({"PGPASSWORD": self.password} if self.password else {}),
            **required_of(here=self.reach.database_is_here, program=program),
            "PGCONNECT_TIMEOUT": "10",
        }
