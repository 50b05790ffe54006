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
    """What `docker compose` must be told to find the project, and which services are the gateway's."""

    folder: Folder
    name: Project
    service: Service = "gateway"
    files: Annotated[tuple[FileName, ...], Meta(min_length=1, max_length=10)] = ("compose.yaml",)
    env_files: Annotated[tuple[FileName, ...], Meta(max_length=10)] = ()
    profiles: Annotated[tuple[Service, ...], Meta(max_length=10)] = ()
    also: Annotated[
        tuple[Service, ...], Meta(max_length=20, description="services that are pulled and recreated with the gateway")
    ] = ()
    database_service: Annotated[
        Service | None, Meta(description="the service that the database is in, where the project itself has it")
    ] = None
    engine: EngineUrl | None = None
