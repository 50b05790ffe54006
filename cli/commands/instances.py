"""Instances: register, adopt, retire."""

import time
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qsl, urlsplit

import click
import msgspec

from astrolabe.cli.client import Client, path
from astrolabe.cli.commands.upgrades import detach_option, reason_option, with_reason
from astrolabe.cli.confirming import confirm, heed_secrets, yes_option
from astrolabe.cli.failure import CommandError, CommandFailed
from astrolabe.cli.finding import find_project, keep_password, options_of
from astrolabe.cli.patience import Patience
from astrolabe.cli.printing import answer, is_for_program, note, print_json
from astrolabe.domain.kinds.compose_found import FoundProject
from astrolabe.domain.problem import advised, at_first
from astrolabe.domain.products.product import Product
from astrolabe.domain.words import Kind
from astrolabe.store.ids import new_id

POLL_SECONDS = 0.3
KINDS = get_args(Kind)

cutover_option = click.option(
    "--cutover",
    type=click.Choice(["verified", "at-once"]),
    help="When others are let in: once the new version is verified, the default, or at once when it starts.",
)
database_option = click.option(
    "--database", "database_url", help="postgresql://USER@HOST:PORT/DATABASE?…, without a password."
)
maintenance_option = click.option(
    "--maintenance",
    help="The database that a worker connects to while it renames the instance's own; by default postgres.",
)
password_option = click.option(
    "--password-from", help="Where the worker finds the password: env:ASTROLABE_SECRET_… or file:/…."
)
setting_option = click.option("--set", "settings", multiple=True, help="A setting of the product, NAME=VALUE.")
secret_option = click.option(
    "--secret", "secrets", multiple=True, help="A secret setting, NAME=env:ASTROLABE_SECRET_… or file:/…."
)
label_option = click.option(
    "--label", "labels", multiple=True, help="What lists and rights go by, NAME=VALUE, such as team=payments."
)
retry_for_option = click.option(
    "--retry-for",
    "retry_for_seconds",
    type=int,
    help="Seconds that a way back waits for what may pass, such as a server that is away.",
)


def pairs(given: tuple[str, ...], option: str) -> dict[str, str]:
    """Read NAME=VALUE options."""
    found: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise CommandError(f"{option} {each} is not NAME=VALUE.")
        found[name] = value
    return found


def database(url: str, password: str | None, maintenance: str | None = None) -> dict[str, Any]:
    """Read where a database is; a password in the URL is refused, for a secret is named and never carried."""
    try:
        parts = urlsplit(url)
        said = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        port = int(said.pop("port", parts.port or 5432))
    except ValueError:
        raise CommandError(f"{url} is no URL; write postgresql://USER@HOST:PORT/DATABASE.") from None
    if parts.password or "password" in said:
        raise CommandError(
            "Leave the password out of --database; name where it is with --password-from env:… or file:…."
        )
    name, host = parts.path.strip("/"), said.pop("host", parts.hostname)  # a socket's folder is no host of a URL
    if parts.scheme not in {"postgresql", "postgres"} or not host or not parts.username or not name:
        raise CommandError(f"{url} is no database; write postgresql://USER@HOST:PORT/DATABASE.")
    found: dict[str, Any] = {"name": name, "user": parts.username, "host": host, "port": port}
    if said:
        found["parameters"] = said
    named = {"password": password, "maintenance": maintenance}
    return {**found, **{key: value for key, value in named.items() if value}}


PROJECT = {
    "project_folder": "folder",
    "project_name": "name",
    "project_file": "files",
    "env_file": "env_files",
    "profile": "profiles",
    "service": "service",
    "also": "also",
    "database_service": "database_service",
    "outside_rollback": "outside_rollback",
    "engine": "engine",
}
"""What the options about a compose project are called in the body."""


outside_rollback_option = click.option(
    "--outside-rollback",
    multiple=True,
    help="Where in their containers services write files that an older version goes on with as they are.",
)


