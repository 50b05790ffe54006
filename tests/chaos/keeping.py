"""Keeping: what a broken run leaves for whoever looks into it, in a folder that outlives the run."""

import shutil
import tempfile
from pathlib import Path

import msgspec

from tests.chaos.house import House
from tests.chaos.moment import place_of
from tests.chaos.runner import Ended


def keep(ended: Ended, house: House) -> Path:
    """Write the events of a run, everything that was gathered, and what every process logged; return where."""
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-seed-{ended.scenario.seed}-"))
    stored, start = ended.evidence.stream.stored, ended.evidence.stream.stored[0].recorded_at
    lines = [f"{(each.recorded_at - start).total_seconds():8.3f} {place_of(each)}  {each.entry}" for each in stored]
    (folder / "events").write_text("\n".join(lines) + "\n")
    gathered = msgspec.json.encode(ended.evidence, enc_hook=_plain)
    (folder / "evidence.json").write_bytes(msgspec.json.format(gathered))
    for path in [*house.folder.glob("*/logs/*"), *house.folder.glob("logs/*"), *house.folder.glob("runs/*/*")]:
        shutil.copy2(path, folder / "-".join(path.relative_to(house.folder).parts))
    for path in house.data.folder.glob(f"instances/{ended.evidence.stream.stored[0].stream_id}/logs/*"):
        shutil.copy2(path, folder / f"gateway-{path.name}")
    return folder


def _plain(value: object) -> object:
    return sorted(map(str, value)) if isinstance(value, set | frozenset) else str(value)
