"""Contacts: which people are notified through Apprise, of what and when."""

from typing import Any

import click

from astrolabe.cli.client import Client, path
from astrolabe.cli.commands.upgrades import reason_option, with_reason
from astrolabe.cli.confirming import confirm, yes_option
from astrolabe.cli.failure import CommandError
from astrolabe.cli.printing import answer, answer_list
from astrolabe.cli.table import moment, pairs, short, table
from astrolabe.domain.notices.occasion import MEANINGS, OCCASIONS
from astrolabe.store.ids import new_id

named = click.argument("name")


@click.group()
def notify() -> None:
    """Notify people by chat, mail or telephone through Apprise; see docs/notifications.md."""


@notify.command()
@named
@click.argument("url")
@click.option(
    "--on", "occasions", multiple=True, type=click.Choice(OCCASIONS), help="An occasion, by default all; repeatable."
)
@click.option("--instance", "instances", multiple=True, help="An instance to be notified of, by default all.")
@click.option("--quiet", help="Hours in which only what is urgent is sent, such as 22:00-07:00.")
@click.option("--digest", "digests", multiple=True, help="A time of day at which all that waits is sent as one.")
@click.option("--time-zone", default="UTC", show_default=True, help="The time zone of these hours.")
@reason_option
def add(
    name: str,
    url: str,
    *,
    occasions: tuple[str, ...],
    instances: tuple[str, ...],
    quiet: str | None,
    digests: tuple[str, ...],
    time_zone: str,
    reason: str | None,
) -> None:
    """Notify a contact; URL is the place of its Apprise URL on the relay's host.

    That is env:ASTROLABE_APPRISE_NAME or file:/run/secrets/name.apprise. The URL itself is a secret: it is never typed
    here, and stays on that host.
    """
    _refuse_secret(url)
    config: dict[str, Any] = {
        "name": name,
        "url": url,
        "occasions": occasions,
        "instances": instances,
        "quiet": _hours(quiet) if quiet else None,
        "digests": digests,
        "time_zone": time_zone,
    }
    made = Client.from_environment().post("/contacts", with_reason(reason, **config), key=new_id())
    answer(made, f"{made['name']} is notified from here on; try it: astrolabe notify test {made['name']}")


@notify.command()
@named
@click.option("--url", help="Another place of its Apprise URL.")
@click.option("--on", "occasions", multiple=True, type=click.Choice((*OCCASIONS, "all")), help="Other occasions.")
@click.option("--instance", "instances", multiple=True, help="Other instances; all for every one.")
@click.option("--quiet", help="Other quiet hours; none for no more.")
@click.option("--digest", "digests", multiple=True, help="Other times of digests; none for no more.")
@click.option("--time-zone", help="Another time zone.")
@reason_option
def change(name: str, *, reason: str | None, **given: Any) -> None:
    """Notify a contact elsewhere, of something else or at other times; what is not said stays."""
    client = Client.from_environment()
    now = client.get(path("contacts", name))
    config = {key: now[key] for key in ("name", "url", "occasions", "instances", "quiet", "digests", "time_zone")}
    for key, value in given.items():
        if value:
            config[key] = [] if set(value) <= {"all", "none"} else value
    _refuse_secret(config["url"])
    if given["quiet"]:
        config["quiet"] = None if given["quiet"] == "none" else _hours(given["quiet"])
    changed = client.put(path("contacts", name), with_reason(reason, **config), version=now["version"])
    answer(changed, f"{name} is changed.")


def _refuse_secret(url: str) -> None:
    if "://" in url:
        place = "put it into a file on the relay's host, and name that, such as file:/run/secrets/team.apprise."
        raise CommandError(f"URL is the place of an Apprise URL, which is a secret itself: {place}")


def _hours(text: str) -> dict[str, str]:
    begin, found, end = text.partition("-")
    if not found:
        raise CommandError("--quiet takes two times of day, such as 22:00-07:00.")
    return {"begin": begin, "end": end}


@notify.command("list")
def list_contacts() -> None:
    """List the contacts, and how their notices stand."""
    answer_list(
        Client.from_environment().get("/contacts")["items"],
        lambda found: table(
            ("NAME", "ON", "PENDING", "FAILED", "URL"),
            [
                (each["name"], ", ".join(each["occasions"]) or "all", each["pending"], each["failed"], each["url"])
                for each in found
            ],
        ),
    )


@notify.command()
@named
def show(name: str) -> None:
    """Show a contact."""
    shown = Client.from_environment().get(path("contacts", name))
    answer(shown, lambda: pairs([(key, _said(value)) for key, value in shown.items() if key != "links"]))


def _said(value: object) -> object:
    match value:
        case list():
            return ", ".join(map(str, value)) or "all"
        case {"begin": begin, "end": end}:
            return f"{begin} to {end}"
        case None:
            return "none"
        case _:
            return value


@notify.command()
def occasions() -> None:
    """List what people may be notified of."""
    answer_list(
        ({"occasion": name, "means": meaning} for name, meaning in MEANINGS.items()),
        lambda found: table(("OCCASION", "MEANS"), [(each["occasion"], each["means"]) for each in found]),
    )


@notify.command("test")
@named
@reason_option
def send_trial(name: str, reason: str | None) -> None:
    """Send a contact a message at once."""
    tried = Client.from_environment().post(path("contacts", name, "test"), with_reason(reason), key=new_id())
    answer(tried, f"A message is on its way; see astrolabe notify notices {name}.")


@notify.command()
@named
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many.")
def notices(name: str, limit: int) -> None:
    """List what a contact was sent and is to be sent, the newest first."""
    page = Client.from_environment().get(path("contacts", name, "notices"), limit=limit)
    answer_list(
        page["items"],
        lambda found: table(
            ("WHEN", "NOTICE", "ON", "STATE", "DUE", "WHY NOT"),
            [
                (
                    moment(each["occurred_at"]),
                    short(each["id"]),
                    each["occasion"],
                    each["state"],
                    moment(each["due_at"]) if each["state"] == "pending" else "-",
                    each["said"] or "-",
                )
                for each in found
            ],
        ),
    )


@notify.command()
@named
@reason_option
@yes_option
def remove(name: str, reason: str | None, *, yes: bool) -> None:
    """Forget a contact, and what waits for it."""
    client = Client.from_environment()
    shown = client.get(path("contacts", name))
    confirm(f"{shown['name']} is notified of nothing more, and what waits for it is gone.", yes=yes)
    client.post(path("contacts", name, "remove"), with_reason(reason), key=new_id())
    answer({"name": shown["name"], "removed": True}, f"{shown['name']} is removed.")


COMMANDS = (notify,)
