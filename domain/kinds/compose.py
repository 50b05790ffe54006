"""The kind `compose`: a project of the user's, and an override file of ours that pins the image."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.kinds import compose_isolation, docker
from astrolabe.domain.kinds.compose_members import Members
from astrolabe.domain.kinds.image_parts import pinned, tagged
from astrolabe.domain.kinds.postgres import DatabaseFacts, plan_copy, plan_dump
from astrolabe.domain.plans.plan import Artifact, PlannedCommand
from astrolabe.domain.products.product import Image, Product
from astrolabe.domain.words import Step, Version

MARK = "astrolabe.start"
"""The label that names which start of which instance a container came from."""

VERSION_LABEL = "org.opencontainers.image.version"
DEFAULT_FILES = ("compose.yaml",)
"""What a project is most often made from, where nobody has looked yet."""

OVERRIDDEN = "!override"
"""The tag before what replaces all that earlier files say of it; JSON has no tags, so it is put in as a text."""


def label(instance_id: str, mark: str) -> str:
    """Name a start among those of all instances."""
    return f"{instance_id}/{mark}"


def compose(program: str, project: ComposeProject, *overrides: str) -> tuple[str, ...]:
    """Begin a command on a project; each override comes after the user's files, which stay as they are."""
    return (
        *(program, "compose", "--ansi", "never", "--project-directory", project.folder, "--project-name", project.name),
        *(
            word
            for file in (*(inside(project, each) for each in project.files or DEFAULT_FILES), *overrides)
            for word in ("-f", file)
        ),
        *(word for file in project.env_files for word in ("--env-file", inside(project, file))),
        *(word for profile in project.profiles for word in ("--profile", profile)),
    )


def inside(project: ComposeProject, file: str) -> str:
    """Return the absolute path of a file that a project names."""
    return file if file.startswith("/") else f"{project.folder.rstrip('/')}/{file}"


def override_file(instance_folder: str) -> str:
    """Name the file of Astrolabe's that comes after the user's."""
    return f"{instance_folder}/compose.override.yaml"


def config(begun: Sequence[str]) -> tuple[str, ...]:
    """Show the project with everything filled in."""
    return (*begun, "config", "--format", "json")


def as_written(begun: Sequence[str]) -> tuple[str, ...]:
    """Show the project with its variables as they stand in its files."""
    return (*begun, "config", "--no-interpolate", "--format", "json")


def config_hash(begun: Sequence[str], service: str) -> tuple[str, ...]:
    """Show the hash of all that a service's container is made of, which Compose writes into a label."""
    return (*begun, "config", "--hash", service)


def resolve(program: str, file: str) -> tuple[str, ...]:
    """Ask the registry, through the engine, which image a tag is, for a file that holds nothing else."""
    return (program, "compose", "--ansi", "never", "-f", file, "config", "--resolve-image-digests", "--format", "json")


def pull(begun: Sequence[str], services: Sequence[str]) -> tuple[str, ...]:
    """Pull the images of the gateway's services and of no others; progress comes as lines of JSON."""
    return (*begun, "--progress", "json", "pull", "--policy", "missing", *services)


def create(begun: Sequence[str], services: Sequence[str]) -> tuple[str, ...]:
    """Make the containers anew where what they are made of has changed, without starting them."""
    return (*begun, "--progress", "plain", "up", "--no-start", "--no-deps", "--no-build", "--pull", "never", *services)


def start(begun: Sequence[str], services: Sequence[str]) -> tuple[str, ...]:
    """Start the containers that were made."""
    options = ("--detach", "--no-deps", "--no-recreate", "--no-build", "--pull", "never")
    return (*begun, "--progress", "plain", "up", *options, *services)


def stop(begun: Sequence[str], services: Sequence[str]) -> tuple[str, ...]:
    """Stop the gateway's services, with the grace that the project gives them."""
    return (*begun, "--progress", "plain", "stop", *services)


def replaced(begun: Sequence[str], services: Sequence[str], also: Sequence[str]) -> list[tuple[str, ...]]:
    """List what makes the next containers and stops those that are there; one that stays as it is must be stopped."""
    others = [stop(begun, services)] if also else []
    return [create(begun, services), *others]


def only_image(image: str) -> bytes:
    """Write a file that holds one image and nothing else."""
    return msgspec.json.encode({"services": {"gateway": {"image": image}}})


class Override(Struct, frozen=True, kw_only=True):
    """What Astrolabe adds to the user's files, beside the pinned image."""

    mark: str = ""
    """The mark of a start."""
    ports: tuple[Mapping[str, object], ...] = ()
    """The ports that are published in place of the project's; none where those stay."""
    network: str | None = None
    """The one network that the gateway and its jobs are on in place of the project's; None where those stay."""
    members: Members = Members()
    """The services whose image is the gateway's, or a sibling of it."""
    siblings: Mapping[str, str] = {}
    """What the images of sibling repositories are pinned to."""
    environment: Mapping[str, str | None] | None = None
    """All that the gateway's environment is, as Compose writes values; None where it stays."""


IMAGE_ALONE = Override()


