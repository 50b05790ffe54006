"""What Compose would make now, compared with what a container was made from; its image is no difference."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.kinds.compose import inside

CONFIG_FILES: Final = "com.docker.compose.project.config_files"
WORKING_FOLDER: Final = "com.docker.compose.project.working_dir"
CONFIG_HASH: Final = "com.docker.compose.config-hash"
MADE_BY: Final = "com.docker.compose.version"
"""The labels in which Compose writes what it made a container from, and which version of it did."""

VARIABLE: Final = re.compile(r"\$\{?(\w+)")
"""A variable in what a file says."""

NO_DIFFERENCE: Final = frozenset({"image", "build", "pull_policy", "scale", "depends_on", "profiles"})
"""What is said of a service and is not in its container, and what the upgrade itself is to change."""


def made_from(labels: Mapping[str, str], ours: Collection[str]) -> tuple[str, ...]:
    """Return the files that a container was made from, in order; `ours` are Astrolabe's own, which are left out."""
    files = (each.strip() for each in labels.get(CONFIG_FILES, "").split(","))
    return tuple(each for each in files if each and each not in ours)


def unnamed(project: ComposeProject, labels: Mapping[str, str], files: Sequence[str]) -> tuple[str, ...]:
    """Return which of the files the instance does not name; the same file may be seen at another path elsewhere."""
    folder, there = project.folder, labels.get(WORKING_FOLDER, project.folder)
    named = {_within(folder, inside(project, each)) for each in project.files}
    return tuple(each for each in files if _within(there, each) not in named)


def _within(folder: str, file: str) -> str:
    return file.removeprefix(folder.rstrip("/") + "/")


def as_made(
    environment: Mapping[str, str | None], had: Mapping[str, str], written: Iterable[str]
) -> dict[str, str | None]:
    """Return an environment as it was when a container was made, but for what names images: that is to change.

    Who lists `.env` under `env_file` has the tag of the next version in there before it is upgraded. `environment` is
    what Compose says now, `had` the container's own, `written` the images' names as they stand in the files.
    """
    names = {name for image in written for name in VARIABLE.findall(image)}
    then = {name: had[name].replace("$", "$$") for name in names if name in had}
    return {**{name: value for name, value in environment.items() if name not in names}, **then}


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what a service would lose, get or have otherwise, such as `volumes` or `environment.FEATURE`."""
    return tuple(sorted(_differing(then, now)))


def _differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for key in {*then, *now} - NO_DIFFERENCE:
        was, becomes = then.get(key), now.get(key)
        if was == becomes:
            continue
        if key == "deploy" and _without_replicas(was) == _without_replicas(becomes):
            continue
        if key in {"environment", "labels"}:
            was, becomes = was or {}, becomes or {}
            yield from (f"{key}.{name}" for name in {*was, *becomes} if was.get(name) != becomes.get(name))
        else:
            yield key


def _without_replicas(deploy: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (deploy or {}).items() if key != "replicas" and value}
