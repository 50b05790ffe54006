"""Images, as an engine describes them."""

from msgspec import Struct

from astrolabe.domain.kinds import compose as argv


class ImageConfig(Struct, frozen=True, rename="pascal"):
    """What an image says of itself."""

    labels: dict[str, str] | None = None


class ImageDetails(Struct, frozen=True, rename="pascal"):
    """An image on the engine's host."""

    id: str
    config: ImageConfig | None = None
    repo_digests: list[str] | None = None
    """Its names by digest: a repository, registry and all, an @ and the digest that it was pulled as."""

    @property
    def version(self) -> str | None:
        """The version in the label that images carry for it."""
        return ((self.config and self.config.labels) or {}).get(argv.VERSION_LABEL)
