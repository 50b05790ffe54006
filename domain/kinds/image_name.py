"""The name of a container image, taken apart as Docker does it, and the version that its label says."""

from astrolabe.domain.products.version_form import is_version, said_version

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


def version_of_label(pattern: str, label: str) -> str | None:
    """Return the version that an image's label names, with or without what tags have around it; None where none."""
    version = said_version(pattern, label)
    return version if is_version(version) else None


def same_repository(name: str, repository: str) -> bool:
    """Return whether an image, with whatever tag and digest, is of a repository."""
    return split(without_tag(name)[0]) == split(repository)
