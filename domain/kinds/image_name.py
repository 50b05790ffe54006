"""The name of a container image, taken apart as Docker does it, and the version that its tag or its label says."""

import msgspec

from astrolabe.domain.words import Version

HUB = "docker.io"


def split(repository: str) -> tuple[str, str]:
    """Split an image's name into its registry and the repository there."""
    first, slash, rest = repository.partition("/")
    if slash and (first == "localhost" or "." in first or ":" in first):
        return first, rest
    return HUB, repository if slash else f"library/{repository}"


def without_tag(name: str) -> tuple[str, str]:
    """Split an image's name into its repository, registry and all, and its tag, which is empty where it has none."""
    name = name.partition("@")[0]
    repository, colon, tag = name.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (name, "")


def version_of_tag(pattern: str, tag: str) -> str | None:
    """Return the version that a tag names, as a product writes its tags; None where it names none, as `latest` does.

    `pattern` is a tag with {version} in it.
    """
    before, after = pattern.split("{version}")
    version = tag.removeprefix(before).removesuffix(after)
    return version if pattern.format(version=version) == tag and _is_version(version) else None


def version_of_label(pattern: str, label: str) -> str | None:
    """Return the version that an image's label names, with or without what tags have around it; None where none."""
    return version_of_tag(pattern, label) or (label if _is_version(label) else None)


def _is_version(word: str) -> bool:
    try:
        msgspec.convert(word, Version)
    except msgspec.ValidationError:
        return False
    return True


def same_repository(name: str, repository: str) -> bool:
    """Return whether an image, with whatever tag and digest, is of a repository."""
    return split(without_tag(name)[0]) == split(repository)
