"""npm: what a version is, and a tree of it on this host with the integrity that was planned."""

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from astrolabe.domain.kinds import npm as argv
from astrolabe.domain.kinds import npx
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.products.product import Npm
from astrolabe.store.progress import Amount
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.kinds.driver import OnFetch
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.programs.opening import open_to_all

VIEW_SECONDS = 120.0
INSTALL_SECONDS = 1800.0
MANIFEST = "astrolabe-artifact.json"
FETCHED = re.compile(r"npm http (fetch|cache) .*\.tgz\b")
"""What npm says of a package that has come, from the registry or from its cache; it says no sizes."""


async def view(package: Npm, version: str) -> tuple[Artifact, str | None, str | None]:
    """Resolve a version or `latest`; return the artifact, the Node range that it asks for, and why it is deprecated."""
    try:
        ended = await shell.run(
            argv.view(tools.npm(), package, version), env=inherited(), deadline=VIEW_SECONDS, check=False
        )
    except shell.CommandProblem as error:
        raise _registry_down(package, [str(error)]) from error
    found = _object(ended.stdout)
    if "E404" in ended.stdout + ended.stderr or (ended.returncode == 0 and not found):
        raise StepFailed(
            "version-unknown",
            f"The registry has no {package.package}@{version}.",
            seen=ended.stderr.splitlines(),
            todo="Ask for a version that exists.",
        )
    if ended.returncode != 0 or not found:
        raise _registry_down(package, (ended.stderr + ended.stdout).splitlines())
    _check_identity(package, found)
    dist = found.get("dist") or {}
    artifact = Artifact(
        package.package,
        str(found["version"]),
        str(dist.get("integrity", "")),
        _registry_of(package.package, str(dist.get("tarball", ""))),
    )
    if not artifact.integrity.startswith("sha512-"):
        raise StepFailed("wrong-artifact", f"The registry gives no SHA-512 for {package.package}@{artifact.version}.")
    deprecated = found.get("deprecated")  # some registries say false of what is not
    return artifact, _node_range(found), str(deprecated) if deprecated else None


def environment(node: Path | None = None) -> dict[str, str]:
    """Return the environment in which npm's scripts find the Node that the package will run on."""
    env = inherited()
    return {**env, "PATH": f"{(node or tools.node()).parent}:{env.get('PATH', '')}"}


def shelf(artifacts: Path, artifact: Artifact) -> Path:
    """Return the folder of an artifact's tree; its name holds what it must be, so another can never take its place."""
    digest = artifact.integrity.removeprefix("sha512-").translate(str.maketrans("+/", "-_"))[:16]
    return artifacts / artifact.package / f"{artifact.version}-{digest}"


def has_tree(artifacts: Path, artifact: Artifact) -> bool:
    """Return whether the tree of an artifact is on this host and whole."""
    return (shelf(artifacts, artifact) / MANIFEST).is_file()


def held(artifacts: Path, package: str, version: str) -> Artifact | None:
    """Return what the only whole tree of a version on this host was pulled as; None where there is none, or several."""
    manifests = (artifacts / package).glob(f"{version}-*/{MANIFEST}")
    found = [msgspec.json.decode(each.read_bytes(), type=Artifact) for each in manifests]
    exact = [each for each in found if each.version == version]
    return exact[0] if len(exact) == 1 else None


def pulled_at(tree: Path) -> int:
    """Return when a tree was pulled, in nanoseconds."""
    return (tree / MANIFEST).stat().st_mtime_ns


def same_files(one: Path, other: Path) -> bool:
    """Return whether two copies of a package hold the same files, whatever was installed for it inside them."""
    return _files(one) == _files(other)


