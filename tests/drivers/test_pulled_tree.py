"""The pull: what comes is a tree whose program can be loaded here, or nothing is stopped."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.products.product_file import parse_product
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.commands import Retry
from astrolabe.store.ids import new_id
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.kinds.npm.node import node_for
from astrolabe.workers.kinds.npm.npx import NpxDriver
from astrolabe.workers.programs import tools
from tests.ports import free_port
from tests.standin import command_line
from tests.standin.registry import Registry
from tests.standin.releases import Package
from tests.world import World, npm_settings

PRODUCT = """
name = "part"
title = "A gateway of parts"

[npm]
package = "part"
bin = "part"
registry = "{registry}"
scripts = {scripts}
"""

SCRIPT = """\
#!/usr/bin/env node
console.log(require('./built.json'));
"""


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A registry of packages that other tests know nothing of."""
    npm_settings(tmp_path, monkeypatch)
    with Registry() as registry:
        yield registry


def driver(registry: Registry, folder: Path, scripts: str = "false") -> NpxDriver:
    """What pulls the product of that registry."""
    product = parse_product(PRODUCT.format(registry=registry.url, scripts=scripts), "part.toml")
    host = Host("local", folder / "host", {"part": product}, Secrets([]))
    return NpxDriver(Site(host, new_id(), InstanceConfig("part", "part", free_port())))


async def pulled(acting: NpxDriver) -> Artifact:
    """Pull the only version there is."""
    artifact = (await acting.resolve("1.0.0")).artifact
    await acting.pull(artifact, lambda _: None)
    return artifact


async def test_a_package_that_needs_its_script_is_found_out_before_anything_stops(
    published: Registry, tmp_path: Path
) -> None:
    """What says so names the package and the product's own switch; with that, it is pulled anew and can be loaded."""
    package = command_line.package("part", "part", "1.0.0", SCRIPT)
    builds = "node -e \"require('fs').writeFileSync('built.json', '{}')\""
    published.publish(Package({**package.manifest, "scripts": {"postinstall": builds}}, package.tarball))
    without = driver(published, tmp_path)
    artifact = await pulled(without)
    with pytest.raises(StepFailed) as failed:
        await without.prove(artifact)
    assert failed.value.problem.code == "artifact-unusable"
    assert "scripts of part were not run: let the product's file say scripts = true" in failed.value.problem.todo
    assert "Cannot find module './built.json'" in " ".join(failed.value.problem.seen)
    with_scripts = driver(published, tmp_path, "true")
    assert not await with_scripts.has(artifact)
    await with_scripts.prove(await pulled(with_scripts))


@pytest.mark.parametrize(
    "line",
    ["bin-links=false", "dry-run=true", "global=true", "location=global", "package-lock-only=true", "workspaces=true"],
)
async def test_what_a_user_is_used_to_does_not_change_what_comes(
    published: Registry, tmp_path: Path, line: str
) -> None:
    """A line in the user's npmrc leaves neither nothing nor a tree without its program."""
    published.publish(command_line.package("part", "part", "1.0.0", "#!/usr/bin/env node\n"))
    with (tmp_path / "npmrc").open("a") as npmrc:
        npmrc.write(f"{line}\n")
    acting = driver(published, tmp_path)
    tree = npm.shelf(tmp_path / "host" / "artifacts", await pulled(acting))
    assert (tree / "node_modules" / ".bin" / "part").is_file()


@pytest.mark.kinds("npx", "cli")
async def test_a_tree_that_cannot_be_loaded_stops_nothing_and_is_pulled_anew(standin: World) -> None:
    """It was whole when it was pulled, for an upgrade that was never made; since then a part of it is missing."""
    await standin.unpull("2.0.0")
    artifact = await standin.artifact("2.0.0")
    await standin.driver.pull(artifact, lambda _: None)
    tree = npm.shelf(standin.host.artifacts(), artifact)
    program = (tree / "node_modules" / ".bin" / str(standin.product.package.bin)).resolve()
    program.write_text("#!/usr/bin/env node\nrequire('./missing')\n")
    running = await standin.driver.running()
    await standin.upgrade("2.0.0")
    failed = await standin.one(e.UpgradeFailed)
    assert (failed.step, failed.problem.code) == ("pull", "artifact-unusable")
    assert await standin.driver.running() == running
    await standin.ask(Retry(await standin.upgrade_id()))
    await standin.carry_out()
    assert await standin.running() == "2.0.0"


def put(program: Path, folder: Path) -> Path:
    """Put a program into a folder as the host's own Node."""
    folder.mkdir()
    own = folder / "node"
    own.write_bytes(program.read_bytes())
    own.chmod(own.stat().st_mode | stat.S_IXUSR)
    return own


async def test_the_hosts_own_node_is_preferred_where_it_is_in_range(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is not, or that does not run, leaves it to ours."""
    ours, theirs = tools.node(), put(tools.node(), tmp_path / "own")
    monkeypatch.setenv("PATH", f"{theirs.parent}:/usr/bin:/bin")
    assert (await node_for(">=18")).program == theirs
    assert (await node_for(None)).program == theirs
    other = put(Path("/bin/true"), tmp_path / "other")
    monkeypatch.setenv("PATH", f"{other.parent}:/usr/bin:/bin")
    assert (await node_for(">=18")).program == ours
    broken = tmp_path / "broken" / "node"
    broken.parent.mkdir()
    broken.write_bytes(b"\x7fELF, and no more")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken.parent}:/usr/bin:/bin")
    assert (await node_for(">=18")).program == ours
    assert (await node_for(">=999")).fits is False
