"""What this host holds already needs no registry."""

from pathlib import Path

import msgspec
import pytest

from astrolabe.domain.plans.plan import Artifact
from astrolabe.workers.kinds.npm import npm


def _shelved(artifacts: Path, version: str, digest: str, *, whole: bool = True) -> Artifact:
    artifact = Artifact("@acme/gateway", version, f"sha512-{digest}", "https://registry.example")
    place = npm.shelf(artifacts, artifact)
    place.mkdir(parents=True)
    if whole:
        (place / npm.MANIFEST).write_bytes(msgspec.json.encode(artifact))
    return artifact


def test_the_only_tree_of_a_version_says_what_it_is(tmp_path: Path) -> None:
    """The artifact is the one that was pulled, with its integrity and its registry."""
    held = _shelved(tmp_path, "1.2.0", "a" * 20)
    _shelved(tmp_path, "1.2.0-rc.1", "b" * 20)
    assert npm.held(tmp_path, "@acme/gateway", "1.2.0") == held


@pytest.mark.parametrize("case", ["none", "unfinished", "two"])
def test_where_it_is_not_plain_the_registry_is_asked(tmp_path: Path, case: str) -> None:
    """No tree, one that is not whole, and two of one version say nothing."""
    if case == "unfinished":
        _shelved(tmp_path, "1.2.0", "a" * 20, whole=False)
    if case == "two":
        _shelved(tmp_path, "1.2.0", "a" * 20)
        _shelved(tmp_path, "1.2.0", "b" * 20)
    assert npm.held(tmp_path, "@acme/gateway", "1.2.0") is None
