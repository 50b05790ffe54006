"""What is awaited, and said to be."""

import re
from pathlib import Path

import pytest

from astrolabe.cli.awaited import delete


async def test_whoever_waits_for_a_deletion_reads_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of files take their time, and nothing of them is left."""
    monkeypatch.setattr("astrolabe.cli.awaited.BETWEEN_LINES", 0)
    folder = tmp_path / "scratch"
    folder.mkdir()
    for number in range(2000):
        (folder / str(number)).touch()
    said: list[str] = []
    await delete(folder, said.append)
    assert not folder.exists()
    assert said
    assert all(re.fullmatch(rf"Waiting for {folder} to be deleted \(\d+ s\)\.", each) for each in said)
