"""A compose project: where it is on its worker's host, and which of its services is the gateway."""

from typing import Annotated

from msgspec import Meta, Struct

from astrolabe.domain.words import END, Folder

FileName = Annotated[
    str,
    Meta(
        pattern=rf"^(?!.*\.\.)[A-Za-z0-9_./][A-Za-z0-9_./ -]{{0,199}}{END}",
        description="a file of the project: a path, absolute or from its folder, without ..",
    ),
]
Service = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9][A-Za-z0-9._-]{{0,62}}{END}", description="a service's name")]
Project = Annotated[str, Meta(pattern=rf"^[a-z0-9][a-z0-9_-]{{0,62}}{END}", description="a compose project's name")]
EngineUrl = Annotated[
    str,
    Meta(
        pattern=rf"^(unix:///|tcp://|ssh://)[A-Za-z0-9][A-Za-z0-9_./:@\[\]-]{{0,199}}{END}",
        description="where the engine is, as in DOCKER_HOST",
    ),
]


class ComposeProject(Struct, frozen=True, forbid_unknown_fields=True):
    """What `docker compose` needs to find the project, and which services are the gateway's."""

    folder: Folder
    """The project's folder on the worker's host, absolute."""
    name: Project
    """The project's name, as `docker compose ls` shows it."""
    service: Service = "gateway"
    """The gateway's service."""
    files: Annotated[tuple[FileName, ...], Meta(max_length=10)] = ()
    """The project's files in the order in which they override each other, absolute or from its folder; empty for those
    that Compose finds there by itself, an override among them."""
    env_files: Annotated[tuple[FileName, ...], Meta(max_length=10)] = ()
    """The files that the project's variables come from, beside its .env."""
    profiles: Annotated[tuple[Service, ...], Meta(max_length=10)] = ()
    """The profiles that the project runs with."""
    also: Annotated[tuple[Service, ...], Meta(max_length=20)] = ()
    """Services that are pulled and recreated with the gateway."""
    database_service: Service | None = None
    """The service that the database is in; null where the project does not have it."""
    outside_rollback: Annotated[tuple[Folder, ...], Meta(max_length=50)] = ()
    """Where in their containers the gateway's services keep files that no rollback brings back: an older version goes
    on with what a newer one has made of them."""
    engine: EngineUrl | None = None
    """Where the container engine is, as in DOCKER_HOST; null for the worker's own."""