keep_files_option = click.option(
    "--keep-files",
    multiple=True,
    help="A folder that goes back with the database: in the containers of a project, otherwise on the host.",
)

leave_files_option = click.option(
    "--leave-files",
    multiple=True,
    help="A folder that no rollback brings back: older versions go on with it as it is.",
)


def files(known: dict[str, Any], keep: tuple[str, ...], leave: tuple[str, ...]) -> dict[str, Any]:
    """Return what is said of folders, with more of them; what is said now is said of them no longer otherwise."""
    kept = [each for each in known.get("keep", ()) if each not in leave]
    left = [each for each in known.get("leave", ()) if each not in keep]
    return {"keep": list(dict.fromkeys([*kept, *keep])), "leave": list(dict.fromkeys([*left, *leave]))}


@click.command()
@click.argument("name")
@click.option("--product", help="Which product it is; left out, a compose project in its folder says so by its image.")
@click.option("--version", help="The version that runs now; left out, a worker on the host finds out.")
@click.option("--kind", type=click.Choice(KINDS), help="How it is deployed, by default npx.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="The port it listens on; none for a command line, or to ask a project inside.",
)
@click.option("--prefix", help="Where npm installs a command line, by default the prefix of the worker's user.")
@click.option("--address", help="The address that it listens on, by default 127.0.0.1.")
@click.option("--host", help="The host it runs on, by default local: the name of that host's worker.")
@click.option("--project-folder", help="The folder of the compose project, absolute.")
@click.option("--project-name", help="The project's name, as docker compose ls shows it.")
@click.option(
    "--project-file", multiple=True, help="A file of the project, in order; by default what Compose finds there."
)
@click.option("--env-file", multiple=True, help="A file that the project's variables come from, beside its .env.")
@click.option("--profile", multiple=True, help="A profile that the project runs with.")
@click.option("--service", help="The gateway's service, by default gateway.")
@click.option("--also", multiple=True, help="A service that is pulled and recreated with the gateway.")
@click.option("--database-service", help="The service that the database is in, where the project has it.")
@outside_rollback_option
@keep_files_option
@leave_files_option
@click.option("--engine", help="Where the engine is, as in DOCKER_HOST, by default the worker's own.")
@click.option("--folder", help="The folder that the gateway is started in, by default one of Astrolabe's own.")
@database_option
@password_option
@maintenance_option
@setting_option
@secret_option
@label_option
@click.option("--patience", type=int, help="Seconds that a start may show no progress.")
@retry_for_option
@cutover_option
@click.option("--approvals", type=click.Choice(["never", "breaking", "always"]), help="Which upgrades need approval.")
@click.option("--approvers", type=click.IntRange(1, 20), help="How many must approve, the requester never among them.")
@click.option("--ticket-pattern", multiple=True, help="What the ticket of each upgrade must look like, such as CHG*.")
@reason_option
@detach_option
def register(
    name: str,
    *,
    database_url: str | None,
    password_from: str | None,
    maintenance: str | None,
    settings: tuple[str, ...],
    secrets: tuple[str, ...],
    labels: tuple[str, ...],
    keep_files: tuple[str, ...],
    leave_files: tuple[str, ...],
    patience: int | None,
    approvals: str | None,
    approvers: int | None,
    ticket_pattern: tuple[str, ...],
    reason: str | None,
    detach: bool,
    **plain: str | int | tuple[str, ...] | None,
) -> None:
    """Register an instance that is already running."""
    given = {key: value for key, value in plain.items() if value is not None and value != ()}
    client, found = Client.from_environment(), None
    if "product" not in given:
        found = _found(client, given)
        given = {**options_of(found), **given}
        if found.database and not database_url:
            database_url = found.database.url
            password_from = password_from or keep_password(name, found.database)
    project = {PROJECT[key]: given.pop(key) for key in PROJECT if key in given}
    body: dict[str, Any] = {"name": name, **given}
    if project:
        body["compose"] = project
    body["files"] = files({}, keep_files, leave_files)
    if database_url:
        body["database"] = database(database_url, password_from, maintenance)
    heed_secrets(pairs(settings, "--set"))
    named = {"settings": pairs(settings, "--set"), "secrets": pairs(secrets, "--secret")}
    body |= {key: given for key, given in (named | {"labels": pairs(labels, "--label")}).items() if given}
    if patience is not None:
        body["patience_seconds"] = patience
    policy = {"when": approvals, "approvers": approvers, "tickets": list(ticket_pattern) or None}
    if policy := {key: value for key, value in policy.items() if value is not None}:
        body["approvals"] = policy
    made = client.post("/instances", with_reason(reason, **body), key=new_id())
    note(f"{made['name']} is instance {made['id']}")
    shown = made if detach else _until_adopted(client, made)
    _ask_about(made, found)
    if is_for_program():
        print_json(shown)


