"""Plays a product beside an engine, from what was fetched: `python -m tests.projects NAME TREES FOLDER`."""

import asyncio
import sys
from pathlib import Path

import msgspec

from tests.projects.play import play
from tests.projects.recipes import RECIPES

if __name__ == "__main__":
    name, trees, folder = sys.argv[1:]
    played = asyncio.run(play(RECIPES[name], Path(trees), Path(folder)))
    sys.stdout.write(msgspec.json.encode(played).decode() + "\n")
