"""The running version: it is copied from where it lies if npm's lock and cache prove each file, else installed anew."""

import asyncio
import json
import os
import shutil
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.products.product_file import parse_product
from astrolabe.store.ids import new_id
from astrolabe.workers.instance import process
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.npm import cache, npm, running_tree
from astrolabe.workers.kinds.npm.npx import NpxDriver
from astrolabe.workers.programs import shell, tools
from tests.ports import free_port
from tests.standin.registry import Registry
from tests.standin.releases import Package, pack
from tests.waiting import until
from tests.world import npm_settings

PRODUCT = """
name = "part"
title = "A gateway of parts"

[npm]
package = "part"
bin = "part"
registry = "{registry}"
"""

GATEWAY = """\
#!/usr/bin/env node
require('piece');
if (process.argv[2] === '--version') console.log('1.0.0');
else require('http').createServer((_, answer) => answer.end('well')).listen(process.argv[2], '127.0.0.1');
"""


def package(name: str, version: str, files: dict[str, str], **also: object) -> Package:
    """Pack some files."""
    manifest = {"name": name, "version": version, "license": "MIT", **also}
    texts = {"package.json": json.dumps(manifest), **files}
    return Package(manifest, pack({each: text.encode() for each, text in texts.items()}))


@dataclass
class Owner:
    """Somebody who installed a gateway by hand."""

    registry: Registry
    driver: NpxDriver
    port: int
    artifact: Artifact
    tree: Path
    shelf: Path

    async def pulls(self) -> str:
        """Pull what runs; return what is said of it."""
        note = await self.driver.pull(self.artifact, lambda _: None)
        assert await self.driver.has(self.artifact)
        await self.driver.prove(self.artifact)
        return note or ""

    async def copies(self, *, scripts: bool = False) -> int:
        """Copy the tree; return how many packages it has."""
        to = self.shelf.parent / "copied"
        return await running_tree.copy(self.tree, self.artifact, to, lambda _: None, scripts=scripts)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Registry]]:
    """Install a gateway by hand; of its dependency there is a newer version since."""
    folder = tmp_path_factory.mktemp("home")
    with Registry() as registry, pytest.MonkeyPatch.context() as patch:
        npm_settings(folder, patch)
        piece = {"index.js": "", ".gitignore": "built\n", "bin/cut.js": "#!/usr/bin/env node\n", "lib/a/b.json": "{}"}
        registry.publish(package("piece", "1.0.0", piece, bin={"cut": "bin/cut.js"}))
        needs = {"bin": {"part": "part.js"}, "dependencies": {"piece": "^1.0.0"}}
        registry.publish(package("part", "1.0.0", {"part.js": GATEWAY}, **needs))
        words = ("install", "--prefix", folder / "tree", "part@1.0.0", "--registry", registry.url)
        asyncio.run(shell.run([*tools.npm(), *words], env=npm.environment(), deadline=60))
        registry.publish(package("piece", "1.1.0", {"index.js": "throw new Error('nobody tried me');"}))
        yield folder, registry


@pytest.fixture
def owner(home: tuple[Path, Registry], tmp_path: Path) -> Owner:
    """A tree of that gateway."""
    folder, registry = home
    registry.reset()
    tree = tmp_path / "by-hand"
    shutil.copytree(folder / "tree", tree, symlinks=True)
    product = parse_product(PRODUCT.format(registry=registry.url), "part.toml")
    port = free_port()
    host = Host("local", tmp_path / "host", {"part": product}, Secrets([]))
    driver = NpxDriver(Site(host, new_id(), InstanceConfig("part", "part", port)))
    artifact = Artifact("part", "1.0.0", registry.package("part", "1.0.0").integrity, registry.url)
    return Owner(registry, driver, port, artifact, tree, npm.shelf(host.artifacts(), artifact))


@pytest_asyncio.fixture
async def running(owner: Owner, tmp_path: Path) -> AsyncIterator[Owner]:
    """That gateway as it runs."""
    command = [tools.node(), owner.tree / "node_modules" / ".bin" / "part", str(owner.port)]
    gateway = shell.supervise(command, env=npm.environment(), log=tmp_path / "part.log")
    await until(lambda: process.listener(owner.port) is not None)
    yield owner
    await gateway.stop()


def files(tree: Path) -> dict[str, tuple[bytes, int] | str]:
    """Every file of a tree with whether it may be run, and every link with where it leads."""
    return {
        str(each.relative_to(tree)): str(each.readlink())
        if each.is_symlink()
        else (each.read_bytes(), each.stat().st_mode & stat.S_IXUSR)
        for each in (tree / "node_modules").rglob("*")
        if each.is_symlink() or each.is_file()
    }


