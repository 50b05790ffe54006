"""Container images: what a tag is, an image on the engine's host with the digest that was planned, and its files."""

import fnmatch
import hashlib
import re
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from astrolabe.domain.kinds import compose as argv
from astrolabe.domain.kinds import docker
from astrolabe.domain.kinds.image_name import same_repository, split, version_of_label, without_tag
from astrolabe.domain.kinds.image_parts import part_of, tagged
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.products.product import Image
from astrolabe.domain.products.version_form import read_version
from astrolabe.store.progress import Amount
from astrolabe.store.whole_file import write
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.kinds.driver import OnFetch
from astrolabe.workers.programs import shell

PULL_SECONDS = 3600.0
UNKNOWN = re.compile(r"manifest unknown|not found|no such manifest|denied|repository does not exist")
DIGEST = re.compile(r"@(sha256:[0-9a-f]{64})$")


async def resolve(engine: Engine, image: Image, version: str, instance_folder: Path) -> Artifact:
    """Find the exact image of a version's tag, or of `latest`, whose version is in its label."""
    name = tagged(image, version)
    file = instance_folder / f"resolve-{version}.yaml"  # several versions may be asked for at once
    file.write_bytes(argv.only_image(name))
    try:
        answer = await engine.asked(argv.resolve(engine.docker, str(file)))
    except shell.CommandProblem as error:
        raise _unresolved(name, error) from error
    finally:
        file.unlink()
    found = DIGEST.search(_image_of(answer))
    if found is None:
        raise StepFailed("wrong-artifact", f"The registry gives no digest for {name}.")
    digest = found[1]
    if version == "latest":
        version = await _labelled_version(engine, image, digest)
    registry, repository = split(image.repository)
    return Artifact(repository, version, digest, registry)


async def version_of(engine: Engine, image: Image, container: Container) -> str | None:
    """Return which version of the product's images a container was made from; None where it is another image."""
    part = part_of(image, container.config.image)
    if part is None:
        return None
    _, tag = without_tag(container.config.image)
    if version := read_version(part.tag, tag):
        return version
    details = await engine.image(container.image)
    said = details.version if details else None
    return said and (version_of_label(part.tag, said) or said)


async def running_artifact(engine: Engine, image: Image, container: Container, version: str) -> Artifact | None:
    """Return the artifact that a container was made from; None where the engine does not know it by a digest."""
    part, details = part_of(image, container.config.image), await engine.image(container.image)
    if part is None:
        return None
    named = (container.config.image, *((details.repo_digests or ()) if details else ()))
    digests = (found[1] for name in named if same_repository(name, part.repository) and (found := DIGEST.search(name)))
    registry, repository = split(part.repository)
    digest = next(digests, None)
    return Artifact(repository, version, digest, registry) if digest else None


async def pull(engine: Engine, command: Sequence[str], artifact: Artifact, on_fetch: OnFetch) -> None:
    """Pull images, and report how many bytes have come."""
    layers: dict[str, tuple[int, int]] = {}

    def on_line(line: str) -> None:
        progressed = _progress(line)
        if progressed:
            layers[progressed[0]] = progressed[1:]
            done, total = (sum(each) for each in zip(*layers.values(), strict=True))
            on_fetch(Amount(done, total, "bytes"))

    try:
        await engine.run(command, deadline=PULL_SECONDS, on_line=on_line)
    except shell.CommandProblem as error:
        raise _not_pulled(artifact, error) from error


async def files(engine: Engine, image: str, pattern: str, shelf: Path, owner: str) -> list[str] | None:
    """List the files of an image that a pattern names, None where it has no such folder; each is looked into once.

    `owner` names what is only needed for the look, so that a worker finds what one before it left when it died.
    """
    known = shelf / f"files-{hashlib.sha256(f'{image} {pattern}'.encode()).hexdigest()[:32]}.json"
    if known.exists():
        return msgspec.json.decode(known.read_bytes(), type=list[str] | None)
    folder = pattern.rpartition("/")[0]
    archive, made = known.with_name(f".{owner}.tar"), f"astrolabe-{owner}"
    if await engine.container(made):
        await engine.run(docker.removed(engine.docker, made))
    await engine.run(docker.created(engine.docker, image, made))
    try:
        await engine.run(docker.copied(engine.docker, made, folder), stdout=archive)
        found = _matching(archive, folder, pattern)
    except shell.CommandFailed as error:
        if "Could not find" not in error.tail:
            raise
        found = None
    finally:
        await engine.run(docker.removed(engine.docker, made))
        archive.unlink(missing_ok=True)
    write(known, msgspec.json.encode(found))
    return found


def _matching(archive: Path, folder: str, pattern: str) -> list[str]:
    with tarfile.open(archive) as tar:
        names = [f"{folder.rpartition('/')[0]}/{each.name}" for each in tar if each.isfile()]
    return sorted(each for each in names if fnmatch.fnmatch(each, pattern))


async def _labelled_version(engine: Engine, image: Image, digest: str) -> str:
    name = f"{image.repository}@{digest}"
    try:
        await engine.run(docker.pull_image(engine.docker, name), deadline=PULL_SECONDS)
    except shell.CommandProblem as error:
        raise _unresolved(name, error) from error
    details = await engine.image(name)
    said = details.version if details else None
    version = version_of_label(image.tag, said or "")
    if version is None:
        raise StepFailed(
            "version-unknown",
            f"{image.repository}:latest does not say which version it is: its label {argv.VERSION_LABEL} is {said}.",
            todo="Ask for an exact version.",
        )
    return version


def _image_of(answer: Any) -> str:
    return str(answer["services"]["gateway"]["image"])


def _progress(line: str) -> tuple[str, int, int] | None:
    try:
        event = msgspec.json.decode(line)
        return str(event["id"]), int(event["current"]), int(event["total"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return None


def _unresolved(name: str, error: shell.CommandProblem) -> StepFailed:
    seen = (error.tail or str(error)).splitlines()
    if UNKNOWN.search(error.tail):
        return StepFailed(
            "version-unknown", f"The registry has no {name}.", seen=seen, todo="Ask for a version that exists."
        )
    return StepFailed(
        "registry-unreachable",
        f"The engine could not ask the registry about {name}.",
        seen=seen,
        todo="See that the engine's host reaches the registry (proxy, certificates, docker login), then retry.",
    )


def _not_pulled(artifact: Artifact, error: shell.CommandProblem) -> StepFailed:
    seen = [line for line in error.tail.splitlines() if _progress(line) is None]
    if "no space left" in error.tail:
        return StepFailed("no-space", f"The engine's disk filled up while {artifact.package} was pulled.", seen=seen)
    if "verification failed" in error.tail or "does not match" in error.tail:
        return StepFailed(
            "wrong-artifact",
            f"What came as {artifact.name} is not what the plan names.",
            seen=seen,
            todo="Find out who changed the image on the registry; nothing was stopped.",
        )
    return StepFailed(
        "pull-failed",
        f"{artifact.name} could not be pulled.",
        seen=seen or [str(error)],
        todo="Read what Docker said, then retry; nothing was stopped.",
        output=error.tail,
    )
