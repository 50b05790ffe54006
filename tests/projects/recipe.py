"""A recipe: what is needed to run a real product as a compose project, and to find out whether it lost anything."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from astrolabe.cli.private_engine.layers import Layer
from astrolabe.cli.private_engine.registry import Built
from tests.projects.project import Project


@dataclass(frozen=True)
class Recipe:
    """One product: two versions of it, how they are had, its project as its makers publish it, and its user."""

    name: str
    old: str
    new: str
    product: str
    """Its product file, with {repository}."""
    compose: str
    """Its project, with {image}, {postgres}, {port} and {password}."""
    database: str
    """The name of its database, and of the role that owns it."""
    fetch: Callable[[Path, str], Awaitable[None]]
    """Brings a version into a folder, over the network."""
    image: Callable[[Path, Sequence[Layer], Path], Awaitable[Built]]
    """Makes an image of what was brought, on the layers that all have in common; the last folder is for its own."""
    write: Callable[[Project, str], Awaitable[None]]
    """Does as its user what a word is found by again."""
    read: Callable[[Project], Awaitable[set[str]]]
    """Returns the words that are found."""
    works: Callable[[Project, str], Awaitable[None]]
    """Waits until the gateway is of a version, and all that runs beside it does its work."""
    migrations: str
    """A query for how many migrations its database has had."""
    prepare: Callable[[Path], None] = lambda _: None
    """Makes what its project needs beside its file, in the project's folder."""
    tag: str = "{version}"
    service: str = "gateway"
    on: str = "PostgreSQL 18.6, Docker"
    """The programs that it runs on."""
    uncovered: str = ""
    """What of the product is not looked at."""