def _files(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        if path.is_file() and inside.parts[0] != "node_modules":
            found[inside.as_posix()] = hashlib.sha256(path.read_bytes()).digest()
    return found


def size_of(folder: Path) -> int:
    """Add up the bytes of everything in a tree."""
    return sum(path.lstat().st_size for path in folder.rglob("*"))


async def install(
    package: Npm, artifact: Artifact, artifacts: Path, owner: str, on_fetch: OnFetch, *, node: Path
) -> None:
    """Install an artifact beside its place, check what came, and move it there whole; `owner` names the unfinished."""
    async with shelving(artifact, artifacts, owner) as unfinished:
        await _install(package, artifact, unfinished, on_fetch, node)


@contextlib.asynccontextmanager
async def shelving(artifact: Artifact, artifacts: Path, owner: str) -> AsyncGenerator[Path]:
    """Yield an empty folder for the tree of an artifact, which is moved to its place where nothing is raised."""
    place = shelf(artifacts, artifact)
    for folder in (place.parent, *place.parent.parents):  # a package's scope is a folder of its own
        if folder == artifacts:
            break
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    unfinished = place.parent / f".{owner}"
    await _delete(unfinished)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        (unfinished / MANIFEST).write_bytes(msgspec.json.encode(artifact))
        if os.geteuid() == 0:  # a gateway may run as somebody else
            await asyncio.to_thread(open_to_all, unfinished)
        await _flush(unfinished)
        await _shelve(unfinished, place)
    finally:
        await _delete(unfinished)


async def _install(package: Npm, artifact: Artifact, folder: Path, on_fetch: OnFetch, node: Path) -> None:
    fetched = 0

    def on_line(line: str) -> None:
        nonlocal fetched
        if FETCHED.match(line):
            fetched += 1
            on_fetch(Amount(fetched, None, "packages"))

    command = (*argv.install(tools.npm(), package, artifact.version, str(folder)), "--loglevel=http")
    await carry_out(command, artifact, on_line, node)
    program = Path(npx.program("", package, str(folder))[-1])
    if (came := _installed(folder, package.package)) is None or not program.is_file():
        raise _install_failed(artifact, "", f"npm said that it ended well, and there is no {program.name}")
    if came != (artifact.version, artifact.integrity):
        seen = [f"planned {artifact.version} {artifact.integrity}", f"came {' '.join(came)}"]
        raise wrong_artifact(artifact, seen)


async def carry_out(
    command: Sequence[str],
    artifact: Artifact,
    on_line: Callable[[str], None] | None = None,
    node: Path | None = None,
) -> None:
    """Let npm install something; raises StepFailed where it did not, or only says that it did."""
    try:
        ended = await shell.run(command, env=environment(node), deadline=INSTALL_SECONDS, on_line=on_line)
    except shell.CommandProblem as error:
        raise _install_failed(artifact, error.tail, str(error)) from error
    if "TAR_ENTRY_ERROR" in ended.stderr:
        # Where a file cannot be written, npm leaves an empty one, warns, and ends well.
        raise _install_failed(artifact, ended.stderr, "npm could not unpack it")


async def _flush(folder: Path) -> None:
    """Wait until a tree is on the disk: it is the way back, and what follows must not wait for its writing."""
    with contextlib.suppress(shell.CommandProblem):  # a system without the command writes it in its own time
        await shell.run(("sync", "-f", folder), env=inherited(), deadline=INSTALL_SECONDS)


async def _shelve(whole: Path, place: Path) -> None:
    with contextlib.suppress(OSError):
        whole.rename(place)
    if not (place / MANIFEST).is_file():  # neither ours nor another instance's, which was faster
        await _delete(place)
        whole.rename(place)


async def _delete(tree: Path) -> None:
    """Delete a tree beside the loop; whoever is cancelled waits for it too, as the next pull fills the same folder."""
    deleting = asyncio.ensure_future(asyncio.to_thread(shutil.rmtree, tree, ignore_errors=True))
    try:
        await asyncio.shield(deleting)
    except asyncio.CancelledError:
        await asyncio.wait([deleting])
        raise


def _object(text: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text or "null")
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _check_identity(package: Npm, found: dict[str, Any]) -> None:
    wrong: list[str] = []
    if found.get("name") != package.package:
        wrong.append(f"its name is {found.get('name')}")
    if package.bin and package.bin not in _commands(found):
        wrong.append(f"it has no command {package.bin}")
    repository = found.get("repository") or {}
    url = str(repository.get("url", "") if isinstance(repository, dict) else repository)
    if package.repository and package.repository not in url:
        wrong.append(f"its repository is {url or 'not named'}, not {package.repository}")
    publisher = _publisher(found.get("_npmUser"))
    if package.publisher and publisher != package.publisher:
        wrong.append(f"it was published by {publisher or 'somebody who is not named'}, not {package.publisher}")
    tarball = str((found.get("dist") or {}).get("tarball", ""))
    if package.registry and _origin(tarball) != _origin(package.registry):
        wrong.append(f"it comes from {_origin(tarball)}, not {_origin(package.registry)}")
    if wrong:
        raise StepFailed(
            "wrong-artifact",
            f"{package.package}@{found.get('version')} is not the product: {'; '.join(wrong)}.",
            todo="Name the right registry and package in the product file; a stranger may own this name elsewhere.",
        )


def _commands(found: dict[str, Any]) -> Collection[str]:
    commands = found.get("bin") or {}
    # A single one may be written as its path alone, and is then named as the package is.
    return commands if isinstance(commands, dict) else {str(found.get("name")).rpartition("/")[2]}


def _publisher(user: object) -> str:
    # npm writes it as `name <mail>`, other registries as they keep it.
    return str(user.get("name", "")) if isinstance(user, dict) else str(user or "").partition(" <")[0]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _registry_of(package: str, tarball: str) -> str:
    before, found, _ = tarball.partition(f"/{package}/-/")
    return before if found else _origin(tarball)


def _registry_down(package: Npm, seen: list[str]) -> StepFailed:
    return StepFailed(
        "registry-unreachable",
        f"npm could not ask the registry about {package.package}.",
        seen=_relevant(seen),
        todo="See that this host reaches the registry (proxy, certificates, npmrc), then retry.",
    )


def _install_failed(artifact: Artifact, said: str, why: str) -> StepFailed:
    seen = _relevant(said.splitlines())
    if "EINTEGRITY" in said:
        return wrong_artifact(artifact, seen)
    if "ENOSPC" in said:
        return StepFailed("no-space", f"The disk filled up while {artifact.package} was installed.", seen=seen)
    return StepFailed(
        "pull-failed",
        f"npm could not install {artifact.package}@{artifact.version}.",
        seen=seen or [why],
        todo="Read what npm said, then retry; nothing was stopped.",
        output=said,
    )


def wrong_artifact(artifact: Artifact, seen: list[str]) -> StepFailed:
    """Say that something else came than was planned."""
    return StepFailed(
        "wrong-artifact",
        f"What came as {artifact.package}@{artifact.version} is not what the plan names.",
        seen=seen,
        todo="Find out who changed the package on the registry; nothing was stopped.",
    )


def _relevant(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith("npm http")]


def _installed(tree: Path, package: str) -> tuple[str, str] | None:
    """Read which version of a package came, and with which integrity; None where nothing did."""
    try:
        lock = _object((tree / "node_modules" / ".package-lock.json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    found = lock.get("packages", {}).get(f"node_modules/{package}", {})
    return str(found.get("version")), str(found.get("integrity"))


def wants(tree: Path, package: str) -> str | None:
    """Read which Node a package in a tree asks for."""
    try:
        manifest = _object((tree / "node_modules" / package / "package.json").read_text("utf-8"))
    except OSError:
        return None
    return _node_range(manifest)


def _node_range(manifest: dict[str, Any]) -> str | None:
    engines = manifest.get("engines")  # old packages have lists here
    wanted = engines.get("node") if isinstance(engines, dict) else None
    return str(wanted) if wanted else None


def forget(tree: Path) -> None:
    """Let a tree be pulled anew: it is here, and of no use as it is."""
    (tree / MANIFEST).unlink(missing_ok=True)
