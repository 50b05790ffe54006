"""Docker's own commands, on single containers and images."""

from collections.abc import Sequence

from msgspec import Struct


class Place(Struct, frozen=True):
    """A container's place in a network: what it is called there, and the addresses that were chosen for it."""

    network: str
    aliases: tuple[str, ...] = ()
    ipv4: str | None = None
    ipv6: str | None = None


def pull_image(docker: str, image: str) -> tuple[str, ...]:
    """Pull one image, exactly."""
    return (docker, "pull", "--quiet", image)


def start_container(docker: str, container: str) -> tuple[str, ...]:
    """Start one container that was made."""
    return (docker, "start", container)


def run_to_its_end(docker: str, container: str) -> tuple[tuple[str, ...], ...]:
    """Start one container that was made, and wait until its program has ended."""
    return start_container(docker, container), waited(docker, container)


def waited(docker: str, container: str) -> tuple[str, ...]:
    """Wait until a container does not run any more."""
    return (docker, "wait", container)


def restart(docker: str, container: str) -> tuple[str, ...]:
    """Stop a container and start it again."""
    return (docker, "restart", container)


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


def private_network(docker: str, network: str) -> tuple[str, ...]:
    """Make a network that leads nowhere, and whose containers publish no port."""
    return (docker, "network", "create", "--internal", network)


def connected(docker: str, place: Place, container: str) -> tuple[str, ...]:
    """Connect a container to a network, under the names and addresses that it is to have there."""
    addresses = (("--ip", place.ipv4), ("--ip6", place.ipv6))
    return (
        *(docker, "network", "connect"),
        *(word for alias in place.aliases for word in ("--alias", alias)),
        *(word for option, address in addresses if address for word in (option, address)),
        *(place.network, container),
    )


def disconnected(docker: str, network: str, container: str) -> tuple[str, ...]:
    """Take a container off a network."""
    return (docker, "network", "disconnect", network, container)


def network_removed(docker: str, network: str) -> tuple[str, ...]:
    """Remove a network that no container is on."""
    return (docker, "network", "rm", network)
