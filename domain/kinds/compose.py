"""The commands of the `compose` kind: a project of the user's, and an override file of ours that pins the image."""

from collections.abc import Mapping, Sequence

import msgspec

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.kinds import postgres
from astrolabe.domain.plans.plan import Artifact, PlannedCommand
from astrolabe.domain.products.product import Image, Product

MARK = "astrolabe.start"
"""The label that tells which start of which instance a container came from."""

VERSION_LABEL = "org.opencontainers.image.version"
OVERRIDE = "$ASTROLABE_DATA/instances/INSTANCE/compose.json"


def compose(docker: str, project: ComposeProject, *overrides: str) -> tuple[str, ...]:
    """Begin a command on a project; each override comes after the user's files, which stay as they are."""
    return (
        *(docker, "compose", "--ansi", "never", "--project-directory", project.folder, "--project-name", project.name),
        *(word for file in (*(_inside(project, each) for each in project.files), *overrides) for word in ("-f", file)),
        *(word for file in project.env_files for word in ("--env-file", _inside(project, file))),
        *(word for profile in project.profiles for word in ("--profile", profile)),
    )


def _inside(project: ComposeProject, file: str) -> str:
    return file if file.startswith("/") else f"{project.folder.rstrip('/')}/{file}"


def config(begun: Sequence[str]) -> tuple[str, ...]:
    """Show the project with everything filled in."""
    return (*begun, "config", "--format", "json")


def resolve(docker: str, file: str) -> tuple[str, ...]:
    """Ask the registry, through the engine, which image a tag is, for a file that holds nothing else."""
    return (docker, "compose", "--ansi", "never", "-f", file, "config", "--resolve-image-digests", "--format", "json")


def pull(begun: Sequence[str], services: Sequence[str]) -> tuple[str, ...]:
    """Pull the images of the gateway's services and of no others; progress comes as lines of JSON."""
    return (*begun, "--progress", "json", "pull", "--policy", "missing", *services)


def pull_image(docker: str, image: str) -> tuple[str, ...]:
    """Pull one image, exactly."""
    return (docker, "pull", "--quiet", image)


def create(begun: Sequence[str], services: Sequence[str]) -> tuple[str, ...]:
    """Make the containers anew where what they are made of has changed, without starting them."""
    return (*begun, "--progress", "plain", "up", "--no-start", "--no-deps", "--no-build", "--pull", "never", *services)


def start(begun: Sequence[str], services: Sequence[str]) -> tuple[str, ...]:
    """Start the containers that were made."""
    options = ("--detach", "--no-deps", "--no-recreate", "--no-build", "--pull", "never")
    return (*begun, "--progress", "plain", "up", *options, *services)


def start_container(docker: str, container: str) -> tuple[str, ...]:
    """Start one container that was made."""
    return (docker, "start", container)


def stop(begun: Sequence[str], services: Sequence[str]) -> tuple[str, ...]:
    """Stop the gateway's services, with the grace that the project gives them."""
    return (*begun, "--progress", "plain", "stop", *services)


def replaced(begun: Sequence[str], services: Sequence[str]) -> list[tuple[str, ...]]:
    """List what stops the services and makes the gateway's next container, which Compose does first."""
    others = [stop(begun, services)] if len(services) > 1 else []
    return [create(begun, services), *others]


def restart_policy(docker: str, container: str, policy: str) -> tuple[str, ...]:
    """Say what the engine does when a container ends by itself."""
    return (docker, "update", "--restart", policy, container)


def containers(docker: str, *labels: str) -> tuple[str, ...]:
    """List the containers that bear labels, also those that do not run."""
    filters = (word for label in labels for word in ("--filter", f"label={label}"))
    return (docker, "ps", "--all", "--no-trunc", "--quiet", *filters)


def inspect(docker: str, what: str, names: Sequence[str]) -> tuple[str, ...]:
    """Describe containers or images as JSON."""
    return (docker, what, "inspect", *names)


def logs(docker: str, container: str, lines: int) -> tuple[str, ...]:
    """Return the last lines that a container has said."""
    return (docker, "logs", "--tail", str(lines), container)


def execute(docker: str, container: str, command: Sequence[str]) -> tuple[str, ...]:
    """Run a command inside a container."""
    return (docker, "exec", container, *command)


def created(docker: str, image: str, name: str) -> tuple[str, ...]:
    """Make a container that is never started, to look into its image."""
    return (docker, "create", "--pull", "never", "--name", name, image, "none")


def copied(docker: str, container: str, path: str) -> tuple[str, ...]:
    """Copy a folder out of a container, as a tar archive."""
    return (docker, "cp", f"{container}:{path}", "-")


def removed(docker: str, container: str) -> tuple[str, ...]:
    """Remove a container that was only looked into."""
    return (docker, "rm", "--force", "--volumes", container)


def tagged(image: Image, version: str) -> str:
    """Name the image of a version, or of `latest`, as the registry's tags do."""
    tag = version if version == "latest" else image.tag.format(version=version)
    return f"{image.repository}:{tag}"


def pinned(image: Image, artifact: Artifact) -> str:
    """Name an artifact so that only its digest counts; the tag is for people."""
    return f"{tagged(image, artifact.version)}@{artifact.integrity}"


def only_image(image: str) -> bytes:
    """Write a file that holds one image and nothing else."""
    return msgspec.json.encode({"services": {"gateway": {"image": image}}})


def override(project: ComposeProject, image: str, mark: str = "", ports: Sequence[Mapping[str, object]] = ()) -> bytes:
    """Write what Astrolabe adds to the user's files: the pinned image, a start's mark, and a private port."""
    gateway: dict[str, object] = {"image": image}
    if mark:
        gateway["labels"] = {MARK: mark}
    if not ports:
        return msgspec.json.encode({"services": {project.service: gateway}}, order="sorted")
    # Ports of several files add up, unless the last one says otherwise.
    text = msgspec.json.encode({"services": {project.service: {**gateway, "ports": "PORTS"}}}, order="sorted")
    return text.replace(b'"PORTS"', b"!override " + msgspec.json.encode(list(ports)))


def planned_commands(
    config: InstanceConfig, product: Product, from_version: str, target: str
) -> tuple[PlannedCommand, ...]:
    """List what an upgrade will run, as the user could have typed it."""
    project, image = config.compose, product.image
    if project is None or image is None:
        return ()
    services, begun = (project.service, *project.also), compose("docker", project, OVERRIDE)
    container = f"{project.name}-{project.service}-1"
    started = start(begun, services) if project.also else start_container("docker", container)
    commands: list[PlannedCommand] = []
    if config.database:
        dump = f"$ASTROLABE_DATA/backups/{config.name}.dump"
        commands.append(PlannedCommand("backup", postgres.dump("pg_dump", config.database, dump)))
    commands += [PlannedCommand("pull", pull_image("docker", tagged(image, each))) for each in (from_version, target)]
    commands += [PlannedCommand("migrate", each) for each in replaced(begun, services)]
    if config.database:
        copy = postgres.copy_statement(config.database.name, f"{config.database.name}_before")
        commands.append(PlannedCommand("migrate", postgres.psql("psql", config.database, copy)))
    commands.append(PlannedCommand("migrate", started))
    if product.doctor:
        doctor = execute("docker", f"{project.service}", (*image.command, *product.doctor.args))
        commands.append(PlannedCommand("verify", doctor))
    return tuple(commands)
