"""Reconfigure: say anew how an instance is reached and started; what is not named stays as it was."""

from typing import Any

import click

from astrolabe.cli.client import Client, path
from astrolabe.cli.commands.instances import (
    cutover_option,
    database,
    database_option,
    files,
    keep_files_option,
    label_option,
    leave_files_option,
    maintenance_option,
    outside_rollback_option,
    pairs,
    password_option,
    retry_for_option,
    secret_option,
    setting_option,
)
from astrolabe.cli.commands.upgrades import reason_option, with_reason
from astrolabe.cli.confirming import heed_secrets
from astrolabe.cli.failure import CommandError
from astrolabe.cli.printing import answer
from astrolabe.domain.instances.instance import InstanceConfig


@click.command()
@click.argument("instance")
@click.option("--port", type=click.IntRange(1, 65535), help="The port that it listens on.")
@click.option("--no-port", is_flag=True, help="It publishes none: ask its container inside; kind compose.")
@click.option("--address", help="The address that it listens on.")
@click.option("--folder", help="The folder that the gateway is started in.")
@database_option
@password_option
@maintenance_option
@setting_option
@secret_option
@label_option
@click.option(
    "--no-label", "lost", multiple=True, metavar="NAME", help="A label that it has no longer; of admins alone."
)
@cutover_option
@retry_for_option
@click.option(
    "--keep",
    multiple=True,
    help="Variables, NAME or NAME,NAME, that the worker takes from the running gateway and starts every version with.",
)
@click.option(
    "--accept-difference",
    multiple=True,
    help="What the gateway runs with and need not be started with: a variable, arguments, folder or environment.",
)
@click.option("--project-file", multiple=True, help="A file of the project; those named replace those known, in order.")
@outside_rollback_option
@keep_files_option
@leave_files_option
@reason_option
def reconfigure(
    instance: str,
    *,
    database_url: str | None,
    password_from: str | None,
    maintenance: str | None,
    settings: tuple[str, ...],
    secrets: tuple[str, ...],
    labels: tuple[str, ...],
    lost: tuple[str, ...],
    keep: tuple[str, ...],
    accept_difference: tuple[str, ...],
    project_file: tuple[str, ...],
    outside_rollback: tuple[str, ...],
    keep_files: tuple[str, ...],
    leave_files: tuple[str, ...],
    no_port: bool,
    reason: str | None,
    **plain: str | int | None,
) -> None:
    """Change how an instance is reached and started; what is not named stays as it was."""
    client, where = Client.from_environment(), path("instances", instance)
    shown = client.get(where)
    config: dict[str, Any] = {name: shown[name] for name in InstanceConfig.__struct_fields__}
    config |= {name: value for name, value in plain.items() if value is not None}
    config |= {"port": None} if no_port else {}
    heed_secrets(pairs(settings, "--set"))
    config["settings"] |= pairs(settings, "--set")
    config["secrets"] |= pairs(secrets, "--secret")
    config["labels"] = {
        name: value for name, value in (config["labels"] | pairs(labels, "--label")).items() if name not in lost
    }
    for name, given in (("kept_variables", keep), ("accepted_differences", accept_difference)):
        config[name] = list(dict.fromkeys([*config[name], *(word for each in given for word in each.split(","))]))
    config["files"] = files(config["files"], keep_files, leave_files)
    if project_file or outside_rollback:
        config["compose"] = _project(config["compose"], project_file, outside_rollback)
    if database_url:
        known = config["database"] or {}
        stays = {name: known[name] for name in ("password", "maintenance") if name in known}
        config["database"] = stays | database(database_url, password_from, maintenance)
    elif said := {key: value for key, value in (("password", password_from), ("maintenance", maintenance)) if value}:
        if not config["database"]:
            raise CommandError("Say with --database where the database is.")
        config["database"] |= said
    changed = client.put(where, with_reason(reason, **config), version=shown["stream_version"])
    answer(changed, f"{shown['name']} is reconfigured.")


def _project(known: dict[str, Any] | None, files: tuple[str, ...], outside: tuple[str, ...]) -> dict[str, Any]:
    """Return a compose project with its files named anew, and more that no rollback brings back."""
    if known is None:
        raise CommandError("Only an instance of kind compose has a project.")
    more = dict.fromkeys([*known["outside_rollback"], *outside])
    return {**known, "files": list(files) or known["files"], "outside_rollback": list(more)}


COMMANDS = (reconfigure,)
