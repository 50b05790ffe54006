"""Which files Compose reads by itself, where an instance names none."""

from pathlib import Path

import pytest

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.workers.kinds.compose.default_files import with_files


@pytest.mark.parametrize(
    ("there", "read"),
    [
        (("compose.yaml",), ("compose.yaml",)),
        (("docker-compose.yml", "compose.yml"), ("compose.yml",)),
        (("docker-compose.yaml",), ("docker-compose.yaml",)),
        (("docker-compose.yml", "docker-compose.override.yml"), ("docker-compose.yml", "docker-compose.override.yml")),
        (("compose.yaml", "compose.override.yaml", "other.yaml"), ("compose.yaml", "compose.override.yaml")),
        ((), ("compose.yaml",)),
    ],
)
def test_the_files_are_those_that_compose_would_read(
    tmp_path: Path, there: tuple[str, ...], read: tuple[str, ...]
) -> None:
    """One of the four names, and with it an override; where there is none, Compose is left to say so."""
    for name in there:
        (tmp_path / name).touch()
    assert with_files(ComposeProject(str(tmp_path), "shop")).files == read


def test_files_that_are_named_are_read_and_no_others(tmp_path: Path) -> None:
    """An override that lies there is not among them unless it is named."""
    (tmp_path / "compose.override.yaml").touch()
    assert with_files(ComposeProject(str(tmp_path), "shop", files=("a.yaml",))).files == ("a.yaml",)