def _ask_about(made: dict[str, Any], found: FoundProject | None) -> None:
    """Say what must be said of folders before an upgrade, and what to type for it."""
    if found:
        files, project = made["files"], made["compose"]
        for each in found.unsaid((*files["keep"], *files["leave"], *project["outside_rollback"])):
            note(f"files in {each} outlive its containers: say before an upgrade that they go back with the database,")
            note(f"astrolabe reconfigure {made['name']} --keep-files {each}, or --leave-files {each} where they stay")


def _found(client: Client, given: dict[str, Any]) -> FoundProject:
    """Find the project in its folder, and show what was found."""
    if "project_folder" not in given:
        raise CommandError("Name the product with --product, or a compose project's folder with --project-folder.")
    products = msgspec.convert(client.get("/products")["items"], list[Product])
    found = find_project(Path(given["project_folder"]), products, given)
    at = f"port {found.port}" if found.port else "no port, asked inside"
    data = f"database {found.database.url}" if found.database else "no database that was found (--database names one)"
    note(f"the project {found.name} is {found.product}: service {found.service}, {at}, {data}")
    return found


def _until_adopted(client: Client, instance: dict[str, Any]) -> dict[str, Any]:
    """Wait for the worker that finds out what runs; raises CommandFailed where that is not the product."""
    if instance["status"] != "adopting":
        return instance
    note(f"the worker on {instance['host']} finds out which version runs")
    patience, where = Patience(), path("instances", instance["id"])
    while instance["status"] == "adopting":
        time.sleep(POLL_SECONDS)
        instance = patience.ask(lambda: client.get(where))
    if problem := instance["unadopted"]:
        said = advised(problem["detail"], at_first(problem["todo"]))
        raise CommandFailed(f"{said} Then: astrolabe adopt {instance['name']}")
    note(instance["observed"]["seen"] if instance["observed"] else f"{instance['name']} is {instance['status']}")
    return instance


@click.command()
@click.argument("instance")
@reason_option
@detach_option
def adopt(instance: str, reason: str | None, *, detach: bool) -> None:
    """Take what runs as it is: look again at what could not be adopted, or vouch for what was changed by hand."""
    client = Client.from_environment()
    asked = client.post(path("instances", instance, "adopt"), with_reason(reason), key=new_id())
    if asked["status"] == "idle":
        note(f"{asked['name']} is at {asked['version']} from here on")
    found = asked if detach else _until_adopted(client, asked)
    if is_for_program():
        print_json(found)


@click.command()
@click.argument("instance")
@reason_option
@yes_option
def retire(instance: str, reason: str | None, *, yes: bool) -> None:
    """Retire an instance: nothing more is asked of it."""
    client = Client.from_environment()
    shown = client.get(path("instances", instance))
    confirm(f"What runs goes on, but {shown['name']} is never upgraded again.", yes=yes)
    retired = client.post(path("instances", shown["id"], "retire"), with_reason(reason), key=new_id())
    name = "It never ran, so its name is free." if retired["name_free"] else "Its name stays taken."
    answer(retired, f"{retired['name']} is retired. {name}")


COMMANDS = (register, adopt, retire)
