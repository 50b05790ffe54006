"""A file is there whole or not at all, and private from its first byte on."""

import stat
from pathlib import Path

import pytest

from astrolabe.store.whole_file import replacing, write


def mode(path: Path) -> int:
    """What others may do with it."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    """Nothing but the new one is left, in a folder that is made for it."""
    place = tmp_path / "made" / "file"
    write(place, b"before", lasting=True)
    write(place, b"now", lasting=True)
    assert place.read_bytes() == b"now"
    assert [*place.parent.iterdir()] == [place]


def test_a_private_file_is_nobody_elses_also_after_a_writer_that_died(tmp_path: Path) -> None:
    """What an earlier writer left unfinished, readable by all, is not written into."""
    unfinished = tmp_path / ".file.part"
    unfinished.write_text("unfinished")
    unfinished.chmod(0o666)
    with unfinished.open() as listening:
        write(tmp_path / "file", b"secret", private=True)
        assert listening.read() == "unfinished"
    assert mode(tmp_path / "file") == 0o600


def test_what_fails_half_way_leaves_the_one_before(tmp_path: Path) -> None:
    """And nothing beside it."""
    place = tmp_path / "file"
    write(place, b"before")

    def fail_half_way() -> None:
        with replacing(place) as beside:
            beside.write_bytes(b"hal")
            raise OSError("No space")

    with pytest.raises(OSError, match="No space"):
        fail_half_way()
    assert [(each, each.read_bytes()) for each in tmp_path.iterdir()] == [(place, b"before")]
