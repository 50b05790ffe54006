"""Tokens: create, list, revoke."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from astrolabe.cli.client import Client, path
from astrolabe.cli.confirming import confirm, yes_option
from astrolabe.cli.printing import answer, answer_list
from astrolabe.cli.references import token_id
from astrolabe.cli.table import short, table
from astrolabe.domain.access import SCOPES


@click.group()
def token() -> None:
    """Create and revoke the tokens that the API accepts."""


@token.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="What it may do.")
@click.option("--expires-in", type=click.IntRange(1, 3650), metavar="DAYS", help="End by itself after so many days.")
def create(name: str, scopes: tuple[str, ...], expires_in: int | None) -> None:
    """Create a token; it is shown once."""
    asked: dict[str, Any] = {"name": name, "scopes": list(scopes)}
    if expires_in:
        asked["expires_at"] = (datetime.now(UTC) + timedelta(days=expires_in)).isoformat(timespec="seconds")
    made = Client.from_environment().post("/tokens", asked)
    answer(made, made["secret"])


@token.command("list")
def list_tokens() -> None:
    """List the tokens in use."""
    answer_list(
        Client.from_environment().get("/tokens")["items"],
        lambda found: table(
            ("TOKEN", "NAME", "UNTIL", "MAY"),
            [
                (short(each["id"]), each["name"], (each["expires_at"] or "")[:16], ", ".join(each["scopes"]))
                for each in found
            ],
        ),
    )


@token.command()
@click.argument("token")
@yes_option
def revoke(token: str, *, yes: bool) -> None:
    """Revoke a token, by its name or its id; it is good for nothing at once."""
    client = Client.from_environment()
    found = token_id(client, token)
    confirm(f"Whoever uses the token {token} is refused at once.", yes=yes)
    client.post(path("tokens", found, "revoke"), {})
    answer({"id": found, "revoked": True}, "Revoked.")


COMMANDS = (token,)
