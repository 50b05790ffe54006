"""Strangers: products that no code of Astrolabe's knows, two versions of each, and what is typed to describe it."""

from typing import Final

from msgspec import Struct

KILLED: Final = "the new version is killed as it starts"


class Stranger(Struct, frozen=True):
    """Two versions of a product, and all that is typed to describe it and to try it."""

    old: str
    new: str
    uncovered: str
    """What of it is not looked at."""
    described: tuple[str, ...] = ()
    """What `products init` is given; empty for a product that is built in."""
    settings: tuple[str, ...] = ()
    """The settings of its instance; {folder} is filled in with the folder that it is started in."""
    files: dict[str, str] = {}
    """What lies in the folder that it is started in, by path."""
    in_ci: bool = False
    """Whether CI upgrades it as well."""
    seconds: int = 800
    """How long everything may take, with what npm fetches."""


STRANGERS: Final = {
    "directus": Stranger(
        "10.10.4",
        "10.13.4",
        "uploads beside the database, extensions, sign-in by others",
        settings=("KEY=k", "SECRET=s", "ADMIN_EMAIL=admin@example.com", "ADMIN_PASSWORD=only-for-a-trial"),
        files={"uploads/.keep": ""},
        seconds=1700,
    ),
    "graphile-worker": Stranger(
        "0.13.0",
        "0.16.6",
        "tasks, and what they do to others while it runs apart",
        files={"tasks/hello.js": "module.exports = async () => {};\n"},
    ),
    "parse-server": Stranger(
        "8.2.0",
        "8.6.0",
        "files and push adapters, cloud code",
        (
            *("--package", "parse-server", "--title", "Parse Server"),
            *("--env", "PARSE_SERVER_DATABASE_URI={database_url}"),
            *("--env", "PORT={port}", "--env", "PARSE_SERVER_HOST={address}"),
            *("--setting", "PARSE_SERVER_APPLICATION_ID", "--setting", "PARSE_SERVER_MASTER_KEY"),
            *("--health", "/parse/health"),
        ),
        ("PARSE_SERVER_APPLICATION_ID=shop", "PARSE_SERVER_MASTER_KEY=only-for-a-trial"),
        in_ci=True,
    ),
}
"""By the product's name."""
