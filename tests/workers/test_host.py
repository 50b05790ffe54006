"""A host's folders: what is only looked into is not made."""

from pathlib import Path

from astrolabe.store.ids import new_id
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets


def test_dumps_are_looked_for_where_they_are_and_no_folder_is_made(tmp_path: Path) -> None:
    """Each carrying out ends with that look, also of an instance that never had a dump."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    host, instance_id = Host("local", tmp_path / "link", {}, Secrets([])), new_id()
    assert host.kept_backups(instance_id) == []
    assert list((tmp_path / "real").iterdir()) == []
    dump = host.backups(instance_id) / "one.dump"
    dump.touch()
    assert host.kept_backups(instance_id) == [dump]
