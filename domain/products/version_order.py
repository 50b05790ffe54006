"""The order of versions, after Semantic Versioning 2.0.0, 11."""

from functools import lru_cache

import semver

from astrolabe.domain.words import Version


@lru_cache(1024)
def order(version: Version) -> semver.Version:
    """Return a version as it is compared; each is read once, for the same few are asked about again and again."""
    return semver.Version.parse(version)
