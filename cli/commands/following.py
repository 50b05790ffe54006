"""Following: what happens to an instance or an upgrade, as it happens, and what its gateway said last."""

import signal
import time
from collections.abc import Iterator
from functools import partial
from types import FrameType
from typing import Any, Final

import click
from rich.console import Console

from astrolabe.cli.client import Client, path
from astrolabe.cli.commands.looking import event_in_words, events_in_words
from astrolabe.cli.commands.upgrades import judge
from astrolabe.cli.failure import CommandError
from astrolabe.cli.patience import Patience
from astrolabe.cli.printing import answer_list, is_for_program, print_json
from astrolabe.cli.references import known_instance, upgrade_id
from astrolabe.cli.table import terminal_width
from astrolabe.cli.watching import UpgradeWatch
from astrolabe.domain.upgrades.upgrade_row import DONE

POLL_SECONDS = 1.0

_INTERRUPTED: Final[list[int]] = []
"""The Ctrl-C that was pressed: what it raises is lost where it meets a finalizer, and nothing else ends this."""


@click.command()
@click.argument("name_or_upgrade")
@click.option("--follow", "-f", is_flag=True, help="Go on: of an upgrade to its end, of an instance until Ctrl-C.")
def events(name_or_upgrade: str, *, follow: bool) -> None:
    """Show the events of an instance, by its name, or of an upgrade, by its id; they are the log's own."""
    client = Client.from_environment()
    if not known_instance(client, name_or_upgrade):
        _of_upgrade(client, upgrade_id(client, name_or_upgrade), follow=follow)
        return
    where = path("instances", name_or_upgrade, "history")
    if not follow:
        answer_list(client.items(where), events_in_words)
        return
    signal.signal(signal.SIGINT, _interrupt)
    for each in _coming(client, where):
        if is_for_program():
            print_json(each)
        else:
            click.echo(events_in_words([each]) if terminal_width() is None else event_in_words(each))


def _coming(client: Client, where: str) -> Iterator[dict[str, Any]]:
    """Return events as they come, until Ctrl-C; the API may go away and come back meanwhile."""
    patience, last = Patience(), 0
    while not _INTERRUPTED:
        for each in patience.ask(partial(_after, client, where, last)):
            last = each["version"]
            yield each
        time.sleep(POLL_SECONDS)
    raise KeyboardInterrupt


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _INTERRUPTED.append(number)
    raise KeyboardInterrupt


def _after(client: Client, where: str, last: int) -> list[dict[str, Any]]:
    return list(client.items(where, after=last))


def _of_upgrade(client: Client, identifier: str, *, follow: bool) -> None:
    if follow:
        # Whoever only looks does not fail because of how it ended.
        judge(UpgradeWatch(client, identifier, Console()).until_done(), tuple(DONE))
        return
    answer_list(client.items(path("upgrades", identifier, "events")), events_in_words)


@click.command()
@click.argument("instance")
def logs(instance: str) -> None:
    """Print the last that was kept of what an instance's gateway, or a command beside it, said."""
    client = Client.from_environment()
    kept = None
    for each in client.items(path("instances", instance, "history")):
        kept = next(_outputs(each["data"]), None) or kept
    if kept is None:
        raise CommandError(
            f"Nothing that {instance} said was kept: that is done where a start fails, or where its own check speaks."
        )
    text = client.text(path("outputs", kept))
    if is_for_program():
        print_json({"sha256": kept, "text": text})
    else:
        click.echo(text, nl=not text.endswith("\n"))


def _outputs(data: object) -> Iterator[str]:
    """Return the hashes of all outputs that an event names."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name == "output" and isinstance(value, str):
                yield value
            else:
                yield from _outputs(value)
    elif isinstance(data, list):
        for each in data:
            yield from _outputs(each)


COMMANDS = (events, logs)