async def test_what_runs_is_copied_without_asking_a_registry(running: Owner) -> None:
    """It is byte for byte what runs, dependencies too: not what the same command would install today."""
    running.registry.close()
    note = await running.pulls()
    assert f"was copied from {running.tree}, where it runs" in note
    assert "2 packages" in note
    assert files(running.shelf) == files(running.tree)
    assert not running.registry.requests


async def test_what_cannot_be_proven_is_installed_anew(running: Owner) -> None:
    """The log says what was in the way; what is installed is what the registry has, and nothing of the tree."""
    changed(running.tree)
    running.registry.publish(package("piece", "1.2.0", {"index.js": ""}))
    assert "node_modules/piece/index.js is not as it came" in await running.pulls()
    manifest = json.loads((running.shelf / "node_modules" / "piece" / "package.json").read_text())
    assert manifest["version"] == "1.2.0"


def changed(tree: Path) -> None:
    """Mend a dependency by hand."""
    (tree / "node_modules" / "piece" / "index.js").write_text("// mended by hand\n")


def lacking(tree: Path) -> None:
    """Lose a file of a dependency."""
    (tree / "node_modules" / "piece" / "lib" / "a" / "b.json").unlink()


def led_elsewhere(tree: Path) -> None:
    """Put a link in the place of a file that reads the same."""
    file = tree / "node_modules" / "piece" / "index.js"
    file.rename(tree / "index.js")
    file.symlink_to(tree / "index.js")


def unlocked(tree: Path) -> None:
    """Lose what npm wrote of the tree."""
    (tree / cache.LOCK).unlink()


def of_another(tree: Path) -> None:
    """Belong to somebody else than the worker."""
    if os.geteuid() != 0:
        pytest.skip("gives a folder to somebody else, which root alone may")
    os.chown(tree / "node_modules", 4711, -1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (changed, "node_modules/piece/index.js is not as it came"),
        (lacking, "node_modules/piece/lib/a/b.json is not there"),
        (led_elsewhere, "node_modules/piece/index.js is not there"),
        (unlocked, "npm left no lock in"),
        (of_another, "belongs to another user"),
    ],
)
async def test_a_tree_that_is_not_what_was_installed_is_not_copied(
    owner: Owner, change: Callable[[Path], None], why: str
) -> None:
    """Whatever differs is named."""
    change(owner.tree)
    with pytest.raises(running_tree.Unproven, match=why):
        await owner.copies()


async def test_a_tarball_that_npm_lost_or_that_is_another_proves_nothing(owner: Owner) -> None:
    """What the cache holds under a hash is hashed again."""
    package = owner.registry.package("piece", "1.0.0")
    held = await cache.contents() / cache.place(package.integrity)
    for content, why in ((owner.registry.TAMPERED, "piece 1.0.0 is not that"), (None, "does not hold piece 1.0.0")):
        held.unlink()
        if content:
            held.write_bytes(content)
        with pytest.raises(running_tree.Unproven, match=why):
            await owner.copies()
        held.write_bytes(package.tarball)


async def test_files_that_scripts_made_are_not_proven(owner: Owner) -> None:
    """Where scripts are run, a package that has some is npm's to install; where they are not, its own files suffice."""
    altered(owner, "node_modules/piece", hasInstallScript=True)
    with pytest.raises(running_tree.Unproven, match="scripts of piece"):
        await owner.copies(scripts=True)
    assert await owner.copies() == 2


def altered(owner: Owner, path: str, **fields: object) -> None:
    """Write something else of a package into the lock."""
    lock = owner.tree / cache.LOCK
    found = json.loads(lock.read_text())
    found["packages"].setdefault(path, {}).update(fields)
    lock.write_text(json.dumps(found))


@pytest.mark.parametrize(
    ("path", "fields", "why"),
    [
        ("node_modules/part", {"version": "0.9.0"}, "holds 0.9.0"),
        ("node_modules/part", {"integrity": "sha512-AAAA"}, "holds 1.0.0 sha512-AAAA"),
        ("node_modules/piece", {"link": True}, "piece came from no registry"),
        ("node_modules/own", {"version": "1.0.0"}, "own came from no registry"),
        ("node_modules/../../etc", {"integrity": "sha512-AAAA"}, "came from no registry"),
        ("node_modules/piece", {"integrity": "sha1-AAAA"}, "does not hold piece"),
        ("node_modules/piece", {"integrity": "nothing"}, "does not hold piece"),
    ],
)
async def test_a_lock_that_says_something_else_proves_nothing(
    owner: Owner, path: str, fields: dict[str, object], why: str
) -> None:
    """Another version, a folder of the owner's, a place outside the tree, a hash of nothing."""
    altered(owner, path, **fields)
    with pytest.raises(running_tree.Unproven, match=why):
        await owner.copies()
