"""What keeps a folder from being kept: it is said by name before anything stops."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from astrolabe.domain.instances.file_rules import Mount
from astrolabe.workers.steps.file_findings import _elsewhere


@pytest.fixture
def mount(tmp_path: Path) -> Mount:
    """Return a volume of this host."""
    source = tmp_path.resolve() / "volume"
    source.mkdir()
    return Mount("web", "/data", str(source), "data")


def test_a_volume_of_this_host_can_be_kept(mount: Mount) -> None:
    """It was seen to be what the container has."""
    assert _elsewhere(Path(mount.source), [mount]) is None


def test_a_path_of_another_host_is_not_taken_for_one_of_this(mount: Mount) -> None:
    """A remote engine's volume lies under the same path."""
    assert "not seen to be on this worker's host" in str(_elsewhere(Path(mount.source), [replace(mount, here=False)]))


def test_a_link_that_a_container_made_leads_nowhere(mount: Mount, tmp_path: Path) -> None:
    """Else a container could have the host's own folders copied, and put back."""
    inside = Path(mount.source, "uploads")
    inside.symlink_to(tmp_path)
    assert _elsewhere(inside, [mount]) == "a link leads out of it"


def test_a_volume_that_is_there_only_while_it_is_used_cannot_be_kept(
    mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped it would look empty; a folder of the host's own that is a disk stays one."""
    monkeypatch.setattr(Path, "is_mount", lambda _: True)
    assert "only while a container uses it" in str(_elsewhere(Path(mount.source), [mount]))
    assert _elsewhere(Path(mount.source), [replace(mount, name=mount.source)]) is None
