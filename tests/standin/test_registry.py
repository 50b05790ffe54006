import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from astrolabe.workers.programs.shell import run
from tests.standin.npm import environment, npm
from tests.standin.registry import Registry
from tests.standin.releases import NAME, RELEASES, package, packages


@pytest.fixture
def registry(standin_registry: Registry) -> Iterator[Registry]:
    """The registry, well-behaved again afterwards."""
    yield standin_registry
    standin_registry.reset()


async def test_view_tells_the_exact_version_and_its_identity(registry: Registry, tmp_path: Path):
    """`npm view` resolves `latest` to a version with its integrity, bin, repository and engines."""
    words = ("view", f"{NAME}@latest", "name", "version", "dist", "bin", "repository", "engines", "--json")
    seen = json.loads((await npm(*words, registry=registry.url, home=tmp_path)).stdout)
    assert (seen["name"], seen["version"]) == (NAME, "2.0.0")
    assert seen["dist"]["integrity"] == registry.package(NAME, "2.0.0").integrity
    assert seen["dist"]["tarball"].startswith(registry.url)
    assert seen["bin"] == {NAME: "gateway.js"}
    assert seen["repository"]["url"].startswith("git+https://")
    assert seen["engines"] == {"node": ">=18"}


async def test_install_records_the_published_integrity_and_asks_for_nothing_else(registry: Registry, tmp_path: Path):
    """`npm install` takes our one tarball: pg and all it needs are inside it."""
    await npm("install", "--prefix", str(tmp_path), f"{NAME}@1.1.0", registry=registry.url, home=tmp_path)
    lock = json.loads((tmp_path / "package-lock.json").read_text())
    assert lock["packages"][f"node_modules/{NAME}"]["integrity"] == registry.package(NAME, "1.1.0").integrity
    assert set(registry.requests) == {NAME, f"{NAME}/-/{NAME}-1.1.0.tgz"}
    version = await run(
        [tmp_path / "node_modules" / ".bin" / NAME, "--version"], env=environment(registry.url, tmp_path), deadline=20
    )
    assert version.stdout == "1.1.0\n"


async def test_a_tampered_tarball_is_refused(registry: Registry, tmp_path: Path):
    """A tarball that is not what was published ends in EINTEGRITY, and nothing of it is installed."""
    registry.tamper(NAME, "1.1.0")
    words = ("install", "--prefix", str(tmp_path), f"{NAME}@1.1.0")
    refused = await npm(*words, registry=registry.url, home=tmp_path, check=False)
    assert refused.returncode != 0
    assert "EINTEGRITY" in refused.stderr
    assert not (tmp_path / "node_modules" / NAME / "gateway.js").exists()


async def test_latest_moves_and_npx_follows_it(registry: Registry, tmp_path: Path):
    """`npx NAME@latest` runs the version the tag points to, and another once it has moved."""
    for version in ("1.0.0", "1.1.0"):
        registry.tag(NAME, version)
        shown = await npm(f"{NAME}@latest", "--version", registry=registry.url, home=tmp_path, npx=True)
        assert shown.stdout == f"{version}\n"


async def test_what_was_not_published_is_unknown(registry: Registry, tmp_path: Path):
    """A package or version that was not published is E404 or ETARGET, for no other registry is asked."""
    for wanted, code in (("left-pad", "E404"), ("@openastra/cli", "E404"), (f"{NAME}@9.9.9", "ETARGET")):
        words = ("install", "--prefix", str(tmp_path), wanted)
        refused = await npm(*words, registry=registry.url, home=tmp_path, check=False)
        assert (refused.returncode, code in refused.stderr) == (1, True), refused.stderr


async def test_a_registry_that_is_down_is_reported_and_comes_back(registry: Registry, tmp_path: Path):
    """Answering 500, or refusing connections, npm fails; open again at the same address it succeeds."""
    words = ("view", NAME, "version")
    registry.failing = True
    assert "E500" in (await npm(*words, registry=registry.url, home=tmp_path, check=False)).stderr
    registry.failing = False
    registry.close()
    assert "ECONNREFUSED" in (await npm(*words, registry=registry.url, home=tmp_path, check=False)).stderr
    registry.open()
    assert (await npm(*words, registry=registry.url, home=tmp_path)).stdout == "2.0.0\n"


async def test_a_tarball_can_be_held_back_and_let_go(registry: Registry):
    """With a delay the document still comes at once, a tarball only when the time is over or the registry closes."""
    registry.delay = 60
    async with httpx.AsyncClient(base_url=registry.url, trust_env=False) as http:
        assert (await http.get(NAME)).status_code == 200
        held = asyncio.create_task(http.get(f"{NAME}/-/{NAME}-1.0.0.tgz", timeout=60))
        assert not (await asyncio.wait((held,), timeout=0.2))[0]
        registry.close()
        assert (await held).content == registry.package(NAME, "1.0.0").tarball


async def test_the_gateway_can_be_published_under_other_names(standin_modules: Path, tmp_path: Path):
    """Name and bin are free to choose, and a scoped package installs globally under a prefix with its bin."""
    with Registry() as registry:
        for name, bin_name in (("astra", None), ("@openastra/cli", "astra")):
            registry.publish(package(RELEASES[0], standin_modules, name=name, bin_name=bin_name))
            prefix = tmp_path / (bin_name or name) / name.rpartition("/")[2]
            prefix.mkdir(parents=True)
            await npm("install", "-g", "--prefix", str(prefix), name, registry=registry.url, home=tmp_path)
            shown = await run(
                [prefix / "bin" / "astra", "--version"], env=environment(registry.url, tmp_path), deadline=20
            )
            assert shown.stdout == "1.0.0\n"


def test_a_published_version_stays_what_it_is(standin_modules: Path):
    """Publishing a version twice is refused, as the public registry refuses it."""
    with Registry() as registry:
        registry.publish(package(RELEASES[0], standin_modules))
        with pytest.raises(ValueError, match="already published"):
            registry.publish(package(RELEASES[0], standin_modules))


def test_all_releases_are_packed_within_seconds(standin_modules: Path):
    """Every release is packed in under eight seconds of computing, and packs to the same bytes each time."""
    started = time.process_time()
    first = packages(standin_modules)
    assert time.process_time() - started < 8
    assert [p.integrity for p in first] == [p.integrity for p in packages(standin_modules)]
    assert len(first) == len(RELEASES)
