"""What every command prints, at a terminal of 80 columns and piped, as two transcripts that a reader can look at.

`TRANSCRIBE=1 pytest tests/cli/test_transcripts.py` writes them anew.
"""

import os
from pathlib import Path

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.store.database import Database
from tests.cli.commands_page import leaves
from tests.cli.conftest import an_astrolabe
from tests.cli.terminal import COLUMNS
from tests.cli.transcribing import FOLDER, SESSION, Place, transcribe
from tests.workers.receiver import Receiver


async def test_the_transcripts_are_what_is_seen(
    postgres_server: Postgres, template_database: str, tmp_path: Path
) -> None:
    """Each command prints what it printed when a person last looked at it."""
    async with (
        an_astrolabe(postgres_server, template_database, tmp_path) as (url, environment),
        Database(url, pool_size=2) as database,
        Receiver.listening() as receiver,
    ):
        environment |= {"ASTROLABE_DATA": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
        words = {"HOOK": receiver.url, "URL": environment["ASTROLABE_URL"]}
        found = await transcribe(Place(url, database, environment, tmp_path, words))
    if os.environ.get("TRANSCRIBE"):
        for name, text in found.items():
            (FOLDER / name).write_text(text, "utf-8")
    assert found == {name: (FOLDER / name).read_text("utf-8") for name in found}


def test_every_command_is_typed() -> None:
    """No command prints what nobody has looked at."""
    typed = [line.partition(" ")[2] for line in SESSION.read_text("utf-8").splitlines()]
    forgotten = [words for words, _ in leaves() if not any(f"{line} ".startswith(f"{words} ") for line in typed)]
    assert forgotten == []


def test_no_line_at_a_terminal_is_wider_than_it() -> None:
    """What is laid out fits; only what is meant to be copied, and what is one line for a program's sake, is longer."""
    lines = (FOLDER / "terminal.txt").read_text("utf-8").splitlines()
    copied = ("$ ", "  $ ", "astrolabe: ", "Delivery ")
    wide = [line for line in lines if len(line) > COLUMNS and not line.startswith(copied)]
    assert wide == []


def test_a_file_never_gets_a_header_or_an_escape() -> None:
    """What a program reads is rows alone."""
    piped = (FOLDER / "piped.txt").read_text("utf-8")
    assert "\x1b" not in piped
    assert not any(line.startswith(("NAME ", "WHEN ", "TOKEN ", "UPGRADE ")) for line in piped.splitlines())
