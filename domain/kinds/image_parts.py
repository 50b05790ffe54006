"""The images that a product consists of at one version: its own, and those of its sibling repositories."""

from msgspec.structs import replace

from astrolabe.domain.kinds.image_name import same_repository, split
from astrolabe.domain.plans.plan import Artifact, Sibling
from astrolabe.domain.products.product import Image
from astrolabe.domain.products.version_form import written


def parts(image: Image) -> tuple[Image, ...]:
    """Return a product's own image, and each sibling as an image of its own; one without a tag has the product's."""
    siblings = (replace(image, repository=each.repository, tag=each.tag or image.tag) for each in image.siblings)
    return (image, *siblings)


def part_of(image: Image, name: str) -> Image | None:
    """Return which of a product's images one is, with whatever tag and digest; None where it is another."""
    return next((each for each in parts(image) if same_repository(name, each.repository)), None)


def exact(image: Image, artifact: Artifact) -> dict[str, str]:
    """Name the images of an artifact by their digests alone, by their repositories; the product's own is the first."""
    return {each.repository: f"{each.repository}@{digest}" for each, digest in _digests(image, artifact)}


def pinned(image: Image, artifact: Artifact) -> dict[str, str]:
    """Name them so that only their digests count, by their repositories; the tags are for people."""
    version = artifact.version
    return {each.repository: f"{tagged(each, version)}@{digest}" for each, digest in _digests(image, artifact)}


def tagged(image: Image, version: str) -> str:
    """Name the image of a version, or of `latest`, as the registry's tags do."""
    tag = version if version == "latest" else written(image.tag, version)
    return f"{image.repository}:{tag}"


def as_sibling(artifact: Artifact) -> Sibling:
    """Return what an artifact is beside the product's own."""
    return Sibling(artifact.package, artifact.integrity, artifact.registry)


def _digests(image: Image, artifact: Artifact) -> list[tuple[Image, str]]:
    own, *others = parts(image)
    known = {(each.registry, each.package): each.integrity for each in artifact.siblings}
    found = [(each, known[place]) for each in others if (place := split(each.repository)) in known]
    return [(own, artifact.integrity), *found]
