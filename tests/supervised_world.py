"""Worlds whose owner lets somebody keep the gateway running: a real systemd, or a real pm2."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from astrolabe.domain.kinds import npx
from astrolabe.domain.products.product_file import parse_product
from astrolabe.store.database import Database
from astrolabe.store.streams.instances import Loaded
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.probe import Probe
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.programs import tools
from astrolabe.workers.worker.carry_out import CarryOut
from tests.workers.supervision.machine import Machine
from tests.workers.supervision.pm2_world import Pm2
from tests.world import World, product_text

UNIT = "gateway.service"
NAME = "gateway"

TEXT = """\
[Service]
{variables}
ExecStart={command}
Restart=always
RestartSec=50ms
StartLimitIntervalSec=0
"""


@dataclass
class SupervisedWorld(World):
    """A stand-in that a supervisor keeps."""

    async def owner_starts(self, version: str = "1.1.0") -> None:
        """Install a version, and let the supervisor keep it, as its owner did before Astrolabe."""
        artifact = await self.artifact(version)
        await self.driver.pull(artifact, lambda _: None)
        tree = str(npm.shelf(self.host.artifacts(), artifact))
        env = Site(self.host, self.instance_id, self.config).environment()
        names = (*self.product.start.env, "PATH")
        (script,) = npx.program(str(tools.node()), self.product.package, tree)
        await self.keeps((str(tools.node()), script), {name: env[name] for name in names})
        await self.serves_now()

    async def serves_now(self) -> None:
        """Wait until the gateway answers."""
        async with Probe.open(self.config, self.product) as probe:
            await self.until(probe.health)

    @abstractmethod
    async def keeps(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Let the supervisor keep a command running, also after a boot."""

    @abstractmethod
    async def owners(self) -> Any:
        """Return what the supervisor holds of its owner's."""

    @abstractmethod
    async def reboot(self) -> None:
        """End everything, and start what a boot starts."""

    @abstractmethod
    async def owner_ends(self) -> None:
        """Let the supervisor keep nothing any more."""

    async def stop(self) -> None:
        """Stop the gateway as its owner would."""
        await self.owner_ends()
        await super().stop()


@dataclass
class SystemdWorld(SupervisedWorld):
    """A stand-in that systemd keeps, and workers on the same machine."""

    machine: Machine = field(kw_only=True)
    log_url: str = field(kw_only=True)

    async def keeps(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Write a unit, and start it."""
        variables = "\n".join(f'Environment="{name}={value}"' for name, value in env.items())
        self.machine.unit(UNIT, TEXT.format(variables=variables, command=" ".join(command)))
        await self.machine.systemctl("daemon-reload")
        await self.machine.systemctl("start", UNIT)

    async def owners(self) -> Any:
        """List the drop-ins of the unit."""
        return sorted(each.name for each in self.machine.units.glob(f"{UNIT}.d/*"))

    async def reboot(self) -> None:
        """Cut the machine's power."""
        await self.machine.reboot()

    async def owner_ends(self) -> None:
        """Stop the unit."""
        await self.machine.systemctl("stop", UNIT)

    async def carry_out(self, worker: str = "worker-1") -> Loaded:
        """Do all that is due, by a worker on the machine."""
        folder, product = str(self.host.folder), product_text(self.registry)
        await self.machine.does(carries_out, worker, folder, product, self.log_url, self.instance_id)
        return await self.loaded()


async def carries_out(worker: str, folder: str, product: str, log_url: str, instance_id: str) -> None:
    """Do all that is due on an instance."""
    products = {"standin": parse_product(product, "standin.toml")}
    host = Host("local", Path(folder), products, Secrets([Path(folder, "secrets")]))
    async with Database(log_url, pool_size=4) as database:
        await CarryOut(database, host, worker, lease_seconds=5)(instance_id)


@dataclass
class Pm2World(SupervisedWorld):
    """A stand-in that pm2 keeps."""

    pm2: Pm2 = field(kw_only=True)

    async def keeps(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Start a process, and save the list."""
        node, script = command
        own = {name: value for name, value in env.items() if name != "PATH"}
        await self.pm2("start", script, "--name", NAME, "--interpreter", node, **own)
        await self.pm2("save")

    async def owners(self) -> Any:
        """Return what pm2 was told of the process."""
        entry = await self.pm2.entry(NAME)
        return {name: entry.get(name) for name in ("pm_exec_path", "exec_interpreter", "args", "pm_cwd", "astrolabe")}

    async def reboot(self) -> None:
        """End pm2, and start what it saved."""
        await self.pm2.reboots()

    async def owner_ends(self) -> None:
        """Forget the process."""
        await self.pm2("delete", "all")
