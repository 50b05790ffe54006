"""Contexts: log in to an Astrolabe, and choose between those that one has logged in to."""

import sys
from typing import Any

import click
import httpx

from astrolabe.cli import contexts
from astrolabe.cli.client import Client, usable_token
from astrolabe.cli.contexts import Context, read_contexts, write_contexts
from astrolabe.cli.failure import CommandError
from astrolabe.cli.printing import answer, answer_list, note
from astrolabe.cli.refusals import RefusedError
from astrolabe.cli.table import table
from astrolabe.store.settings import DEFAULT_URL, Settings

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@click.command()
@click.argument("url", default=DEFAULT_URL)
@click.option("--context", "name", help="What to call it, by default its host.")
def login(url: str, name: str | None) -> None:
    """Log in to the Astrolabe at URL, and have commands ask it from here on.

    The token is asked for without being shown, or read from stdin where nobody can be asked. It is kept in a file that
    only you can read; see astrolabe context.
    """
    where = _address(url)
    token = usable_token(click.prompt("Token", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.read())
    _try(Context(url.rstrip("/"), token))
    if where.scheme == "http" and where.host not in LOOPBACK:
        note(f"{url} is not encrypted: whoever is on the way to it can read the token.")
    settings, called = Settings.read(), name or where.host
    write_contexts(settings, read_contexts(settings).adding(called, Context(url.rstrip("/"), token)))
    answer(
        {"context": called, "url": url, "current": True},
        f"Commands ask {url} from here on; the token is in {contexts.place(settings)}.",
    )
    if settings.url or settings.token:
        note("ASTROLABE_URL or ASTROLABE_TOKEN is set here, and comes first; unset both to use this.")


def _address(url: str) -> httpx.URL:
    try:
        where = httpx.URL(url)
    except httpx.InvalidURL:
        where = httpx.URL("")
    if where.scheme not in {"http", "https"} or not where.host or where.userinfo:
        raise CommandError(f"{url} is no address; write it as https://astrolabe.example or {DEFAULT_URL}.")
    return where


def _try(context: Context) -> None:
    """Ask something with the token; one that may not read instances is good all the same."""
    try:
        Client(context.url, context.token).get("/instances", limit=1)
    except RefusedError as refused:
        if refused.name != "scope-missing":
            raise


@click.group()
def context() -> None:
    """Choose between the Astrolabes that you have logged in to; ASTROLABE_CONTEXT chooses for one command."""


@context.command("list")
def list_contexts() -> None:
    """List them; the one that commands ask is marked."""
    known = read_contexts(Settings.read())
    answer_list(
        [
            {"context": name, "url": each.url, "current": name == known.current}
            for name, each in sorted(known.contexts.items())
        ],
        _in_words,
    )


def _in_words(found: list[dict[str, Any]]) -> str:
    rows = [(each["context"], each["url"], "asked" if each["current"] else "") for each in found]
    return table(("CONTEXT", "URL", ""), rows)


@context.command()
@click.argument("name")
def use(name: str) -> None:
    """Have commands ask this one from here on."""
    settings = Settings.read()
    known = read_contexts(settings).using(name)
    write_contexts(settings, known)
    url = known.contexts[name].url
    answer({"context": name, "url": url, "current": True}, f"Commands ask {url} from here on.")


@context.command()
@click.argument("name")
def remove(name: str) -> None:
    """Forget one and its token; the token itself stays good until it is revoked."""
    settings = Settings.read()
    write_contexts(settings, read_contexts(settings).without(name))
    answer({"context": name, "removed": True}, f"{name} is forgotten.")


COMMANDS = (login, context)
