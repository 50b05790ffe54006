"""Writing a product file: from options, from what runs, and on a terminal from answers."""

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from astrolabe.cli.drafting import Draft, draft_from
from astrolabe.cli.failure import CommandError
from astrolabe.cli.printing import answer, note
from astrolabe.domain.products.product import (
    HealthCheck,
    Image,
    Migrations,
    Npm,
    Product,
    StartCommand,
    VersionProbe,
    WorkerCommand,
)
from astrolabe.domain.products.product_file import parse_product, read_product
from astrolabe.domain.products.product_text import product_text
from astrolabe.domain.words import Kind
from astrolabe.store.whole_file import write


@click.command()
@click.argument("name")
@click.option("-o", "--file", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; NAME.toml.")
@click.option("--from-port", type=click.IntRange(1, 65535), help="Find what can be found at what listens on this port.")
@click.option("--title", help="The product's name for a reader.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(["npx", "compose", "cli"]), help="May be repeated.")
@click.option("--package", help="The npm package.")
@click.option("--bin", "command", help="The command that starts it; by default as the package is named.")
@click.option("--entry", help="The file of the package that Node starts, instead of a command.")
@click.option("--image", help="The image's repository, for compose.")
@click.option("--image-port", type=click.IntRange(1, 65535), help="The port inside its container.")
@click.option("--arg", "args", multiple=True, help="An argument to start it with; {port} and the like are filled in.")
@click.option("--before", multiple=True, help="An argument of a command that migrates before the start.")
@click.option("--worker", "workers", nargs=2, multiple=True, metavar="NAME ARGS", help="What works beside the gateway.")
@click.option("--env", multiple=True, metavar="NAME=VALUE", help="A variable to start it with, filled in likewise.")
@click.option("--setting", "settings", multiple=True, help="A variable that an instance may set; may be repeated.")
@click.option("--health", help="The path that says that it serves.")
@click.option("--no-port", is_flag=True, help="It has no port, and is at its work once its process runs.")
@click.option("--ready-log", metavar="EXPRESSION", help="Without a port: what it says once it is at its work.")
@click.option("--ready-query", metavar="SQL", help="Without a port: a query that is true once it is at its work.")
@click.option("--version-at", nargs=2, metavar="PATH FIELD", help="The path and the field that say its version.")
@click.option("--migrations", metavar="SCHEMA.TABLE", help="The table of its own migration history.")
def init(name: str, file: Path | None, **given: Any) -> None:
    """Write a product file for NAME from options, from what runs here, and on a terminal from answers.

    What is found of a running gateway, and what no option says, is asked for on a terminal. A script is asked nothing.
    """
    place = file or Path(f"{name}.toml")
    if place.exists():
        raise CommandError(f"{place} is there already; move it away, or name another with --file.")
    draft = draft_from(given["from_port"]) if given["from_port"] else None
    product = _product(name, _asked(given, draft, name) if sys.stdin.isatty() else given, draft)
    text = product_text(product)
    _, mistakes = read_product(text)
    if mistakes:
        raise CommandError("; ".join(f"{each.field}: {each.says}" for each in mistakes))
    write(place, text.encode(), lasting=True)
    for remark in draft.remarks if draft else ():
        note(f"Look at it: {remark}.")
    answer({"file": str(place), "product": product}, f"Wrote {place}. Use it from a folder named with --products.")


def read_file(file: Path) -> Product:
    """Read a product file that is used outside a folder of them; raises CommandError where it cannot be read."""
    try:
        return parse_product(file.read_text("utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None


def _product(name: str, given: dict[str, Any], draft: Draft | None) -> Product:
    kinds: tuple[Kind, ...] = given["kinds"] or (("compose",) if given["image"] and not given["package"] else ("npx",))
    start = draft.start if draft else StartCommand()
    version, table = given["version_at"], given["migrations"]
    return Product(
        name,
        given["title"] or name,
        _npm(given, draft),
        Image(given["image"], **({"port": port} if (port := given["image_port"]) else {})) if given["image"] else None,
        kinds,
        StartCommand(given["args"] or start.args, {**start.env, **dict(map(variable, given["env"]))}, given["before"]),
        _workers(given),
        _health(given, draft),
        version=VersionProbe(*version) if version else draft and draft.version,
        migrations=Migrations(table) if table else None,
        settings=given["settings"],
    )


def _workers(given: dict[str, Any]) -> tuple[WorkerCommand, ...]:
    return tuple(WorkerCommand(name, tuple(shlex.split(args))) for name, args in given["workers"])


def _health(given: dict[str, Any], draft: Draft | None) -> HealthCheck:
    log, query = given["ready_log"], given["ready_query"]
    if given["no_port"] or log or query:
        return HealthCheck(by="process", log=log, query=query)
    return HealthCheck(given["health"]) if given["health"] else (draft and draft.health) or HealthCheck()


def _npm(given: dict[str, Any], draft: Draft | None) -> Npm | None:
    found, package = draft and draft.npm, given["package"]
    if found and package in {None, found.package} and not (given["command"] or given["entry"]):
        return found
    package = package or (found and found.package)
    if not package:
        return None
    command = None if given["entry"] else given["command"] or package.rpartition("/")[2]
    return Npm(package, command, given["entry"], repository=found.repository if found else None)


def variable(text: str) -> tuple[str, str]:
    """Read NAME=VALUE."""
    name, equals, value = text.partition("=")
    if not equals:
        raise CommandError(f"{text} is no variable; write NAME=VALUE.")
    return name, value


def _asked(given: dict[str, Any], draft: Draft | None, name: str) -> dict[str, Any]:
    """Ask for what no option says; an empty answer takes what stands in brackets, or leaves it out."""
    found = {"title": name, "package": draft.npm.package if draft else name}
    answers = dict(given)
    answers["title"] = given["title"] or _ask("Title", found["title"])
    if not given["image"]:
        answers["package"] = given["package"] or _ask("npm package", found["package"])
    if not given["args"] and not given["env"] and draft is None:
        answers["args"] = tuple(_ask("Arguments, such as --port {port}", "").split())
        answers["env"] = tuple(
            _ask("Variables, such as DATABASE_URL={database_url}", "DATABASE_URL={database_url}").split()
        )
    if not given["health"] and _health(given, draft).by != "process" and not (draft and draft.health):
        answers["health"] = _ask("Path that says that it serves", "/health")
    if not given["version_at"] and not (draft and draft.version):
        answers["version_at"] = (
            tuple(re.split(r"[\s,]+", said, maxsplit=1))
            if (said := _ask("Path and field that say its version", ""))
            else None
        )
    if not given["migrations"]:
        answers["migrations"] = _ask("Table of its migrations, as SCHEMA.TABLE", "")
    return answers


def _ask(what: str, usual: str) -> str:
    return str(click.prompt(what, default=usual, show_default=bool(usual), err=True)).strip()
