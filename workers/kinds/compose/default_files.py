"""The files that Compose reads by itself in a project's folder, where the instance names none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from astrolabe.domain.instances.compose_project import ComposeProject

PROJECT_NAMES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""In Compose's own order: of several, it reads the first."""

OVERRIDE_NAMES: Final = tuple(
    f"{stem}.override.{end}" for stem in ("compose", "docker-compose") for end in ("yml", "yaml")
)


def with_files(project: ComposeProject) -> ComposeProject:
    """Return the project with files that are named, as Compose would find them in its folder."""
    return project if project.files else replace(project, files=tuple(_found(Path(project.folder))))


def _found(folder: Path) -> Iterator[str]:
    there = [each for each in PROJECT_NAMES if (folder / each).is_file()]
    yield (there or PROJECT_NAMES)[0]  # where there is none, Compose says so better than we could
    yield from [each for each in OVERRIDE_NAMES if (folder / each).is_file()][:1]
