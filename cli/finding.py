"""Finding a compose project in its folder, so that its name and the folder are all that is typed to register it."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from astrolabe.cli.failure import CommandError
from astrolabe.cli.servers.folder import default_path
from astrolabe.domain.kinds.compose_found import FoundDatabase, FoundProject, NotClear, found_in
from astrolabe.domain.products.product import Product
from astrolabe.store.whole_file import write
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited

ASK_SECONDS = 60.0
OPTIONS = {"file": "project_file", "profile": "profile"}
"""Compose's own options, and what they are called here."""


def find_project(folder: Path, products: Iterable[Product], typed: dict[str, Any]) -> FoundProject:
    """Ask Compose what a folder's project is, and which product that is; raises CommandError where it is not clear."""
    if not folder.is_absolute() or not folder.is_dir():
        raise CommandError(f"{folder} is no folder of this host; on the project's host, name it with an absolute path.")
    options = [
        word for key in ("file", "profile") for each in typed.get(OPTIONS[key], ()) for word in (f"--{key}", each)
    ]
    try:
        command = (str(tools.docker()), "compose", *options, "config", "--format", "json")
        said = asyncio.run(shell.run(command, env=inherited(), deadline=ASK_SECONDS, cwd=folder))
    except (shell.CommandProblem, tools.ToolMissing) as error:
        raise CommandError(f"Compose finds no project in {folder}: {error}") from error
    try:
        return found_in(msgspec.json.decode(said.stdout), products, typed.get("product"), typed.get("service"))
    except NotClear as unclear:
        raise CommandError(str(unclear)) from None


def options_of(found: FoundProject) -> dict[str, str | int]:
    """Return what was found as what would have been typed, by the names of the options."""
    said = {
        "product": found.product,
        "kind": "compose",
        "port": found.port,
        "project_name": found.name,
        "service": found.service,
        "database_service": found.database and found.database.service,
    }
    return {key: value for key, value in said.items() if value}


def keep_password(instance: str, database: FoundDatabase) -> str | None:
    """Keep the password of a project's database where this host's worker finds it; return what names it.

    It is taken from the project's own files, and goes into a file of the instance's that only its owner reads. None
    where the database has no password. Raises CommandError where another password is kept there, or none can be.
    """
    if not database.password:
        return None
    place = default_path() / "secrets" / instance / "database"
    try:
        if place.exists() and place.read_text("utf-8").strip() != database.password:
            raise CommandError(f"{place} holds another password already; name the right one with --password-from.")
        write(place, database.password.encode(), lasting=True, private=True)
    except OSError as error:
        raise CommandError(
            f"The password cannot be kept in {place} ({error.strerror}); name where it is with --password-from."
        ) from error
    return f"file:{place}"