def override(project: ComposeProject, image: str, added: Override = IMAGE_ALONE) -> bytes:
    """Write the file of Astrolabe's that comes after the user's."""
    before_cutover = (project.service, *(each.service for each in added.members.jobs))
    services: dict[str, dict[str, object]] = {project.service: {"image": image}}
    for each in added.members.all:
        if pinned_to := added.siblings.get(each.repository) if each.repository else image:
            services[each.service] = {"image": pinned_to}
    for name, service in services.items():
        if added.mark:
            service["labels"] = {MARK: added.mark}
        if added.network and name in before_cutover:
            service["networks"] = [OVERRIDDEN, "private"]
    if added.ports:
        services[project.service]["ports"] = [OVERRIDDEN, *added.ports]
    if added.environment is not None:
        environment = {OVERRIDDEN: 0, **added.environment}
        services[project.service] |= {"env_file": [OVERRIDDEN], "environment": environment}
    content: dict[str, object] = {"services": services}
    if added.network:
        content["networks"] = {"private": {"name": added.network, "external": True}}
    # Ports and networks of several files add up, unless the last one says otherwise.
    text = msgspec.json.encode(content, order="sorted")
    return re.sub(rb'(\[)"!override",?|(\{)"!override":0,?', rb"!override \1\2", text)


class ComposeFacts(Struct, frozen=True, kw_only=True):
    """What a worker knows of its host; each default says what is not known yet as a person would write it."""

    docker: str = "docker"
    instance_folder: str = "$ASTROLABE_DATA/instances/INSTANCE"
    artifacts: dict[Version, Artifact] = {}
    """The image that each version is at its registry."""
    present: frozenset[Version] = frozenset()
    """The versions whose images the engine has already."""
    container: str | None = None
    """The gateway's container; Compose names its next one alike."""
    members: Members = Members()
    """The services that move with the gateway's."""
    jobs: tuple[str, ...] = ()
    """The containers of its jobs, in order."""
    hooks: bool = False
    """Whether Compose has more to do at a start of the gateway than to start its container."""
    fills: bool = False
    """Whether the engine would fill a kept volume from the next image: its copy comes before the container."""
    isolation: compose_isolation.IsolationFacts = compose_isolation.IsolationFacts()
    database: DatabaseFacts = DatabaseFacts()


UNKNOWN = ComposeFacts()


def plan(
    config: InstanceConfig, product: Product, versions: Sequence[Version], facts: ComposeFacts = UNKNOWN
) -> Iterator[PlannedCommand]:
    """Plan the commands from the running version, which is the first, over what each leg ends on."""
    project, (_, *legs) = config.compose, versions
    if project is None:
        return
    if config.database:
        yield plan_dump(config.database, facts.database)
    for version in versions:
        if version not in facts.present:
            for image in _images(product.container, version, facts):
                yield PlannedCommand("pull", docker.pull_image(facts.docker, image))
    yield from _plan_legs(config, project, product, legs, facts)


def _plan_legs(
    config: InstanceConfig, project: ComposeProject, product: Product, legs: Sequence[Version], facts: ComposeFacts
) -> Iterator[PlannedCommand]:
    services = facts.members.replaced(project)
    begun = compose(facts.docker, project, override_file(facts.instance_folder))
    # A required stop runs where nobody else gets in, which is only arranged once the old version has stopped.
    in_turn = [stop(begun, services)], [create(begun, services)]
    ahead = len(legs) == 1 and not facts.fills
    before, made = (replaced(begun, services, project.also), []) if ahead else in_turn
    container = facts.container or compose_isolation.container_of(project, project.service)
    apart = (
        compose_isolation.plan(project, facts.docker, container, facts.isolation)
        if compose_isolation.wanted(config)
        else None
    )
    later = facts.members.later(project)
    jobs = [each for job in facts.jobs for each in docker.run_to_its_end(facts.docker, job)]
    yield from _steps("migrate", apart.before if apart else ())
    for leg in range(len(legs)):
        first = (project.service, *(() if apart or leg < len(legs) - 1 else later))
        by_compose = facts.hooks or len(first) > 1
        started = start(begun, first) if by_compose else docker.start_container(facts.docker, container)
        enclosed = apart.stopped if apart and not leg else ()
        yield from _steps("migrate", (*before, *(enclosed if ahead else ())))
        if config.database:
            yield plan_copy(config.database, leg, facts.database)
        yield from _steps("migrate", (*(() if ahead else enclosed), *made, *jobs, started))
        if product.doctor:
            asked = (*product.container.command, *product.doctor.args)
            yield PlannedCommand("verify", docker.execute(facts.docker, container, asked))
    yield from _steps("verify", apart.at_cutover if apart else ())
    if apart and later:
        yield PlannedCommand("verify", start(begun, later))


def _steps(step: Step, commands: Iterable[tuple[str, ...]]) -> Iterator[PlannedCommand]:
    return (PlannedCommand(step, each) for each in commands)


def _images(image: Image, version: Version, facts: ComposeFacts) -> tuple[str, ...]:
    artifact = facts.artifacts.get(version)
    return tuple(pinned(image, artifact).values()) if artifact else (tagged(image, version),)
